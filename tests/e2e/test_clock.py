"""The clock is set forwards and backwards: nothing is lost, done twice, or left lying."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.audit_trail import AuditTrail
from tests.e2e.clock import Clock
from tests.e2e.conftest import SHORT, running_suite
from tests.e2e.ledger import Ledger
from tests.e2e.office import Office, Outbound, through_shell
from tests.e2e.receivers import Answer, Receiver
from tests.e2e.traffic import Traffic
from tests.harness import Database, Faults, Harness, Shell, wait_until

HOUR = 3600
HALF = HOUR // 2
LEASE = 3
DISPATCH = "env['integration.lane'].search([('kind', '=', 'dispatch')])._drain()"
DRAIN = """
lane = env["integration.lane"].search([("interface_id", "=", interface_id)])
result = lane._drain()
"""
WATCHDOG = "env['integration.lane']._cron_watchdog()"
# What happens each minute, with the clock of the process so much ahead of the true time.
SEAL = """
from datetime import UTC, datetime, timedelta
from freezegun import freeze_time
moment = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=ahead)
with freeze_time(moment, tick=True):
    env["integration.audit.trail"]._cron_seal()
"""


@pytest.fixture
def database(harness: Harness) -> Iterator[Database]:
    with harness.database() as database:
        yield database


@pytest.fixture
def clock(database: Database) -> Clock:
    return Clock.install(database)


# -- leases ------------------------------------------------------------------------------------


@pytest.fixture
def shells(database: Database, clock: Clock) -> Iterator[list[Shell]]:
    database.durability()
    section = {"lease_seconds": LEASE, "watchdog_grace": 1}
    with ExitStack() as stack:
        yield [stack.enter_context(database.shell(integration=section)) for _each in range(2)]


def sending(shells: list[Shell], receiver: Receiver) -> tuple[Outbound, int]:
    """The first shell is sending a message, and waits for the answer; also the order's id."""
    office = Office(through_shell(shells[0]), through_shell(shells[0]))
    supplier = office.supplier("Partner")
    outbound = office.outbound(supplier, receiver.url)
    (order,) = office.confirmed(supplier)
    shells[0].run(DISPATCH)
    shells[0].send(DRAIN, interface_id=outbound.id)
    wait_until(lambda: receiver.received, what="the request")
    return outbound, order.id


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forwards", "backwards"])
def test_lease_of_a_live_sender_outlasts_a_step(
    database: Database, clock: Clock, shells: list[Shell], step: int
) -> None:
    with Receiver(Answer(202, delay=60)) as receiver:
        outbound, order_id = sending(shells, receiver)
        before = lease(database, outbound)
        clock.set(step)
        # It is renewed by the new clock, as it was by the old one.
        wait_until(
            lambda: abs((lease(database, outbound) - before).total_seconds() - step) < HOUR / 2,
            what="the renewal of the lease",
        )
        assert shells[1].run(DRAIN, interface_id=outbound.id) == 0
        receiver.hurry()
        shells[0].receive()
        (message,) = Ledger(database).of_order(order_id, outbound.id)
        assert (message["state"], message["attempts"]) == ("done", 1)
        assert len(receiver.received) == 1


def lease(database: Database, outbound: Outbound):
    """When the lease of the one message of an interface ends."""
    return database.scalar(
        "SELECT lease_until FROM integration_message WHERE interface_id = %s", [outbound.id]
    )


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forwards", "backwards"])
def test_lease_of_a_dead_sender_ends_although_the_clock_was_set(
    database: Database, clock: Clock, shells: list[Shell], step: int
) -> None:
    """Set back, the lease would end an hour later than anybody gave one."""
    ledger = Ledger(database)
    with Receiver(Answer(202, delay=60)) as receiver:
        outbound, order_id = sending(shells, receiver)
        shells[0].kill()
        clock.set(step)
        jobs = ledger.jobs(outbound.id)
        shells[1].run(WATCHDOG)
        assert ledger.jobs(outbound.id) == jobs + 1, "the watchdog sees that nobody works"
        assert shells[1].run(DRAIN, interface_id=outbound.id) == 1
        (message,) = ledger.of_order(order_id, outbound.id)
        assert (message["state"], message["attempts"]) == ("done", 2)
        codes = [attempt["error_code"] for attempt in ledger.attempts(message["id"])]
        assert codes == ["worker_lost", None]
        assert receiver.ids() == [message["external_key"]] * 2
        assert ledger.sync(order_id, outbound.id) == "synchronised"


@pytest.mark.long
def test_steps_under_traffic(
    database: Database, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Forwards while drains work, and backwards when one of them is lost."""
    faults = Faults(tmp_path_factory.mktemp("faults"), database)
    with running_suite(database, environ=faults.environ, integration=SHORT) as suite:
        suite.office.buyer("interface")
        with Receiver() as receiver:
            traffic = Traffic(suite, "Forwards", receiver, 40)
            traffic.start()
            wait_until(lambda: len(traffic.partner.receipts) >= 10, what="traffic")
            clock.set(2 * HOUR)
            traffic.check()
        with Receiver() as receiver:
            traffic = Traffic(suite, "Backwards", receiver, 40)
            # One: queue_job frees the slot of a dead job by the same clock, two hours late.
            faults.arm("outbound_claimed")
            traffic.start()
            faults.wait_reached()
            clock.set(0)
            traffic.check()
        lost = database.scalar(
            "SELECT count(*) FROM integration_attempt a JOIN integration_message m"
            " ON m.id = a.message_id WHERE a.error_code = 'worker_lost' AND m.interface_id = %s",
            [traffic.outbound.id],
        )
        assert lost > 0


# -- the audit trail ---------------------------------------------------------------------------


def test_trail_is_sealed_and_checkpoints_leave_over_steps(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    trail = AuditTrail(database, tmp_path)
    with trail.shell() as shell:
        for number, step in enumerate((0, HOUR, HALF)):
            trail.act(shell, f"Step {number}", 3)
            clock.set(step)
            trail.act(shell, f"After step {number}", 3)
            shell.run(SEAL, ahead=step)
            assert trail.waiting() == 0
            # Back again, the last checkpoint is of a time to come: that is no reason to wait.
            assert len(lines(trail)) == number + 1, "a checkpoint after each step"
        shell.run(SEAL, ahead=HALF)
        assert len(lines(trail)) == 3, "and none before it is due"
        trail.assert_dense()
        assert trail.verify(shell) == []
    times = [line["time"] for line in lines(trail)]
    assert times[0] < times[1] > times[2], "the clock was set, in the process"
    assert went_back(database), "and in the database"
    numbers = [line["number"] for line in lines(trail)]
    assert numbers == sorted(set(numbers))


def lines(trail: AuditTrail) -> list[dict]:
    """The checkpoints that left the database."""
    return [json.loads(line) for line in trail.checkpoints.read_text().splitlines()]


def went_back(database: Database) -> bool:
    """Whether a seal is older than the one before it."""
    rows = database.sql("SELECT sealed_at FROM integration_audit_seal ORDER BY sequence")
    moments = [row["sealed_at"] for row in rows]
    return moments != sorted(moments)
