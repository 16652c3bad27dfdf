"""A process of its own that runs Python code with an Odoo environment."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).with_name("shell_worker.py")


class RemoteError(Exception):
    """The code raised; the text is the traceback of the other process."""


class Shell:
    """Runs Python in another process, each run in a transaction that is then committed.

    The process keeps its registry between runs, like a worker. Several shells on one database
    are several real clients: that is how concurrency is tested (:meth:`send` to all, then
    :meth:`receive` from all).
    """

    def __init__(
        self,
        python: Path,
        config: Path,
        environ: Mapping[str, str],
        wait_departed: Callable[[], None],
    ) -> None:
        """:param wait_departed: see :meth:`tests.harness.database.Database.wait_departed`"""
        self._wait_departed = wait_departed
        self.log = config.with_suffix(".log")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [python, _WORKER, config],
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def run(self, code: str, **arguments: Any) -> Any:
        """Run code and return what it left in the variable ``result`` (anything JSON can hold).

        A serialization failure re-runs it, as Odoo does with a request.

        :param code: Python; sees ``env`` and the arguments as global variables
        :raises RemoteError: it raised; nothing was committed
        """
        self.send(code, **arguments)
        return self.receive()

    def send(self, code: str, **arguments: Any) -> None:
        """Start running code without waiting for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"code": code, "arguments": arguments}) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the run that was sent longest ago and return its result.

        :raises RemoteError: it raised, or the process ended, which PostgreSQL has noticed by then
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._wait_departed()
            raise RemoteError(f"the process ended; see {self.log}:\n{self.log.read_text()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RemoteError(answer["error"])
        return answer["result"]

    def kill(self) -> None:
        """``kill -9``, whatever it is doing; returns when PostgreSQL has noticed, too."""
        self._process.kill()
        self._process.wait()
        self._wait_departed()

    def close(self) -> None:
        """End the process when it has done what was sent."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._process.stdout:
            self._process.stdout.close()
