"""``make test``: installation, tests inside Odoo, tests beside it, one line of totals.

``make test-long`` does the same with the tests that are marked ``long``.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from setup import javascript, junit, key_ring, machine, odoo_conf, packages, templates
from setup.console import SetupError, say, step
from setup.databases import Databases
from setup.locking import exclusive
from setup.settings import Settings

_NO_TESTS = 5  # exit code of pytest when a selection matches nothing
# Halves of the suite: their folders, which are also what a path in ARGS starts with.
INSIDE = "addons"
BESIDE = "tests"
#: Marker of tests that take half a minute or more. They are below ``tests/``: inside Odoo nobody
#: waits for processes.
LONG = "long"


@dataclass(frozen=True)
class Selection:
    """What of the tests a person asked for in ``ARGS``.

    :ivar options: options for both pytest processes
    :ivar inside: paths for the process inside Odoo (empty: it is not run)
    :ivar beside: paths for the process beside it (empty: it is not run)
    :ivar everything: True when nothing was selected, so that the whole suite runs, but for long
        tests. Those that a path, ``-k`` or ``-m`` selects run, however long they take.
    """

    options: tuple[str, ...]
    inside: tuple[str, ...]
    beside: tuple[str, ...]
    everything: bool

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "Selection":
        """Sort pytest's arguments by the process that they are for.

        :raises SetupError: a path is in neither half
        """
        paths = [part for part in arguments if _is_path(part)]
        options = tuple(part for part in arguments if part not in paths)
        halves: dict[str, list[str]] = {INSIDE: [], BESIDE: []}
        for path in paths:
            half = path.removeprefix("./").partition("/")[0]
            if half not in halves:
                raise SetupError(f"{path} is neither below {INSIDE}/ nor below {BESIDE}/.")
            halves[half].append(path)
        everything = not paths and not any(_selects(option) for option in options)
        if not paths:
            halves = {INSIDE: [INSIDE], BESIDE: [BESIDE]}
        if everything:
            options = ("-m", f"not {LONG}", *options)
        return cls(options, tuple(halves[INSIDE]), tuple(halves[BESIDE]), everything)

    @classmethod
    def long(cls, arguments: Sequence[str]) -> "Selection":
        """The tests that take long, with further options of pytest."""
        return cls(("-m", LONG, *arguments), (), (BESIDE,), everything=False)


def run(settings: Settings, arguments: Sequence[str]) -> int:
    """Run the tests and print the totals as the last line; return the exit code.

    :param arguments: further arguments of pytest
    """
    return _run(settings, Selection.parse(arguments))


def run_long(settings: Settings, arguments: Sequence[str]) -> int:
    """Run the tests that :func:`run` leaves out because they take long, and do as it does.

    :param arguments: further options of pytest
    """
    return _run(settings, Selection.long(arguments))


def _run(settings: Settings, selection: Selection) -> int:
    _provide_browser()
    _provide_javascript(settings)
    lock = settings.home / f"test-{settings.checkout}.lock"
    with machine.prepared(settings) as ready, exclusive(lock, "testing this checkout"):
        totals = junit.Totals()
        if selection.inside:
            totals += _inside(ready, selection)
        if selection.beside:
            totals += _beside(ready, selection)
    objections = _objections(totals, selection, strict=settings.strict)
    for objection in objections:
        say(f"FAILED: {objection}")
    totals += junit.Totals(failed=len(objections))
    print(totals)
    return 1 if totals.failed else 0


def _inside(ready: machine.Machine, selection: Selection) -> junit.Totals:
    """Run the addons' own tests in Odoo, on a copy of the template, through pytest-odoo."""
    settings = ready.settings
    database = f"suite_test_{settings.checkout}"
    databases = Databases(ready)
    databases.clone(templates.suite(ready), database)
    sections = {
        # Jobs are left where tests can see them; cron would change what tests look at.
        "options": {**odoo_conf.options(ready, database), "workers": 0, "max_cron_threads": 0},
        "queue_job": {"channels": "root:0"},
        "integration": {"key_ring": key_ring.generate("test")},
    }
    config = odoo_conf.write(settings.etc / f"{database}.conf", sections)
    options = [
        f"--odoo-config={config}",
        "--odoo-http",
        # The plugin's default hides ERROR records, which addons/conftest.py fails a test for.
        "--odoo-log-level=warn",
    ]
    try:
        return _pytest(ready, "inside", [*options, *selection.options, *selection.inside])
    finally:
        databases.drop(database)


def _beside(ready: machine.Machine, selection: Selection) -> junit.Totals:
    """Run the tests with databases and servers of their own; Odoo's plugin would interfere."""
    return _pytest(ready, "beside", ["-p", "no:odoo", *selection.options, *selection.beside])


def _pytest(ready: machine.Machine, name: str, arguments: Sequence[str]) -> junit.Totals:
    settings = ready.settings
    report = settings.home / f"junit-{settings.checkout}-{name}.xml"
    report.unlink(missing_ok=True)
    command = [settings.python, "-m", "pytest", f"--junit-xml={report}", "--durations=5"]
    with step(f"Tests {name} Odoo"):
        code = subprocess.run(
            [*command, *arguments], cwd=settings.repository, env=ready.environ, check=False
        ).returncode
    if not report.is_file():
        say(f"FAILED: pytest ended with exit code {code} before it wrote its report.")
        return junit.Totals(failed=1)
    totals = junit.read(report)
    # A usage or internal error fails the run even if every test in the report passed.
    if code and code != _NO_TESTS and not totals.failed:
        say(f"FAILED: pytest ended with exit code {code}.")
        totals += junit.Totals(failed=1)
    return totals


def _objections(totals: junit.Totals, selection: Selection, *, strict: bool) -> list[str]:
    """Return what is wrong with a run although no test in it failed."""
    objections = []
    if selection.everything and not totals.http_cases:
        # pytest-odoo skips them silently when its HTTP server is off.
        objections.append("no HttpCase ran: neither controllers nor screens were tested.")
    if strict:
        objections += [f"skipped under CI=true: {name}" for name in totals.skipped_http_cases]
    if not totals.passed and not totals.failed:
        objections.append("no test ran.")
    return objections


def _provide_browser() -> None:
    if packages.chromium():
        return
    try:
        packages.install("chromium", "for browser tours")
    except SetupError as error:
        say(f"Tours will be skipped: {error}")


def _provide_javascript(settings: Settings) -> None:
    try:
        javascript.provide(settings)
    except SetupError as error:
        say(f"Tests in JavaScript will be skipped, or fail under CI=true: {error}")


def _selects(option: str) -> bool:
    """Whether an option of pytest says which tests are meant."""
    return option.startswith(("-k", "-m"))


def _is_path(argument: str) -> bool:
    return not argument.startswith("-") and Path(argument.partition("::")[0]).exists()
