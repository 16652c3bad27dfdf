# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where a price of a supplier's list belongs among the prices that are there already.

All prices here are for one item, unit and minimum quantity. Periods include both of their days;
``None`` is open.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .answers import is_beyond

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Price:
    """A price of a period; ``id`` names the record that holds it."""

    id: int
    start: date | None
    end: date | None
    amount: Decimal
    currency: str

    def covers(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or self.end >= day)


@dataclass(frozen=True)
class Offer:
    """A price of the list."""

    start: date | None
    end: date | None
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Place:
    """What becomes of an offer.

    :ivar target: record that takes it; ``None`` for a new one
    :ivar start: first day of the record from then on
    :ivar end: last day of the record from then on
    :ivar prior: the price that it replaces or follows without a gap; ``None`` if there was none
    :ivar ends: last day of the prior record, if that is not the target
    :ivar near: what it is compared with: the prior one, else the last one that began before, ended
        or not, else the next
    """

    target: int | None
    start: date | None
    end: date | None
    prior: Price | None
    ends: date | None = None
    near: Price | None = None


def place(prices: Collection[Price], offer: Offer, today: date) -> Place:
    """Where ``offer`` belongs.

    A price from the same day on is replaced; one that goes on beyond that day ends the day before.
    An offer without a first day replaces what is valid today. No price reaches into a later period,
    for Odoo takes the cheaper one of two.
    """
    first = offer.start or today
    now = _latest(price for price in prices if price.covers(first))
    begun = _latest(price for price in prices if (price.start or date.min) <= first)
    near = begun or min(prices, key=lambda price: price.start or date.min, default=None)
    if offer.start is None and now is not None:
        return Place(now.id, now.start, _end(prices, now.start, offer), now, near=now)
    if offer.start is None:
        return _undated(prices, offer, today, near)
    end = _end(prices, offer.start, offer)
    same = next((price for price in prices if price.start == offer.start), None)
    if same is not None:
        return Place(same.id, offer.start, end, same, near=same)
    return Place(None, offer.start, end, now, offer.start - DAY if now else None, now or near)


def _undated(prices, offer: Offer, today: date, near: Price | None) -> Place:
    """Where an offer without a first day belongs if nothing is valid today: one without a first
    day goes on again; what a dated one cost stays known."""
    if near is None or (near.start or date.min) > today:
        return Place(None, None, _end(prices, None, offer), None, near=near)
    if near.start is None:
        return Place(near.id, None, _end(prices, None, offer), near, near=near)
    return Place(None, today, _end(prices, today, offer), None, near=near)


def _end(prices, start: date | None, offer: Offer) -> date | None:
    """The last day of a price that begins on ``start``: as offered, before the next begins."""
    later = [
        price.start - DAY for price in prices if price.start and price.start > (start or date.min)
    ]
    return min([*later, *([offer.end] if offer.end else [])], default=None)


def is_jump(near: Price | None, offer: Offer, percent: Decimal) -> bool:
    """Whether a person has to see the price first: too far from the one it is compared with.

    A price of zero is none yet. Another currency cannot be compared.
    """
    if near is None or not near.amount:
        return False
    return near.currency != offer.currency or is_beyond(
        Fraction(offer.amount), near.amount, percent
    )


def _latest(prices) -> Price | None:
    return max(prices, key=lambda price: price.start or date.min, default=None)
