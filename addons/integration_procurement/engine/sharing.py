"""Goods of several orders that were handed over together: which are of which order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..tools.shipments import Place, allot
from .receiving import Line


def shared(lines: Sequence[Line], announced: Mapping[Any, Sequence[Line]]) -> dict[Any, list[Line]]:
    """What of a delivery is of which order, by what was announced of each.

    The lot that a line names goes where this very lot was announced. What nobody announced is of
    the first order that has the product, else of the first: a person decides about it there.

    :param announced: by order
    :return: by order; those of which nothing came are missing
    """
    places = [
        (line.product, line.lot, Place(order, line.quantity))
        for order, said in announced.items()
        for line in said
    ]
    found: dict[Any, list[Line]] = {}
    for line in lines:
        alike = [one for one in places if one[0] == line.product]
        mine = [one for one in alike if not line.lot or one[1] in ("", line.lot)]
        # The very lot before what was announced without one.
        rooms = [one[2] for one in sorted(mine, key=lambda one: not one[1])]
        parts, left = allot(line.quantity, rooms)
        if left:
            first = alike[0][2].key if alike else next(iter(announced))
            parts.append((first, left))
        quantities: dict[Any, Decimal] = {}
        for order, quantity in parts:
            quantities[order] = quantities.get(order, Decimal(0)) + quantity
        for order, quantity in quantities.items():
            found.setdefault(order, []).append(replace(line, quantity=quantity))
    return found
