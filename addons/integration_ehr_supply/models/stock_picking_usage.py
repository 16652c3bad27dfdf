from odoo import api, fields, models


class StockPicking(models.Model):
    """Transfers that take what was used, emergency receipts, and reservations of case kits."""

    _inherit = "stock.picking"

    ehr_usage = fields.Selection(
        [("use", "Clinical usage"), ("emergency", "Emergency receipt"), ("kit", "Case kit")],
        string="Clinical purpose",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    ehr_reason = fields.Char(string="Reason", readonly=True, copy=False)
    ehr_appointment_id = fields.Many2one(
        "ehr.appointment",
        string="Appointment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        groups="integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_user",
    )
    ehr_kit_id = fields.Many2one(
        "ehr.case.kit",
        string="Case kit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    ehr_kit_closed = fields.Boolean(
        string="Kit is over",
        readonly=True,
        copy=False,
        help="What was not used of it was released or goes back.",
    )
    ehr_consumption_count = fields.Integer(string="Usage", compute="_compute_ehr_consumption_count")

    @api.depends("move_ids.ehr_consumption_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_consumption_count(self):
        consumptions = self.env["ehr.consumption"]
        readable = consumptions.has_access("read")
        for picking in self:
            picking.ehr_consumption_count = (
                consumptions.search_count(picking._ehr_usage_domain()) if readable else 0
            )

    def _ehr_usage_domain(self):
        return [
            "|", "|",
            ("move_id.picking_id", "in", self.ids),
            ("kit_picking_id", "in", self.ids),
            ("receipt_id", "in", self.ids),
        ]  # fmt: skip

    def action_open_ehr_consumptions(self):
        """What was used by this transfer, or out of this kit."""
        return self.env["ehr.consumption"]._open_list(self._ehr_usage_domain())

    # ------------------------------------------------------------------
    # kits
    # ------------------------------------------------------------------

    def _ehr_release_kit(self):
        """What these kits reserve is free again; what was brought already goes back."""
        brought = self.filtered(lambda one: one.state == "done")
        (self - brought).filtered(lambda one: one.state != "cancel").action_cancel()
        brought._ehr_take_back()
        self.ehr_kit_closed = True

    def _ehr_take_back(self):
        """Transfers, to be carried out by people, of what is left of kits that were brought."""
        values = []
        for picking in self:
            moves = [
                fields.Command.create(vals)
                for move in picking.move_ids
                for vals in move._ehr_rest_values()
            ]
            if moves:
                values.append(
                    {
                        "picking_type_id": picking.picking_type_id.id,
                        "location_id": picking.location_dest_id.id,
                        "location_dest_id": picking.location_id.id,
                        "origin": self.env._("Rest of %s", picking.name),
                        "return_id": picking.id,
                        "move_ids": moves,
                    }
                )
        if values:
            back = self.create(values)
            back.action_confirm()
            back.move_ids._action_assign()
