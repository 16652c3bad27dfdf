"""MedSupply's logic without a network."""

import json

import pytest
from demo_partners import orders
from demo_partners.orders import Behaviour

from .samples import EVENT, encode, event

NOW = "2026-11-22T10:00:02Z"


def confirm(how=None, message=EVENT):
    order = orders.parse_order(encode(message))
    return orders.confirmation(order, "SO-100001", NOW, how or Behaviour())


def test_confirmation_has_the_suppliers_own_shape():
    assert confirm() == {
        "type": "order.confirmed",
        "order_no": "P00012",
        "supplier_ref": "SO-100001",
        "confirmed_at": NOW,
        "positions": [
            {"pos": "37", "qty": "5.00", "unit": "C62", "promised": "2026-11-30"},
            {"pos": "38", "qty": "0.125", "unit": "KGM", "promised": "2026-11-29"},
        ],
    }


def test_promised_date_without_any_date_counts_from_today():
    message = event(order_date=None)
    assert confirm(message=message)["positions"][1]["promised"] == "2026-11-29"


def test_share_and_shift():
    positions = confirm(Behaviour(quantity_percent=33, promise_shift_days=-2))["positions"]
    assert [line["qty"] for line in positions] == ["1.65", "0.041"]
    assert positions[0]["promised"] == "2026-11-28"


@pytest.mark.parametrize(
    ("quantity", "percent", "share"), [("5", 80, "4.00"), ("1e2", 50, "50.00"), ("5", 100, "5")]
)
def test_share_keeps_at_least_two_decimals(quantity, percent, share):
    line = EVENT["data"]["lines"][0] | {"quantity": quantity}
    how = Behaviour(quantity_percent=percent)
    assert confirm(how, event(lines=[line]))["positions"][0]["qty"] == share


LINE = EVENT["data"]["lines"][0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        encode(EVENT | {"type": "other"}),
        encode(EVENT | {"data": []}),
        encode(event(order_number=12)),
        encode(event(lines=[])),
        encode(event(lines=["x"])),
        encode(event(lines=[LINE | {"unit": ""}])),
        encode(event(lines=[LINE | {"quantity": 5}])),
        encode(event(lines=[LINE | {"quantity": "five"}])),
        encode(event(lines=[LINE | {"quantity": "-1"}])),
        encode(event(lines=[LINE | {"quantity": "NaN"}])),
    ],
)
def test_what_cannot_be_delivered_is_refused(body):
    with pytest.raises(orders.OrderRefusedError):
        orders.parse_order(body)


def test_changed_quantity_changes_nothing_else():
    body = orders.encode(confirm())
    changed = json.loads(orders.with_quantity(body, "7.5"))
    assert changed["positions"][0].pop("qty") == "7.5"
    original = json.loads(body)
    del original["positions"][0]["qty"]
    assert changed == original


@pytest.mark.parametrize("quantity", ["", "many", "Infinity"])
def test_changed_quantity_is_a_number(quantity):
    with pytest.raises(ValueError, match="decimal number"):
        orders.with_quantity(orders.encode(confirm()), quantity)


def test_traceparent_keeps_the_trace_and_changes_the_span():
    parent = f"00-{'a' * 32}-{'b' * 16}-01"
    child = orders.child_traceparent(parent)
    assert child[:36] == parent[:36]
    assert child[-3:] == "-01"
    assert child != parent
    assert orders.child_traceparent(None) is None
    assert orders.child_traceparent(parent + "0") is None


def test_retries_are_bounded_and_slow_down():
    delays = [orders.retry_delay(attempts) for attempts in range(1, 13)]
    assert delays[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(delays[:-1]) == 30.0
    assert delays[-1] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"delay": "-1"},
        {"delay": "nan"},
        {"quantity_percent": "0"},
        {"reply_status": "x"},
        {"colour": "red"},
    ],
)
def test_bad_behaviour_is_refused(fields):
    with pytest.raises(ValueError):
        Behaviour().changed(fields)


def test_behaviour_from_a_form():
    changed = Behaviour().changed({"delay": "0.5", "confirm": "0", "promise_shift_days": "-3"})
    assert changed == Behaviour(delay=0.5, confirm=False, promise_shift_days=-3)
