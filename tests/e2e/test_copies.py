"""A copy of a database sends nothing and takes nothing until an administrator releases it."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from setup.databases import Databases
from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.office import Inbound, Outbound, Supplier
from tests.e2e.receivers import Receiver
from tests.harness import Database, Harness, wait_until

pytestmark = pytest.mark.long

# Long enough for the job runner, which is ready by then, to run whatever it finds.
QUIET_SECONDS = 8


@contextmanager
def copy_of(harness: Harness, origin: Database, make: Callable[[str], Any]) -> Iterator[Database]:
    """Give a database that ``make(name)`` copied from ``origin``, with its key ring."""
    databases = Databases(harness.machine)
    name = f"{origin.name}_copy"
    databases.drop(name)
    make(name)
    copy = replace(origin, name=name, folder=origin.folder / "copy")
    copy.folder.mkdir(exist_ok=True)
    try:
        yield copy
    finally:
        copy.close()
        databases.drop(name)


def run(harness: Harness, *command: str | Path) -> None:
    subprocess.run(command, env=harness.machine.environ, check=True, capture_output=True)


def neutralize(harness: Harness, database: Database) -> None:
    """The real command."""
    config = database._write_config("neutralize", {})
    run(harness, harness.machine.settings.odoo, "neutralize", f"--config={config}")


class Hospital:
    """A running original: one interface out, one in, and orders that wait for a dead partner."""

    def __init__(self, suite: Suite, receiver: Receiver) -> None:
        self.suite = suite
        office = suite.office
        self.supplier: Supplier = office.supplier("MedSupply")
        self.outbound: Outbound = office.outbound(self.supplier, receiver.url)
        self.inbound: Inbound = office.inbound(self.supplier, office.buyer())

    def leave_waiting(self, count: int) -> list[str]:
        """Kill the server with messages in its queue; return the ids partners would see."""
        self.suite.office.call("integration.interface", "action_pause", [self.outbound.id])
        self.suite.office.confirmed(self.supplier, count)
        wait_until(lambda: self.suite.database.scalar(WAITING, [self.outbound.id]) == count)
        self.suite.server.kill()
        # As in a backup taken in the middle of work: queued, and nobody paused. Not before the
        # server is dead: a drain that is about to end looks once more, and would send them.
        self.suite.database.sql(
            "UPDATE integration_interface SET processing_paused = false WHERE id = %s",
            [self.outbound.id],
        )
        self.suite.database.sql(
            "UPDATE integration_message SET state = 'queued', held_reason = NULL "
            "WHERE interface_id = %s AND state = 'held'",
            [self.outbound.id],
        )
        rows = self.suite.database.sql(
            "SELECT external_key FROM integration_message WHERE state = 'queued' ORDER BY id"
        )
        return [row["external_key"] for row in rows]


WAITING = """
    SELECT count(*) FROM integration_message
     WHERE interface_id = %s AND state IN ('held', 'queued')
