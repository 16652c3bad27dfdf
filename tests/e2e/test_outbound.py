"""What happens to messages when the partner fails, refuses, is slow or is gone."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.office import Order, Outbound, Supplier
from tests.e2e.receivers import Answer, Receiver, gaps
from tests.harness import RpcError, wait_until


class World:
    """Makes a supplier with a receiver and an interface for each test."""

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.office = suite.office
        self.ledger = suite.ledger
        self._numbers = itertools.count(1)
        suite.office.buyer()
        suite.office.user("operator", "integration_core.group_operator")

    def connect(
        self, receiver: Receiver, policy: dict[str, Any] | None = None, **values: Any
    ) -> "Line":
        supplier = self.office.supplier(f"Supplier {next(self._numbers)}")
        interface = self.office.outbound(supplier, receiver.url, policy=policy, **values)
        return Line(self, receiver, supplier, interface)


class Line:
    """One supplier, its receiver, and the interface to it."""

    def __init__(
        self, world: World, receiver: Receiver, supplier: Supplier, interface: Outbound
    ) -> None:
        self.world = world
        self.receiver = receiver
        self.supplier = supplier
        self.id = interface.id
        self.interface = interface

    def order(self, **values: Any) -> Order:
        order = self.world.office.order(self.supplier, **values)
        self.world.office.confirm([order])
        return order

    def wait_for(self, order: Order, *states: str, timeout: float = 120) -> dict[str, Any]:
        return self.world.ledger.wait_for_order(order.id, self.id, *states, timeout=timeout)

    def attempts(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        return self.world.ledger.attempts(message["id"])

    def sync(self, order: Order) -> str | None:
        return self.world.ledger.sync(order.id, self.id)

    def blocked_reason(self) -> str:
        found = self.world.office.read("integration.interface", self.id, "blocked_reason")
        return found["blocked_reason"] or ""

    def activities(self, order: Order) -> list[dict[str, Any]]:
        return self.world.ledger.activities("purchase.order", order.id)


@pytest.fixture(scope="module")
def world(suite: Suite) -> World:
    return World(suite)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def seconds_between(attempts: list[dict[str, Any]]) -> list[float]:
    """Return the seconds from the end of each attempt to the start of the next."""
    return [
        (later["started_at"] - earlier["started_at"]).total_seconds()
        - earlier["duration_ms"] / 1000
        for earlier, later in itertools.pairwise(attempts)
    ]


# -- failures that pass --------------------------------------------------------------------


def test_closed_port_is_retried_by_policy_and_delivered_once(
    world: World, receiver: Receiver
) -> None:
    receiver.close()
    line = world.connect(receiver, {"retry_schedule": "0s, 1s, 3s, 1s, 1s, 1s, 1s, 1s"})
    order = line.order()
    message = line.wait_for(order, "retry")
    assert message["error_code"] == "connect_failed"
    assert line.sync(order) == "pending"
    message = wait_until(
        lambda: (row := line.wait_for(order, "retry"))["attempts"] == 2 and row,
        what="the second attempt",
    )
    receiver.open()
    done = line.wait_for(order, "done")
    attempts = line.attempts(done)
    assert [attempt["outcome"] for attempt in attempts] == ["retry", "retry", "done"]
    first, second = seconds_between(attempts)
    # Jittered; and in time, on a busy machine too: the watchdog would have come after a minute.
    assert 0.8 <= first < 20, "one second"
    assert 2.4 <= second < 20, "three seconds"
    assert receiver.ids() == [done["external_key"]]
    assert line.sync(order) == "synchronised"
    receiver.verify(line.interface.secret)


def test_failed_requests_are_repeated_under_the_same_id(world: World) -> None:
    with Receiver(500, 0, 503) as receiver:
        line = world.connect(receiver)
        order = line.order()
        done = line.wait_for(order, "done")
        assert receiver.ids() == [done["external_key"]] * 4
        assert receiver.accepted() == [done["external_key"]]
        assert len({one.request.body for one in receiver.received}) == 1
        stamps = [int(one.request.headers["webhook-timestamp"]) for one in receiver.received]
        assert stamps == sorted(stamps)
        assert stamps[-1] > stamps[0], "each attempt is signed anew"
        receiver.verify(line.interface.secret)
        codes = [(attempt["http_status"], attempt["error_code"]) for attempt in line.attempts(done)]
        assert codes == [(500, "http_500"), (None, "no_response"), (503, "http_503"), (202, None)]


def test_retry_after_is_a_lower_bound(world: World) -> None:
    with Receiver(Answer(429, {"Retry-After": "8"}), 500) as receiver:
        line = world.connect(receiver)
        message = line.wait_for(line.order(), "done")
        asked, scheduled = gaps(receiver.received)
        assert asked >= 8, "the schedule alone would be one second"
        assert scheduled < asked
        assert line.attempts(message)[0]["error_class"] == "throttled"


# -- failures that do not ------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 410, 422])
def test_refusal_is_a_dead_letter_at_once(world: World, status: int) -> None:
    with Receiver(default=status) as receiver:
        line = world.connect(receiver)
        order = line.order()
        message = line.wait_for(order, "dead")
        assert (message["error_class"], message["error_code"]) == ("permanent", f"http_{status}")
        time.sleep(1)
        assert len(receiver.received) == 1
        assert line.sync(order) == "failed"
        (activity,) = line.activities(order)
        assert activity["user_id"] == world.suite.admin.uid


def test_redirect_is_not_followed(world: World) -> None:
    with (
        Receiver() as elsewhere,
        Receiver(default=Answer(307, {"Location": elsewhere.url})) as receiver,
    ):
        line = world.connect(receiver)
        message = line.wait_for(line.order(), "dead")
        assert message["error_code"] == "http_307"
        assert elsewhere.received == []


def test_exhausted_attempts_are_a_dead_letter_and_an_operator_can_retry(world: World) -> None:
    with Receiver(default=500) as receiver:
        line = world.connect(receiver, {"max_attempts": 3})
        order = line.order()
        message = line.wait_for(order, "dead")
        assert len(receiver.received) == 3
        assert (message["attempts"], message["error_code"]) == (3, "http_500")
        assert line.sync(order) == "failed"
        assert len(line.activities(order)) == 1

        operator = world.suite.server.login("operator", "operator")
        operator.call("integration.message", "action_retry", [message["id"]])
        wait_until(lambda: len(receiver.received) == 6, what="three more attempts")
        line.wait_for(order, "dead")
        assert len(line.activities(order)) == 1, "told once"

        receiver.default = Answer(202)
        operator.call("integration.message", "action_retry", [message["id"]])
        done = line.wait_for(order, "done")
        assert set(receiver.ids()) == {done["external_key"]}
        assert line.sync(order) == "synchronised"
        assert done["error_code"] is None


def test_who_is_no_operator_cannot_retry(world: World) -> None:
    with Receiver(400) as receiver:
        line = world.connect(receiver)
        message = line.wait_for(line.order(), "dead")
        buyer = world.suite.server.login("buyer", "buyer")
        with pytest.raises(RpcError, match="AccessError"):
            buyer.call("integration.message", "action_retry", [message["id"]])
        assert world.ledger.message(message["uuid"])["state"] == "dead"


def test_address_outside_the_allowed_networks_is_never_called(
    world: World, receiver: Receiver
) -> None:
    line = world.connect(receiver, allowed_networks="10.0.0.0/8")
    order = line.order()
    wait_until(
        lambda: "neither public nor" in line.blocked_reason(), what="the reason at the interface"
    )
    message = line.wait_for(order, "queued")
    assert message["attempts"] == 0, "it concerns the address and no message"
    assert receiver.received == []
    assert line.sync(order) == "pending"


def test_unit_without_code_stops_the_order_until_it_has_one(
    world: World, receiver: Receiver
) -> None:
    line = world.connect(receiver)
    tray = world.office.create("uom.uom", name="Tray")
    product = world.office.product(name="Instrument tray", uom_id=tray)
    order = line.order(product_id=product)
    message = line.wait_for(order, "quarantined")
    assert message["error_class"] == "contract"
    assert "/lines/0/unit" in message["error_message"]
    assert receiver.received == []
    assert line.sync(order) == "failed"
    assert len(line.activities(order)) == 1

    world.office.write("uom.uom", tray, integration_code="XTY")
    world.suite.admin.call("integration.message", "action_retry", [message["id"]])
    line.wait_for(order, "done")
    (received,) = receiver.received
    assert b'"unit":"XTY"' in received.request.body
    receiver.verify(line.interface.secret)


# -- flow ----------------------------------------------------------------------------------


def test_orders_go_to_their_own_supplier_only(world: World, receiver: Receiver) -> None:
    with Receiver() as other:
        line, foreign = world.connect(receiver), world.connect(other)
        message = line.wait_for(line.order(), "done")
        assert receiver.ids() == [message["external_key"]]
        time.sleep(0.5)
        assert other.received == []
        assert world.ledger.count(foreign.id) == 0


def test_paused_interface_holds_and_sends_when_resumed(world: World, receiver: Receiver) -> None:
    line = world.connect(receiver)
    world.suite.admin.call("integration.interface", "action_pause", [line.id])
    order = line.order()
    message = line.wait_for(order, "held")
    assert message["held_reason"] == "paused"
    time.sleep(1)
    assert receiver.received == []
    world.suite.admin.call("integration.interface", "action_resume", [line.id])
    line.wait_for(order, "done")
    assert len(receiver.received) == 1


def test_events_of_one_order_keep_their_order(world: World, receiver: Receiver) -> None:
    line = world.connect(receiver)
    order = world.office.order(line.supplier)
    receiver.refused.add(order.name)
    world.office.confirm([order])
    wait_until(lambda: receiver.received, what="the first attempt")
    for method in ("button_cancel", "button_draft", "button_confirm"):
        world.suite.admin.call("purchase.order", method, [order.id])
    overtaking = line.order()
    line.wait_for(overtaking, "done")
    line.wait_for(order, "queued")
    receiver.refused.clear()
    line.wait_for(order, "done")
    first, second = (row["external_key"] for row in world.ledger.of_order(order.id, line.id))
    (freely,) = (row["external_key"] for row in world.ledger.of_order(overtaking.id, line.id))
    assert receiver.accepted() == [freely, first, second]
    before, after = receiver.ids()[:-1], receiver.ids()[-1:]
    assert set(before) == {first, freely}
    assert after == [second]


def test_dead_letter_blocks_its_key_without_keeping_workers_busy(world: World) -> None:
    with Receiver(400) as receiver:
        line = world.connect(receiver, {"failure_blocks_key": True})
        order = line.order()
        dead = line.wait_for(order, "dead")
        for method in ("button_cancel", "button_draft", "button_confirm"):
            world.suite.admin.call("purchase.order", method, [order.id])
        line.wait_for(order, "queued")
        wait_until(lambda: at_rest(world, line), what="the end of the last drain")
        jobs = world.ledger.jobs(line.id)
        assert jobs > 0
        time.sleep(5)
        assert world.ledger.jobs(line.id) == jobs, "nothing can be done, so nothing polls"
        assert len(receiver.received) == 1
        world.suite.admin.call("integration.message", "action_resolve", [dead["id"]], "by phone")
        line.wait_for(order, "done")
        assert len(receiver.received) == 2


def at_rest(world: World, line: Line) -> bool:
    """Whether nobody works on an interface, and no job is to."""
    (lane,) = world.suite.database.sql(
        "SELECT id, wanted, lease_token FROM integration_lane WHERE interface_id = %s", [line.id]
    )
    busy = world.suite.database.scalar(
        "SELECT count(*) FROM queue_job WHERE starts_with(identity_key, %s)"
        " AND state IN ('pending', 'enqueued', 'started')",
        [f"integration.lane.{lane['id']}."],
    )
    return not lane["wanted"] and lane["lease_token"] is None and not busy


def test_breaker_opens_probes_and_closes(world: World) -> None:
    policy = {
        "breaker_enabled": True,
        "breaker_min_calls": 3,
        "breaker_open_seconds": 2,
        "ordering": "none",
        "max_attempts": 20,
        "retry_mode": "exponential",
        "backoff_base": 0.1,
        "backoff_cap": 1,
    }
    # The six orders fail, and then the first probe.
    with Receiver(*[500] * 7) as receiver:
        line = world.connect(receiver, policy)

        def state() -> str | None:
            return world.suite.database.scalar(
                "SELECT state FROM integration_breaker WHERE interface_id = %s", [line.id]
            )

        orders = world.office.confirmed(line.supplier, 6)
        wait_until(lambda: state() == "open", what="the breaker opening")
        wait_until(lambda: state() == "closed", what="the breaker closing")
        assert world.ledger.wait_settled(line.id, 6) == {"done": 6}
        pauses = gaps(receiver.received)
        assert pauses[5] >= 1.9, "nobody calls while it is open"
        assert pauses[6] >= 3.9, "the failed probe doubled the pause"
        assert len(receiver.received) == 6 + 1 + 6, "one failed probe, then all six"
        assert len(set(receiver.accepted())) == len(receiver.accepted()) == len(orders)


def test_slow_partner_delays_nobody_else(world: World, receiver: Receiver) -> None:
    with Receiver(default=Answer(202, delay=100)) as slow:
        patience = {"read_timeout": 120, "total_timeout": 120}
        sluggish = world.connect(slow, {**patience, "concurrency": 2})
        swift = world.connect(receiver)
        world.office.confirmed(sluggish.supplier, 4)
        wait_until(lambda: len(slow.received) == 2, what="the slow deliveries under way")
        took = []
        for _each in range(4):
            started = time.monotonic()
            swift.wait_for(swift.order(), "done")
            took.append(time.monotonic() - started)
        print(f"\nbeside a slow partner: {', '.join(f'{seconds:.2f} s' for seconds in took)}")
        assert max(took) < 60, "whoever waited for the slow one would have waited for minutes"
        assert world.ledger.states(sluggish.id).get("done") is None, "it was slow all the while"
        assert len(receiver.received) == 4
        slow.hurry()
        assert world.ledger.wait_settled(sluggish.id, 4) == {"done": 4}
        assert len(slow.received) == 4, "a slow delivery is not repeated"
