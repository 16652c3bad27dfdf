"""A real MLLP listener process, as an administrator starts it."""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.server import errors_in
from tests.harness.waiting import wait_until


@dataclass
class MllpListener:
    """``odoo mllp`` on a database.

    :ivar command: the ``odoo`` command
    :ivar config: its odoo.conf
    :ivar database: name of the database
    """

    command: Path
    config: Path
    database: str
    environ: Mapping[str, str] = field(repr=False)
    bind: str = "127.0.0.1"
    _process: "subprocess.Popen[bytes] | None" = None
    _log_start: int = 0

    @property
    def log(self) -> Path:
        return self.config.with_suffix(".log")

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it runs; its ports follow."""
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [self.command, "mllp", "-d", self.database, "--bind", self.bind],
                env={**self.environ, "ODOO_RC": str(self.config)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(lambda: self._has("is running") or self.has_ended(), what="a listener that runs")
        assert not self.has_ended(), self.log_text()

    def wait_open(self, port: int) -> None:
        """Wait until a port is served."""
        wait_until(lambda: self._state_of(port) == "open", what=f"an open port {port}")

    def wait_closed(self, port: int) -> None:
        """Wait until a port is not served any more."""
        wait_until(lambda: self._state_of(port) == "closed", what=f"a closed port {port}")

    def terminate(self, timeout: float = 60) -> int:
        """SIGTERM; the exit code."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL; nothing happens if it has ended."""
        if self._process and not self.has_ended():
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def wait(self, timeout: float = 60) -> int:
        """Wait for its end; the exit code."""
        assert self._process
        return self._process.wait(timeout)

    def log_text(self) -> str:
        """What it has logged since it was started."""
        with self.log.open("rb") as handle:
            handle.seek(self._log_start)
            return handle.read().decode(errors="replace")

    def errors(self) -> list[str]:
        """The first line of every error that it has logged."""
        return errors_in(self.log_text())

    def _has(self, text: str) -> bool:
        return text in self.log_text()

    def _state_of(self, port: int) -> str:
        found = re.findall(rf"Port {port} of .* is (open|closed)", self.log_text())
        return found[-1] if found else ""
