"""A database restored from a backup that was taken under traffic.

A real partner process knows what it got. What the restored database says of it must be exactly
that, and what it sends again must have the same ids.
"""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from setup.databases import Databases
from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.receivers import Receiver
from tests.e2e.test_copies import Hospital, assert_quiet, release, run
from tests.harness import Database, Harness, wait_until


@contextmanager
def traffic(suite: Suite, hospital: Hospital) -> Iterator[list[str]]:
    """Confirm orders and deliver confirmations all the time; give the ids that got a 202."""
    accepted: list[str] = []
    stop = threading.Event()
    sender = suite.sender(hospital.inbound)

    def work() -> None:
        for number in itertools.count(1):
            if stop.is_set():
                return
            suite.office.confirmed(hospital.supplier, 2)
            key = f"delivery-{number}"
            if sender.deliver({"type": "order.confirmed"}, key).status_code == 202:
                accepted.append(key)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            yield accepted
        finally:
            stop.set()
        working.result()


def idle(database: Database) -> bool:
    busy = database.scalar(
        "SELECT count(*) FROM integration_message WHERE direction = 'outbound' "
        "AND state IN ('queued', 'processing', 'retry')"
    )
    waiting = database.scalar("SELECT count(*) FROM integration_event WHERE dispatched_at IS NULL")
    return not busy and not waiting


def restore(harness: Harness, database: Database, dump: str) -> None:
    """As an administrator does: the same name, on the same server, the folders untouched."""
    database.reconnect()
    Databases(harness.machine).query(f'DROP DATABASE "{database.name}" WITH (FORCE)')
    run(harness, "createdb", "-T", "template0", database.name)
    run(harness, "pg_restore", "--no-owner", "-d", database.name, dump)


def found(database: Database, kind: str) -> set[str]:
    rows = database.sql("SELECT key FROM integration_restore_finding WHERE kind = %s", [kind])
    return {row["key"] for row in rows}


@pytest.mark.long
def test_restored_from_a_backup_under_traffic(harness: Harness) -> None:
    with harness.database() as database, Receiver() as receiver, Receiver() as other:
        dump = str(database.folder / "backup.dump")
        with running_suite(database, integration=SHORT) as suite:
            hospital = Hospital(suite, receiver)
            second = suite.office.outbound(hospital.supplier, other.url)
            suite.watchdog()
            with traffic(suite, hospital) as accepted:
                wait_until(lambda: len(receiver.received) > 4, what="traffic")
                # The partners fail for a while, so that the backup has a queue in every state.
                receiver.default = other.default = type(receiver.default)(503)
                before = len(receiver.received)
                wait_until(lambda: len(receiver.received) > before + 4, what="failures")
                run(harness, "pg_dump", "-Fc", "-f", dump, database.name)
                receiver.default = other.default = type(receiver.default)(202)
                before = len(receiver.accepted())
                wait_until(lambda: len(receiver.accepted()) > before + 6, what="traffic after it")
            wait_until(lambda: idle(database), timeout=180, what="everything is delivered")
            suite.watchdog()
            suite.server.stop()
        restore(harness, database, dump)
        check_restored(harness, database, receiver, other, accepted, hospital, second.id)


def check_restored(
    harness: Harness,
    database: Database,
    receiver: Receiver,
    other: Receiver,
    accepted: list[str],
    hospital: Hospital,
    second: int,
) -> None:
    known = {row["key"] for row in database.sql("SELECT key FROM integration_idempotency")}
    with database.server(workers=4, integration=SHORT) as server:
        suite = Suite.of(database, server, server.login())
        before, before_other = len(receiver.received), len(other.received)
        assert_quiet(receiver, before)
        assert len(other.received) == before_other
        (arming,) = suite.admin.call("integration.arming", "search", [])
        state = suite.office.read("integration.arming", arming, "cause", "backup_at")
        assert state["cause"] == "older"
        assert state["backup_at"]
        suite.admin.call("integration.arming", "action_release", [arming])
        waiting = {
            (row["interface_id"], row["external_key"])
            for row in database.sql(
                "SELECT interface_id, external_key FROM integration_message "
                "WHERE direction = 'outbound' AND state IN ('queued', 'processing', 'retry')"
            )
        }
        ids = {hospital.outbound.id: receiver, second: other}
        for interface, partner in ids.items():
            mine = {key for where, key in waiting if where == interface}
            got = set(partner.accepted())
            assert mine, "the backup has a queue"
            assert of(database, interface, "delivered") == mine & got
            assert of(database, interface, "unknown") == got - keys(database, interface)
            assert of(database, interface, "unknown"), "traffic went on after the backup"
        assert found(database, "maybe") == set()
        assert found(database, "lost") == set(accepted) - known
        assert found(database, "lost"), "confirmations were accepted after the backup"
        # One interface: its messages alone, under the ids that the partner knows.
        release(suite, {hospital.outbound.id: "send"})
        mine = {key for where, key in waiting if where == hospital.outbound.id}
        # The backup may hold the lease of a worker that was at it: the watchdog comes then.
        suite.wait_watched(lambda: set(receiver.ids()[before:]) >= mine, what="its messages")
        assert set(receiver.ids()[before:]) == mine
        assert len(other.received) == before_other
        receiver.verify(hospital.outbound.secret)
        # The other one: what its partner has is closed, so nothing is repeated.
        release(suite, {second: "settle"})
        suite.wait_watched(lambda: idle(database), what="the second queue is empty")
        assert len(set(other.ids())) == len(set(other.accepted()))
        repeated = other.ids()[before_other:]
        assert not set(repeated) & set(other.accepted()[:before_other])


def of(database: Database, interface: int, kind: str) -> set[str]:
    rows = database.sql(
        "SELECT key FROM integration_restore_finding WHERE kind = %s AND interface_id = %s",
        [kind, interface],
    )
    return {row["key"] for row in rows}


def keys(database: Database, interface: int) -> set[str]:
    rows = database.sql(
        "SELECT external_key FROM integration_message WHERE interface_id = %s", [interface]
    )
    return {row["external_key"] for row in rows}
