"""Values of stock moves that are done at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoo.fields import Command
from odoo.models import BaseModel

#: A lot, and where it lies.
Where = tuple[int | bool, int]


def values(
    product: BaseModel,
    unit: BaseModel,
    by_lot: Mapping[Where, float],
    source: BaseModel,
    target: BaseModel,
    company: BaseModel,
    **more: Any,
) -> dict[str, Any]:
    """A move with a line for each lot.

    :param by_lot: quantities in ``unit``, by the ids of the lot (false for none) and of the
        location that it is taken from, which is ``source`` or a part of it
    :param more: further values of the move
    """
    common = {
        "product_id": product.id,
        "company_id": company.id,
        "location_id": source.id,
        "location_dest_id": target.id,
    }
    lines = [
        {
            **common,
            "product_uom_id": unit.id,
            "quantity": unit.round(quantity),
            "lot_id": lot,
            "location_id": place,
            "picked": True,
        }
        for (lot, place), quantity in by_lot.items()
    ]
    return {
        **common,
        "product_uom": unit.id,
        "product_uom_qty": sum(line["quantity"] for line in lines),
        "picked": True,
        "move_line_ids": [Command.create(line) for line in lines],
        **more,
    }
