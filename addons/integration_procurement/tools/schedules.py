# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is awaited is planned by the deliveries in which it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .shipments import Key, Place


@dataclass(frozen=True)
class Delivery:
    """A quantity, in the unit in which the product is kept, and when it is to come."""

    quantity: Decimal
    moment: datetime


def spread(
    places: Sequence[Place[Key]], deliveries: Sequence[Delivery], came: Decimal = Decimal(0)
) -> list[tuple[Key, list[Delivery]]]:
    """Plan what each place awaits, the earliest delivery first.

    Nothing is lost or added: what is awaited beyond the deliveries comes with the last of them,
    and of deliveries beyond what is awaited the last ones count for nothing.

    :param deliveries: at least one
    :param came: of the deliveries, before what the places still await

    >>> first, last = datetime(2026, 12, 1), datetime(2026, 12, 20)
    >>> promised = [Delivery(Decimal(3), first), Delivery(Decimal(2), last)]
    >>> def plan(*rooms, came=0):
    ...     places = [Place(number, Decimal(room)) for number, room in enumerate(rooms)]
    ...     return [
    ...         (key, [(int(part.quantity), part.moment.day) for part in parts])
    ...         for key, parts in spread(places, promised, Decimal(came))
    ...     ]
    >>> plan(5)
    [(0, [(3, 1), (2, 20)])]
    >>> plan(3, came=2)
    [(0, [(1, 1), (2, 20)])]
    >>> plan(4, 3)
    [(0, [(3, 1), (1, 20)]), (1, [(3, 20)])]
    >>> plan(2)
    [(0, [(2, 1)])]
    """
    ahead = sorted(deliveries, key=lambda one: one.moment)
    last = ahead[-1].moment
    left = _after(ahead, came)
    found = []
    for place in places:
        parts: dict[datetime, Decimal] = {}
        room = place.room
        while room > 0:
            # What nobody promised comes with the last delivery.
            quantity, moment = left.pop(0) if left else (room, last)
            part = min(quantity, room)
            if part < quantity:
                left.insert(0, (quantity - part, moment))
            parts[moment] = parts.get(moment, Decimal(0)) + part
            room -= part
        if parts:
            found.append((place.key, [Delivery(part, when) for when, part in parts.items()]))
    return found


def _after(deliveries: Sequence[Delivery], came: Decimal) -> list[tuple[Decimal, datetime]]:
    """What is left of deliveries after a quantity has come."""
    left = []
    for one in deliveries:
        gone = min(came, one.quantity)
        came -= gone
        if one.quantity > gone:
            left.append((one.quantity - gone, one.moment))
    return left
