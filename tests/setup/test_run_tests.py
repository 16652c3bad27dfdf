import pytest

from setup.console import SetupError
from setup.junit import Totals
from setup.run_tests import Selection, _objections


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    for path in ("addons/core/tests/test_a.py", "tests/e2e/test_b.py", "docs/page.md"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path)


SHORT = ("-m", "not long")


def test_without_arguments_everything_runs_but_long_tests():
    assert Selection.parse([]) == Selection(SHORT, ("addons",), ("tests",), True)


def test_options_that_select_nothing_change_nothing_about_that():
    selection = Selection.parse(["--durations=40", "-x"])
    assert selection == Selection((*SHORT, "--durations=40", "-x"), ("addons",), ("tests",), True)


@pytest.mark.parametrize(
    "arguments",
    [["tests/e2e/test_b.py"], ["tests/e2e/test_b.py::test_one"], ["-k", "one"], ["-m", "long"]],
)
def test_what_is_selected_runs_however_long_it_takes(arguments):
    selection = Selection.parse(arguments)
    assert "not long" not in selection.options
    assert not selection.everything


def test_long_tests_run_beside_odoo():
    assert Selection.long(["-x"]) == Selection(("-m", "long", "-x"), (), ("tests",), False)


def test_options_alone_go_to_both_halves():
    selection = Selection.parse(["-k", "breaker"])
    assert selection == Selection(("-k", "breaker"), ("addons",), ("tests",), False)


def test_a_path_selects_its_half():
    selection = Selection.parse(["-x", "./tests/e2e/test_b.py::test_one"])
    assert selection == Selection(("-x",), (), ("./tests/e2e/test_b.py::test_one",), False)


def test_a_path_elsewhere_is_refused():
    with pytest.raises(SetupError, match=r"docs/page\.md"):
        Selection.parse(["docs/page.md"])


def objections(totals, *arguments, strict=False):
    return _objections(totals, Selection.parse(arguments), strict=strict)


def test_a_good_run_has_no_objection():
    assert not objections(Totals(passed=2, http_cases=1), strict=True)


def test_a_full_run_without_http_cases_fails():
    assert "HttpCase" in objections(Totals(passed=2))[0]
    assert not objections(Totals(passed=2), "-k", "breaker")


def test_a_skipped_tour_fails_in_ci_only():
    totals = Totals(passed=1, skipped=1, http_cases=1, skipped_http_cases=("tour: no browser",))
    assert not objections(totals)
    assert "no browser" in objections(totals, strict=True)[0]


def test_a_run_of_nothing_fails():
    assert objections(Totals(skipped=3), "-k", "nothing") == ["no test ran."]
