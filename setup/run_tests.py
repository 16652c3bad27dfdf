"""``make test``: installation, tests inside Odoo, tests beside it, one line of totals.

``make test-long`` does the same with the tests that are marked ``long``.

The whole suite runs in several processes at once. Each of them works on one half and then helps
with the other; they share out the files as ``setup/claiming.py`` says. A selection of tests runs
in one process for each half, so that what it prints and where it stops is as pytest has it.
"""

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from setup import claiming, javascript, junit, key_ring, machine, odoo_conf, packages, templates
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


@dataclass(frozen=True)
class Part:
    """What one process of pytest does.

    :ivar half: :data:`INSIDE` or :data:`BESIDE`
    :ivar number: of the process among those that share the half
    :ivar claims: folder in which they claim files, or None when this process has the half alone
    """

    half: str
    number: int = 0
    claims: Path | None = None

    @property
    def name(self) -> str:
        """For the names of files: ``inside``, or ``inside-1`` where others are there, too."""
        return f"{'inside' if self.half == INSIDE else 'beside'}{self.suffix}"

    @property
    def title(self) -> str:
        where = "inside Odoo" if self.half == INSIDE else "beside Odoo"
        return f"{where}, process {self.number + 1}" if self.claims else where

    @property
    def suffix(self) -> str:
        return f"-{self.number}" if self.claims else ""

    @property
    def is_quiet(self) -> bool:
        """Whether another process talks to the terminal, so that this one has to wait."""
        return self.number > 0

    @property
    def is_claimed(self) -> bool:
        """Whether others do all of it already, so that it is not worth its start."""
        return self.claims is not None and claiming.all_claimed(self.claims)

    @property
    def options(self) -> tuple[str, ...]:
        return ("-p", claiming.__name__, f"--claims={self.claims}") if self.claims else ()


def parts(number: int, folder: Path) -> tuple[Part, Part]:
    """What the process of a number does one after the other.

    They begin with different halves: what runs beside Odoo waits for servers now and then, which
    leaves the processor to what runs inside.

    :param folder: holds a folder for the claims of each half
    """
    halves = (BESIDE, INSIDE) if number % 2 == 0 else (INSIDE, BESIDE)
    first, second = (Part(half, number, folder / half) for half in halves)
    return first, second


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
    provide_browser()
    _provide_promtool()
    _provide_javascript(settings)
    lock = settings.home / f"test-{settings.checkout}.lock"
    with machine.prepared(settings) as ready, exclusive(lock, "testing this checkout"):
        if selection.everything and settings.processes > 1:
            totals = _share(ready, selection)
        else:
            totals = _in_turn(ready, selection)
    objections = _objections(totals, selection, strict=settings.strict)
    for objection in objections:
        say(f"FAILED: {objection}")
    totals += junit.Totals(failed=len(objections))
    print(totals)
    return 1 if totals.failed else 0


def _in_turn(ready: machine.Machine, selection: Selection) -> junit.Totals:
    """Run the halves one after the other."""
    totals = junit.Totals()
    if selection.inside:
        totals += _inside(ready, selection, Part(INSIDE))
    if selection.beside:
        totals += _beside(ready, selection, Part(BESIDE))
    return totals


def _share(ready: machine.Machine, selection: Selection) -> junit.Totals:
    """Run both halves in several processes at once."""
    # Before they start, lest they wait for each other.
    templates.suite(ready)
    count = ready.settings.processes
    with tempfile.TemporaryDirectory(prefix="suite-claims-") as folder:
        for half in (INSIDE, BESIDE):
            Path(folder, half).mkdir()
        turns = [parts(number, Path(folder)) for number in range(count)]
        interrupted = threading.Event()
        # Threads, which only wait. Ctrl-C reaches the processes by itself, and they clean up.
        with ThreadPoolExecutor(count) as pool:
            found = [pool.submit(_take_turn, ready, selection, turn, interrupted) for turn in turns]
            try:
                return sum((one.result() for one in found), junit.Totals())
            except KeyboardInterrupt:
                interrupted.set()
                raise


def _take_turn(
    ready: machine.Machine,
    selection: Selection,
    turn: Sequence[Part],
    interrupted: threading.Event,
) -> junit.Totals:
    """Run one part after the other, but for those of which nothing is left."""
    totals = junit.Totals()
    for part in turn:
        if not part.is_claimed and not interrupted.is_set():
            run_half = _inside if part.half == INSIDE else _beside
            totals += run_half(ready, selection, part)
    return totals


def _inside(ready: machine.Machine, selection: Selection, part: Part) -> junit.Totals:
    """Run the addons' own tests in Odoo, on a copy of the template, through pytest-odoo."""
    settings = ready.settings
    database = f"suite_test_{settings.checkout}{part.suffix}"
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
        return _pytest(ready, part, [*options, *selection.options, *selection.inside])
    finally:
        databases.drop(database)


def _beside(ready: machine.Machine, selection: Selection, part: Part) -> junit.Totals:
    """Run the tests with databases and servers of their own; Odoo's plugin would interfere."""
    return _pytest(ready, part, ["-p", "no:odoo", *selection.options, *selection.beside])


def _pytest(ready: machine.Machine, part: Part, arguments: Sequence[str]) -> junit.Totals:
    settings = ready.settings
    report = settings.home / f"junit-{settings.checkout}-{part.name}.xml"
    report.unlink(missing_ok=True)
    command = [str(settings.python), "-m", "pytest", f"--junit-xml={report}", "--durations=5"]
    with step(f"Tests {part.title}"):
        code = _execute(ready, part, [*command, *part.options, *arguments])
    if not report.is_file():
        say(f"FAILED: pytest ended with exit code {code} before it wrote its report.")
        return junit.Totals(failed=1)
    totals = junit.read(report)
    # A usage or internal error fails the run even if every test in the report passed.
    if code and code != _NO_TESTS and not totals.failed:
        say(f"FAILED: pytest ended with exit code {code}.")
        totals += junit.Totals(failed=1)
    return totals


def _execute(ready: machine.Machine, part: Part, command: Sequence[str]) -> int:
    """Run pytest and return its exit code; only one process may talk to the terminal."""
    settings = ready.settings
    if not part.is_quiet:
        return subprocess.run(
            command, cwd=settings.repository, env=ready.environ, check=False
        ).returncode
    log = settings.logs / f"test-{settings.checkout}-{part.name}.log"
    with log.open("wb") as output:
        code = subprocess.run(
            command,
            cwd=settings.repository,
            env=ready.environ,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ).returncode
    print(log.read_text(errors="replace"), flush=True)
    return code


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


def provide_browser() -> None:
    """Install a browser for tours, or say that they will be skipped."""
    if packages.chromium():
        return
    try:
        packages.install("chromium", "for browser tours")
    except SetupError as error:
        say(f"Tours will be skipped: {error}")


def _provide_promtool() -> None:
    if packages.promtool():
        return
    try:
        packages.install("prometheus", "to check metrics and alert rules")
    except SetupError as error:
        say(f"Tests of metrics will fail: {error}")


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
