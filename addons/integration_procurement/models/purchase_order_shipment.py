from odoo import api, fields, models

CLOSED = ("draft", "done", "cancel")
READERS = "stock.group_stock_user,purchase.group_purchase_user"


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    integration_shipment_ids = fields.One2many(
        "integration.shipment",
        "order_id",
        string="Announced shipments",
        readonly=True,
        groups=READERS,
    )
    integration_shipment_count = fields.Integer(
        string="On its way", compute="_compute_integration_shipment_count", groups=READERS
    )

    @api.depends("integration_shipment_ids.state")
    def _compute_integration_shipment_count(self):
        for order in self:
            coming = order.integration_shipment_ids.filtered(lambda one: one.state == "announced")
            order.integration_shipment_count = len(coming)

    def action_open_integration_shipments(self):
        """What the supplier announced for this order."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_procurement.action_integration_shipment"
        )
        return {**action, "domain": [("order_id", "=", self.id)], "context": {}}

    def _integration_moves(self):
        """Arrivals from the supplier; see the same of lines."""
        return self.order_line._integration_moves()

    def _integration_open_moves(self):
        """Arrivals that are still awaited."""
        return self._integration_moves().filtered(lambda move: move.state not in CLOSED)
