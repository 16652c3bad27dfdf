# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a supplier answers to a line of an order, and where that leaves what was ordered.

Everything is counted in the unit of the order line; fractions keep conversions exact (a third of
a box stays a third of a box), and what is compared is rounded to the digits that canonical JSON
carries, since Odoo keeps floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from .canonical import FLOAT_DIGITS

Number = Decimal | Fraction


class Status(StrEnum):
    """What the supplier says to a line. Values are those of the contract."""

    ACCEPTED = "accepted"
    CHANGED = "changed"
    REJECTED = "rejected"
    SUBSTITUTED = "substituted"


class Deviation(StrEnum):
    """In which way an answer is not what was ordered."""

    QUANTITY = "quantity"
    PRICE = "price"
    DATE = "date"
    REJECTED = "rejected"
    SUBSTITUTION = "substitution"


@dataclass(frozen=True)
class Ordered:
    """A line as it was ordered; the price is before the discount, which is in percent."""

    quantity: Number
    unit_price: Number
    discount_percent: Number
    requested: date | None


@dataclass(frozen=True)
class Delivery:
    """A part of the quantity, and the day on which it is promised."""

    quantity: Number
    promised: date


@dataclass(frozen=True)
class Answer:
    """What the supplier says; ``None`` for what the answer does not speak of."""

    status: Status | None
    deliveries: Sequence[Delivery] = ()
    unit_price: Number | None = None
    discount_percent: Number | None = None

    @property
    def quantity(self) -> Number:
        return sum((Fraction(part.quantity) for part in self.deliveries), Fraction(0))

    @property
    def promised(self) -> date | None:
        """When everything will be there."""
        return max((part.promised for part in self.deliveries), default=None)


@dataclass(frozen=True)
class Tolerance:
    """How far an answer may be from the order before a person has to decide."""

    price_percent: Number = Decimal(0)
    quantity_percent: Number = Decimal(0)
    days_late: int = 0


def deviations(ordered: Ordered, answer: Answer, tolerance: Tolerance) -> frozenset[Deviation]:
    """Where an answer is beyond the tolerance. Earlier than requested is none."""
    if answer.status is Status.REJECTED:
        return frozenset({Deviation.REJECTED})
    if answer.status is Status.SUBSTITUTED:
        return frozenset({Deviation.SUBSTITUTION})
    found = set()
    if is_beyond(answer.quantity, ordered.quantity, tolerance.quantity_percent):
        found.add(Deviation.QUANTITY)
    if is_beyond(_net_answer(ordered, answer), _net_ordered(ordered), tolerance.price_percent):
        found.add(Deviation.PRICE)
    late = (
        (answer.promised - ordered.requested).days if answer.promised and ordered.requested else 0
    )
    if late > tolerance.days_late:
        found.add(Deviation.DATE)
    return frozenset(found)


def status_of(ordered: Ordered, answer: Answer) -> Status:
    """What the answer amounts to: numbers count, whatever the supplier calls them."""
    if answer.status in (Status.REJECTED, Status.SUBSTITUTED):
        return answer.status
    changed = deviations(ordered, answer, Tolerance())
    return Status.CHANGED if changed else Status.ACCEPTED


def is_beyond(theirs: Number, ours: Number, percent: Number) -> bool:
    """Whether a value differs from ours by more than ``percent`` of ours.

    Something where nothing was agreed is beyond any tolerance.
    """
    theirs, ours = _comparable(theirs), _comparable(ours)
    if theirs == ours:
        return False
    return not ours or abs(theirs - ours) * 100 > abs(ours) * Fraction(percent)


def convert(quantity: Number, factor: float, into: float) -> Fraction:
    """A quantity in another unit, exactly.

    :param factor: how many reference units the unit of ``quantity`` holds (12 for a dozen)
    :param into: the same of the wanted unit
    """
    return Fraction(quantity) * _exact(factor) / _exact(into)


def convert_price(price: Number, factor: float, into: float) -> Fraction:
    """The price of one wanted unit where ``price`` is for one unit of ``factor``."""
    return Fraction(price) * _exact(into) / _exact(factor)


def kept(value: Fraction, digits: int) -> Decimal | None:
    """``value`` as a decimal with at most ``digits`` decimals; ``None`` if it needs more."""
    scaled = value * 10**digits
    if scaled.denominator != 1:
        return None
    return Decimal(scaled.numerator).scaleb(-digits)


def _net_ordered(ordered: Ordered) -> Fraction:
    return _net(ordered.unit_price, ordered.discount_percent)


def _net_answer(ordered: Ordered, answer: Answer) -> Fraction:
    """What is not spoken of stays as ordered."""
    price = ordered.unit_price if answer.unit_price is None else answer.unit_price
    discount = answer.discount_percent
    return _net(price, ordered.discount_percent if discount is None else discount)


def _net(price: Number, discount: Number) -> Fraction:
    return Fraction(price) * (100 - Fraction(discount)) / 100


def _comparable(value: Number) -> Fraction:
    return round(Fraction(value), FLOAT_DIGITS)


def _exact(factor: float) -> Fraction:
    return Fraction(Decimal(repr(factor)))
