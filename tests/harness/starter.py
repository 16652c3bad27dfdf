"""Starts processes of Odoo as forks of one that has imported Odoo already.

To import Odoo and its addons takes two of the three seconds of processor time that a server or a
shell needs to start, and a run of all tests starts a hundred of them. A fork has all of it at once.
What reads its configuration while it is imported (queue_job, the suite's addons) is imported by
each process for itself, as ever.
"""

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

_WORKER = Path(__file__).with_name("starter_worker.py")
#: Variables that a program or one of its libraries reads when it begins.
_READ_AT_ONCE = ("LANG", "LC_", "LD_", "MALLOC_", "PYTHON", "TZ")
_LONGEST_ANSWER = 64


class Process(Protocol):
    """What is common to ``subprocess.Popen`` and :class:`Forked`."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A process that is the child of another one than ours; its exit code stays unknown."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # Its parent asks for it no sooner than it is to make another one, so that it is there,
        # if only as one that has ended.
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return 0 when it has ended, else None."""
        return 0 if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended and return 0.

        :param timeout: seconds
        :raises subprocess.TimeoutExpired: it has not ended in time
        """
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return 0

    def send_signal(self, number: int) -> None:
        """Send it a signal; no-op when it has ended."""
        if not self._has_ended(0):
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _has_ended(self, timeout: float | None) -> bool:
        return bool(select.select([self._handle], [], [], timeout)[0])

    def __del__(self) -> None:
        os.close(self._handle)


@dataclass
class Starter:
    """Runs Python scripts that need Odoo.

    :ivar python: the interpreter
    :ivar environ: the environment in which Odoo is imported
    :ivar addons_paths: folders of Odoo's own addons that are not in its package
    """

    python: Path
    environ: Mapping[str, str]
    addons_paths: Sequence[Path] = ()
    _lock: Lock = field(default_factory=Lock, repr=False)
    _channel: socket.socket | None = field(default=None, repr=False)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(
        self,
        command: Sequence[str | Path],
        environ: Mapping[str, str],
        files: tuple[int, int, int],
        modules: Sequence[str],
    ) -> Process:
        """Start a script in a session of its own, so that Ctrl-C reaches us only.

        :param command: the script and its arguments
        :param environ: its environment
        :param files: descriptors for its input, its output and its errors
        :param modules: addons of Odoo's own that it will need
        :raises OSError: the process that imports Odoo has ended; it has printed why
        """
        argv = [str(part) for part in command]
        if self._needs_beginning(environ):
            source, output, errors = files
            return subprocess.Popen(
                [self.python, *argv],
                env=dict(environ),
                stdin=source,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        request = json.dumps({"argv": argv, "environ": dict(environ)}).encode()
        with self._lock:
            channel = self._channel = self._channel or self._open(modules)
            socket.send_fds(channel, [request], files)
            answer = channel.recv(_LONGEST_ANSWER)
        return Forked(int(answer))

    def _needs_beginning(self, environ: Mapping[str, str]) -> bool:
        """Whether a fork would come too late to heed an environment."""
        names = {*environ, *self.environ}
        changed = {name for name in names if environ.get(name) != self.environ.get(name)}
        return any(name.startswith(_READ_AT_ONCE) for name in changed)

    def _open(self, modules: Sequence[str]) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = ",".join(map(str, self.addons_paths))
        with theirs:
            # It ends when we do, because its channel ends.
            self._process = subprocess.Popen(
                [self.python, _WORKER, str(theirs.fileno()), paths, *modules],
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours
