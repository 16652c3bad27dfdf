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
    place = usage.parts[-1].stock if usage.parts else usage.stock
    warehouse = place.warehouse_id
    kind = warehouse.in_type_id
    product = usage.product
    # sudo: where goods of suppliers come from is the same for everybody
    suppliers = kind.sudo().default_location_src_id or env.ref("stock.stock_location_suppliers")
    move = usage_moves.values(
        product,
        product.uom_id,
        {(usage.lot.id, suppliers.id): quantity},
        suppliers,
        place,
        env.company,
    )
    reason = env._(
        "Used at %(place)s before it was received",
        # The ward: room, bed and number would say whose it was.
        place=usage.place.unit_id.display_name or place.display_name,
    )
    receipt = env["stock.picking"].create(
        {
            "picking_type_id": kind.id,
            "location_id": suppliers.id,
            "location_dest_id": place.id,
            "partner_id": _seller(env, product).partner_id.id,
            "encounter_id": usage.visit.id,
            "ehr_usage": "emergency",
            "ehr_reason": reason,
            "move_ids": [Command.create(move)],
        }
    )
    receipt._action_done()
    _tell_buyer(env, usage, receipt, quantity)
    return receipt


def _seller(env: Any, product: BaseModel) -> BaseModel:
    return product.seller_ids.filtered(
        lambda one: not one.company_id or one.company_id == env.company
    )[:1]


def _tell_buyer(env: Any, usage: Usage, receipt: BaseModel, quantity: float) -> None:
    # sudo: whom the settings name
    buyer = env.company.sudo().ehr_usage_buyer_id
    unit = usage.product.uom_id
    env["integration.exception"]._raise_for(
        usage.received,
        receipt,
        "emergency_receipt",
        env._(
            "%(product)s was used and had never been received. Accept: it is ordered from the "
            "supplier of the receipt, which is the delivery. Reject: it was in stock after all, "
            "and a count corrects it.",
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
