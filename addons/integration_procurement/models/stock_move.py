from collections import defaultdict

from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

MOVE = "procurement.stock_move"
# At one end of such a move there is a partner who knows of it.
OUTSIDE = frozenset({"supplier", "customer"})


class StockMove(models.Model):
    """Movements of stock leave as events, and make the thresholds of their products due."""

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        self.env["procurement.stock.threshold"]._moved(moves.product_id)
        return moves

    def _integration_snapshots(self, contract_code):
        if contract_code != MOVE:
            return super()._integration_snapshots(contract_code)
        # Counting a stock that is right makes a move of nothing.
        moved = self.filtered(lambda move: move.state == "done" and move._integration_quantity())
        return {
            move.id: Snapshot(
                data=move._integration_canonical(),
                company_id=move.company_id.id,
                subject=move.reference or move.product_id.display_name,
                partner_id=move._integration_partner().id,
            )
            for move in moved
        }

    def _integration_partner(self):
        """Whose systems may know of this move: the partner whom it comes from or goes to.

        What happens between our own places is the company's own matter, also where Odoo copies a
        supplier's name to the inner steps of a receipt: it is not for systems of other contacts.
        """
        self.ensure_one()
        ends = {self.location_id.usage, self.location_dest_id.usage}
        partner = (
            self.purchase_line_id.order_id.partner_id
            or self.partner_id
            or self.picking_id.partner_id
        )
        if not (partner and ends & OUTSIDE):
            partner = self.company_id.partner_id
        return partner.commercial_partner_id

    def _integration_quantity(self) -> float:
        """What was moved, in the unit in which the product is kept."""
        self.ensure_one()
        return self.product_uom._compute_quantity(
            self.quantity, self.product_id.uom_id, round=False
        )

    def _integration_canonical(self) -> dict:
        """This move as the canonical object ``procurement.stock_move`` 1.0.0."""
        self.ensure_one()
        return {
            "move_reference": str(self.id),
            "item": self.product_id._integration_item(),
            "from": self.location_id._integration_place(),
            "to": self.location_dest_id._integration_place(),
            "quantity": canonical.number(self._integration_quantity()),
            # None breaks the contract on purpose: a quantity without its unit means nothing.
            "unit": self.product_id.uom_id._integration_unit_code(),
            "lots": self._integration_lots(),
            "reference": canonical.text(self.reference),
            "origin": canonical.text(self.origin),
            "moved_at": canonical.moment(self.date),
        }

    def _integration_lots(self) -> list[dict]:
        """Lots and serial numbers with their quantities in the unit of the product."""
        places = (self.location_id | self.location_dest_id).filtered("warehouse_id")
        zone = places._integration_time_zone(self.company_id[:1])
        quantities = defaultdict(float)
        for line in self.move_line_ids.filtered("lot_id"):
            quantities[line.lot_id] += line.quantity_product_uom
        return [
            {
                "lot": lot.name,
                "quantity": canonical.number(quantity),
                "expiry_date": lot._integration_expiry_day(zone),
            }
            for lot, quantity in quantities.items()
        ]

    # ------------------------------------------------------------------
    # what a receipt says of its moves
    # ------------------------------------------------------------------

    def _integration_order_line(self):
        """The order line whose very item was moved; empty for anything else.

        A component of a kit, or an item that came in the place of another one, leads to an order
        line, but its quantity says nothing of what that line orders.
        """
        self.ensure_one()
        line = self.purchase_line_id
        return line if line.product_id == self.product_id else line.browse()

    def _integration_receipt_line(self) -> dict:
        """These moves as one line of ``procurement.goods_receipt``.

        :param self: done moves of one product, all of one order line or all of none
        """
        product, order_line = self.product_id, self[0]._integration_order_line()
        unit = order_line.product_uom_id or product.uom_id
        received = sum(
            move.product_uom._compute_quantity(move.quantity, unit, round=False) for move in self
        )
        return {
            "order_number": canonical.text(self.purchase_line_id.order_id[:1].name),
            "line_reference": str(order_line.id) if order_line else None,
            "item": product._integration_item(order_line.selected_seller_id.product_code),
            "quantity": canonical.number(received),
            **order_line._integration_progress(),
            # None breaks the contract on purpose, as in an order.
            "unit": unit._integration_unit_code(),
            "stock_quantity": canonical.number(sum(m._integration_quantity() for m in self)),
            "stock_unit": product.uom_id._integration_unit_code(),
            "lots": self._integration_lots(),
            "packages": self._integration_packages(),
        }

    def _integration_packages(self) -> list[dict]:
        """Packages in which the goods came or went back, with quantities in the product's unit."""
        quantities = defaultdict(float)
        for line in self.move_line_ids:
            package = line.result_package_id or line.package_id
            if package:
                quantities[package] += line.quantity_product_uom
        return [
            {"reference": package.name, "quantity": canonical.number(quantity)}
            for package, quantity in quantities.items()
        ]
