"""A process of its own that runs Python code with an Odoo environment."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.harness.starter import Process

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
        config: Path,
        spawn: Callable[[Sequence[str | Path], tuple[int, int, int]], Process],
        wait_departed: Callable[[], None],
    ) -> None:
        """Start the process.

        :param spawn: starts a command with its input, output and errors
        :param wait_departed: see :meth:`tests.harness.database.Database.wait_departed`
        """
        self._wait_departed = wait_departed
        self.log = config.with_suffix(".log")
        source, requests = os.pipe()
        answers, output = os.pipe()
        self._requests = os.fdopen(requests, "w")
        self._answers = os.fdopen(answers)
        with self.log.open("ab") as log:
            self._process = spawn([_WORKER, config], (source, output, log.fileno()))
        os.close(source)
        os.close(output)

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
        self._requests.write(json.dumps({"code": code, "arguments": arguments}) + "\n")
        self._requests.flush()

    def receive(self) -> Any:
        """Wait for the run that was sent longest ago and return its result.

        :raises RemoteError: it raised, or the process ended, which PostgreSQL has noticed by then
        """
        line = self._answers.readline()
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
        with suppress(BrokenPipeError):  # it was killed before it had read all
            self._requests.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._answers.close()
