"""Goods that come back from a ward: their dispense is reversed exactly."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from odoo.fields import Command
from odoo.models import BaseModel
from odoo.tools import SQL

from odoo.addons.integration_core.tools import errors

from ..tools.usage import Told
from . import stock_turns, usage_late, usage_moves
from .usage_book import UsageBook
from .usage_stock import QUIET


def give_back(book: UsageBook, told: Told, received: Any) -> BaseModel:
    """Put back what a line says, to where it was taken from and at the same cost centre.

    :raises errors.ConflictError: its dispense is not known, or was another one
    """
    original = book.known.get(told.original)
    if not original:
        raise errors.ConflictError(
            "Something is given back of which no dispense is known here. Handle the dispense "
            "first, or ask the sender for its number, then retry.",
            code="unknown_usage",
        )
    return _write(book, told, original, received, *_quantity(book, told, original))


def put_back_all(book: UsageBook, told: Told, original: BaseModel, received: Any) -> BaseModel:
    """Put back what is left of a consumption: what it was for does not take place."""
    _claim(original)
    left = _exact(original, original._kept(), original.product_id.uom_id)
    return _write(book, told, original, received, *left)


def _write(
    book: UsageBook,
    told: Told,
    original: BaseModel,
    received: Any,
    quantity: float,
    unit: BaseModel,
) -> BaseModel:
    env = book.env(context={**book.env.context, **QUIET})
    move = _put_back(env, told, original, quantity, unit)
    record = env["ehr.consumption"].create(
        {
            "system_id": received.system_id,
            "message_uuid": received.uuid,
            "action": told.action,
            "number": told.key.number,
            "line": told.key.line,
            "source": told.source,
            "order_number": told.order or False,
            "used_at": told.used_at,
            "product_id": original.product_id.id,
            "quantity": quantity,
            "uom_id": unit.id,
            "lot_id": original.lot_id.id,
            "place_id": original.place_id.id,
            "stock_location_id": move.location_dest_id.id,
            "analytic_account_id": original.analytic_account_id.id,
            "encounter_id": original.encounter_id.id,
            "move_id": move.id,
            "returns_id": original.id,
            "company_id": original.company_id.id,
        }
    )
    # sudo: the reservation follows from what was given back, whoever told it
    if kit := original.with_env(env).sudo().kit_picking_id:
        kit._ehr_not_used(original.product_id, _in_product_unit(original, quantity, unit))
        usage_late.settle(original)
    return record.with_env(book.env)


def _in_product_unit(original: BaseModel, quantity: float, unit: BaseModel) -> float:
    return unit._compute_quantity(quantity, original.product_id.uom_id, round=False)


def _exact(original: BaseModel, quantity: float, unit: BaseModel) -> tuple[float, BaseModel]:
    """A quantity in the unit of the dispense if it is kept exactly in that; five pieces are no
    round part of a box of twelve, and stay pieces."""
    own = original.uom_id
    rounded = own.round(unit._compute_quantity(quantity, own, round=False))
    back = own._compute_quantity(rounded, unit, round=False)
    return (rounded, own) if unit.compare(back, quantity) == 0 else (quantity, unit)


def _claim(original: BaseModel) -> None:
    """Let returns of one dispense be booked one after the other.

    A lock alone would not do: who waited for it still reads what was returned before (REPEATABLE
    READ). The write makes the later transaction fail, and the engine begins it again.
    """
    original.flush_recordset()
    original.env.cr.execute(
        SQL("UPDATE ehr_consumption SET write_date = write_date WHERE id = %s", original.id)
    )


def _quantity(book: UsageBook, told: Told, original: BaseModel) -> tuple[float, BaseModel]:
    """What comes back, and its unit."""
    _claim(original)
    product = book.product(told)
    unit = book.unit(product, told.unit)
    lot = book.lot(product, told, giving_back=True) if told.lot else original.lot_id
    if (product, lot) != (original.product_id, original.lot_id):
        raise errors.ConflictError(
            "Something else is given back than was dispensed under this number: another item or "
            "another lot. Ask the sender which is right, then cancel this message.",
            code="return_differs",
        )
    quantity = book.quantity(unit, told.quantity)
    back = _in_product_unit(original, quantity, unit)
    own, left = original.uom_id, original.quantity - original.quantity_returned
    in_own = unit._compute_quantity(quantity, own, round=False)
    # By the finer of the two: what is more by a piece is nothing in cases of 1000.
    if product.uom_id.compare(back, original._kept()) > 0 or own.compare(in_own, left) > 0:
        raise errors.ConflictError(
            "More is given back than was dispensed under this number and not given back yet. Ask "
            "the sender for the right quantity, then cancel this message.",
            code="returned_more",
        )
    return _exact(original, quantity, unit)


def _put_back(
    env: Any, told: Told, original: BaseModel, quantity: float, unit: BaseModel
) -> BaseModel:
    taken = original.move_id
    booked = _lines(taken, original).location_id
    places = {original.stock_location_id, *booked, *_stood_in(original)}
    if original.product_id.is_storable:
        stock_turns.take(env, ((original.product_id.id, place.id) for place in places))
    bins = {original.stock_location_id: quantity}
    if len(places) > 1:
        # In the unit in which it is kept: a part of a box would be rounded.
        bins = _bins(original, _in_product_unit(original, quantity, unit))
        unit = original.product_id.uom_id
    target = original.stock_location_id if len(bins) > 1 else next(iter(bins))
    transfer = env["stock.picking"].create(
        {
            "picking_type_id": taken.picking_id.picking_type_id.id,
            "location_id": taken.location_dest_id.id,
            "location_dest_id": target.id,
            "return_id": taken.picking_id.id,
            "scheduled_date": told.used_at,
            "ehr_usage": "use",
            "move_ids": [Command.create(_move_values(original, bins, unit, target))],
        }
    )
    transfer._action_done()
    return transfer.move_ids


def _move_values(
    original: BaseModel, bins: dict[BaseModel, float], unit: BaseModel, target: BaseModel
) -> dict[str, Any]:
    taken = original.move_id
    move = usage_moves.values(
        original.product_id,
        unit,
        {(original.lot_id.id, taken.location_dest_id.id): sum(bins.values())},
        taken.location_dest_id,
        target,
        original.company_id,
        origin_returned_move_id=taken.id,
        ehr_cost_centre_id=taken.ehr_cost_centre_id.id,
    )
    (_command, _id, line) = move["move_line_ids"][0]
    move["move_line_ids"] = [
        Command.create({**line, "quantity": unit.round(part), "location_dest_id": place.id})
        for place, part in bins.items()
    ]
    return move


def _lines(move: BaseModel, original: BaseModel) -> BaseModel:
    return move.move_line_ids.filtered(lambda one: one.lot_id == original.lot_id)


def _stood_in(original: BaseModel) -> dict[BaseModel, float]:
    """How much was used of which place instead of where it was booked, as people found out
    (:func:`usage_late.bring_back`), in the unit in which the product is kept."""
    found: dict[BaseModel, float] = defaultdict(float)
    for line in _stand_ins(original):
        found[line.location_id] += line.quantity_product_uom
    return dict(found)


def _stand_ins(original: BaseModel) -> BaseModel:
    moves = original.env["stock.move"].search(
        [("ehr_stands_in_id", "=", original.id), ("state", "=", "done")]
    )
    return moves.move_line_ids


def _bins(original: BaseModel, quantity: float) -> dict[BaseModel, float]:
    """How much is put back where: into the bins that it was taken from, none of them fuller than
    it was.

    :param quantity: in the unit in which the product is kept
    """
    taken, unit = original.move_id, original.product_id.uom_id
    left: dict[BaseModel, float] = defaultdict(float)
    for line in _lines(taken, original):
        left[line.location_id] += line.quantity_product_uom
    for line in _stand_ins(original):
        left[line.location_id] += line.quantity_product_uom
        left[line.location_dest_id] -= line.quantity_product_uom
    for move in taken.returned_move_ids.filtered(lambda one: one.state == "done"):
        for line in _lines(move, original):
            left[line.location_dest_id] -= line.quantity_product_uom
    bins: dict[BaseModel, float] = defaultdict(float)
    own, first = original.stock_location_id, _stood_in(original)
    for place in sorted(left, key=lambda one: (one not in first, one != own, one.id)):
        part = min(left[place], quantity)
        if unit.compare(part, 0) > 0:
            bins[place] += part
            quantity = unit.round(quantity - part)
    if unit.compare(quantity, 0) > 0:
        bins[own] += quantity
    return dict(bins)
