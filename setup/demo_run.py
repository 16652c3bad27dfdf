"""``make run``: Odoo with suite and demo data, the job runner, partners, a hospital, a clinic."""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from setup import (
    demo_clinic_run,
    demo_hospital_run,
    key_ring,
    machine,
    odoo_conf,
    suite_addons,
    templates,
)
from setup.console import SetupError, say, step
from setup.console import run as run_program
from setup.databases import Databases
from setup.demo_hospital_run import Program
from setup.locking import exclusive
from setup.odoo_server import OdooServer
from setup.settings import REPOSITORY, Settings

DATABASE = "suite_demo"
_WITHOUT_DEMO = re.compile(r"Module (\S+) demo data failed to install")
_PROGRESS = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")
#: One process with threads. Browsers hold a live connection (``/websocket``), which prefork workers
#: cannot answer: that takes a reverse proxy that leads there to another process, and nobody shall
#: have to install one to look at a demo. The job runner is a thread, too.
PROCESSES: odoo_conf.Section = {
    "workers": 0,
    "max_cron_threads": 1,
    "server_wide_modules": "base,rpc,web,queue_job",
    # Odoo counts the address space, of which many threads reserve much, and would start anew in
    # the middle of what somebody looks at. The limits are there to replace one worker of several.
    "limit_memory_soft": 0,
    "limit_memory_hard": 0,
}
#: Background work leaves one of the two job slots to real-time interfaces.
CHANNELS = "root:2,root.integration_background:1"
_BRIDGE = "integration_ehr_bridge"
_PARTNERS = REPOSITORY / "setup" / "demo" / "partners.py"
_RUNS_ALREADY = (
    "The demo runs already. Use it, or end it: Ctrl-C in its terminal, or `make stop` anywhere."
)
#: What outlives the demo database; its partners' secrets do so on purpose, and are entered again.
_MEMORIES = (
    demo_hospital_run.STATE,
    demo_clinic_run.STATE,
    "medsupply.sqlite*",
    "flaky.sqlite*",
)
_CONNECT = REPOSITORY / "setup" / "demo" / "connect.py"
_CONNECT_HOSPITAL = REPOSITORY / "setup" / "demo" / "connect_hospital.py"
_CONNECT_CLINIC = REPOSITORY / "setup" / "demo" / "connect_clinic.py"


def run(settings: Settings) -> int:
    """Start everything, wait for Ctrl-C, stop everything, and return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        # Two job runners on one database would wait for each other.
        stack.enter_context(exclusive(settings.demo_lock, "the demo", refusal=_RUNS_ALREADY))
        _require_free(settings.port, ", or use another port: make run PORT=8070")
        _require_free(demo_hospital_run.PORT, " (the demo's hospital needs it).")
        ready = stack.enter_context(machine.prepared(settings))
        partners = _configure_partners(ready)
        for port in _ports(partners):
            _require_free(port, " (the demo's partners need it).")
        for port in demo_clinic_run.ports(demo_clinic_run.configure(ready, _url(ready))):
            _require_free(port, " (the demo's day clinic needs it).")
        config = _write_config(ready)
        _provide_database(ready, config, partners)
        programs = stack.enter_context(_running_partners(ready, partners))
        server = stack.enter_context(_running_server(ready, config))
        clinical = stack.enter_context(_running_hospital(ready, config))
        say(
            f"\nOdoo is ready: http://localhost:{settings.port}  login: admin  password: admin\n"
            f"Log: {server.log}\nCtrl-C stops it.\n"
        )
        try:
            while server.is_running and programs.poll() is None:
                for program in clinical:
                    program.watch()
                time.sleep(0.5)
        except KeyboardInterrupt:
            return 0
        if server.is_running:
            raise SetupError("The demo partners ended by themselves; they said why above.")
        raise SetupError(f"Odoo ended by itself; its log says why: {server.log}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # What a supervisor sends is treated as Ctrl-C, so that both clean up in the same way.
    raise KeyboardInterrupt


def _require_free(port: int, otherwise: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise SetupError(f"Port {port} is in use. Stop what uses it{otherwise}") from error


def _write_config(ready: machine.Machine) -> Path:
    settings = ready.settings
    sections = {
        "options": {
            **odoo_conf.options(ready, DATABASE),
            "http_port": settings.port,
            **PROCESSES,
        },
        "queue_job": {"channels": CHANNELS},
        "integration": _integration(settings),
    }
    return odoo_conf.write(settings.etc / f"{DATABASE}.conf", sections)


def _integration(settings: Settings) -> odoo_conf.Section:
    """Keys that outlive the database, for installing its data as for running it."""
    return {
        "key_ring": key_ring.kept(settings.etc / "key-ring"),
        "audit_key": key_ring.kept(settings.etc / "audit-key"),
        "audit_checkpoint_file": str(settings.home / "demo" / "audit-checkpoints.jsonl"),
    }


def _provide_database(ready: machine.Machine, config: Path, partners: Path) -> None:
    """Create the demo database at the first start, upgrade it when the addons have changed."""
    folder = ready.settings.addons
    addons = suite_addons.names(folder)
    wanted = suite_addons.fingerprint(folder, addons)
    databases = Databases(ready)
    known = databases.label(DATABASE) if databases.exists(DATABASE) else ""
    if not databases.exists(DATABASE):
        partial = f"{DATABASE}_partial"
        with step("Creating the demo database (some minutes, once)"):
            databases.clone("template0", partial)
            _install(ready, partial, [*templates.BASE_MODULES, *addons])
            _forget(ready)
            databases.rename(partial, DATABASE)
    elif known != wanted:
        with step("Upgrading the demo database, for the addons have changed"):
            _install(ready, DATABASE, addons, upgrade=True)
    if not known:
        # Under its final name: traffic is released for a database of this name, and a copy holds
        # it. A first start that was interrupted before is finished here.
        _connect(ready, config, _CONNECT, {"DEMO_CONFIG": str(partners)})
    if known != wanted and _BRIDGE in addons:
        # Also where the hospital came with an upgrade.
        _connect(ready, config, _CONNECT_HOSPITAL, {})
        clinic = demo_clinic_run.config_file(ready.settings)
        _connect(ready, config, _CONNECT_CLINIC, {"DEMO_CLINIC": str(clinic)})
    databases.set_label(DATABASE, wanted)


def _forget(ready: machine.Machine) -> None:
    """Let hospital, clinic and partners begin anew along with the database.

    The patients and orders that they remember from a database of before are unknown to this one.
    """
    folder = ready.settings.home / "demo"
    for pattern in _MEMORIES:
        for path in folder.glob(pattern):
            path.unlink()


def _install(
    ready: machine.Machine, database: str, modules: Sequence[str], *, upgrade: bool = False
) -> None:
    found = templates.install(
        ready,
        database,
        modules,
        "--with-demo",
        upgrade=upgrade,
        integration=_integration(ready.settings),
        on_line=_show_progress,
    )
    for line in found:
        say(f"    {line}")
    if lacking := [hit[1] for line in found if (hit := _WITHOUT_DEMO.search(line))]:
        # Odoo goes on without it, and never comes back to it.
        raise SetupError(
            f"The demo data of {', '.join(lacking)} could not be loaded, so the demo would be half "
            f"empty. The log says why: {ready.settings.logs / f'install-{database}.log'}\n"
            "The next `make run` tries again."
        )


def _connect(
    ready: machine.Machine, config: Path, script: Path, environ: Mapping[str, str]
) -> None:
    """Enter the secrets made on this machine, and make the demo's interfaces live."""
    run_program(
        [ready.settings.odoo, "shell", f"--config={config}", f"--database={DATABASE}"],
        stdin=script,
        env={**ready.environ, **environ},
        log=ready.settings.logs / f"{script.stem.replace('_', '-')}.log",
    )


