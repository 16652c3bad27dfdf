"""Tests: what they take from stock, and what somebody else does for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from odoo.models import BaseModel

from odoo.addons.integration_core.tools import errors

from ..tools.kit_requests import Asked
from ..tools.usage import RETURN, USE, Key, Told
from . import usage_return, usage_stock
from .usage_book import Usage, UsageBook


def order(handler: BaseModel, received: Any, asked: Asked, kit: BaseModel) -> BaseModel:
    """Take what a test takes, and ask others for what they do.

    :return: the request
    :raises errors.ConflictError: something of it cannot be taken
    """
    told = _told(asked, Key(USE, asked.key.number, asked.key.line))
    book = UsageBook(handler, received, [told])
    visit = book.visit(told)
    place = kit.place_id or (book.place(told, visit))
    request = handler.env["ehr.kit.request"].create(
        {
            "system_id": received.system_id,
            "message_uuid": received.uuid,
            "number": asked.key.number,
            "line": asked.key.line,
            "order_number": asked.order or False,
            "code": asked.code,
            "kit_id": kit.id,
            "place_id": place.id,
            "requested_at": asked.at,
            "encounter_id": visit.id,
        }
    )
    usages = list(_usages(book, received, asked, kit, place, visit))
    if usages:
        usage_stock.book(handler, usages).kit_request_id = request
    for line in kit.line_ids.filtered(lambda one: one.product_id.type == "service"):
        _ask_supplier(request, line)
    return request


def cancel(handler: BaseModel, received: Any, request: BaseModel, asked: Asked) -> None:
    """Give back what a test took, and withdraw what was asked of others.

    :raises errors.ConflictError: ``outsourced_ordered``: somebody has ordered it already
    """
    lines = request.purchase_line_ids
    if any(line.state == "purchase" for line in lines):
        raise errors.ConflictError(
            "A test is cancelled of which a part was ordered from a supplier already. Agree with "
            "the supplier and cancel the order, then retry.",
            code="outsourced_ordered",
        )
    used = request.consumption_ids.filtered(lambda one: one.action == USE and one._kept() > 0)
    told = [_told(asked, Key(RETURN, one.number, one.line)) for one in used]
    book = UsageBook(handler, received, told)
    for one, line in zip(used, told, strict=True):
        usage_return.put_back_all(book, line, one, received).kit_request_id = request
    lines.filtered(lambda line: line.state in ("draft", "sent")).write({"product_qty": 0})
    request.state = "cancelled"


def _told(asked: Asked, key: Key) -> Told:
    original = Key(USE, key.number, key.line) if key.action == RETURN else None
    return Told(
        key=key,
        source="test",
        item="",  # the kit says what
        quantity="",
        unit="",
        lot="",
        expiry=None,
        used_at=asked.at,
        place=asked.place,
        stock="",
        visit=asked.visit,
        order=asked.order,
        original=original,
    )


# -- goods -------------------------------------------------------------------------------------


def _usages(
    book: UsageBook, received: Any, asked: Asked, kit: BaseModel, place: BaseModel, visit: BaseModel
) -> Iterator[Usage]:
    goods = kit.line_ids.filtered(lambda one: one.product_id.type == "consu")
    number = 0
    for line in goods:
        common = {
            "received": received,
            "product": line.product_id,
            "place": place,
            "stock": book.stock_of(place),
            "visit": visit,
            "cost_centre": book.cost_centre(place, visit),
        }
        for lot, unit, quantity in _portions(line, common["stock"], asked.at):
            number += 1
            key = Key(USE, asked.key.number, f"{asked.key.line}/{number}")
            yield Usage(told=_told(asked, key), unit=unit, quantity=quantity, lot=lot, **common)


def _portions(
    line: BaseModel, stock: BaseModel, at: datetime
) -> Iterator[tuple[BaseModel, BaseModel, float]]:
    """What of an item is taken of which lot, as Odoo would take it.

    Of lots that are recalled, or expired when the test was ordered, nothing is taken.

    :raises errors.ConflictError: ``beyond_stock``: there are not enough lots; ``lot_expired``: not
        enough that may be used
    """
    product, lots = line.product_id, line.env["stock.lot"]
    if product.tracking == "none":
        yield lots, line.uom_id, line.quantity
        return
    left, expired = line._in_product_unit(), False
    for quant in line.env["stock.quant"]._gather(product, stock):
        there = min(quant.quantity - quant.reserved_quantity, left)
        if quant.lot_id and quant.location_id == stock and product.uom_id.compare(there, 0) > 0:
            if quant.lot_id._ehr_expired(at):
                expired = True
                continue
            yield quant.lot_id, product.uom_id, there
            left -= there
    if product.uom_id.compare(left, 0) > 0 and expired:
        raise errors.ConflictError(
            "A test takes more of an item than there is of lots that have not expired. Enter the "
            "missing receipt, or correct the date of the lot if it is wrong; then retry.",
            code="lot_expired",
        )
    if product.uom_id.compare(left, 0) > 0:
        raise errors.ConflictError(
            "A test takes more of an item than there are lots of it where the test is done. Enter "
            "the missing receipt or count the stock, then retry.",
            code="beyond_stock",
        )


# -- services ----------------------------------------------------------------------------------


def _ask_supplier(request: BaseModel, line: BaseModel) -> None:
    """A line of the open request for quotation of outsourced work to this supplier."""
    orders = request.env["purchase.order"]
    order_ = orders.search(
        [
            ("partner_id", "=", line.supplier_id.id),
            ("company_id", "=", request.company_id.id),
            ("state", "=", "draft"),
            ("order_line.ehr_kit_request_id", "!=", False),
        ],
        limit=1,
    )
    order_ = order_ or orders.create(
        {"partner_id": line.supplier_id.id, "company_id": request.company_id.id}
    )
    order_.env["purchase.order.line"].create(
        {
            "order_id": order_.id,
            "product_id": line.product_id.id,
            "product_qty": line.quantity,
            "product_uom_id": line.uom_id.id,
            "ehr_kit_request_id": request.id,
        }
    )
