import pytest

from setup import run_tests
from setup.console import SetupError
from setup.junit import Totals
from setup.machine import Machine
from setup.postgres import Server
from setup.run_tests import BESIDE, INSIDE, Part, Selection, _objections, parts
from setup.settings import Settings


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


# -- several processes ---------------------------------------------------------------------------


def test_processes_begin_with_different_halves(tmp_path):
    order = [[part.half for part in parts(number, tmp_path)] for number in range(3)]
    assert order == [[BESIDE, INSIDE], [INSIDE, BESIDE], [BESIDE, INSIDE]]


def test_processes_share_nothing_but_claims(tmp_path):
    every = [part for number in range(4) for part in parts(number, tmp_path)]
    assert len({part.name for part in every}) == 8
    assert {part.claims for part in every} == {tmp_path / INSIDE, tmp_path / BESIDE}
    assert [part.is_quiet for part in every] == 2 * [False] + 6 * [True]


def test_a_process_of_its_own_claims_nothing():
    part = Part(INSIDE)
    assert (part.name, part.options, part.is_quiet, part.is_claimed) == ("inside", (), False, False)


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Which parts ran, in place of pytest; each passes one test, and claims what is left."""
    ran = []

    def run(_ready, _selection, part):
        ran.append(part)
        if part.claims and part.half == BESIDE:
            (part.claims / "=all").touch()
        return Totals(passed=1)

    monkeypatch.setattr(run_tests, "_inside", run)
    monkeypatch.setattr(run_tests, "_beside", run)
    monkeypatch.setattr(run_tests.templates, "suite", lambda _ready: "template")
    return ran


def share(tmp_path, processes):
    ready = Machine(Settings(home=tmp_path, processes=processes), tmp_path, Server({}))
    return run_tests._share(ready, Selection.parse([]))


def test_nobody_starts_where_nothing_is_left(ran, tmp_path):
    # One process: it has both halves. The second half is not claimed when its turn comes.
    assert share(tmp_path, 1) == Totals(passed=2)
    assert [part.half for part in ran] == [BESIDE, INSIDE]


def test_totals_of_all_processes_add_up(ran, tmp_path):
    totals = share(tmp_path, 3)
    assert totals.passed == len(ran)
    # Each began with its own half, and whoever came late to the other found nothing.
    assert [part.half for part in ran].count(INSIDE) == 3
    assert [part.half for part in ran].count(BESIDE) in (1, 2, 3)


def test_an_interrupted_run_starts_nothing_more(monkeypatch, ran, tmp_path):
    def interrupted(_ready, _selection, part):
        ran.append(part)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_tests, "_beside", interrupted)
    with pytest.raises(KeyboardInterrupt):
        share(tmp_path, 1)
    assert [part.half for part in ran] == [BESIDE]
