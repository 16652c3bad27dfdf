"""MedSupply's side of the business: reading an order, writing a confirmation. No input or output.

The confirmation has MedSupply's own field names, not the canonical ones: mapping a partner's
shape is what the integration is for.
"""

import json
import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

ORDER_EVENT = "procurement.purchase_order.confirmed"
DEFAULT_LEAD_TIME_DAYS = 7
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")


class OrderRefusedError(ValueError):
    """The order cannot be fulfilled; the text says why and may be sent back."""


@dataclass(frozen=True)
class OrderLine:
    """One position of an order; ``quantity`` stays the decimal text that was sent."""

    reference: str
    quantity: str
    unit: str
    requested: date | None


@dataclass(frozen=True)
class Order:
    """What MedSupply needs to know of a purchase order."""

    number: str
    ordered: date | None
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True)
class Behaviour:
    """How MedSupply treats orders; switchable while it runs.

    :ivar delay: seconds between an order and its confirmation
    :ivar confirm: whether orders are confirmed at all (those that wait are when switched on)
    :ivar quantity_percent: share of each ordered quantity that is confirmed
    :ivar promise_shift_days: days between the requested and the promised date
    :ivar reply_status: answer orders with this status instead of accepting them (0: accept)
    """

    delay: float = 2.0
    confirm: bool = True
    quantity_percent: int = 100
    promise_shift_days: int = 0
    reply_status: int = 0

    def changed(self, fields: dict[str, str]) -> "Behaviour":
        """Return a copy with the form fields applied.

        :raises ValueError: an unknown field, or a value that is no number or out of its range
        """
        if unknown := fields.keys() - self.__dataclass_fields__.keys():
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        new = self
        if "delay" in fields:
            new = replace(new, delay=_within(float(fields["delay"]), 0, 3600))
        if "confirm" in fields:
            new = replace(new, confirm=fields["confirm"].lower() in ("1", "true", "yes", "on"))
        limits = {"quantity_percent": (1, 200), "promise_shift_days": (-365, 365)}
        limits["reply_status"] = (0, 599)
        for name, (low, high) in limits.items():
            if name in fields:
                new = replace(new, **{name: _within(int(fields[name]), low, high)})
        return new


def _within(value: float, low: float, high: float) -> Any:
    if not low <= value <= high:
        raise ValueError(f"{value} is not between {low} and {high}")
    return value


def parse_order(body: bytes) -> Order:
    """Read the event that Odoo sends for a confirmed purchase order.

    :raises OrderRefusedError: not such an event, or something that a delivery needs is missing
    """
    try:
        event = json.loads(body)
    except ValueError:
        raise OrderRefusedError("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("type") != ORDER_EVENT:
        raise OrderRefusedError(f"only events of type {ORDER_EVENT} are accepted")
    data = event.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("order_number"), str):
        raise OrderRefusedError("data.order_number is missing")
    lines = data.get("lines")
    if not isinstance(lines, list) or not lines:
        raise OrderRefusedError("the order has no lines")
    parsed = tuple(_parse_line(position, line) for position, line in enumerate(lines, 1))
    return Order(data["order_number"], _parse_date(data.get("order_date")), parsed)


def _parse_line(position: int, line: Any) -> OrderLine:
    if not isinstance(line, dict):
        raise OrderRefusedError(f"line {position} is not an object")
    for name in ("line_reference", "quantity", "unit"):
        if not isinstance(line.get(name), str) or not line[name]:
            raise OrderRefusedError(f"line {position}: {name} is missing or not a text")
    try:
        quantity = Decimal(line["quantity"])
    except InvalidOperation:
        quantity = Decimal(0)
    if not quantity.is_finite() or quantity <= 0:
        raise OrderRefusedError(f"line {position}: the quantity is not a positive decimal number")
    requested = _parse_date(line.get("requested_date"))
    return OrderLine(line["line_reference"], line["quantity"], line["unit"], requested)


def _parse_date(text: Any) -> date | None:
    """Return the day of a date or date-time text; None when there is none."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def confirmation(order: Order, supplier_ref: str, confirmed_at: str, how: Behaviour) -> dict:
    """Return MedSupply's confirmation of an order.

    :param supplier_ref: MedSupply's own order number
    :param confirmed_at: RFC 3339 text in UTC
    """
    return {
        "type": "order.confirmed",
        "order_no": order.number,
        "supplier_ref": supplier_ref,
        "confirmed_at": confirmed_at,
        "positions": [_position(order, line, confirmed_at, how) for line in order.lines],
    }


def _position(order: Order, line: OrderLine, confirmed_at: str, how: Behaviour) -> dict[str, str]:
    wanted = line.requested
    if wanted is None:
        start = order.ordered or date.fromisoformat(confirmed_at[:10])
        wanted = start + timedelta(days=DEFAULT_LEAD_TIME_DAYS)
    return {
        "pos": line.reference,
        "qty": _share(line.quantity, how.quantity_percent),
        "unit": line.unit,
        "promised": (wanted + timedelta(days=how.promise_shift_days)).isoformat(),
    }


def _share(quantity: str, percent: int) -> str:
    """Return a share of a decimal text, rounded down to its own decimals, at least two."""
    if percent == 100:
        return quantity
    value = Decimal(quantity)
    decimals = max(2, -value.as_tuple().exponent)
    return str((value * percent / 100).quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN))


def with_quantity(body: bytes, quantity: str) -> bytes:
    """Return a confirmation whose first position has another quantity.

    :raises ValueError: the quantity is not a decimal number
    """
    try:
        value = Decimal(quantity)
    except InvalidOperation:
        raise ValueError("the quantity is not a decimal number") from None
    if not value.is_finite():
        raise ValueError("the quantity is not a decimal number")
    message = json.loads(body)
    message["positions"][0]["qty"] = str(value)
    return encode(message)


def encode(message: dict) -> bytes:
    """Return the bytes of a confirmation as they are signed and sent."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def child_traceparent(parent: str | None) -> str | None:
    """Return a W3C traceparent of the same trace with a new span, or None without a valid one."""
    found = _TRACEPARENT.fullmatch(parent or "")
    return f"00-{found[1]}-{secrets.token_hex(8)}-{found[2]}" if found else None


def retry_delay(
    attempts: int, base: float = 0.5, cap: float = 30.0, limit: int = 12
) -> float | None:
    """Return the seconds before the next attempt after ``attempts`` failures; None: give up.

    Twelve attempts last about three minutes, enough for Odoo to be restarted.
    """
    return None if attempts >= limit else min(cap, base * 2 ** (attempts - 1))
