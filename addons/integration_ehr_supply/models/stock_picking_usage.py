from odoo import api, fields, models
from odoo.exceptions import UserError


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
        # Its name is the procedure, and may name the surgeon.
        groups="integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_user",
    )
    ehr_kit_closed = fields.Boolean(
        string="Kit is over",
        readonly=True,
        copy=False,
        help="What was not used of it was released or goes back.",
    )
    ehr_kit_revision = fields.Integer(readonly=True, copy=False)
    ehr_kit_until = fields.Datetime(
        string="Kept until",
        readonly=True,
        copy=False,
        help="The appointment is over. Until then, what was used may still be told.",
    )
    ehr_kit_missing = fields.Char(
        string="Missing",
        compute="_compute_ehr_kit_missing",
        help="What of the kit could not be reserved. To Odoo a transfer is ready when a part of it "
        "is.",
    )
    ehr_consumption_count = fields.Integer(string="Usage", compute="_compute_ehr_consumption_count")

    @api.depends("ehr_usage", "ehr_kit_closed", "move_ids.state", "move_ids.quantity")
    def _compute_ehr_kit_missing(self):
        for picking in self:
            kit = picking.filtered(lambda one: one.ehr_usage == "kit" and not one.ehr_kit_closed)
            picking.ehr_kit_missing = ", ".join(kit.move_ids._ehr_missing()) or False

    @api.depends("move_ids.ehr_consumption_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_consumption_count(self):
        consumptions = self.env["ehr.consumption"]
        readable = consumptions.has_access("read")
        for picking in self:
            picking.ehr_consumption_count = (
                consumptions.search_count(picking._ehr_usage_domain()) if readable else 0
            )

    @api.model
    def get_empty_list_help(self, help_message):
        """The text of the action, where it shows the transfers of clinical usage.

        For all others *Inventory* has a text by the kind of transfer, whatever the action says.
        """
        if self.env.context.get("ehr_usage_help"):
            return help_message
        return super().get_empty_list_help(help_message)

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
    # emergency receipts
    # ------------------------------------------------------------------

    def _ehr_order_after_the_fact(self):
        """A confirmed purchase order whose delivery this receipt is.

        :raises UserError: the receipt names no supplier
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(
                self.env._(
                    "The supplier is not known: choose it on the receipt %s, then accept.",
                    self.name,
                )
            )
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "picking_type_id": self.picking_type_id.id,
                "origin": self.name,
            }
        )
        for move in self.move_ids:
            line = self.env["purchase.order.line"].create(
                {
                    "order_id": order.id,
                    "product_id": move.product_id.id,
                    "product_qty": move.quantity,
                    "product_uom_id": move.product_uom.id,
                }
            )
            move.purchase_line_id = line
        # sudo: the visit is closed to buyers, and known to the receipt
        order.sudo().encounter_id = self.sudo().encounter_id
        order.button_confirm()
        # sudo: what it costs by the order; who buys need not see what values stock
        moves = self.sudo().with_company(self.company_id).move_ids
        before = moves._ehr_emergency_values()
        moves._set_value()
        moves._ehr_pass_on(before)
        # Odoo makes a receipt for every order; of this one nothing is awaited.
        order.picking_ids.filtered(lambda one: not one.move_ids).unlink()
        return order

    # ------------------------------------------------------------------
    # kits
    # ------------------------------------------------------------------

    def _create_backorder_picking(self):
        """What is still missing of a kit, or to go back of it, belongs to the same appointment."""
        made = super()._create_backorder_picking()
        if self.sudo().ehr_appointment_id:  # sudo: as below
            made.sudo().ehr_appointment_id = self.sudo().ehr_appointment_id  # sudo: as below
        if self.ehr_usage == "kit":
            # sudo: the appointment is closed to storekeepers, who only split a transfer
            kit = self.sudo()
            made.sudo().write(  # sudo: as above
                {
                    "ehr_usage": "kit",
                    "ehr_kit_id": kit.ehr_kit_id.id,
                    "ehr_kit_revision": kit.ehr_kit_revision,
                    "ehr_kit_closed": kit.ehr_kit_closed,
                }
            )
        return made

    def _ehr_used(self):
        """Those of these kits that something was used of, and not given back."""
        # sudo: that something was used of it, whoever asks
        used = self.env["ehr.consumption"].sudo().search([("kit_picking_id", "in", self.ids)])
        return self.browse(used.filtered(lambda one: one._kept() > 0).kit_picking_id.ids)

    def _ehr_keep_a_while(self):
        """Those that stay for some hours: what was used of them may still be told."""
        now = fields.Datetime.now()
        # sudo: how usage is booked; a storekeeper need not be able to read companies
        hours = self.company_id.sudo().ehr_kit_hours
        self.filtered(lambda one: not one.ehr_kit_until).ehr_kit_until = fields.Datetime.add(
            now, hours=hours
        )
        return self.filtered(lambda one: one.ehr_kit_until > now)

    def _ehr_release_kit(self):
        """What these kits reserve is free again; what was brought already goes back.

        What somebody has picked already is in his hands: he is asked (exception ``kit_picked``).
        """
        brought = self.filtered(lambda one: one.state == "done")
        open_ = (self - brought).filtered(lambda one: one.state != "cancel")
        picked = open_.filtered(lambda one: any(one.move_ids.mapped("picked")))
        picked._ehr_ask_picked()
        released = (open_ - picked).move_ids.filtered(lambda one: one.state != "cancel")
        for quantity, moves in released.grouped("product_qty").items():
            moves.ehr_released_qty = quantity
        (open_ - picked).action_cancel()
        brought._ehr_take_back()
        (self - picked).ehr_kit_closed = True

    def _ehr_ask_picked(self):
        exceptions = self.env["integration.exception"]
        for picking in self:
            if exceptions._of(picking).filtered(lambda one: one.kind == "kit_picked"):
                continue
            exceptions._raise_for(
                None,
                picking,
                "kit_picked",
                self.env._(
                    "%s reserves a case kit that is not needed any more there, and it is picked "
                    "already. Accept: it is put back. Reject: it is brought as it is.",
                    picking.name,
                ),
                area="stock",
                user_id=picking.user_id.id,
            )

    def _ehr_not_used(self, product, quantity):
        """So much of a kit that was used is given back: it is of the kit again.

        :param quantity: in the unit in which the product is kept
        """
        self.ensure_one()
        if self.state == "done":
            # Where it was brought to, it is part of the rest.
            if self.ehr_kit_closed:
                self._ehr_take_back()
            return
        moves = self.move_ids.filtered(lambda one: one.product_id == product)
        if self.ehr_kit_closed or self.state == "cancel":
            moves[:1].ehr_released_qty += quantity
            if not self.ehr_kit_closed:
                # Nothing of it is reserved any more: the schedule says whether it is to be.
                self.env["ehr.kit.due"]._remember(self.ehr_appointment_id)
            return
        open_ = moves.filtered(lambda one: one.state != "cancel" and not one.picked)[:1]
        unit = product.uom_id.id
        if open_:
            total = open_.product_qty + quantity
            open_.write({"product_uom": unit, "product_uom_qty": total})
        else:
            open_ = moves[:1].copy(
                {"picking_id": self.id, "product_uom": unit, "product_uom_qty": quantity}
            )
            open_ = open_._action_confirm(merge=False)
        open_._action_assign()

    def _ehr_take_back(self):
        """Transfers, to be carried out by people, of what is left of kits that were brought."""
        values = []
        rest = self.move_ids._ehr_rest_lines()
        for picking in self:
            moves = [
                fields.Command.create(move._ehr_rest_values(rest[move]))
                for move in picking.move_ids
                if move in rest
            ]
            if moves:
                values.append(
                    {
                        "picking_type_id": picking.picking_type_id.id,
                        "location_id": picking.location_dest_id.id,
                        "location_dest_id": picking.location_id.id,
                        "origin": self.env._("Rest of %s", picking.name),
                        "return_id": picking.id,
                        "user_id": False,
                        "move_ids": moves,
                    }
                )
        if values:
            back = self.create(values)
            for one in back:
                one._ehr_belong_to(one.return_id)
            back.action_confirm()
            back.move_ids._action_assign()

    def _ehr_belong_to(self, kit):
        """These transfers bring back something of a kit: they are of its visit and appointment."""
        # sudo: both are closed to storekeepers, who only decide that something goes back
        kit = kit.sudo()
        self.sudo().write(  # sudo: as above
            {
                "encounter_id": kit.encounter_id.id,
                "ehr_appointment_id": kit.ehr_appointment_id.id,
            }
        )
