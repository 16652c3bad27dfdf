"""A real Odoo server as tests use it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from setup.odoo_server import OdooServer
from tests.harness.rpc import Client
from tests.harness.starter import Process

_RECORD = re.compile(r"^(?=\S+ \S+ \d+ [A-Z]+ )", re.MULTILINE)
_ERROR = re.compile(r"^\S+ \S+ \d+ (ERROR|CRITICAL) ")
# Odoo logs the statement of the slower one of two transactions as an error, and then repeats the
# request, or queue_job the job: nobody is told, and nothing is wrong.
_REPEATED = re.compile(r"bad query: .*\nERROR: +could not serialize access", re.DOTALL)


@dataclass
class Server(OdooServer):
    """An Odoo server: ``start``, ``wait_ready``, ``stop``, ``kill``, ``log_text``, ``login``.

    :ivar database: name of its one database
    :ivar wait_departed: see :meth:`tests.harness.database.Database.wait_departed`
    :ivar spawn: starts a command in an environment; its output goes to a file
    """

    database: str = ""
    wait_departed: Callable[[], None] = lambda: None
    spawn: Callable[[Mapping[str, str], Sequence[str | Path], BinaryIO], Process] | None = None

    def _spawn(self, command: list[str | Path], output: BinaryIO) -> Process:
        # The environment of now: a test may have changed it since the last start.
        if self.spawn:
            return self.spawn(self.environ, command, output)
        return super()._spawn(command, output)

    def kill(self) -> None:
        """``kill -9`` for all of it; returns when PostgreSQL has noticed, too."""
        if self.pid is not None:
            super().kill()
            self.wait_departed()

    def login(self, login: str = "admin", password: str = "admin") -> Client:
        """Log in through the web client's own route and return the client."""
        return Client.login(self.url, self.database, login, password)

    def errors(self) -> list[str]:
        """Return the first line of every ERROR or CRITICAL record since the last start.

        Without those of transactions that were repeated because another one was faster.
        """
        return errors_in(self.log_text())


def errors_in(log: str) -> list[str]:
    """Return the first line of every error in a log, but for those of repeated transactions."""
    records = (record for record in _RECORD.split(log) if _ERROR.match(record))
    return [record.partition("\n")[0] for record in records if not _REPEATED.search(record)]
