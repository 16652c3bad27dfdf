"""``make test-odoo``: Odoo's own tests of some modules, in a database with the whole suite.

An addon that changes Odoo's models can break what was not its concern. What Odoo tests itself
finds that out, except that some of its tests fail without the suite, too (for want of demo data,
say). Those are listed in ``odoo_known_failures``; ``--baseline`` makes the lists, in a database
with Odoo's modules and queue_job only. Any other failure counts.
"""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from setup import key_ring, machine, odoo_conf, odoo_report, odoo_source, run_tests, templates
from setup.console import SetupError, say, step, tail
from setup.databases import Databases
from setup.locking import exclusive
from setup.odoo_report import Comparison, Report
from setup.odoo_server import free_port
from setup.settings import Settings

BASELINE = "--baseline"
_LISTS = Path(__file__).with_name("odoo_known_failures")
_TRACEBACK_LINES = 40
# As Odoo's own farm does: tours depend on how fast a browser is.
_PATIENCE = {"ODOO_TEST_FAILURE_RETRIES": "1"}


@dataclass(frozen=True)
class Run:
    """Odoo's tests of one module.

    :ivar log: the whole log of the Odoo that ran them
    :ivar code: the exit code of that Odoo
    """

    module: str
    report: Report
    log: Path
    code: int

    @property
    def broken(self) -> str:
        """Why the run tells nothing, whatever was found; empty when it does."""
        if not self.report.complete:
            return f"Odoo ended with exit code {self.code} before it had run all tests"
        if not self.report.started:
            return "no test ran"
        if self.code and not self.report.failed:
            return f"Odoo ended with exit code {self.code} though no test failed"
        return ""


@dataclass(frozen=True)
class Request:
    """Which modules to test.

    :ivar modules: their technical names
    :ivar baseline: True makes their lists of known failures, without the suite
    """

    modules: tuple[str, ...]
    baseline: bool = False

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> "Request":
        """:raises SetupError: no module, or something that is none"""
        modules = tuple(dict.fromkeys(part for part in arguments if part != BASELINE))
        wrong = [name for name in modules if not name.isidentifier()]
        if wrong or not modules:
            raise SetupError(
                f"{' '.join(wrong) or 'Nothing'} is no module of Odoo. Name some:"
                ' make test-odoo MODULES="purchase purchase_stock"'
            )
        return cls(modules, BASELINE in arguments)


def run(settings: Settings, arguments: Sequence[str]) -> int:
    """Run Odoo's tests of the named modules, print what is new; return the exit code.

    The last line printed counts the tests: ``N passed, N failed``. Those that are known to fail
    without the suite are not among them.

    :raises SetupError: the arguments make no sense, or there is no such module
    """
    request = Request.parse(arguments)
    run_tests.provide_browser()
    lock = settings.home / f"test-odoo-{settings.checkout}.lock"
    with machine.prepared(settings) as ready, exclusive(lock, "Odoo's tests in this checkout"):
        _check_there(ready, request.modules)
        template = templates.base(ready) if request.baseline else templates.suite(ready)
        with ThreadPoolExecutor(settings.processes) as pool:
            runs = list(pool.map(lambda name: _test(ready, template, name), request.modules))
    settle = _write_list if request.baseline else _judge
    failed = sum(settle(one, strict=settings.strict) for one in runs)
    print(f"{sum(len(one.report.passed) for one in runs)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def _check_there(ready: machine.Machine, modules: Sequence[str]) -> None:
    """:raises SetupError: Odoo has no such module, for which it would only log a warning"""
    for name in modules:
        folders = odoo_source.own_addons_paths(ready.tree)
        if not any((path / name / "__manifest__.py").is_file() for path in folders):
            raise SetupError(f"Odoo has no module {name}.")


def _test(ready: machine.Machine, template: str, module: str) -> Run:
    """Run the tests of a module in a copy of a template, and drop that."""
    settings = ready.settings
    database = f"suite_odoo_{settings.checkout}_{module}"
    databases = Databases(ready)
    log = settings.logs / f"test-odoo-{settings.checkout}-{module}.log"
    with step(f"Odoo's tests of {module}, in a copy of {template}"):
        databases.clone(template, database)
        try:
            command = _command(ready, database, module)
            environ = {**ready.environ, **_PATIENCE}
            with log.open("wb") as output:
                code = subprocess.run(
                    command,
                    env=environ,
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                ).returncode
        finally:
            databases.drop(database)
    return Run(module, odoo_report.read(log.read_text(errors="replace")), log, code)


def _command(ready: machine.Machine, database: str, module: str) -> list[str]:
    settings = ready.settings
    sections = {
        "options": {
            **odoo_conf.options(ready, database),
            "workers": 0,
            "max_cron_threads": 0,
            "http_port": free_port(),
        },
        "queue_job": {"channels": "root:0"},
        "integration": {"key_ring": key_ring.generate("test")},
    }
    config = odoo_conf.write(settings.etc / f"{database}.conf", sections)
    return [
        str(settings.odoo),
        f"--config={config}",
        "--stop-after-init",
        # Half of the tests run while their module is installed or upgraded, and only then.
        f"--init={module}",
        f"--update={module}",
        f"--test-tags=/{module}",
    ]


def _judge(one: Run, *, strict: bool) -> int:
    """Say what is new about a module's tests; return how many of them count as failed.

    :param strict: a test that was skipped for want of a browser counts, too
    """
    path = _list_of(one.module)
    listed = odoo_report.read_list(path) if path.is_file() else frozenset()
    found = Comparison.of(one.report, listed)
    say(
        f"{one.module}: {len(one.report.passed)} passed, {len(found.known)} failed as without"
        f" the suite, {len(found.new)} failed because of it, {len(one.report.skipped)} skipped"
    )
    if not path.is_file():
        say(
            f"    No list says which tests of {one.module} fail without the suite. Make it:"
            f' make test-odoo MODULES="{one.module}" BASELINE=1'
        )
    for name in found.mended:
        say(f"    Passes although it is listed in {path.name}: {name}")
    for name in found.missing:
        say(f"    Did not run although it is listed in {path.name}: {name}")
    for name in found.new:
        say(f"FAILED: {one.module}: {name}\n{tail(one.report.failed[name], _TRACEBACK_LINES)}")
    objections = [one.broken] if one.broken else []
    if strict:
        objections += [f"skipped under CI=true: {name}" for name in _without_browser(one.report)]
    for objection in objections:
        say(f"FAILED: {one.module}: {objection}")
    if found.new or objections:
        say(f"    The whole log: {one.log}")
    return len(found.new) + len(objections)


def _without_browser(report: Report) -> list[str]:
    return sorted(name for name, reason in report.skipped.items() if "hrome" in reason)


def _write_list(one: Run, *, strict: bool) -> int:
    """Write which tests fail without the suite; return how many objections there are to that.

    :param strict: has no meaning here
    """
    if one.broken:
        say(f"FAILED: {one.module}: {one.broken}; its list stays as it is ({one.log})")
        return 1
    path = _list_of(one.module)
    path.write_text(odoo_report.format_list(one.module, one.report))
    say(f"{one.module}: {len(one.report.passed)} passed, {len(one.report.failed)} failed: {path}")
    return 0


def _list_of(module: str) -> Path:
    return _LISTS / f"{module}.txt"
