"""A supplier writes what another system owns: through the HTTP door, decided by people."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import Suite
from tests.e2e.ledger import Row
from tests.e2e.office import Inbound, Order, Supplier
from tests.harness import Client, RpcError, wait_until

CONFLICT = "integration.conflict"
OWNED, CONFIRMED = "supplier_promised_date", "supplier_confirmed_qty"
# What the slower of two people may read, depending on how much slower.
TOLD = ("decided this already", "deciding this at this very moment", "being handled")
FIRST, SECOND = "2030-05-17", "2030-05-20"


@dataclass
class World:
    """MedSupply confirms orders; a logistics hub owns the promised dates of their lines."""

    suite: Suite
    supplier: Supplier
    inbound: Inbound
    stewards: tuple[Client, Client]

    @classmethod
    def make(cls, suite: Suite) -> "World":
        office = suite.office
        supplier = office.supplier("MedSupply")
        inbound = office.inbound(supplier, office.buyer("interface"), latency_class="realtime")
        hub = office.create("integration.system", name="Hub", code="HUB", kind="logistics")
        ownership = office.create(
            "integration.ownership",
            system_id=hub,
            model_name="purchase.order.line",
            field_ids=[[0, 0, {"name": OWNED}]],
        )
        office.call("integration.ownership", "action_submit", [ownership])
        office.approve("integration.ownership", "action_approve", [ownership])
        for login in ("eve", "kim"):
            office.user(login, "integration_core.group_steward", "purchase.group_purchase_user")
        one, two = (suite.server.login(login, login) for login in ("eve", "kim"))
        return cls(suite, supplier, inbound, (one, two))

    def confirmed(self) -> Order:
        (order,) = self.suite.office.confirmed(self.supplier)
        return order

    def send(self, order: Order, promised: str) -> str:
        """The supplier promises another day; return the receipt."""
        answer = self.suite.sender(self.inbound).deliver(order.confirmation(promised))
        assert answer.status_code == 202, answer.text
        return re.search(r"[0-9a-f-]{36}", answer.text)[0]

    def dispute(self, promised: str = FIRST) -> tuple[Order, Row, int]:
        """An order, the message that waits, and its conflict."""
        order = self.confirmed()
        message = self.suite.ledger.wait_for(self.send(order, promised), "quarantined")
        (conflict,) = self.stewards[0].call(
            CONFLICT, "search", [["message_id", "=", message["id"]], ["state", "=", "open"]]
        )
        return order, message, conflict

    def decide(self, who: Client, conflict: int, choice: str) -> Any:
        seen = who.call(CONFLICT, "compare", [conflict])
        decisions = {row["field"]: choice for row in seen["rows"]}
        return who.call(CONFLICT, "decide", [conflict], decisions, "by phone", seen["seen"])

    def line(self, order: Order) -> dict[str, Any]:
        return self.suite.office.read("purchase.order.line", order.line_ids[0], OWNED, CONFIRMED)


@pytest.fixture(scope="module")
def world(suite: Suite) -> Iterator[World]:
    return World.make(suite)


@pytest.mark.parametrize(("choice", "expected"), [("take", FIRST), ("keep", False)])
def test_decision_takes_effect_once(world: World, choice: str, expected: Any) -> None:
    order, message, conflict = world.dispute()
    assert (message["error_class"], message["error_code"]) == ("conflict", "owned_elsewhere")
    assert world.line(order)[OWNED] is False
    assert world.line(order)[CONFIRMED] == 0, "nothing of it took effect"
    status = world.stewards[0].call(
        "integration.record.sync", "status_of", "purchase.order.line", order.line_ids[0]
    )
    assert status["state"] == "conflict"
    world.decide(world.stewards[0], conflict, choice)
    world.suite.ledger.wait_for(message["uuid"], "done")
    assert world.line(order)[OWNED] == expected
    assert world.line(order)[CONFIRMED] == 5
    (row,) = world.stewards[0].call(CONFLICT, "read", [conflict], ["state", "reason"])
    assert (row["state"], row["reason"]) == ("settled", "by phone")


def test_two_people_decide_at_once(world: World) -> None:
    """One wins, the other is told; whatever was decided first is what happens."""
    disputes = [world.dispute() for _number in range(4)]
    for order, message, conflict in disputes:
        start = threading.Barrier(2)

        def attempt(
            who: Client, choice: str, conflict: int = conflict, start: threading.Barrier = start
        ) -> str:
            seen = who.call(CONFLICT, "compare", [conflict])
            start.wait()
            try:
                who.call(CONFLICT, "decide", [conflict], {OWNED: choice}, choice, seen["seen"])
            except RpcError as error:
                return str(error)
            return choice

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(attempt, world.stewards, ("take", "keep")))
        winners = [outcome for outcome in outcomes if outcome in ("take", "keep")]
        losers = [outcome for outcome in outcomes if outcome not in ("take", "keep")]
        assert len(winners) == 1, outcomes
        assert any(said in losers[0] for said in TOLD), losers
        world.suite.ledger.wait_for(message["uuid"], "done")
        assert world.line(order)[OWNED] == (FIRST if winners == ["take"] else False)


def test_lines_of_one_message_are_asked_at_once(world: World) -> None:
    """Two lines are two conflicts of one message: two people decide, and it takes effect once."""
    office = world.suite.office
    order = office.order(world.supplier, lines=2)
    office.confirm([order])
    message = world.suite.ledger.wait_for(world.send(order, FIRST), "quarantined")
    waiting = [["message_id", "=", message["id"]], ["state", "=", "open"]]
    eve, kim = world.stewards
    found = eve.call(CONFLICT, "search_read", waiting, ["res_id"])
    conflicts = {row["res_id"]: row["id"] for row in found}
    assert conflicts.keys() == set(order.line_ids)
    one, two = order.line_ids
    start = threading.Barrier(2)

    def decided(who: Client, conflict: int, choice: str) -> bool:
        try:
            world.decide(who, conflict, choice)
        except RpcError as error:  # told to look again
            assert TOLD[1] in str(error), error
            return False
        return True

    def attempt(who: Client, conflict: int, choice: str) -> None:
        start.wait()
        wait_until(lambda: decided(who, conflict, choice))

    with ThreadPoolExecutor(2) as pool:
        both = ((eve, conflicts[one], "take"), (kim, conflicts[two], "keep"))
        list(pool.map(lambda decision: attempt(*decision), both))
    world.suite.ledger.wait_for(message["uuid"], "done")
    rows = [office.read("purchase.order.line", line, OWNED, CONFIRMED) for line in (one, two)]
    assert [row[OWNED] for row in rows] == [FIRST, False]
    assert [row[CONFIRMED] for row in rows] == [5, 5]


def test_person_cannot_take_a_record_out(world: World) -> None:
    """Out of the condition, change, and back: each of it a request of its own."""
    office, call = world.suite.office, world.suite.office.call
    hub = office.create("integration.system", name="Desk", code="DESK", kind="logistics")
    owned = office.create(
        "integration.ownership",
        system_id=hub,
        model_name="purchase.order",
        condition="[('priority', '=', '1')]",
        field_ids=[[0, 0, {"name": "partner_ref"}]],
    )
    call("integration.ownership", "action_submit", [owned])
    office.approve("integration.ownership", "action_approve", [owned])
    order = office.order(world.supplier)
    buyer = world.suite.server.login("interface", "interface")
    buyer.call("purchase.order", "write", [order.id], {"priority": "1", "partner_ref": "A"})
    for vals in ({"priority": "0"}, {"partner_ref": "B"}, {"priority": "0", "partner_ref": "B"}):
        with pytest.raises(RpcError, match="Desk"):
            buyer.call("purchase.order", "write", [order.id], vals)
    assert office.read("purchase.order", order.id, "priority", "partner_ref") == {
        "id": order.id,
        "priority": "1",
        "partner_ref": "A",
    }
    call("integration.ownership", "action_end", [owned], "only for this test")
    buyer.call("purchase.order", "write", [order.id], {"priority": "0"})


def test_replay_of_a_decided_message_asks_again(world: World) -> None:
    """Its handler adds nothing twice, so it is not repeatable: the operator is told."""
    _order, message, conflict = world.dispute()
    world.decide(world.stewards[0], conflict, "keep")
    world.suite.ledger.wait_for(message["uuid"], "done")
    with pytest.raises(RpcError, match="it had its effect"):
        world.suite.admin.call("integration.message", "action_replay", [message["id"]], "again")


def test_person_is_refused_over_rpc(world: World) -> None:
    order = world.confirmed()
    buyer = world.suite.server.login("interface", "interface")
    with pytest.raises(RpcError, match="Hub is the system of record"):
        buyer.call("purchase.order.line", "write", [order.line_ids[0]], {OWNED: SECOND})
    eve = world.stewards[0]
    override = "integration.ownership.override"
    eve.call(override, "grant", "purchase.order.line", order.line_ids[0], "Hub is down")
    eve.call("purchase.order.line", "write", [order.line_ids[0]], {OWNED: SECOND})
    assert world.line(order)[OWNED] == SECOND
