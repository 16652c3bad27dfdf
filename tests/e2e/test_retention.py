"""Retention with real processes: under traffic, killed in the middle, and beside other people."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench import ledger_fill
from tests.e2e.acting import acting
from tests.e2e.conftest import SHORT, Suite, running_suite
from tests.e2e.copies import copy_newest
from tests.e2e.office import Inbound, Office, Outbound, Supplier, through_shell
from tests.e2e.receivers import Receiver
from tests.e2e.traffic import service_user
from tests.harness import Database, Faults, Harness, Shell, wait_until

#: The shortest clocks; keys are kept for long.
A_DAY = {
    "clinical_payload_days": 1,
    "payload_days": 1,
    "metadata_days": 1,
    "key_days": 700,
}
OLD = 3000
#: Seconds between two orders: enough messages a second for retention to call the server busy.
PAUSE = 0.3

_CONTENT = """
INSERT INTO integration_payload (
    message_id, kind, body, encoding, size, sha256, content_type, created_at)
SELECT m.id, k.kind, '\\x7b7d', '', 2, repeat('0', 64), 'application/json', m.created_at
  FROM integration_message m, unnest(ARRAY['sent', 'response']) AS k(kind)
 WHERE m.id = ANY(%s)
"""
_ATTEMPTS = """
INSERT INTO integration_attempt (message_id, number, started_at, outcome)
SELECT id, 1, created_at, 'done' FROM integration_message WHERE id = ANY(%s)
"""
_AGE = """
UPDATE integration_message SET created_at = created_at - interval '90 days',
       finished_at = coalesce(finished_at, created_at) - interval '90 days'
 WHERE id = ANY(%s)
"""
# Sweeps until nothing is overdue any more.
SWEEP = """
from odoo.addons.integration_core.engine import retention
from odoo.addons.integration_core.engine.cursors import own_cursor
lane = env.ref("integration_core.lane_retention")
env.cr.rollback()
with own_cursor(env.registry) as cr:
    retention.look(cr)
result = 0
for _round in range(rounds):
    result += retention.Sweep(env.registry, lane.id).run(patient=False)
"""
HOLD = """
env["integration.legal.hold"].create({
    "name": "Dispute", "reference": "1", "reason": "A claim", "interface_id": interface_id})
"""
REPLAY = """
env["integration.message"].browse(message_id).action_replay("once more")
"""
# What one batch of each clock asks of the database, as plans.
PLANS = """
from odoo.addons.integration_core.engine import retention_batches, retention_clocks
from odoo.addons.integration_core.engine.cursors import own_cursor

class Explaining:
    def __init__(self, cr):
        self.cr = cr
    def execute(self, query, params=None, **options):
        self.cr.execute("EXPLAIN " + query, params)
        result.append([" ".join(query.split())[:200], "\\n".join(r[0] for r in self.cr.fetchall())])
        self.cr.execute(query, params, **options)
    def __getattr__(self, name):
        return getattr(self.cr, name)

result = []
env.cr.rollback()
with own_cursor(env.registry) as cr:
    retention_clocks.refresh(cr)
    cr.execute("SELECT id FROM integration_retention_clock WHERE overdue > 0")
    for (clock_id,) in cr.fetchall():
        clock = retention_clocks.lock(cr, clock_id)
        retention_batches.remove(Explaining(cr), clock, 100)
    cr.rollback()
