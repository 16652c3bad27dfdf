from odoo import api, fields, models

READERS = "stock.group_stock_user,purchase.group_purchase_user"


class StockPicking(models.Model):
    """Receipts show what was announced to come, and what carriers say about it."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.exception.mixin"]

    integration_shipment_ids = fields.Many2many(
        "integration.shipment",
        string="Announced shipments",
        compute="_compute_integration_shipment_ids",
        compute_sudo=True,  # whoever may read the receipt may know what is announced to come
        groups=READERS,
    )
    integration_shipment_event_ids = fields.One2many(
        "integration.shipment.event", "picking_id", string="On the way", groups=READERS
    )
    integration_lots_missing = fields.Boolean(
        compute="_compute_integration_lots_missing",
        compute_sudo=True,
        groups="base.group_user",
        help="The supplier announced goods that are tracked without saying of which lot.",
    )

    @api.depends("move_line_ids.integration_shipment_line_id")
    def _compute_integration_shipment_ids(self):
        for picking in self:
            announced = picking.move_line_ids.integration_shipment_line_id
            picking.integration_shipment_ids = announced.shipment_id

    @api.depends(
        "state",
        "move_line_ids.integration_shipment_line_id",
        "move_line_ids.lot_id",
        "move_line_ids.lot_name",
    )
    def _compute_integration_lots_missing(self):
        for picking in self:
            picking.integration_lots_missing = picking.state not in ("done", "cancel") and any(
                line.integration_shipment_line_id
                and line.product_id.tracking != "none"
                and not (line.lot_id or line.lot_name)
                for line in picking.move_line_ids
            )

    def _integration_decider(self):
        """Who decides about a receipt: its responsible, else the buyer if he works in stock.

        Nobody who has left, and nobody from outside: what is assigned to nobody is in the list of
        all storekeepers.
        """
        self.ensure_one()
        # sudo: whoever handles the receipt may not read purchase orders
        for user in (self.user_id, self.sudo().purchase_id.user_id):
            if user.active and user.has_group("stock.group_stock_user"):
                return user
        return self.env["res.users"]

    def _action_done(self):
        # sudo: announcements follow whatever people do with a receipt; nobody writes them himself
        receipts = self.sudo().filtered(lambda one: one.picking_type_id.code == "incoming")
        shipments = receipts.move_line_ids.integration_shipment_line_id.shipment_id
        done = super()._action_done()
        shipments._follow()
        return done
