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


def resize(line: BaseModel, wanted: Decimal) -> str | None:
    """Let a line be about another quantity.

    :param wanted: in the unit of the product, of all that was and will be supplied
    :return: why it stays as it is; ``None``: it is changed
    """
    progress = line._progress()
    if line.state in ("cancelled", "ended"):
        return CANCELLED
    if wanted < progress.delivered + progress.picked - NOTHING:
        return DELIVERED if wanted < progress.delivered - NOTHING else PICKED
    more = wanted - progress.wanted
    if line.decision == "held":
        return None
    if more < -NOTHING:
        return _reduce(line, -more)
    # sudo: what is decided of a line is closed to people but for their buttons
    line.sudo().write({"rejected_quantity": 0, "cancelled_quantity": 0})
    if more > NOTHING:
        Supply(line.requisition_id).add(line, more)
    return None


def _end(line: BaseModel, progress: Progress) -> str | None:
    if _bought_for_good(line):
        return ORDERED
    moves = line._open_moves().filtered(lambda move: not move.picked)
    left = line._number(sum(move.product_qty for move in moves))
    if line.is_direct or line.decision == "held":
        left = progress.wanted - progress.delivered
    moves._action_cancel()
    _reduce_quotations(line, None)
    # sudo: as above
    line = line.sudo()
    line.cancelled_quantity += float(left)
    if line.decision == "held":
        line.write({"decision": "accepted", "reason": False})
    return None


def _reduce(line: BaseModel, less: Decimal) -> str | None:
    if _bought_for_good(line):
        return ORDERED
    left = less
    moves = line._open_moves().filtered(lambda move: not move.picked)
    # What waits first, the newest before the older.
    for move in moves.sorted(lambda one: (one.quantity, -one.id)):
        part = min(left, line._number(move.product_qty))
        if part >= line._number(move.product_qty) - NOTHING:
            move._action_cancel()
        elif part > NOTHING:
            unit, own = move.product_id.uom_id, move.product_uom
            move.product_uom_qty -= unit._compute_quantity(float(part), own)
            move._action_assign()
        left -= part
    _reduce_quotations(line, less)
    return None


def _bought_for_good(line: BaseModel) -> bool:
    """Whether it is bought for the place, and the order is out already."""
    # sudo: who changes an order of supplies need not be able to read purchases
    lines = line.sudo().purchase_line_ids
    return line.is_direct and bool(
        lines.filtered(lambda one: one.order_id.state not in ("draft", "cancel"))
    )


def _reduce_quotations(line: BaseModel, less: Decimal | None) -> None:
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
