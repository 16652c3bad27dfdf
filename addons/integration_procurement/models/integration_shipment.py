from odoo import api, fields, models

from ..engine import placing


class IntegrationShipment(models.Model):
    """What a supplier announced to be on its way, by the number of its notice.

    The goods of it stand on the open receipts of the order as detailed operations that are not
    done. Only messages write announcements; what people do, they do on the receipt.
    """

    _name = "integration.shipment"
    _description = "Announced Shipment"
    _order = "expected_at desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Notice number", required=True, readonly=True, help="As the supplier numbers it."
    )
    version = fields.Integer(
        required=True, readonly=True, default=1, help="A supplier's correction has a higher one."
    )
    digest = fields.Char(required=True, readonly=True)
    order_id = fields.Many2one(
        "purchase.order",
        string="Purchase order",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    partner_id = fields.Many2one(
        "res.partner", string="Supplier", required=True, readonly=True, ondelete="restrict"
    )
    system_id = fields.Many2one(
        "integration.system", string="Announced by", readonly=True, ondelete="set null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    carrier = fields.Char(readonly=True)
    tracking_reference = fields.Char(
        string="Tracking reference",
        readonly=True,
        index="btree_not_null",
        help="Under which the carrier finds the shipment.",
    )
    shipped_at = fields.Datetime(string="Shipped on", readonly=True)
    expected_at = fields.Datetime(string="Expected on", readonly=True)
    state = fields.Selection(
        [
            ("announced", "On its way"),
            ("received", "Received"),
            ("cancelled", "Cancelled by the supplier"),
        ],
        required=True,
        readonly=True,
        default="announced",
    )
    line_ids = fields.One2many("integration.shipment.line", "shipment_id", readonly=True)
    event_ids = fields.One2many("integration.shipment.event", "shipment_id", readonly=True)
    picking_ids = fields.Many2many(
        "stock.picking", string="Receipts", compute="_compute_picking_ids"
    )
    lots_missing = fields.Boolean(compute="_compute_lots_missing")
    companion_order_ids = fields.Many2many(
        "purchase.order",
        string="Comes together with",
        compute="_compute_companion_order_ids",
        help="Other orders of which goods are announced by the same notice.",
    )

    _number_unique = models.UniqueIndex("(company_id, partner_id, name, order_id)")

    @api.depends("line_ids.move_line_ids.picking_id")
    def _compute_picking_ids(self):
        for shipment in self:
            shipment.picking_ids = shipment.line_ids.move_line_ids.picking_id

    @api.depends("name", "digest", "order_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_companion_order_ids(self):
        for shipment in self:
            # One notice, whatever number of orders: its announcements have its digest.
            together = self.search(
                [
                    ("name", "=", shipment.name),
                    ("digest", "=", shipment.digest),
                    ("partner_id", "=", shipment.partner_id.id),
                    ("company_id", "=", shipment.company_id.id),
                    ("state", "!=", "cancelled"),
                ]
            )
            shipment.companion_order_ids = together.order_id - shipment.order_id

    @api.depends("line_ids.lot_missing")
    def _compute_lots_missing(self):
        for shipment in self:
            shipment.lots_missing = any(shipment.line_ids.mapped("lot_missing"))

    # ------------------------------------------------------------------
    # on the receipts
    # ------------------------------------------------------------------

    def _move_lines(self):
        """The detailed operations of what was announced."""
        return self.line_ids.move_line_ids

    def _is_received(self):
        """Whether some of it has been received."""
        return "done" in self._move_lines().mapped("state")

    def _withdraw(self):
        """Take what was announced off the receipts again, as before a correction.

        What Odoo expects without an announcement stands there again.
        """
        lines = self._move_lines().filtered(lambda line: line.state not in ("done", "cancel"))
        moves, packages = lines.move_id, lines.result_package_id
        lines.unlink()
        # A package that exists only because it was announced.
        packages.filtered(lambda one: not one.quant_ids and not one.move_line_ids).unlink()
        moves.filtered(lambda move: not move._integration_announced())._action_assign()
        self._settle_exceptions()

    def _exception_kinds(self):
        """Kinds of exceptions about announcements; an addon adds its own."""
        return placing.KINDS

    def _settle_exceptions(self):
        """What was to be decided about this announcement is not any more."""
        kinds = self._exception_kinds()
        for shipment in self:
            # sudo: the service user that handles the message has no right on people's decisions
            exceptions = self.env["integration.exception"].sudo()._of(shipment.order_id.picking_ids)
            exceptions.filtered(
                lambda one, prefix=f"{shipment.id}:": (
                    one.kind in kinds and one.key.startswith(prefix)
                )
            )._void()

    def _settle_excess(self):
        """What came in excess and was received by hand is not to be expected once more."""
        come = self.line_ids.filtered(lambda line: line._has_come())
        keys = {f"{line.shipment_id.id}:{line.id}" for line in come}
        # sudo: as in _settle_exceptions
        exceptions = self.env["integration.exception"].sudo()._of(self.order_id.picking_ids)
        exceptions.filtered(lambda one: one.kind in placing.KINDS and one.key in keys)._void()

    def _place(self, received=None):
        """Write what is announced onto the open receipts of the order.

        :param received: the message that announced it; ``None`` outside of one
        """
        for shipment in self:
            placing.Placing(shipment, received).run()

    def _plan_dates(self):
        """Receipts are expected when the next of their shipments is."""
        open_lines = self._move_lines().filtered(lambda one: one.state not in ("done", "cancel"))
        for move in open_lines.move_id:
            dates = move.move_line_ids.integration_shipment_line_id.shipment_id.mapped(
                "expected_at"
            )
            if expected := [date for date in dates if date]:
                move.date = min(expected)

    def _follow(self):
        """A receipt was validated: what came has been received, what did not is still awaited."""
        self._settle_excess()
        for shipment in self:
            lines = shipment._move_lines()
            if any(line.state not in ("done", "cancel") for line in lines):
                continue
            if "done" in lines.mapped("state"):
                shipment.state = "received"
            elif shipment.order_id._integration_open_moves():
                # Only another shipment came. Odoo forgot this one, which is still on its way.
                shipment._place()
                shipment._plan_dates()

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def action_mark_arrived(self):
        """Choose the goods of these shipments on the receipt: validating it receives only them."""
        lines = self._move_lines().filtered(lambda one: one.state not in ("done", "cancel"))
        # Anybody may write detailed operations in Odoo, but not receive.
        lines.picking_id.check_access("write")
        lines.picked = True
        return True