def _show_progress(line: str) -> None:
    found = _PROGRESS.search(line)
    if found and int(found[2]) % 10 == 0:
        say(f"    module {found[2]} of {found[3]}: {found[1]}")


def _configure_partners(ready: machine.Machine) -> Path:
    """Make the partners' configuration at the first start; return its path.

    It comes before the database, which is given the partners' secrets when it is made.
    """
    config = ready.settings.home / "demo" / "partners.json"
    config.parent.mkdir(mode=0o700, exist_ok=True)
    script = [ready.settings.python, _PARTNERS, f"--config={config}"]
    run_program([*script, "--init-config", f"--odoo-url={_url(ready)}"], env=ready.environ)
    return config


def _ports(partners: Path) -> list[int]:
    """Return the ports that the partners will open; their file may name others than usual."""
    settings = json.loads(partners.read_text())
    return [value for key, value in settings.items() if key.endswith("_port")]


@contextmanager
def _running_partners(ready: machine.Machine, config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the demo partners; their own lines go to the terminal."""
    command = [ready.settings.python, _PARTNERS, f"--config={config}"]
    # In a session of its own, so that Ctrl-C reaches only us and Odoo stops first.
    process = subprocess.Popen(
        [*command, f"--odoo-url={_url(ready)}"], env=ready.environ, start_new_session=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _running_hospital(ready: machine.Machine, config: Path) -> Iterator[Sequence[Program]]:
    """Run what belongs to the clinical bridge, if that is among the addons."""
    if _BRIDGE not in suite_addons.names(ready.settings.addons):
        yield ()
        return
    clinic = demo_clinic_run.program(ready, _url(ready))
    with demo_hospital_run.running(ready, config, DATABASE, clinic) as programs:
        yield programs


@contextmanager
def _running_server(ready: machine.Machine, config: Path) -> Iterator[OdooServer]:
    settings = ready.settings
    server = OdooServer(
        command=settings.odoo,
        config=config,
        port=settings.port,
        log=settings.logs / f"{DATABASE}.log",
        environ=ready.environ,
    )
    try:
        with step("Starting Odoo"):
            server.start()
            server.wait_ready(timeout=120)
        yield server
    finally:
        say("Stopping …")
        server.stop()


def _url(ready: machine.Machine) -> str:
    return f"http://127.0.0.1:{ready.settings.port}"
