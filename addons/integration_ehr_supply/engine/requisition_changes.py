"""Cancelling and changing what was ordered, as far as it has not been handed out."""

from __future__ import annotations

from decimal import Decimal

from odoo.models import BaseModel

from ..tools.requisition import NOTHING, Progress
from .requisition_supply import Supply

#: Why something is left as it is.
PICKED = "already_picked"
DELIVERED = "already_delivered"
ORDERED = "already_ordered"
CANCELLED = "already_cancelled"


def cancel(line: BaseModel) -> str | None:
    """Take back a line of which nothing was picked yet.

    :return: why it stays; ``None``: it is cancelled
    """
    progress = line._progress()
    if line.state in ("cancelled", "rejected"):
        return None
    if progress.delivered > NOTHING:
        return DELIVERED
    if progress.picked > NOTHING:
        return PICKED
    return _end(line, progress)


def discontinue(line: BaseModel) -> str | None:
    """Let nothing more come of a line; what was picked or delivered stays.

    :return: why all of it stays; ``None``: it has ended
    """
    progress = line._progress()
    if line.state in ("cancelled", "rejected", "ended"):
        return None
    if line.state == "delivered":
        return DELIVERED
    if not line.is_direct and progress.picked >= progress.open - NOTHING > 0:
        return PICKED
    return _end(line, progress)


def resize(line: BaseModel, quantity: float, unit: BaseModel) -> str | None:
    """Let a line be about another quantity, of all that was and will be supplied.

    :return: why it stays as it is; ``None``: it is changed
    """
    progress = line._progress()
    own = line.product_id.uom_id
    wanted = line._number(unit._compute_quantity(quantity, own, round=False))
    # sudo: what is decided of a line is closed to people but for their buttons
    decided, said = line.sudo(), {"quantity": quantity, "unit_id": unit.id}
    if line.state in ("cancelled", "ended"):
        return CANCELLED
    if wanted < progress.delivered + progress.picked - NOTHING:
        return DELIVERED if wanted < progress.delivered - NOTHING else PICKED
    if line.decision == "held":
        decided.write(said)
        return None
    more = wanted - progress.wanted
    if more < -NOTHING:
        # What a storekeeper took out of the transfer already is not taken out again.
        less = progress.delivered + progress.open - wanted
        if refusal := _reduce(line, less):
            return refusal
    # What was refused or cancelled before was so of the old quantity.
    decided.write({**said, "rejected_quantity": 0, "cancelled_quantity": 0})
    if more > NOTHING:
        Supply(line.requisition_id).add(line, more)
    elif more < -NOTHING:
        Supply(line.requisition_id).decide_again(line)
    return None


def _end(line: BaseModel, progress: Progress) -> str | None:
    if _bought_for_good(line):
        return ORDERED
    take_back(line, None)
    reduce_quotations(line, None)
    # What somebody has picked still comes.
    left = progress.wanted - progress.delivered
    if not line.is_direct:
        left -= line._number(sum(line._open_moves().mapped("product_qty")))
    # sudo: as above
    line = line.sudo()
    line.cancelled_quantity += float(max(left, Decimal()))
    if line.decision == "held":
        line.write({"decision": "accepted", "reason": False})
    return None


def _reduce(line: BaseModel, less: Decimal) -> str | None:
    if less <= NOTHING:
        return None
    if _bought_for_good(line):
        return ORDERED
    if not line.is_direct and less > sum(map(_loose, line._open_moves())) + NOTHING:
        return PICKED
    take_back(line, less)
    reduce_quotations(line, less)
    return None


def _loose(move: BaseModel) -> Decimal:
    """How much of an open move nobody has picked yet, in the unit of the product.

    Picked is a flag of the whole move, also where less was there than was asked for.
    """
    line = move.ehr_requisition_line_id
    taken = line._moved(move) if move.picked else 0
    return line._number(max(move.product_qty - taken, 0))


def take_back(line: BaseModel, less: Decimal | None) -> None:
    """Let so much less come from stock; ``None``: nothing but what is picked."""
    # What waits first, the newest before the older; what somebody is at last.
    for move in line._open_moves().sorted(lambda one: (one.picked, one.quantity, -one.id)):
        loose = _loose(move)
        part = loose if less is None else min(less, loose)
        if part <= NOTHING:
            continue
        if part >= line._number(move.product_qty) - NOTHING:
            move._action_cancel()
        else:
            unit, own = move.product_id.uom_id, move.product_uom
            move.product_uom_qty -= unit._compute_quantity(float(part), own)
            if not move.picked:
                move._action_assign()
        if less is not None:
            less -= part


def _bought_for_good(line: BaseModel) -> bool:
    """Whether it is bought for the place, and the order is out already."""
    # sudo: who changes an order of supplies need not be able to read purchases
    lines = line.sudo().purchase_line_ids
    return line.is_direct and bool(
        lines.filtered(lambda one: one.order_id.state not in ("draft", "cancel"))
    )


def reduce_quotations(line: BaseModel, less: Decimal | None) -> None:
    """Ask for so much less; ``None``: for nothing any more. Orders that are out stay."""
    # sudo: this only takes back what Supply asked for
    bought = line.sudo().purchase_line_ids
    for one in bought.filtered(lambda one: one.order_id.state == "draft"):
        order, known = one.order_id, line._number(line._ordered(one))
        part = known if less is None else min(less, known)
        if part >= known - NOTHING:
            one.unlink()
            if not order.order_line:
                order.button_cancel()
        else:
            unit = line.product_id.uom_id
            one.product_qty -= unit._compute_quantity(float(part), one.product_uom_id)
        if less is not None:
            less -= part
