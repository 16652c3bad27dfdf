"""A backup of the database together with its key ring, restored elsewhere: docs/keys.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from setup import key_ring
from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.deliveries import receipt_of
from tests.e2e.office import Inbound, Order, Outbound
from tests.e2e.receivers import Receiver
from tests.e2e.test_copies import copy_of, release, run
from tests.harness import Database, Harness, RemoteError, wait_until

SECRETS = "result = env['integration.credential'].browse(credential)._secrets()"


@dataclass
class Clinic:
    """A clinical interface in, another one out, and what waits in both when the backup is taken.

    :ivar handled: an order whose confirmation had its effect, under ``msg_handled``
    :ivar waiting: one whose confirmation is stored, encrypted, and not handled yet
    :ivar orders: ids of the messages that the partner has not got yet
    """

    inbound: Inbound
    outbound: Outbound
    credential: int
    handled: Order
    receipt: str
    waiting: Order
    orders: set[str]

    @classmethod
    def make(cls, suite: Suite, receiver: Receiver) -> "Clinic":
        office, ledger = suite.office, suite.ledger
        supplier = office.supplier("Clinic")
        inbound = office.inbound(supplier, office.buyer("interface"), data_class="clinical")
        outbound = office.outbound(supplier, receiver.url)
        handled, waiting = office.confirmed(supplier, 2)
        sender = suite.sender(inbound)
        receipt = receipt_of(sender.deliver(handled.confirmation(), "msg_handled"))
        ledger.wait_for(receipt, "done")
        ledger.wait_settled(outbound.id, 2)
        for interface in (inbound, outbound):
            office.call("integration.interface", "action_pause", [interface.id])
        receipt_of(sender.deliver(waiting.confirmation(), "msg_waiting"))
        office.confirmed(supplier, 3)
        for interface, count in ((inbound, 1), (outbound, 3)):
            wait_until(
                lambda interface=interface, count=count: (
                    ledger.states(interface.id).get("held") == count
                ),
                what="messages that wait",
            )
        orders = {row["external_key"] for row in ledger.messages(outbound.id)[2:]}
        row = office.read("integration.interface", outbound.id, "credential_id")
        return cls(inbound, outbound, row["credential_id"][0], handled, receipt, waiting, orders)


@contextmanager
def restored(harness: Harness, original: Database, dump: Path) -> Iterator[Database]:
    """A fresh database with the content of a backup, and no key ring unless one is given."""

    def make(name: str) -> None:
        run(harness, "createdb", "-T", "template0", name)
        run(harness, "pg_restore", "--no-owner", "-d", name, dump)

    with copy_of(harness, original, make) as copy:
        copy.key_ring = ""
        yield copy


def keys(suite: Suite) -> dict[str, str]:
    """What the page says of each key that has values."""
    suite.admin.call("integration.encryption.key", "action_open_keys")
    rows = suite.admin.call(
        "integration.encryption.key", "search_read", [], ["key_id", "state", "value_count"]
    )
    return {row["key_id"]: row["state"] for row in rows if row["value_count"]}


def contents(database: Database) -> dict[str, int]:
    """How much there is of everything that a restore could lose."""
    tables = ("message", "payload", "attempt", "event", "idempotency", "credential_version")
    return {table: database.scalar(f"SELECT count(*) FROM integration_{table}") for table in tables}


@pytest.mark.long
def test_backup_of_database_and_ring_carries_on_elsewhere(harness: Harness, tmp_path: Path) -> None:
    dump, ring = tmp_path / "backup.dump", tmp_path / "key-ring"
    with harness.database() as original, Receiver() as receiver:
        with running_suite(original, integration=SHORT) as suite:
            clinic = Clinic.make(suite, receiver)
            ring.write_text(f"{original.key_ring}\n")
            run(harness, "pg_dump", "-Fc", "-f", dump, original.name)
            before = contents(original)
        sent = len(receiver.received)
        with restored(harness, original, dump) as database:
            other = {**SHORT, "key_ring": key_ring.generate("other")}
            check_without_its_key(database, clinic, other)
            assert contents(database) == before, "nothing is lost, and nothing was added"
            assert len(receiver.received) == sent
            archive = {**SHORT, "key_ring_file": str(ring)}
            check_with_its_key(database, clinic, archive, receiver)
            assert set(receiver.ids()[sent:]) == clinic.orders
            receiver.verify(clinic.outbound.secret)


def check_without_its_key(
    database: Database, clinic: Clinic, integration: dict[str, object]
) -> None:
    """Whoever forgot the ring is told which key, and all waits."""
    for section, said in (({}, "no key ring"), (integration, "no key 'test'")):
        with database.shell(integration=section) as shell, pytest.raises(RemoteError, match=said):
            shell.run(SECRETS, credential=clinic.credential)
    with database.server(workers=4, integration=integration) as server:
        suite = Suite.of(database, server, server.login())
        both = (clinic.inbound.id, clinic.outbound.id)
        release(suite, dict.fromkeys(both, "send"))
        for interface in both:
            suite.admin.call("integration.interface", "action_resume", [interface])
        for interface in both:
            reason = suite.wait_watched(
                lambda interface=interface: suite.database.scalar(
                    "SELECT blocked_reason FROM integration_interface WHERE id = %s", [interface]
                ),
                what="the reason why messages wait",
            )
            assert "'test'" in reason
        assert keys(suite) == {"test": "missing"}
        # Released, and refused all the same.
        answer = suite.sender(clinic.inbound).deliver(clinic.handled.confirmation(), "msg_handled")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        wait_until(
            lambda: suite.ledger.states(clinic.outbound.id) == {"done": 2, "queued": 3},
            what="orders that wait",
        )
        assert suite.ledger.states(clinic.inbound.id) in (
            {"done": 1, "queued": 1},
            {"done": 1, "held": 1},  # nobody has looked at it yet
        )


def check_with_its_key(
    database: Database, clinic: Clinic, integration: dict[str, object], receiver: Receiver
) -> None:
    """The ring is put back, and nobody does anything else."""
    with database.server(workers=4, integration=integration) as server:
        suite = Suite.of(database, server, server.login())
        ledger = suite.ledger
        suite.wait_watched(
            lambda: ledger.states(clinic.outbound.id) == {"done": 5}, what="the orders that waited"
        )
        suite.wait_watched(
            lambda: ledger.states(clinic.inbound.id) == {"done": 2}, what="the confirmation"
        )
        assert keys(suite) == {"test": "current"}
        # Its pseudonyms are those of the original: what is repeated is recognised.
        again = suite.sender(clinic.inbound).deliver(clinic.handled.confirmation(), "msg_handled")
        assert receipt_of(again) == clinic.receipt
        assert ledger.count(clinic.inbound.id) == 2
        for order in (clinic.handled, clinic.waiting):
            assert len(ledger.notes(order.id)) == 1
    with database.shell(integration=integration) as shell:
        assert shell.run(SECRETS, credential=clinic.credential) == [clinic.outbound.secret]
