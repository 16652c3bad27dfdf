# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is announced is spread over what is awaited.

Quantities are exact decimals in the unit in which a product is kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


def exact(value: float) -> Decimal:
    """A quantity of the database as it is shown, without what binary floats add."""
    return Decimal(repr(value))


@dataclass
class Place(Generic[Key]):
    """Something that still awaits goods.

    :ivar key: what awaits them, such as the id of a stock move
    :ivar room: how much more it awaits; negative if it has more than it awaits already
    """

    key: Key
    room: Decimal


def allot(
    quantity: Decimal, places: Sequence[Place[Key]]
) -> tuple[list[tuple[Key, Decimal]], Decimal]:
    """Spread a quantity over places, the first one first; their room shrinks by it.

    :return: what goes where, and what is left over since nothing awaits it

    >>> places = [Place("a", Decimal(3)), Place("b", Decimal(4))]
    >>> allot(Decimal(5), places)
    ([('a', Decimal('3')), ('b', Decimal('2'))], Decimal('0'))
    >>> allot(Decimal(5), places)
    ([('b', Decimal('2'))], Decimal('3'))
    """
    parts: list[tuple[Key, Decimal]] = []
    for place in places:
        part = min(quantity, place.room)
        if part > 0:
            parts.append((place.key, part))
            place.room -= part
            quantity -= part
    return parts, quantity


@dataclass(frozen=True)
class Delivered:
    """One line of a proof of delivery, or of what Odoo knows of the same goods.

    :ivar product: id of the product
    :ivar lot: name of the lot or serial number; empty if none is named
    :ivar package: reference of the package; empty if none is named
    """

    product: int
    quantity: Decimal
    lot: str = ""
    package: str = ""


def totals(lines: Iterable[Delivered], *, by_lot: bool = False) -> dict[tuple[int, str], Decimal]:
    """Quantities by product, or by product and lot."""
    found: dict[tuple[int, str], Decimal] = {}
    for line in lines:
        key = (line.product, line.lot if by_lot else "")
        found[key] = found.get(key, Decimal(0)) + line.quantity
    return found


def surplus(
    delivered: dict[tuple[int, str], Decimal], awaited: dict[tuple[int, str], Decimal]
) -> dict[tuple[int, str], Decimal]:
    """By how much more was delivered than was awaited; only what is more.

    >>> surplus({(1, ""): Decimal(5), (2, ""): Decimal(1)}, {(1, ""): Decimal(3)})
    {(1, ''): Decimal('2'), (2, ''): Decimal('1')}
    """
    return {
        key: quantity - awaited.get(key, Decimal(0))
        for key, quantity in delivered.items()
        if quantity > awaited.get(key, Decimal(0))
    }
