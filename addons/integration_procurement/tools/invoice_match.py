# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Three-way match: what a supplier invoices against what was ordered and what was received.

All numbers are exact fractions, so that a box of twelve at 1.00 and twelve pieces at a twelfth of
it are the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

#: Factors of units are floats; those of units that people use are fractions with a small
#: denominator (a piece is 1/12 of a dozen), which this gives back exactly.
MAX_DENOMINATOR: Final = 1_000_000


class Aspect(StrEnum):
    """What may differ."""

    QUANTITY = "quantity"
    PRICE = "price"


class Limit(StrEnum):
    """What bounds a quantity."""

    ORDERED = "ordered"  #: ordered, and not invoiced yet
    RECEIVED = "received"  #: received, and not invoiced yet
    INVOICED = "invoiced"  #: invoiced, and not credited yet


@dataclass(frozen=True)
class Invoiced:
    """A line of an invoice in the unit of its order line.

    :ivar key: names the line of the invoice
    :ivar order_key: names the line of the order
    :ivar price: net of discount, for one unit of the order line
    """

    key: int
    order_key: int
    quantity: Fraction
    price: Fraction


@dataclass(frozen=True)
class Agreed:
    """A line of an order.

    :ivar ordered: its quantity; the tolerance of quantities is a share of it
    :ivar open: how much may still be invoiced, by what bounds it
    """

    ordered: Fraction
    price: Fraction
    open: Mapping[Limit, Fraction]


@dataclass(frozen=True)
class Tolerance:
    """In percent: of the ordered quantity, and of the price of the order."""

    quantity: Fraction = Fraction(0)
    price: Fraction = Fraction(0)


@dataclass(frozen=True)
class Difference:
    """A line of an invoice that does not match.

    :ivar limit: what the quantity exceeds; ``None`` for a price
    :ivar ours: what was open, or agreed
    """

    key: int
    aspect: Aspect
    limit: Limit | None
    ours: Fraction
    theirs: Fraction


def factor(value: float) -> Fraction:
    """The factor of a unit as the fraction that was meant."""
    return Fraction(value).limit_denominator(MAX_DENOMINATOR)


def net_price(price: Fraction, discount_percent: Fraction) -> Fraction:
    """A price less its discount."""
    return price * (100 - discount_percent) / 100


def convert_quantity(quantity: Fraction, unit: float, to_unit: float) -> Fraction:
    """A quantity in another unit; the arguments are the units' factors."""
    return quantity * factor(unit) / factor(to_unit)


def convert_price(price: Fraction, unit: float, to_unit: float) -> Fraction:
    """The price of one ``unit`` as that of one ``to_unit``."""
    return price * factor(to_unit) / factor(unit)


def as_text(value: Fraction, digits: int = 6) -> str:
    """A fraction as people read it, without superfluous zeros.

    :param digits: after the point; a third does not end
    """
    scaled = Decimal(round(value * 10**digits)).scaleb(-digits)
    text = f"{scaled:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def differences(
    lines: Iterable[Invoiced], agreed: Mapping[int, Agreed], tolerance: Tolerance
) -> list[Difference]:
    """What does not match, line by line.

    Invoicing less than is open is no difference: the rest follows. Several lines may invoice one
    line of the order; each takes its part of what is open.

    :param agreed: order lines by key; of an invoice line whose order line is not among them
        nothing is said
    """
    found: list[Difference] = []
    taken: dict[int, Fraction] = {}
    for line in lines:
        order = agreed.get(line.order_key)
        if order is None:
            continue
        before = taken.get(line.order_key, Fraction(0))
        taken[line.order_key] = before + line.quantity
        found += _quantity(line, order, before, tolerance)
        found += _price(line, order, tolerance)
    return found


def _quantity(
    line: Invoiced, order: Agreed, before: Fraction, tolerance: Tolerance
) -> list[Difference]:
    """The limit that is exceeded most, if any: several would say the same twice."""
    slack = abs(order.ordered) * tolerance.quantity / 100
    over = {
        limit: before + line.quantity - amount - slack
        for limit, amount in order.open.items()
        if before + line.quantity - amount > slack
    }
    if not over:
        return []
    worst = max(over, key=lambda limit: over[limit])
    left = max(order.open[worst] - before, Fraction(0))
    return [Difference(line.key, Aspect.QUANTITY, worst, left, line.quantity)]


def _price(line: Invoiced, order: Agreed, tolerance: Tolerance) -> list[Difference]:
    if abs(line.price - order.price) <= abs(order.price) * tolerance.price / 100:
        return []
    return [Difference(line.key, Aspect.PRICE, None, order.price, line.price)]