"""


@pytest.fixture(scope="module")
def original(harness: Harness) -> Iterator[tuple[Database, Receiver, Hospital, list[str]]]:
    """An original that was stopped with three messages in its queue."""
    with harness.database() as database, Receiver() as receiver:
        with running_suite(database, integration=SHORT) as suite:
            hospital = Hospital(suite, receiver)
            suite.office.confirmed(hospital.supplier)
            wait_until(lambda: len(receiver.received) == 1, what="the original sends")
            mark = "SELECT mark FROM integration_arming"
            suite.watchdog()
            assert database.scalar(mark) >= 1
            waiting = hospital.leave_waiting(3)
        yield database, receiver, hospital, waiting


def assert_silent(suite: Suite, receiver: Receiver, hospital: Hospital) -> None:
    """Nothing leaves, whoever pushes; what arrives is refused for now."""
    before = len(receiver.received)
    supplier = hospital.supplier
    suite.office.confirmed(supplier)
    suite.watchdog()
    lanes = suite.admin.call("integration.lane", "search", [])
    assert lanes
    answer = suite.sender(hospital.inbound).deliver({"type": "order.confirmed"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 60
    assert_quiet(receiver, before)


def assert_quiet(receiver: Receiver, before: int) -> None:
    with pytest.raises(AssertionError):
        wait_until(
            lambda: len(receiver.received) > before, timeout=QUIET_SECONDS, what="a message leaves"
        )
    assert len(receiver.received) == before


def release(suite: Suite, choices: dict[int, str]) -> None:
    """Release interfaces through the dialog, as an administrator does."""
    armings = suite.admin.call("integration.arming", "search", [])
    suite.admin.call("integration.arming", "action_release", armings)
    values = suite.admin.call("integration.rearm", "default_get", ["line_ids", "held", "cause"])
    lines = [
        [0, 0, {**command[2], "choice": choices.get(command[2]["interface_id"], "keep")}]
        for command in values["line_ids"]
        if command[0] == 0
    ]
    rearm = suite.office.create(
        "integration.rearm",
        line_ids=lines,
        reason="Test with the partner's test system",
        confirmation=suite.database.name,
    )
    suite.admin.call("integration.rearm", "action_confirm", [rearm])


def test_createdb_copy(
    harness: Harness, original: tuple[Database, Receiver, Hospital, list[str]]
) -> None:
    database, receiver, hospital, waiting = original
    database.reconnect()

    def make(name: str) -> None:
        run(harness, "createdb", "-T", database.name, name)

    with copy_of(harness, database, make) as copy:
        identity = "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"
        assert copy.scalar(identity) == database.scalar(identity)
        with copy.server(workers=4, integration=SHORT) as server:
            admin = server.login()
            suite = Suite.of(copy, server, admin)
            assert_silent(suite, receiver, hospital)
            before = len(receiver.received)
            release(suite, {hospital.outbound.id: "send"})
            # A worker of the original may have left its lease in the copy: the watchdog comes then.
            suite.wait_watched(
                lambda: len(receiver.received) >= before + 4, what="the released messages"
            )
            assert set(receiver.ids()[before:]) > set(waiting)
            # The other interface was not released.
            answer = suite.sender(hospital.inbound).deliver({"type": "order.confirmed"})
            assert answer.status_code == 503


def test_neutralized_copy(
    harness: Harness, original: tuple[Database, Receiver, Hospital, list[str]]
) -> None:
    database, receiver, hospital, _waiting = original
    database.reconnect()

    def make(name: str) -> None:
        run(harness, "createdb", "-T", database.name, name)

    with copy_of(harness, database, make) as copy:
        copy.sql(
            "INSERT INTO integration_replay_task (act, domain, rate, state)"
            " VALUES ('retry', '[]', 600, 'running')"
        )
        neutralize(harness, copy)
        assert copy.scalar("SELECT held_because FROM integration_arming") == "neutralized"
        assert copy.scalar("SELECT state FROM integration_replay_task") == "paused"
        assert not copy.sql(
            "SELECT 1 FROM integration_credential_version WHERE ciphertext IS NOT NULL"
        )
        urls = copy.sql("SELECT url FROM integration_interface WHERE direction = 'outbound'")
        assert all(row["url"].startswith("https://neutralized.invalid/") for row in urls)
        with copy.server(workers=4) as server:
            admin = server.login()
            suite = Suite.of(copy, server, admin)
            before = len(receiver.received)
            # The address that the original gave to the partner is not the copy's.
            old = suite.sender(hospital.inbound).deliver({"type": "order.confirmed"})
            assert old.status_code == 404
            suite.office.confirmed(hospital.supplier)
            assert_quiet(receiver, before)
            # Even a release does not let anything go out: paused, no secret, no address.
            release(suite, {hospital.outbound.id: "send"})
            assert_quiet(receiver, before)
