"""What ``make test-odoo`` makes of runs of Odoo's own tests."""

from contextlib import nullcontext

import pytest

from setup import odoo_report, odoo_tests
from setup.console import SetupError
from setup.machine import Machine
from setup.odoo_report import Report
from setup.odoo_tests import Request, Run
from setup.postgres import Server
from setup.settings import Settings

GOOD, BAD = "test_a:A.test_good", "test_a:A.test_bad"
FAILED = Report(frozenset({GOOD, BAD}), {BAD: "FAIL: A.test_bad\nValueError: why"}, {}, True)
PASSED = Report(frozenset({GOOD, BAD}), {}, {}, True)


def test_modules_are_named_once():
    assert Request.parse(["sale", "stock", "sale"]) == Request(("sale", "stock"))


def test_a_baseline_is_an_option_wherever_it_stands():
    assert Request.parse(["--baseline", "stock"]) == Request(("stock",), baseline=True)


@pytest.mark.parametrize("arguments", [[], ["--baseline"], ["--bas", "stock"], ["stock,sale"]])
def test_without_a_module_it_is_said_how_to_name_one(arguments):
    with pytest.raises(SetupError, match="MODULES="):
        Request.parse(arguments)


@pytest.fixture
def outcome(monkeypatch, tmp_path):
    """A function that runs the command on given reports: exit code, and what it printed."""
    monkeypatch.setattr(odoo_tests, "_LISTS", tmp_path)
    monkeypatch.setattr(odoo_tests.run_tests, "provide_browser", lambda: None)
    for name in ("base", "suite"):
        monkeypatch.setattr(odoo_tests.templates, name, lambda _ready, name=name: name)
    monkeypatch.setattr(odoo_tests, "_check_there", lambda _ready, _modules: None)

    def outcome(reports, *options, code=None, strict=False):
        settings = Settings(home=tmp_path, processes=2, strict=strict)
        ready = Machine(settings, tmp_path, Server({}))
        monkeypatch.setattr(odoo_tests.machine, "prepared", lambda _settings: nullcontext(ready))
        templates = set()

        def test(_ready, template, module):
            templates.add(template)
            report = reports[module]
            usual = 1 if report.failed else 0
            return Run(module, report, tmp_path / "log", usual if code is None else code)

        monkeypatch.setattr(odoo_tests, "_test", test)
        status = odoo_tests.run(settings, [*reports, *options])
        assert templates == {"base" if options else "suite"}
        return status

    return outcome


def test_a_failure_that_is_not_listed_fails_with_its_name_and_its_log(outcome, capsys):
    assert outcome({"sale": FAILED, "stock": PASSED}) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == "3 passed, 1 failed"
    assert f"FAILED: sale: {BAD}" in printed.err
    assert "ValueError: why" in printed.err


def test_a_listed_failure_fails_nothing(outcome, capsys, tmp_path):
    (tmp_path / "sale.txt").write_text(f"{BAD}  # ValueError: why\n")
    assert outcome({"sale": FAILED}) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


def test_the_list_of_another_module_excuses_nothing(outcome, tmp_path):
    (tmp_path / "stock.txt").write_text(f"{BAD}\n")
    assert outcome({"sale": FAILED}) == 1


def test_a_listed_test_that_passes_is_reported(outcome, capsys, tmp_path):
    (tmp_path / "sale.txt").write_text(f"{BAD}\n")
    assert outcome({"sale": PASSED}) == 0
    assert f"Passes although it is listed in sale.txt: {BAD}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(), 1),  # Odoo did not even start
        (Report(frozenset({GOOD}), {}, {}, complete=False), -9),  # it was killed in the middle
        (Report(complete=True), 0),  # a wrong tag selects nothing
        (PASSED, 1),  # something that is not a test went wrong
    ],
)
def test_a_run_that_tells_nothing_fails(outcome, capsys, report, code):
    assert outcome({"sale": report}, code=code) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith(", 1 failed")


def test_in_ci_a_tour_without_a_browser_fails(outcome):
    report = Report(frozenset({GOOD}), {}, {"test_a:A.test_tour": "Chrome not found"}, True)
    assert outcome({"sale": report}) == 0
    assert outcome({"sale": report}, strict=True) == 1


def test_a_baseline_is_written_and_then_excuses(outcome, tmp_path):
    assert outcome({"sale": FAILED}, "--baseline") == 0
    assert odoo_report.read_list(tmp_path / "sale.txt") == {BAD}
    assert outcome({"sale": FAILED}) == 0


def test_a_run_that_tells_nothing_makes_no_baseline(outcome, tmp_path):
    (tmp_path / "sale.txt").write_text(f"{BAD}\n")
    assert outcome({"sale": Report()}, "--baseline", code=1) == 1
    assert odoo_report.read_list(tmp_path / "sale.txt") == {BAD}


def test_a_module_that_odoo_does_not_have_is_refused(tmp_path):
    (tmp_path / "odoo/addons/sale").mkdir(parents=True)
    (tmp_path / "odoo/addons/sale/__manifest__.py").touch()
    ready = Machine(Settings(home=tmp_path), tmp_path, Server({}))
    odoo_tests._check_there(ready, ["sale"])
    with pytest.raises(SetupError, match="no module sales"):
        odoo_tests._check_there(ready, ["sale", "sales"])
