"""Two processes that handle clinical messages, as two interfaces of one hospital do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.harness import Database, Shell

_TELL = """
import time
from pathlib import Path
from odoo.addons.integration_core.engine.inbound_run import Received
env.cr.execute("SELECT 1")  # from here on it sees what is the case now
if meeting:
    # Both have begun before either of them has changed anything; a second try does not wait.
    Path(meeting, me).touch()
    end = time.monotonic() + 60
    while len(list(Path(meeting).iterdir())) < 2:
        assert time.monotonic() < end, "the other one did not begin"
        time.sleep(0.01)
for number, (handler, body) in enumerate(told, first):
    received = Received(number, f"{me}-{number}", None, None, None, 0)
    env[f"integration.handler.{handler}"]._process(received, body)
"""
#: Name of a handler, and what a message says.
Told = tuple[str, dict[str, Any]]


class TwoFeeds:
    """Two processes; what one tells at once, none of them knows of the other."""

    def __init__(self, database: Database, shells: tuple[Shell, Shell]) -> None:
        self.database = database
        self.shells = shells
        self._number = 1

    def tell(self, *told: Told) -> None:
        """Handle messages one after another, in one transaction."""
        first = self._take(len(told))
        self.shells[0].run(_TELL, told=told, first=first, me="first", meeting=None)

    def tell_at_once(self, meeting: Path, *told: Told) -> None:
        """Each process handles one of two messages; both have begun before either changes a thing.

        :param meeting: a folder that does not exist yet
        """
        meeting.mkdir()
        for shell, one, me in zip(self.shells, told, ("one", "other"), strict=True):
            shell.send(_TELL, told=[one], first=self._take(1), me=me, meeting=str(meeting))
        for shell in self.shells:
            shell.receive()

    def _take(self, count: int) -> int:
        self._number += count
        return self._number - count


@contextmanager
def two_feeds(database: Database) -> Iterator[TwoFeeds]:
    """Give two processes whose messages may name places that are not known yet."""
    with database.shell() as one, database.shell() as other:
        one.run("env.company.ehr_create_locations = True")
        yield TwoFeeds(database, (one, other))
