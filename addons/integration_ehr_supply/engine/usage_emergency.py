"""Receipts of goods that were used before anybody had received them."""

from __future__ import annotations

from typing import Any

from odoo.fields import Command
from odoo.models import BaseModel

from . import usage_moves
from .usage_book import Usage


def receive(env: Any, usage: Usage, quantity: float) -> BaseModel:
    """Receive what was missing of a line, say why, and let the buyer know.

    :param quantity: in the unit in which the product is kept
    """
    warehouse = usage.stock.warehouse_id
    kind = warehouse.in_type_id
    product = usage.product
    # sudo: where goods of suppliers come from is the same for everybody
    suppliers = kind.sudo().default_location_src_id or env.ref("stock.stock_location_suppliers")
    move = usage_moves.values(
        product, product.uom_id, {usage.lot.id: quantity}, suppliers, usage.stock, env.company
    )
    reason = env._(
        "Used at %(place)s before it was received: %(number)s",
        place=usage.place.display_name or usage.stock.display_name,
        number=usage.told.key.number,
    )
    receipt = env["stock.picking"].create(
        {
            "picking_type_id": kind.id,
            "location_id": suppliers.id,
            "location_dest_id": usage.stock.id,
            "partner_id": product.seller_ids[:1].partner_id.id,
            "ehr_usage": "emergency",
            "ehr_reason": reason,
            "move_ids": [Command.create(move)],
        }
    )
    receipt._action_done()
    _tell_buyer(env, usage, receipt, quantity)
    return receipt


def _tell_buyer(env: Any, usage: Usage, receipt: BaseModel, quantity: float) -> None:
    # sudo: whom the settings name
    buyer = env.company.sudo().ehr_usage_buyer_id
    unit = usage.product.uom_id
    env["integration.exception"]._raise_for(
        usage.received,
        receipt,
        "emergency_receipt",
        env._(
            "%(product)s was used and had never been received. Order it after the fact, or correct "
            "the stock.",
            product=usage.product.display_name,
        ),
        area="purchase",
        lines=[
            (
                env._("Missing"),
                "0",
                f"{quantity:g} {unit.display_name}",
            )
        ],
        user_id=buyer.id,
    )
