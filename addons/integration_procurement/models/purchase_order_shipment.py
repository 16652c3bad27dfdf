from odoo import fields, models

CLOSED = ("draft", "done", "cancel")


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    integration_shipment_ids = fields.One2many(
        "integration.shipment",
        "order_id",
        string="Announced shipments",
        readonly=True,
        groups="stock.group_stock_user,purchase.group_purchase_user",
    )

    def _integration_moves(self):
        """Arrivals from the supplier: neither returns, nor what goes to a customer directly."""
        return self.order_line.move_ids.filtered(
            lambda move: (
                move.picking_type_id.code == "incoming"
                and move.location_dest_id.usage in ("internal", "transit")
                and not move.origin_returned_move_id
                and not move._is_purchase_return()
            )
        )

    def _integration_open_moves(self):
        """Arrivals that are still awaited."""
        return self._integration_moves().filtered(lambda move: move.state not in CLOSED)
