"""Supplying what was ordered: transfers from stock, and requests for quotation.

Transfers are made with the rights of whoever supplies: a service user, or a storekeeper.
"""

from __future__ import annotations

from decimal import Decimal

from odoo import fields
from odoo.fields import Command
from odoo.models import BaseModel

from odoo.addons.integration_core.tools import errors

from ..tools import requisition
from ..tools.requisition import NOTHING, Decision, Plan, Reason


class Supply:
    """What is done for the lines of one requisition."""

    def __init__(self, order: BaseModel) -> None:
        self._order = order
        self._route = order.route_id
        self._env = order.env

    def supply(self, lines: BaseModel) -> None:
        """Decide lines, in their order: what one takes is gone for the next.

        :raises errors.ConflictError: an item has to be bought, and nobody sells it
        """
        for line in lines:
            self._apply(line, self._plan(line, line._number(line.product_quantity)))

    def add(self, line: BaseModel, quantity: Decimal) -> None:
        """Supply so much more of a line that was decided before."""
        if line.is_direct:
            self._buy(line, quantity)
            return
        self._apply(line, self._plan(line, quantity))

    def decide_again(self, line: BaseModel) -> None:
        """Say of a line of which less is wanted now what is so now."""
        if line.is_direct:
            return
        known = Plan(Decision(line.decision), Reason(line.reason) if line.reason else None)
        # sudo: what is decided of a line is closed to people but for their buttons
        line.sudo().write(self._decided(line, known))

    def _plan(self, line: BaseModel, wanted: Decimal) -> Plan:
        product = line.product_id
        stocked = product.is_storable
        free = Decimal()
        if stocked and product.active:
            quants = self._env["stock.quant"]
            free = line._number(
                quants._get_available_quantity(product, self._route.source_location_id)
            )
        return requisition.plan(
            wanted, free, self._route._policy(), stocked=stocked, active=product.active
        )

    def _apply(self, line: BaseModel, plan: Plan) -> None:
        if plan.direct:
            self._buy(line, plan.bought)
        elif (wanted := plan.supplied + plan.waiting) > NOTHING:
            self._move(line, wanted)
            if plan.bought > NOTHING:
                self._buy(line, plan.bought)
        # sudo: what is decided of a line is closed to people but for their buttons
        line = line.sudo()
        line.write(
            {
                "is_direct": plan.direct,
                "rejected_quantity": line.rejected_quantity + float(plan.rejected),
            }
        )
        line.write(self._decided(line, plan))

    def _decided(self, line: BaseModel, plan: Plan) -> dict[str, str | bool]:
        """Decision and reason, by what could be set aside indeed: others take from stock too."""
        decision, reason = plan.decision, plan.reason
        if not plan.direct:
            progress = line._progress()
            there = progress.reserved + progress.delivered
            missing = progress.open - progress.reserved + line._number(line.rejected_quantity)
            if there > NOTHING:
                decision = Decision.PARTIAL if missing > NOTHING else Decision.ACCEPTED
            else:
                decision = Decision.BACKORDERED if progress.open > NOTHING else Decision.REJECTED
        reason = None if decision is Decision.ACCEPTED else reason or Reason.NO_STOCK
        return {"decision": decision.value, "reason": reason.value if reason else False}

    # ------------------------------------------------------------------
    # from stock
    # ------------------------------------------------------------------

    def _move(self, line: BaseModel, quantity: Decimal) -> None:
        route = self._route
        move = self._env["stock.move"].create(
            {
                "product_id": line.product_id.id,
                "product_uom": line.product_id.uom_id.id,
                "product_uom_qty": float(quantity),
                "location_id": route.source_location_id.id,
                "location_dest_id": route.destination_location_id.id,
                "picking_id": self._transfer().id,
                "picking_type_id": route.picking_type_id.id,
                "date": self._due(line),
                "origin": self._order.name,
                "company_id": self._order.company_id.id,
                "ehr_requisition_line_id": line.id,
            }
        )
        move._action_confirm(merge=False)
        move._action_assign()

    def _transfer(self) -> BaseModel:
        """The open transfer of the requisition; a new one if there is none, or it was begun."""
        route = self._route
        # sudo: the visit is closed to those without the census, and known to the requisition
        visit = self._order.sudo().encounter_id
        known = self._order.line_ids.move_ids.picking_id.filtered(
            lambda one: (
                one.state not in ("done", "cancel")
                # A line may have come from another place or visit.
                and one.location_dest_id == route.destination_location_id
                and one.sudo().encounter_id == visit  # sudo: as above
                and not one.printed
                and not any(one.move_ids.mapped("picked"))
            )
        )
        if known:
            return known[:1]
        values = {
            "picking_type_id": route.picking_type_id.id,
            "location_id": route.source_location_id.id,
            "location_dest_id": route.destination_location_id.id,
            "origin": self._order.name,
            "scheduled_date": self._order.needed_by or fields.Datetime.now(),
            "priority": "1" if self._order.urgent else "0",
            "company_id": self._order.company_id.id,
        }
        picking = self._env["stock.picking"].create(values)
        if visit:
            picking.sudo().encounter_id = visit  # sudo: as above
        return picking

    def _due(self, line: BaseModel):
        return line.needed_by or self._order.needed_by or fields.Datetime.now()

    # ------------------------------------------------------------------
    # bought
    # ------------------------------------------------------------------

    def _buy(self, line: BaseModel, quantity: Decimal) -> None:
        """Ask for a quotation. Whether it is bought is up to the buyers, who confirm it."""
        product, unit = line.product_id, line.product_id.uom_id
        partner = line.supplier_id
        seller = product._select_seller(
            partner_id=partner or False, quantity=float(quantity), uom_id=unit
        ) or product._select_seller(partner_id=partner or False, quantity=None, uom_id=unit)
        vendor = partner or seller.partner_id
        if not vendor:
            raise errors.ConflictError(
                "An item has to be bought, and no supplier offers it. Enter a supplier on the "
                "product, or choose another way in the supply route, then retry.",
                code="no_supplier",
            )
        # sudo: who orders supplies has no right to buy; this asks buyers to
        order = self._quotation(vendor).sudo()
        sold = seller.product_uom_id or unit
        centre = line.cost_centre_id
        values = {
            "product_id": product.id,
            "product_qty": unit._compute_quantity(float(quantity), sold),
            "product_uom_id": sold.id,
            "date_planned": self._due(line),
            "ehr_requisition_line_id": line.id,
            **({"analytic_distribution": {str(centre.id): 100}} if centre else {}),
        }
        if line.expected_price and not seller:
            values["price_unit"] = unit._compute_price(line.expected_price, sold)
        order.write({"order_line": [Command.create(values)]})

    def _quotation(self, vendor: BaseModel) -> BaseModel:
        # sudo: as above
        lines = self._order.sudo().line_ids.purchase_line_ids
        visit = self._order.sudo().encounter_id  # sudo: as of the transfer
        known = lines.order_id.filtered(
            lambda one: (
                one.state == "draft" and one.partner_id == vendor and one.encounter_id == visit
            )
        )
        if known:
            return known[:1]
        orders = self._env["purchase.order"].sudo()  # sudo: as above
        return orders.create(
            {
                "partner_id": vendor.id,
                # Not whoever ordered the supplies: buyers take it up.
                "user_id": False,
                "company_id": self._order.company_id.id,
                "picking_type_id": self._route._receipts().id,
                "origin": self._order.name,
                "encounter_id": visit.id,
            }
        )
