"""What ``.ci/run`` says at its end, with a ``make`` that only pretends."""

import os
import subprocess

import pytest

from setup.settings import REPOSITORY

MAKE = """#!/bin/sh
case "$1" in
    lint) exit {lint} ;;
    test) echo "collected 9 items"; {test} ;;
    test-long) echo "collected 3 items"; {long} ;;
esac
"""
GOOD = "echo '7 passed, 0 failed, 2 skipped'"
GOOD_LONG = "echo '3 passed, 0 failed, 0 skipped'"
BAD = "echo '6 passed, 1 failed, 2 skipped'; exit 2"
BAD_LONG = "echo '2 passed, 1 failed, 0 skipped'; exit 2"


@pytest.fixture
def ci(tmp_path):
    """Run the script; its exit code, and the last line of what it printed."""

    def run(lint=0, test=GOOD, long=GOOD_LONG):
        make = tmp_path / "make"
        make.write_text(MAKE.format(lint=lint, test=test, long=long))
        make.chmod(0o755)
        found = subprocess.run(
            ["bash", REPOSITORY / ".ci" / "run"],
            env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        return found.returncode, found.stdout.splitlines()[-1]

    return run


def test_the_last_line_is_the_total_of_both(ci):
    assert ci() == (0, "10 passed, 0 failed, 2 skipped")


@pytest.mark.parametrize(
    ("what", "total"),
    [
        ({"test": BAD}, "9 passed, 1 failed, 2 skipped"),
        ({"long": BAD_LONG}, "9 passed, 1 failed, 2 skipped"),
        ({"test": BAD, "long": BAD_LONG}, "8 passed, 2 failed, 2 skipped"),
        ({"lint": 1}, "10 passed, 0 failed, 2 skipped"),
    ],
)
def test_it_fails_when_one_of_them_fails(ci, what, total):
    assert ci(**what) == (1, total)


@pytest.mark.parametrize("end", ["exit 2", "echo 'Stopped: no server'; exit 2", "exit 0"])
def test_tests_that_end_without_a_total_are_a_failure(ci, end):
    assert ci(test=end) == (1, "3 passed, 1 failed, 0 skipped")
    assert ci(long=end) == (1, "7 passed, 1 failed, 2 skipped")
