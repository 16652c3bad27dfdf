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
    :ivar prior: the price that it replaces or follows; ``None`` if there was none
    :ivar ends: last day of the prior record, if that is not the target
    """

    target: int | None
    start: date | None
    end: date | None
    prior: Price | None
    ends: date | None = None


def place(prices: Collection[Price], offer: Offer, today: date) -> Place:
    """Where ``offer`` belongs.

    A price from the same day on is replaced; one that goes on beyond that day ends the day before.
    An offer without a first day replaces what is valid today.
    """
    same = next((price for price in prices if price.start == offer.start), None)
    now = _latest(price for price in prices if price.covers(offer.start or today))
    if offer.start is None and now is not None:
        return Place(now.id, now.start, offer.end, now)
    if same is not None:
        return Place(same.id, offer.start, offer.end, same)
    if offer.start is None:
        return Place(None, None, offer.end, None)
    later = [price.start for price in prices if price.start and price.start > offer.start]
    end = offer.end
    if end is None and later:
        end = min(later) - DAY
    return Place(None, offer.start, end, now, offer.start - DAY if now else None)


def is_jump(place: Place, offer: Offer, percent: Decimal) -> bool:
    """Whether a person has to see the price first: too far from the one before.

    A price of zero is none yet. Another currency cannot be compared.
    """
    prior = place.prior
    if prior is None or not prior.amount:
        return False
    return prior.currency != offer.currency or is_beyond(
        Fraction(offer.amount), prior.amount, percent
    )


def _latest(prices) -> Price | None:
    return max(prices, key=lambda price: price.start or date.min, default=None)
