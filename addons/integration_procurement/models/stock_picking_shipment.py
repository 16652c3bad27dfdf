from odoo import api, fields, models


class StockPicking(models.Model):
    """Receipts show what was announced to come, and what carriers say about it."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.exception.mixin"]

    integration_shipment_ids = fields.Many2many(
        "integration.shipment",
        string="Announced shipments",
        compute="_compute_integration_shipment_ids",
        groups="base.group_user",
    )
    integration_shipment_event_ids = fields.One2many(
        "integration.shipment.event", "picking_id", string="On the way", groups="base.group_user"
    )
    integration_lots_missing = fields.Boolean(
        compute="_compute_integration_shipment_ids",
        groups="base.group_user",
        help="The supplier announced goods that are tracked without saying of which lot.",
    )

    @api.depends("move_line_ids.integration_shipment_line_id", "move_line_ids.lot_id")
    @api.depends_context("uid")
    def _compute_integration_shipment_ids(self):
        shipments = self.env["integration.shipment"]
        may_read = shipments.has_access("read")
        for picking in self:
            lines = picking.move_line_ids
            announced = lines.filtered("integration_shipment_line_id")
            picking.integration_shipment_ids = (
                announced.integration_shipment_line_id.shipment_id if may_read else shipments
            )
            picking.integration_lots_missing = picking.state not in ("done", "cancel") and any(
                line.product_id.tracking != "none" and not (line.lot_id or line.lot_name)
                for line in announced
            )

    def _integration_responsible(self):
        """Who decides about a receipt: its responsible, else the buyer if he works in stock."""
        self.ensure_one()
        if self.user_id:
            return self.user_id
        # sudo: whoever handles the receipt may not read purchase orders
        buyer = self.sudo().purchase_id.user_id
        return buyer.filtered(lambda user: user.has_group("stock.group_stock_user"))

    def _action_done(self):
        # sudo: announcements follow whatever people do with a receipt; nobody writes them himself
        shipments = self.sudo().move_line_ids.integration_shipment_line_id.shipment_id
        done = super()._action_done()
        shipments._follow()
        return done
