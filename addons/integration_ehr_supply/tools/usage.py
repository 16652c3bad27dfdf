# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What messages say of goods that were used up or given back (contract ``ehr.consumption``)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from odoo.addons.integration_core.tools import errors, moments
from odoo.addons.integration_ehr_bridge.tools.census_told import (
    Identifier,
    Place,
    read_identifier,
    read_moment,
    read_place,
)

USE: Final = "use"
RETURN: Final = "return"


class Key(NamedTuple):
    """What a line is known by at its system: never by its order and product."""

    action: str
    number: str
    line: str


@dataclass(frozen=True)
class Told:
    """A line as a message tells it.

    :ivar quantity: decimal text, greater than zero
    :ivar unit: code of UN/ECE Recommendation 20
    :ivar lot: lot or serial number; empty for none
    :ivar expiry: last day on which the goods may be used, if the message says so
    :ivar used_at: naive, in UTC
    :ivar place: where it was used
    :ivar stock: code of the stock location that it was taken from, if the message says so
    :ivar original: of what is given back
    """

    key: Key
    source: str
    item: str
    quantity: str
    unit: str
    lot: str
    expiry: date | None
    used_at: datetime
    place: Place | None
    stock: str
    visit: Identifier | None
    order: str
    original: Key | None

    @property
    def action(self) -> str:
        return self.key.action


def read_lines(data: Mapping[str, Any], now: datetime) -> list[Told]:
    """The lines of a message. What a line leaves out is that of the message.

    :param now: naive, in UTC
    :raises errors.IntegrationError: ``in_future``, ``no_moment``; ``duplicate_line``: within a
        message nobody repeats himself, so that two lines with one number are two things
    """
    lines = [_read_line({**_shared(data), **line}, now) for line in data.get("lines", ())]
    if len({line.key for line in lines}) < len(lines):
        raise errors.ConflictError(
            "Two lines of the message have the same number and line: nobody can say whether it is "
            "one dispense or two. Let the sender number them apart, then cancel this message.",
            code="duplicate_line",
        )
    return lines


def _shared(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("visit", "location", "consumed_at") if data.get(name)}


def _read_line(line: Mapping[str, Any], now: datetime) -> Told:
    if not line.get("consumed_at"):
        raise errors.ContractError(
            "A line does not say when its goods were used. Ask the sender for it.",
            code="no_moment",
        )
    key = Key(line.get("action", USE), line["number"].strip(), line["line"].strip())
    original = None
    if key.action == RETURN:
        named = line.get("returns") or line
        original = Key(USE, named["number"].strip(), named["line"].strip())
    return Told(
        key=key,
        source=line["source"],
        item=line["item"].strip(),
        quantity=line["quantity"],
        unit=line["unit"],
        lot=_lot(line),
        expiry=moments.read_day(line["expiry"]) if line.get("expiry") else None,
        used_at=read_moment(line["consumed_at"], now),
        place=read_place(line.get("location")),
        stock=(line.get("stock_location") or "").strip(),
        visit=read_identifier(line.get("visit")),
        order=(line.get("order") or "").strip(),
        original=original,
    )


def _lot(line: Mapping[str, Any]) -> str:
    """Odoo keeps a serial number as a lot of one piece, which the serial number alone names."""
    return (line.get("serial") or line.get("lot") or "").strip()


def ended_before(used_at: datetime, ended_at: datetime | None, hours: int) -> bool:
    """Whether something was used so long after a visit had ended that it is not of the visit.

    :param hours: for which a discharged patient may still be told to have used something
    """
    return ended_at is not None and used_at > ended_at + timedelta(hours=hours)


class OnHand:
    """What lies where, counted down as lines are taken.

    :param quantities: by place, product and lot, in the unit in which the product is kept
    """

    def __init__(self, quantities: Mapping[Hashable, float]) -> None:
        self._left = {key: Decimal(str(quantity)) for key, quantity in quantities.items()}

    def take(self, key: Hashable, quantity: float) -> float:
        """Take a quantity; return how much of it was not there."""
        wanted = Decimal(str(quantity))
        there = max(self._left.get(key, Decimal(0)), Decimal(0))
        self._left[key] = self._left.get(key, Decimal(0)) - wanted
        return float(max(wanted - there, Decimal(0)))

    def bring(self, key: Hashable, quantity: float) -> None:
        """Goods that came while lines are taken."""
        self._left[key] = self._left.get(key, Decimal(0)) + Decimal(str(quantity))
