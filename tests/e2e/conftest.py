"""Fixtures of the end-to-end tests: a running suite, shared by the tests of one module."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.ledger import Ledger
from tests.e2e.office import Inbound, Office
from tests.e2e.senders import WebhookSender
from tests.harness import Client, Database, Server

# As odoo.conf.example has it, for a small machine: one slot stays free for real time.
CHANNELS = (
    "root:3,root.integration_realtime:3,root.integration_background:2,"
    "root.integration_background.batch:1"
)


@dataclass
class Suite:
    """A real server on a database of its own."""

    database: Database
    server: Server
    admin: Client
    office: Office
    ledger: Ledger

    def sender(self, interface: Inbound) -> WebhookSender:
        """Return a partner that delivers to an interface."""
        return WebhookSender(self.server.url + interface.path, interface.secret)

    def watchdog(self) -> None:
        """Do now what happens every minute."""
        self.office.run_watchdog(self.admin)


@pytest.fixture(scope="module")
def suite(request: pytest.FixtureRequest, database: Database) -> Iterator[Suite]:
    """A running suite. A module may set ``SERVER`` (arguments of ``Database.server``) and
    ``EXPECTED_ERRORS`` (a pattern of error records that its tests provoke).
    """
    database.durability()
    options = {"workers": 4, "channels": CHANNELS, **getattr(request.module, "SERVER", {})}
    with database.server(**options) as server:
        admin = server.login()
        yield Suite(database, server, admin, Office(admin.call), Ledger(database))
        expected = getattr(request.module, "EXPECTED_ERRORS", None)
        errors = [line for line in server.errors() if not expected or not re.search(expected, line)]
    assert not errors, "the server logged errors:\n" + "\n".join(errors)
