"""Changing where an order goes, for whom it is, and from whom it is bought.

That is done as long as nobody has begun with it: its documents are taken back and made anew.
"""

from __future__ import annotations

from odoo.models import BaseModel

from ..tools.requisition import NOTHING
from . import requisition_changes
from .requisition_supply import Supply

#: Why something is left as it is.
PLACE = "place_changed"
VISIT = "visit_changed"
CENTRE = "cost_centre_changed"
SUPPLIER = "supplier_changed"


def fixed(
    line: BaseModel, *, route: BaseModel, visit: BaseModel, centre: BaseModel, supplier: BaseModel
) -> str | None:
    """Why a line cannot be changed to this any more; ``None``: it can."""
    order = line.requisition_id
    if line.state in ("cancelled", "ended"):
        return requisition_changes.CANCELLED
    progress = line._progress()
    out = _is_out(line)
    begun = out or max(progress.delivered, progress.picked) > NOTHING
    held = line.decision == "held"
    # What waits for a person was compared with the place it was ordered for.
    if route != order.route_id and (begun or held):
        return PLACE
    if visit != order.encounter_id and (begun or held):
        return VISIT
    if centre != line.cost_centre_id and begun:
        return CENTRE
    # What nobody buys may be wanted of anybody.
    return SUPPLIER if supplier != line.supplier_id and out else None


def moves(line: BaseModel, *, route: BaseModel, visit: BaseModel, supplier: BaseModel) -> bool:
    """Whether a line has to be supplied anew to be like this."""
    order = line.requisition_id
    if route != order.route_id or visit != order.encounter_id:
        return True
    return supplier != line.supplier_id and bool(_quotations(line))


def move(line: BaseModel, order: BaseModel) -> None:
    """Take back what was made for a line, and supply it for a requisition.

    :param order: it may be the one that it belongs to
    :raises errors.ConflictError: it has to be bought, and nobody sells it
    """
    requisition_changes.take_back(line, None)
    requisition_changes.reduce_quotations(line, None)
    values = {
        "decision": False,
        "reason": False,
        "is_direct": False,
        "rejected_quantity": 0,
        "cancelled_quantity": 0,
    }
    if order != line.requisition_id:
        number = max(order.line_ids.mapped("number"), default=0) + 1
        values |= {"requisition_id": order.id, "number": number}
    # sudo: what is decided of a line is closed to people but for their buttons
    line.sudo().write(values)
    Supply(order).supply(line)


def tell_documents(line: BaseModel, *, due: bool) -> None:
    """Let the open documents of a line say whose cost it is, and when it is needed.

    :param due: that was said anew
    """
    if due:
        line._open_moves().filtered(lambda one: not one.picked).write({"date": line.needed_by})
    centre = line.cost_centre_id
    for one in _quotations(line):
        one.analytic_distribution = {str(centre.id): 100} if centre else False
        if due:
            one.date_planned = line.needed_by


def _quotations(line: BaseModel) -> BaseModel:
    # sudo: this only changes what Supply asked for
    bought = line.sudo().purchase_line_ids
    return bought.filtered(lambda one: one.order_id.state == "draft")


def _is_out(line: BaseModel) -> bool:
    """Whether something for a line is asked or ordered of a supplier already."""
    # sudo: who changes an order of supplies need not be able to read purchases
    states = set(line.sudo().purchase_line_ids.order_id.mapped("state"))
    return bool(states - {"draft", "cancel"})
