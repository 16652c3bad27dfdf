from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_ehr_bridge.mixins.ehr_visit_document import VISIT_GROUPS

SOURCES = [
    ("dispense", "Dispense"),
    ("device", "Implant or device"),
    ("test", "Test"),
    ("other", "Other"),
]


class EhrConsumption(models.Model):
    """Goods that were used for a patient or on a ward, or given back, as a clinical system told.

    A line is known by its system, the number of the dispense (or order) and its line there. Many
    of them may be taken from stock by one stock move. Nobody enters them here.
    """

    _name = "ehr.consumption"
    _description = "Clinical Consumption"
    _inherit = ["ehr.visit.document", "integration.sync.mixin"]
    _order = "used_at desc, id desc"
    _rec_name = "number"
    _check_company_auto = True
    _integration_data_class = "clinical"

    system_id = fields.Many2one(
        "integration.system", string="Told by", required=True, readonly=True, ondelete="restrict"
    )
    action = fields.Selection(
        [("use", "Used"), ("return", "Given back")], required=True, readonly=True
    )
    number = fields.Char(
        required=True, readonly=True, help="Of the dispense or order, at the system that told it."
    )
    line = fields.Char(required=True, readonly=True, help="Its line there.")
    source = fields.Selection(SOURCES, required=True, readonly=True)
    order_number = fields.Char(string="Order", readonly=True)
    used_at = fields.Datetime(string="When", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="restrict",
        check_company=True,
    )  # fmt: skip
    quantity = fields.Float(required=True, readonly=True, digits="Product Unit")
    uom_id = fields.Many2one(
        "uom.uom", string="Unit", required=True, readonly=True, ondelete="restrict"
    )
    lot_id = fields.Many2one(
        "stock.lot", string="Lot or serial number", readonly=True, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )  # fmt: skip
    place_id = fields.Many2one(
        "ehr.location", readonly=True, ondelete="restrict", check_company=True,
        help="Where it was used.", groups=VISIT_GROUPS,
    )  # fmt: skip
    unit_id = fields.Many2one(
        related="place_id.unit_id", string="Ward", store=True, help="Not the room or bed."
    )
    stock_location_id = fields.Many2one(
        "stock.location", string="Taken from", required=True, readonly=True, ondelete="restrict",
        check_company=True,
    )  # fmt: skip
    analytic_account_id = fields.Many2one(
        "account.analytic.account", string="Cost centre", readonly=True, ondelete="restrict",
        check_company=True,
    )  # fmt: skip
    move_id = fields.Many2one(
        "stock.move", string="Stock move", readonly=True, index=True, ondelete="restrict",
        check_company=True,
    )  # fmt: skip
    picking_id = fields.Many2one(related="move_id.picking_id", string="Transfer")
    account_move_id = fields.Many2one(related="move_id.account_move_id", string="Journal entry")
    kit_picking_id = fields.Many2one(
        "stock.picking", string="Out of the kit", readonly=True, index="btree_not_null",
        ondelete="restrict", check_company=True,
        help="The reservation of a case kit that it was taken out of.",
    )  # fmt: skip
    kit_brought = fields.Boolean(
        readonly=True, help="The kit had been brought already when it was taken out of it."
    )
    kit_request_id = fields.Many2one(
        "ehr.kit.request", string="Test", readonly=True, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )  # fmt: skip
    returns_id = fields.Many2one(
        "ehr.consumption", string="Gives back", readonly=True, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )  # fmt: skip
    return_ids = fields.One2many("ehr.consumption", "returns_id", string="Given back by")
    quantity_returned = fields.Float(
        # No digits: three pieces of a box of seven are no round number of boxes.
        string="Given back",
        compute="_compute_quantity_returned",
    )
    shortage = fields.Selection(
        [("negative", "Stock below zero"), ("emergency", "Emergency receipt")],
        string="Beyond stock",
        readonly=True,
        index="btree_not_null",
        help="More was used than there was by Odoo's count, and what was done about it.",
    )
    shortage_quantity = fields.Float(
        string="Missing", readonly=True, digits="Product Unit",
        help="How much was not there, in the unit in which the product is kept.",
    )  # fmt: skip
    receipt_id = fields.Many2one(
        "stock.picking", string="Emergency receipt", readonly=True, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )  # fmt: skip
    message_uuid = fields.Char(readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _key_unique = models.UniqueIndex("(system_id, company_id, number, line, action)")
    _used_idx = models.Index("(company_id, used_at)")

    @api.depends("number", "line", "action")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one.number or ''}/{one.line or ''}"

    @api.depends("return_ids.quantity", "return_ids.uom_id")
    def _compute_quantity_returned(self):
        for one in self:
            one.quantity_returned = sum(
                back.uom_id._compute_quantity(back.quantity, one.uom_id, round=False)
                for back in one.return_ids
            )

    def _kept(self):
        """How much of it was not given back, in the unit in which the product is kept."""
        self.ensure_one()
        unit = self.product_id.uom_id
        kept = self.quantity - self.quantity_returned
        in_unit = self.uom_id._compute_quantity(kept, unit, round=False)
        # By the finer of the two: a piece of a case of 1000 is nothing in cases.
        return 0.0 if self.uom_id.is_zero(kept) and unit.is_zero(in_unit) else in_unit

    # ------------------------------------------------------------------
    # trace
    # ------------------------------------------------------------------

    def action_open_message(self):
        """The message that told it, for those who may see messages."""
        self.ensure_one()
        message = self.env["integration.message"].search([("uuid", "=", self.message_uuid)])
        if not message:
            raise UserError(
                self.env._("The message has been deleted since: its retention has passed.")
            )
        return message.get_formview_action()

    def action_open_move(self):
        """The stock move, with all that it took."""
        self.ensure_one()
        return self.move_id.get_formview_action()

    def action_open_entry(self):
        """The journal entry of the stock move; with it those that valued it anew, if any."""
        self.ensure_one()
        anew = self.env["account.move"].search([("ehr_revalued_move_id", "=", self.move_id.id)])
        if anew:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Journal entries"),
                "res_model": "account.move",
                "view_mode": "list,form",
                "views": [(False, "list"), (False, "form")],
                "domain": [("id", "in", (self.account_move_id | anew).ids)],
            }
        if not self.account_move_id:
            raise UserError(
                self.env._(
                    "There is no journal entry of its own: the category of the product values "
                    "stock at closing, or the move has no value."
                )
            )
        return self.account_move_id.get_formview_action()

    def action_open_kit(self):
        """The reservation that it was taken out of."""
        self.ensure_one()
        return self.kit_picking_id.get_formview_action()

    def action_open_receipt(self):
        """The emergency receipt."""
        self.ensure_one()
        return self.receipt_id.get_formview_action()

    @api.model
    def _open_list(self, domain):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Usage"),
            "res_model": self._name,
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
        }