"""
BIG = ("message", "payload", "attempt", "event", "idempotency", "record_sync")


@pytest.fixture(scope="module")
def faults(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("faults"), database)


@pytest.fixture(scope="module")
def suite(database: Database, faults: Faults) -> Iterator[Suite]:
    """A running suite with short leases; it may log errors, for workers die."""
    with running_suite(database, environ=faults.environ, integration=SHORT) as suite:
        suite.office.buyer("interface")
        yield suite


@contextmanager
def partner(suite: Suite, name: str) -> Iterator[tuple[Receiver, Outbound, Inbound]]:
    """A supplier with an interface in each direction, whose policies keep things for a day."""
    supplier = suite.office.supplier(name)
    with Receiver() as receiver:
        outbound = suite.office.outbound(supplier, receiver.url, policy=A_DAY)
        inbound = suite.office.inbound(supplier, service_user(suite), policy=A_DAY)
        yield receiver, outbound, inbound


def hourly(suite: Suite) -> None:
    """Do now what happens every hour."""
    suite.office.run_scheduled("integration_core.ir_cron_retention")


def grow_old(suite: Suite, ids: list[int]) -> None:
    suite.database.sql(_AGE + " RETURNING id", [ids])


def purged(suite: Suite, interface_id: int, kind: str) -> int:
    """How many the runs say that they removed."""
    return suite.database.scalar(
        "SELECT coalesce(sum(count), 0)::int FROM integration_retention_line "
        "WHERE interface_id = %s AND kind = %s",
        [interface_id, kind],
    )


def count(suite: Suite, table: str, ids: list[int]) -> int:
    column = "id" if table == "integration_message" else "message_id"
    return suite.database.scalar(f"SELECT count(*) FROM {table} WHERE {column} = ANY(%s)", [ids])


def test_removal_under_traffic_survives_two_deaths(suite: Suite, faults: Faults) -> None:
    with partner(suite, "Busy") as (receiver, outbound, inbound):
        (order,) = suite.office.confirmed(supplier_of(suite, outbound))
        suite.ledger.wait_for_order(order.id, outbound.id, "done")
        copy_newest(suite.database, outbound.id, OLD, state="done")
        old = [
            row["id"]
            for row in suite.ledger.messages(outbound.id)
            if row["external_key"].startswith("copy-")
        ]
        grow_old(suite, old)
        for statement in (_CONTENT, _ATTEMPTS):
            suite.database.sql(statement + " RETURNING id", [old])
        faults.arm("retention_removed", "retention_committed")
        with traffic(suite, outbound, inbound) as accepted:
            hourly(suite)
            suite.wait_watched(
                lambda: count(suite, "integration_message", old) == 0,
                timeout=300,
                what="the old messages to go",
            )
        faults.wait_reached()
        for table in ("integration_payload", "integration_attempt"):
            assert count(suite, table, old) == 0, table
        # Counted in the transaction that removed: nothing twice, nothing untold.
        assert purged(suite, outbound.id, "payload") == OLD
        assert purged(suite, outbound.id, "metadata") == OLD
        suite.wait_watched(lambda: audited(suite, outbound) == OLD, what="the audit entry")
        settled = suite.ledger.wait_settled(inbound.id, len(accepted), timeout=120)
        assert settled == {"done": len(accepted)}
        suite.ledger.wait_settled(outbound.id, 1 + len(accepted), timeout=120)
        assert len(set(receiver.ids())) == 1 + len(accepted)


def supplier_of(suite: Suite, interface: Outbound) -> Supplier:
    row = suite.office.read("integration.interface", interface.id, "system_id")
    system = suite.office.read("integration.system", row["system_id"][0], "partner_id")
    return Supplier(system["partner_id"][0], row["system_id"][0])


def audited(suite: Suite, interface: Outbound) -> int:
    """Messages that the audit trail tells of, for the policy of an interface."""
    return suite.database.scalar(
        "SELECT coalesce(sum((changes::jsonb->'metadata_purged'->>1)::int), 0)::int "
        "FROM integration_audit_entry WHERE act = 'purge' AND res_model = 'integration.policy' "
        "AND res_id = %s",
        [interface.policy_id],
    )


@contextmanager
def traffic(suite: Suite, outbound: Outbound, inbound: Inbound) -> Iterator[list[str]]:
    """Orders leave and confirmations arrive all the while, at least ten; gives the receipts."""
    supplier = supplier_of(suite, outbound)
    client = suite.server.login()
    office = Office(client.call, client.call)
    receipts: list[str] = []
    stop = threading.Event()

    def work() -> None:
        sender = suite.sender(inbound)
        while not stop.wait(PAUSE) or len(receipts) < 10:
            (order,) = office.confirmed(supplier)
            answer = sender.deliver(order.confirmation(), f"msg_{order.id}")
            assert answer.status_code == 202, answer.text
            receipts.append(answer.json()["receipt"])

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            yield receipts
        finally:
            stop.set()
        working.result()


def test_repetition_is_recognised_after_its_message_is_gone(suite: Suite) -> None:
    with partner(suite, "Forgetful") as (_receiver, outbound, inbound):
        (order,) = suite.office.confirmed(supplier_of(suite, outbound))
        suite.ledger.wait_for_order(order.id, outbound.id, "done")
        sender = suite.sender(inbound)
        first = sender.deliver(order.confirmation(), "msg_once")
        assert first.status_code == 202
        suite.ledger.wait_settled(inbound.id, 1)
        (message,) = suite.ledger.messages(inbound.id)
        grow_old(suite, [message["id"]])
        hourly(suite)
        wait_until(lambda: not suite.ledger.messages(inbound.id), 120, what="the message to go")
        again = sender.deliver(order.confirmation(), "msg_once")
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert not suite.ledger.messages(inbound.id), "nothing is stored a second time"
        assert len(suite.ledger.notes(order.id)) == 1
        sender.deliver(order.confirmation("2031-01-01"), "msg_once")
        (conflict,) = suite.ledger.messages(inbound.id)
        assert (conflict["state"], conflict["error_code"]) == ("quarantined", "key_reused")


@pytest.fixture
def shells(suite: Suite) -> Iterator[tuple[Shell, Shell]]:
    with suite.database.shell() as first, suite.database.shell() as second:
        yield first, second


def test_hold_that_is_being_placed_stops_the_removal(
    suite: Suite, shells: tuple[Shell, Shell], tmp_path: Path
) -> None:
    """Placed by a transaction that is open while the sweep runs, and that has seen nothing gone."""
    with partner(suite, "Held") as (_receiver, outbound, _inbound):
        (order,) = suite.office.confirmed(supplier_of(suite, outbound))
        message = suite.ledger.wait_for_order(order.id, outbound.id, "done")
        with acting(shells[0], HOLD, tmp_path, interface_id=outbound.id):
            grow_old(suite, [message["id"]])
            assert shells[1].run(SWEEP, rounds=1) == 0
            assert count(suite, "integration_payload", [message["id"]]) > 0
        shells[1].run(SWEEP, rounds=2)
        assert count(suite, "integration_payload", [message["id"]]) > 0
        assert count(suite, "integration_message", [message["id"]]) == 1


def test_replay_that_is_being_made_keeps_its_content(
    suite: Suite, shells: tuple[Shell, Shell], tmp_path: Path
) -> None:
    with partner(suite, "Replayed") as (receiver, outbound, _inbound):
        (order,) = suite.office.confirmed(supplier_of(suite, outbound))
        message = suite.ledger.wait_for_order(order.id, outbound.id, "done")
        grow_old(suite, [message["id"]])
        with acting(shells[0], REPLAY, tmp_path, message_id=message["id"]):
            shells[1].run(SWEEP, rounds=3)
            assert count(suite, "integration_message", [message["id"]]) == 1
        suite.wait_watched(lambda: len(receiver.received) == 2, what="the replay")
        first, second = (received.request.body for received in receiver.received)
        assert first == second


@pytest.mark.long
def test_batches_read_no_table_from_end_to_end(harness: Harness) -> None:
    with harness.database() as database, database.shell() as shell:
        call = through_shell(shell)
        office = Office(call, call)
        supplier = office.supplier("Large")
        outbound = office.outbound(
            supplier, "http://127.0.0.1:9/hook", policy=A_DAY | {"key_days": 1}
        )
        inbound = office.inbound(supplier, office.buyer(), policy=A_DAY | {"key_days": 1})
        extent = ledger_fill.Extent(finished=40_000, unfinished=1000)
        ledger_fill.fill(database, inbound.id, outbound.id, extent)
        plans = shell.run(PLANS)
    for table in BIG:
        assert any(f"integration_{table} " in plan for _query, plan in plans), table
    for query, plan in plans:
        for table in BIG:
            assert f"Seq Scan on integration_{table} " not in plan, f"{query}\n{plan}"
