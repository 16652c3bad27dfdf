# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Control totals of what is exported in parts: by them a receiver knows whether it has all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Totals:
    """What rows come to.

    :ivar control: sum of the quantities, whatever their units: a check, not an amount
    """

    rows: int = 0
    control: Decimal = Decimal(0)

    def __add__(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(self.rows + other.rows, self.control + other.control)

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Totals:
        """The totals of rows, whose ``quantity`` is decimal text; without one it is 0.

        >>> Totals.of([{"quantity": "1.5"}, {"quantity": "2"}, {}])
        Totals(rows=3, control=Decimal('3.5'))
        """
        return cls(len(rows), sum((Decimal(row.get("quantity", 0)) for row in rows), Decimal(0)))


def written(value: Decimal) -> str:
    """A decimal as canonical text.

    >>> written(Decimal("120.50")), written(Decimal("0.00")), written(Decimal("1E+2"))
    ('120.5', '0', '100')
    """
    return f"{value.normalize():f}" if value else "0"


def chunks(ids: Sequence[int], size: int) -> Iterator[list[int]]:
    """Ids in parts of the same size; one empty part of none, so that the end is told, too.

    >>> list(chunks([1, 2, 3], 2)), list(chunks([], 2))
    ([[1, 2], [3]], [[]])
    """
    for start in range(0, max(len(ids), 1), size):
        yield list(ids[start : start + size])


def newest_first(pairs: Iterable[tuple[int, frozenset[Any]]]) -> dict[int, frozenset[Any]]:
    """Which record tells of which things, if the newest one that knows of a thing tells of it.

    :param pairs: id of a record, and what it knows of
    :return: records that have something to tell, by id

    >>> newest_first([(1, frozenset("ab")), (2, frozenset("b"))])
    {2: frozenset({'b'}), 1: frozenset({'a'})}
    """
    told: set[Any] = set()
    found: dict[int, frozenset[Any]] = {}
    for number, things in sorted(pairs, reverse=True, key=lambda pair: pair[0]):
        left = things - told
        if left:
            found[number] = frozenset(left)
            told |= left
    return found
