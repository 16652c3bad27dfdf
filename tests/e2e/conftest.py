"""Fixtures of the end-to-end tests: a running suite, shared by the tests of one module."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from tests.e2e.ledger import Ledger
from tests.e2e.office import Inbound, Office, approver
from tests.e2e.senders import WebhookSender
from tests.harness import Client, Database, Server, wait_until

T = TypeVar("T")

# As odoo.conf.example has it, for a small machine: one slot stays free for real time.
CHANNELS = (
    "root:3,root.integration_realtime:3,root.integration_background:2,"
    "root.integration_background.batch:1"
)

#: The ``[integration]`` section where nobody is woken but by the watchdog, which leaves wake-ups
#: alone that are younger than this (seconds).
EAGER = {"watchdog_grace": 1}
#: The same where workers die as well: their messages wait for the end of their lease (seconds).
SHORT = {**EAGER, "lease_seconds": 3}


@dataclass
class Suite:
    """A real server on a database of its own."""

    database: Database
    server: Server
    admin: Client
    office: Office
    ledger: Ledger

    @classmethod
    def of(cls, database: Database, server: Server, admin: Client) -> "Suite":
        """A suite on a copy, where the colleague of the administrator exists already."""
        office = Office(admin.call, server.login("ben", "ben").call)
        return cls(database, server, admin, office, Ledger(database))

    def sender(self, interface: Inbound) -> WebhookSender:
        """Return a partner that delivers to an interface."""
        return WebhookSender(self.server.url + interface.path, interface.secret)

    def watchdog(self) -> None:
        """Do now what happens every minute."""
        self.office.run_scheduled("integration_core.ir_cron_watchdog")

    def wait_watched(
        self, condition: Callable[[], T], timeout: float = 120, *, what: str = ""
    ) -> T:
        """Wait as ``wait_until`` does, with a watchdog that looks every second, not minute.

        The server needs :data:`EAGER` or :data:`SHORT`.
        """
        due = time.monotonic() + 1

        def look() -> T:
            nonlocal due
            if time.monotonic() > due:
                self.watchdog()
                due = time.monotonic() + 1
            return condition()

        return wait_until(look, timeout, poll=0.2, what=what)


@contextmanager
def running_suite(database: Database, **options: Any) -> Iterator[Suite]:
    """Give a running suite.

    :param options: arguments of ``Database.server``
    """
    database.durability()
    with database.server(**{"workers": 4, "channels": CHANNELS, **options}) as server:
        admin = server.login()
        yield Suite(
            database,
            server,
            admin,
            Office(admin.call, approver(admin, server).call),
            Ledger(database),
        )


@pytest.fixture(scope="module")
def suite(request: pytest.FixtureRequest, database: Database) -> Iterator[Suite]:
    """A running suite that must log no error.

    A module may set ``SERVER``, arguments of ``Database.server``, and ``EXPECTED_ERRORS``, parts
    of the errors that its tests provoke.
    """
    expected = getattr(request.module, "EXPECTED_ERRORS", ())
    with running_suite(database, **getattr(request.module, "SERVER", {})) as suite:
        yield suite
        errors = [
            error for error in suite.server.errors() if not any(part in error for part in expected)
        ]
    assert not errors, "the server logged errors:\n" + "\n".join(errors)
