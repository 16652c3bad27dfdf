"""The clinical part of ``make run``: the MLLP listener, and those who tell something."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from setup import machine
from setup.console import SetupError, step
from setup.settings import REPOSITORY

#: As the demo data of integration_ehr_bridge have it.
PORT = 2575
#: The file with what the hospital remembers, in the demo's folder.
STATE = "hospital.json"
_HOSPITAL = REPOSITORY / "setup" / "demo" / "hospital.py"
#: How the listener ends when Odoo was changed under it and it is to be started again.
_START_AGAIN = 75
_PATIENCE = 20


@dataclass
class Program:
    """A program that runs beside Odoo, with a log of its own.

    :ivar start_again: the exit code after which it is started again
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environ: dict[str, str] = field(repr=False)
    start_again: int | None = None
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only ``make run``."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def watch(self) -> None:
        """Start it again if it asks for that.

        :raises SetupError: it ended for another reason
        """
        code = self._process.poll() if self._process else None
        if code is None:
            return
        if code != self.start_again:
            raise SetupError(f"The {self.name} ended by itself; its log says why: {self.log}")
        self.start()

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(
    ready: machine.Machine, config: Path, database: str, *others: Program
) -> Iterator[list[Program]]:
    """Run the listener, and unless the pace is 0 the hospital and what else tells by itself."""
    programs = [_listener(ready, config, database)]
    if ready.settings.pace:
        programs += [_hospital(ready), *others]
    with ExitStack() as stack:
        for program in programs:
            with step(f"Starting the {program.name}"):
                program.start()
            stack.callback(program.stop)
        yield programs


def _listener(ready: machine.Machine, config: Path, database: str) -> Program:
    settings = ready.settings
    return Program(
        "MLLP listener",
        [settings.odoo, "mllp", f"--config={config}", f"--database={database}"],
        settings.logs / "mllp.log",
        {**ready.environ, "ODOO_RC": str(config)},
        _START_AGAIN,
    )


def _hospital(ready: machine.Machine) -> Program:
    settings = ready.settings
    state = settings.home / "demo" / STATE
    command = [settings.python, _HOSPITAL, f"--port={PORT}", f"--pace={settings.pace}"]
    log = settings.logs / "hospital.log"
    return Program("hospital", [*command, f"--state={state}"], log, dict(ready.environ))
