"""What is made of an order of supplies: nothing of it is lost, nothing is promised in vain."""

import doctest
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_supply import load

requisition = load("requisition")
Decision, Reason, Policy = requisition.Decision, requisition.Reason, requisition.Policy
Progress = requisition.Progress

QUANTITIES = st.decimals("0.01", 10**6, places=2)
POLICIES = st.builds(
    Policy,
    st.sampled_from(["backorder", "purchase", "reject"]),
    st.sampled_from(["purchase", "supply", "reject"]),
)


@given(QUANTITIES, st.decimals(-(10**6), 10**6, places=2), POLICIES, st.booleans(), st.booleans())
def test_all_of_an_order_goes_somewhere(wanted, free, policy, stocked, active):
    plan = requisition.plan(wanted, free, policy, stocked=stocked, active=active)
    assert plan.supplied + plan.waiting + plan.rejected == wanted
    assert min(plan.supplied, plan.waiting, plan.rejected, plan.bought) >= 0
    assert plan.bought in (0, plan.waiting)
    if stocked and active:
        assert plan.supplied <= max(free, 0) or plan.supplied == min(wanted, max(free, 0))
    decided = {
        Decision.ACCEPTED: plan.supplied == wanted,
        Decision.PARTIAL: 0 < plan.supplied < wanted,
        Decision.BACKORDERED: plan.waiting == wanted,
        Decision.REJECTED: plan.rejected == wanted,
    }
    assert decided[plan.decision]
    assert (plan.reason is None) == (plan.decision is Decision.ACCEPTED)


@pytest.mark.parametrize(
    ("progress", "status"),
    [
        (Progress(10), "cancelled"),
        (Progress(10, open=10), "waiting"),
        (Progress(10, open=10, reserved=4), "partly_ready"),
        (Progress(10, open=10, reserved=10), "ready"),
        (Progress(10, open=10, reserved=10, picked=10), "picked"),
        (Progress(10, delivered=4, open=6, reserved=6), "partly_delivered"),
        (Progress(10, delivered=4), "ended"),
        (Progress(10, delivered=10), "delivered"),
        (Progress(10, delivered=12), "delivered"),
    ],
)
def test_status(progress, status):
    exact = Progress(*(Decimal(getattr(progress, name)) for name in Progress.__slots__))
    assert requisition.status(exact) == status


def test_what_was_ordered_is_recognised_whatever_else_is_said():
    order = {"action": "new", "order": {"number": "1"}, "items": ["A"], "quantity": "2"}
    same = {"quantity": "2", "items": ["A"], "order": {"number": "1"}, "action": "replace"}
    said = {"kind": "stock", "visit": {"number": "V1"}, "location": {"point_of_care": "4W"}}
    known = requisition.digest(order, said)
    later = {**said, "sent_at": "2026-03-02T08:00:00Z"}
    assert known == requisition.digest({**same, "status": "IP", "filler": "R1"}, later)
    assert known != requisition.digest({**order, "quantity": "3"}, said)


@pytest.mark.parametrize(
    ("name", "value"),
    [("kind", "order"), ("visit", {"number": "V2"}), ("location", {"point_of_care": "5W"})],
)
def test_for_whom_it_was_ordered_is_part_of_it(name, value):
    order = {"order": {"number": "1"}, "items": ["A"], "quantity": "2"}
    said = {"kind": "stock", "visit": {"number": "V1"}, "location": {"point_of_care": "4W"}}
    other = {**said, name: value}
    assert requisition.digest(order, said) != requisition.digest(order, other)
    named = {**order, "deliver_to": "4W"}
    same = requisition.digest(named, said) == requisition.digest(named, other)
    assert same == (name == "location"), "where the patient lies does not matter to it"


def test_a_position_twice():
    key = requisition.Key("", "PO1", "1")
    assert requisition.repeated([key, key._replace(set_id="2"), key]) == key
    assert requisition.repeated([key, key._replace(assigner="A")]) is None


def test_examples():
    for module in (requisition, load("encoded_orders")):
        found = doctest.testmod(module)
        assert found.attempted
        assert found.failed == 0
