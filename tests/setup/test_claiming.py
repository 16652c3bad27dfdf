"""Several processes of pytest share the files of one selection."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

from setup.claiming import Claims, all_claimed, with_next
from setup.settings import REPOSITORY

FILES = 6
TESTS = """
import time

import pytest

@pytest.fixture(scope="module", autouse=True)
def slow_setup():
    time.sleep(0.1)

@pytest.mark.parametrize("number", range(5))
def test_one(number):
    time.sleep(0.02)
    assert number != 3
"""


@pytest.fixture
def suite(tmp_path):
    """A folder of tests of which one in five fails, and one for claims."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for folder in ("claims", "tests"):
        (tmp_path / folder).mkdir()
    for number in range(FILES):
        (tmp_path / "tests" / f"test_{number}.py").write_text(TESTS)
    return tmp_path


def start(suite, number, *options):
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-p", "setup.claiming", f"--claims={suite / 'claims'}"),
        *(
            f"--junit-xml={suite / f'{number}.xml'}",
            f"--rootdir={suite}",
            *options,
            str(suite / "tests"),
        ),
    ]
    # Without the plugins that happen to be installed: Odoo's would interfere, others take long.
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def cases(suite, number):
    """The tests in a report, as (file, name, whether it failed)."""
    return [
        (case.get("classname"), case.get("name"), case.find("failure") is not None)
        for case in ElementTree.parse(suite / f"{number}.xml").iter("testcase")
    ]


def test_each_test_runs_once_and_each_file_in_one_process(suite):
    processes = [start(suite, number) for number in range(3)]
    for process in processes:
        process.communicate()
    ran = {number: cases(suite, number) for number in range(3)}
    every = [case for found in ran.values() for case in found]
    assert len(every) == len(set(every)) == 5 * FILES
    assert sum(failed for *_case, failed in every) == FILES
    homes = Counter(file for found in ran.values() for file in {file for file, *_rest in found})
    assert len(homes) == FILES
    assert set(homes.values()) == {1}
    assert all_claimed(suite / "claims")
    # A process fails for its own tests only.
    assert [process.returncode for process in processes] == [
        int(any(failed for *_case, failed in ran[number])) for number in range(3)
    ]


def test_whoever_comes_late_finds_nothing_and_succeeds(suite):
    start(suite, 0).communicate()
    assert len(cases(suite, 0)) == 5 * FILES
    late = start(suite, 1)
    output, _nothing = late.communicate()
    assert late.returncode == 0, output
    assert cases(suite, 1) == []


def test_a_file_that_cannot_be_read_fails_the_run(suite):
    (suite / "tests" / "test_0.py").write_text("import nothing_of_that_name\n")
    process = start(suite, 0)
    process.communicate()
    assert process.returncode == 2


def test_the_first_failure_ends_a_process_that_was_asked_for_that(suite):
    process = start(suite, 0, "-x")
    process.communicate()
    assert process.returncode == 1
    assert len(cases(suite, 0)) == 4
    assert not all_claimed(suite / "claims")


def test_a_file_is_claimed_once(tmp_path):
    one, two = Claims(tmp_path), Claims(tmp_path)
    assert one.is_ours("tests/e2e/test_a.py")
    assert not two.is_ours("tests/e2e/test_a.py")
    assert one.is_ours("tests/e2e/test_a.py"), "it stays ours"
    assert two.is_ours("tests/e2e/test_b.py")


def test_each_item_comes_with_the_next():
    assert list(with_next(iter("abc"))) == [("a", "b"), ("b", "c"), ("c", None)]
    assert list(with_next(iter(""))) == []
