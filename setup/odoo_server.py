"""A real Odoo server, prefork or threaded as its configuration says, and its job runner."""

import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from setup import processes
from setup.console import SetupError, tail

_RUNNER_READY = re.compile(r"queue job runner ready for db")
_POLL = 0.1
# What was killed ends when the system has freed what it had, memory above all.
_END_SECONDS = 60
_LOWEST_PORT = 10_000
_OUTGOING_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """Return a TCP port of the loopback interface that is free now.

    It is none of those that the system gives to outgoing connections: one of them could take it
    before the server does, or while the server is started anew.
    """
    ports = list(range(_LOWEST_PORT, _first_outgoing_port()))
    random.shuffle(ports)
    for port in [*ports, 0]:  # 0: whichever the system chooses
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    raise SetupError("There is no free TCP port.")


def _first_outgoing_port() -> int:
    try:
        return int(_OUTGOING_PORTS.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768


@dataclass
class OdooServer:
    """One Odoo server process group.

    :ivar command: the ``odoo`` command
    :ivar config: its configuration file
    :ivar port: its HTTP port
    :ivar log: file that its output is appended to, over restarts
    :ivar environ: its environment
    :ivar job_runner: whether its configuration has it run jobs
    """

    command: Path
    config: Path
    port: int
    log: Path
    environ: Mapping[str, str]
    job_runner: bool = True
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _log_start: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the master, which is also the id of the group; None when not started."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and return at once; see :meth:`wait_ready`."""
        if self.is_running:
            raise RuntimeError(f"{self.url} runs already")
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = self._spawn([self.command, f"--config={self.config}"], output)

    def _spawn(self, command: list[str | Path], output: BinaryIO) -> "subprocess.Popen[bytes]":
        """Start a command in a group of its own: Ctrl-C reaches us only, kill() all of it."""
        return subprocess.Popen(
            command,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_ready(self, timeout: float = 180) -> None:
        """Wait until HTTP answers and the job runner, if there is one, has its database.

        The runner sleeps five seconds before it starts.

        :param timeout: seconds
        :raises SetupError: the server ended, or was not ready in time; with the end of its log
        """
        self._wait(self._answers, timeout, "answer HTTP requests")
        if self.job_runner:
            self._wait(self._runs_jobs, timeout, "start its job runner")

    def stop(self, timeout: float = 20) -> None:
        """Ask the server to end; kill what is left after ``timeout`` seconds."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            # Jobs in flight delay the end; what is left is killed below.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """``kill -9`` for all its processes at once.

        :raises SetupError: one of them does not end
        """
        if self._process is None:
            return
        group = self._process.pid
        # There is no such group once everything in it has ended by itself.
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait()
        self._process = None
        # The others are not our children. As long as one is there, so is the port.
        deadline = time.monotonic() + _END_SECONDS
        while left := processes.of_group(group):
            if time.monotonic() > deadline:
                raise SetupError(f"Processes of a killed server do not end: {left}")
            time.sleep(0.01)

    def log_text(self, *, since_start: bool = True) -> str:
        """Return what the server logged since its last start, or ever."""
        with self.log.open("rb") as handle:
            handle.seek(self._log_start if since_start else 0)
            return handle.read().decode(errors="replace")

    def _wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if not self.is_running:
                raise SetupError(f"Odoo ended before it could {what} ({self.log}):\n{self._tail()}")
            if time.monotonic() > deadline:
                raise SetupError(
                    f"Odoo did not {what} within {timeout:.0f} s ({self.log}):\n{self._tail()}"
                )
            time.sleep(_POLL)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def _runs_jobs(self) -> bool:
        return bool(_RUNNER_READY.search(self.log_text()))

    def _tail(self) -> str:
        return tail(self.log_text())
