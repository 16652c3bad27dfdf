"""Several drains at once, late results and concurrent writers, in processes of their own."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.receivers import Answer, Receiver
from tests.e2e.world import BY_LEASE, LEASE, RUN, SHARED, World, running_world
from tests.harness import Database, wait_until

STORE_MANY = """
import time
from odoo.addons.integration_core.engine import intake, intake_batch, keys
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import correlation
spec = env["integration.interface"].browse(interface_id)._inbound_spec()
incoming = [
    intake.Incoming(
        external_key=key, message_type=None, body=body.encode(), content_type="application/json",
        correlation_id=correlation.new_id(), trace_parent=str(correlation.new_traceparent()))
    for key, body in deliveries
]
with own_cursor(env.registry) as cr:
    receipts = intake_batch.store(cr, spec, incoming, keys.optional_ring(cr))
    time.sleep(hold)
result = [one.outcome.name for one in receipts]
"""


@pytest.fixture(scope="module")
def world(database: Database) -> Iterator[World]:
    with running_world(database, 4) as world:
        yield world


# -- caches --------------------------------------------------------------------------------


def test_first_subscriber_gets_events_from_its_activation_on(world: World) -> None:
    """In the very process that activated it, without anything else that empties its caches."""
    supplier = world.supplier()
    earlier, order = world.office.orders(supplier, 2)
    world.office.confirm([earlier])
    with Receiver() as receiver:
        outbound = world.office.outbound(supplier, receiver.url)
        world.office.confirm([order])
        world.dispatch()
        assert [row["res_id"] for row in world.ledger.messages(outbound.id)] == [order.id]


# -- drains --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lanes", "how"),
    [
        pytest.param(1, SHARED, id="one lane, no lease"),
        pytest.param(3, SHARED, id="three lanes, no lease"),
        pytest.param(3, BY_LEASE, id="three lanes"),
    ],
)
def test_drains_at_once_handle_each_message_once_and_in_order(
    world: World, lanes: int, how: str
) -> None:
    supplier = world.supplier()
    inbound = world.inbound(supplier, lanes=lanes)
    orders = world.office.confirmed(supplier, 20)
    days = [f"2030-06-{day:02}" for day in range(1, 26)]
    contents = [order.confirmation(day) for day in days for order in orders]
    world.drain_at_once(inbound, contents, how)
    assert world.ledger.states(inbound.id) == {"done": len(contents)}
    for order in orders:
        assert world.ledger.promised(order.id) == days
        assert str(world.ledger.lines(order.id)[0]["promised"]) == days[-1]
    assert world.effects(inbound) == len(contents)


# -- late results ----------------------------------------------------------------------------


def test_late_result_of_a_frozen_sender_changes_nothing(world: World) -> None:
    supplier = world.supplier()
    with Receiver(Answer(202, delay=60), default=500) as receiver:
        outbound = world.office.outbound(
            supplier, receiver.url, policy={"retry_schedule": "0s, 1h, 1h", "max_attempts": 3}
        )
        (order,) = world.office.confirmed(supplier)
        world.dispatch()
        frozen = world.shells[1]
        frozen.send(RUN, interface_id=outbound.id)
        wait_until(lambda: receiver.received, what="the first request")
        os.kill(frozen._process.pid, signal.SIGSTOP)
        try:
            time.sleep(LEASE + 0.5)
            assert world.drain(outbound.id, shell=2) == 1
            (message,) = world.ledger.of_order(order.id, outbound.id)
            assert (message["state"], message["attempts"]) == ("retry", 2)
        finally:
            receiver.hurry()
            os.kill(frozen._process.pid, signal.SIGCONT)
        frozen.receive()
        (after,) = world.ledger.of_order(order.id, outbound.id)
        assert after == message, "the 202 of the frozen attempt came too late to count"
        lost, attempt = world.ledger.attempts(message["id"])
        assert lost["error_code"] == "worker_lost"
        assert (attempt["number"], attempt["http_status"]) == (2, 500)
        assert world.ledger.sync(order.id, outbound.id) == "pending"
        assert len(set(receiver.ids())) == 1


def test_live_sender_keeps_its_lease_while_the_partner_is_slow(world: World) -> None:
    supplier = world.supplier()
    with Receiver(default=Answer(202, delay=2.5 * LEASE)) as receiver:
        outbound = world.office.outbound(supplier, receiver.url)
        (order,) = world.office.confirmed(supplier)
        world.dispatch()
        world.shells[1].send(RUN, interface_id=outbound.id)
        wait_until(lambda: receiver.received, what="the request")
        time.sleep(1.5 * LEASE)
        assert world.drain(outbound.id, shell=2) == 0
        world.shells[1].receive()
        (message,) = world.ledger.of_order(order.id, outbound.id)
        assert (message["state"], message["attempts"]) == ("done", 1)
        assert len(receiver.received) == 1


def test_late_handler_has_no_effect(world: World) -> None:
    """A drain that lost its claim before its transaction began must not touch the order."""
    supplier = world.supplier()
    inbound = world.inbound(supplier)
    (order,) = world.office.confirmed(supplier)
    (receipt,) = world.store(inbound, order.confirmation())
    claimed = world.shells[1].run(
        """
        import dataclasses
        from odoo.addons.integration_core.engine import claims
        from odoo.addons.integration_core.engine.cursors import own_cursor
        lane = env["integration.lane"].search([("interface_id", "=", interface_id)])
        with own_cursor(env.registry) as cr:
            token, messages = claims.claim(cr, claims.terms(cr, lane.id), 10)
        result = token, [dataclasses.asdict(message) for message in messages]
        """,
        interface_id=inbound.id,
    )
    time.sleep(LEASE + 0.5)
    assert world.drain(inbound.id, shell=2) == 1
    done = world.ledger.message(receipt)
    assert (done["state"], done["attempts"]) == ("done", 2)
    world.shells[1].run(
        """
        from odoo.addons.integration_core.engine import claims
        from odoo.addons.integration_core.engine.inbound import InboundDrain
        token, messages = claimed
        lane = env["integration.lane"].search([("interface_id", "=", interface_id)])
        drain = InboundDrain(env.registry, lane.id)
        drain.interface_id = interface_id
        drain._process([claims.Claimed(**message) for message in messages], token)
        """,
        interface_id=inbound.id,
        claimed=claimed,
    )
    assert world.ledger.message(receipt) == done
    assert len(world.ledger.notes(order.id)) == 1
    codes = [attempt["error_code"] for attempt in world.ledger.attempts(done["id"])]
    assert codes == ["worker_lost", None]


def test_handler_that_outlasts_its_lease_is_not_run_again(world: World) -> None:
    """As when a list of very many rows is taken apart: its row is locked until the commit."""
    supplier = world.supplier()
    inbound = world.inbound(supplier)
    (order,) = world.office.confirmed(supplier)
    (receipt,) = world.store(inbound, order.confirmation())
    slow = """
    import time
    from odoo.addons.integration_core.engine import inbound
    handle = inbound.handle
    def slowly(*args, **kwargs):
        batch = handle(*args, **kwargs)
        time.sleep(wait)
        return batch
    inbound.handle = slowly
    try:
        result = env["integration.lane"].search([("interface_id", "=", interface_id)])._drain()
    finally:
        inbound.handle = handle
    """
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(world.shells[1].run, slow, interface_id=inbound.id, wait=2.5 * LEASE)
        time.sleep(1.5 * LEASE)
        assert world.drain(inbound.id, shell=2) == 0
        assert not first.done(), "it is at work still"
        first.result(60)
    done = world.ledger.message(receipt)
    assert (done["state"], done["attempts"]) == ("done", 1)
    assert len(world.ledger.notes(order.id)) == 1


def test_the_same_keys_of_two_senders_at_once(world: World) -> None:
    """Who comes second waits for the first one, and then has duplicates; each key is there once."""
    supplier = world.supplier()
    inbound = world.inbound(supplier)
    first = [("a", "{}"), ("b", "{}"), ("c", "{}")]
    second = [("b", "{}"), ("c", '{"other": 1}'), ("d", "{}")]
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(
            world.shells[1].run, STORE_MANY, interface_id=inbound.id, deliveries=first, hold=2
        )
        time.sleep(1)
        two = pool.submit(
            world.shells[2].run, STORE_MANY, interface_id=inbound.id, deliveries=second, hold=0
        )
        assert one.result(60) == ["STORED", "STORED", "STORED"]
        assert two.result(60) == ["DUPLICATE", "CONFLICT", "STORED"]
    assert world.shells[2].run(STORE_MANY, interface_id=inbound.id, deliveries=first, hold=0) == [
        "DUPLICATE",
        "DUPLICATE",
        "DUPLICATE",
    ]


# -- concurrent writers ------------------------------------------------------------------------


def test_contention_delays_a_message_and_does_not_let_its_successor_overtake(
    world: World,
) -> None:
    """PostgreSQL reports a serialization failure twice for one message: in the batch, and alone."""
    supplier = world.supplier()
    inbound = world.inbound(supplier)
    contended, free = world.office.confirmed(supplier, 2)
    world.database.sql(
        """
        CREATE SEQUENCE contention;
        CREATE FUNCTION contend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.supplier_promised_date = '2030-07-01' AND nextval('contention') <= 2 THEN
                RAISE EXCEPTION 'somebody was faster' USING ERRCODE = 'serialization_failure';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER contend BEFORE UPDATE ON purchase_order_line
            FOR EACH ROW EXECUTE FUNCTION contend();
        """
    )
    first, second, other = world.store(
        inbound,
        contended.confirmation("2030-07-01"),
        contended.confirmation("2030-07-02"),
        free.confirmation("2030-07-03"),
    )
    world.drain(inbound.id)
    states = [world.ledger.message(receipt)["state"] for receipt in (first, second, other)]
    assert states == ["retry", "queued", "done"]
    assert world.ledger.message(first)["error_code"] == "serialization"
    time.sleep(1.3)
    world.drain(inbound.id)
    assert world.ledger.promised(contended.id) == ["2030-07-01", "2030-07-02"]
    assert str(world.ledger.lines(contended.id)[0]["promised"]) == "2030-07-02"
    assert world.ledger.promised(free.id) == ["2030-07-03"]


def test_interface_can_be_changed_while_drains_update_its_lane(world: World) -> None:
    inbound = world.inbound(world.supplier())
    name = world.shells[1].run(
        """
        from odoo.addons.integration_core.engine.cursors import own_cursor
        interface = env["integration.interface"].browse(interface_id)
        result = interface.name  # from here on this transaction has its snapshot
        with own_cursor(env.registry) as cr:
            cr.execute("UPDATE integration_lane SET wanted = NOT wanted"
                       " WHERE interface_id = %s", [interface_id])
        interface.runbook = "Call the supplier."
        """,
        interface_id=inbound.id,
    )
    assert name == "Confirmations"
    assert "Call" in world.office.read("integration.interface", inbound.id, "runbook")["runbook"]


def test_wake_ups_of_many_processes_make_one_job(world: World) -> None:
    inbound = world.inbound(world.supplier())
    world.office.write("integration.interface", inbound.id, name="Woken")
    time.sleep(0.2)  # its activation woke it already
    world.database.sql("UPDATE integration_lane SET wanted = false")
    world.database.sql("UPDATE queue_job SET state = 'done'")
    before = world.ledger.jobs(inbound.id)
    for shell in world.shells:
        shell.send(
            "env['integration.lane']._wake_after_commit([interface_id])", interface_id=inbound.id
        )
    for shell in world.shells:
        shell.receive()
    assert world.ledger.jobs(inbound.id) == before + 1
