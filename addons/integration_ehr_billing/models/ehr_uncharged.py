from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import uncharged

#: Why nothing was charged. Of the first three, somebody has to do something.
REASONS = [
    ("code", "No charge code"),
    ("late", "Has a charge code now"),
    ("sender", "No clinical system charged it"),
    ("system", "Its system charges it"),
    ("never", "Never charged"),
    ("left", "Left uncharged"),
]


class EhrUncharged(models.Model):
    """What was used for a visit and not charged, and why: nothing of it is dropped silently.

    A view of the database over lines of usage and stock moves; nothing is stored here. What was
    given back since is not in it.
    """

    _name = "ehr.uncharged"
    _description = "Used and Not Charged"
    _inherit = ["ehr.visit.document"]
    _auto = False
    _log_access = False
    _order = "used_at desc, id desc"
    _depends = {
        "ehr.charge": [
            "consumption_id", "encounter_id", "is_credited", "kind", "order_number", "product_id",
            "source", "stock_move_id",
        ],
        "ehr.charge.code": ["active", "product_id", "company_id"],
        "ehr.consumption": [
            "action", "encounter_id", "is_left_uncharged", "number", "order_number", "product_id",
            "quantity", "returns_id", "uom_id",
        ],
        "ehr.encounter": ["joined_into_id"],
        "integration.system": ["ehr_charges_usage"],
        "product.template": ["ehr_charged_as_id", "ehr_never_charged"],
        "res.company": ["ehr_charge_direction"],
        "stock.move": [
            "is_inventory", "is_left_uncharged", "location_dest_id", "location_id",
            "origin_returned_move_id", "picking_id", "quantity", "scrap_id", "state",
        ],
        "stock.picking": ["ehr_usage", "encounter_id"],
    }  # fmt: skip

    name = fields.Char(string="Dispense or transfer", readonly=True)
    used_at = fields.Datetime(string="When", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", help="Less what was given back.")
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    reason = fields.Selection(REASONS, string="Why", readonly=True)
    system_id = fields.Many2one("integration.system", string="Told by", readonly=True)
    consumption_id = fields.Many2one(
        "ehr.consumption", string="Usage", readonly=True, groups="stock.group_stock_user"
    )
    stock_move_id = fields.Many2one(
        "stock.move", string="Stock move", readonly=True, groups="stock.group_stock_user"
    )
    company_id = fields.Many2one("res.company", readonly=True)

    @property
    def _table_query(self):
        return uncharged.statement()

    # ------------------------------------------------------------------
    # what people do about it
    # ------------------------------------------------------------------

    def action_charge(self):
        """Post charges for these now, less what was given back since."""
        uses = self._uses()
        if any(one.reason not in ("code", "late") for one in self):
            raise UserError(
                self.env._(
                    "Odoo charges nothing of these: a clinical system does, or somebody decided "
                    "that they are not charged. The column Why says which."
                )
            )
        if without := self.filtered(lambda one: one.reason == "code").product_id:
            raise UserError(
                self.env._(
                    "Add a charge code of these products first (Charge codes): %s",
                    ", ".join(without.mapped("display_name")),
                )
            )
        for use in uses:
            (use | use._ehr_given_back())._post_charges()
        self.env["ehr.charge"].flush_model()
        self.invalidate_model()

    def action_leave(self):
        """Nobody is to be charged for these uses."""
        for use in self._uses():
            use.is_left_uncharged = True
        self._changed()

    def action_never(self):
        """Nobody is ever charged for these products: they are part of something else."""
        self._require("account.group_account_manager")
        # sudo: who decides what is charged need not be able to change products otherwise
        self.sudo().product_id.product_tmpl_id.ehr_never_charged = True
        self._changed()

    def action_take_up(self):
        """It is to be charged after all."""
        uses = self._uses()
        never = self.filtered(lambda one: one.reason == "never")
        if never:
            self._require("account.group_account_manager")
            never.sudo().product_id.product_tmpl_id.ehr_never_charged = False  # sudo: as above
        for use in uses:
            use.is_left_uncharged = False
        self._changed()

    def action_open_codes(self):
        """The charge codes, to add one of this product."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_billing.action_ehr_charge_code"
        )
        action["context"] = {"default_product_id": self.product_id.id}
        return action

    def _uses(self):
        """The lines of usage and stock moves behind these, for whoever may decide about money."""
        self._require("account.group_account_invoice")
        self.check_access("read")
        # sudo: who bills need not see stock; the role and the company were checked
        every = self.sudo().sorted("id")
        return [one.consumption_id or one.stock_move_id for one in every]

    def _require(self, group):
        if not self.env.user.has_group(group):
            raise AccessError(
                self.env._("Those who invoice decide what is charged; ask an accountant.")
            )

    def _changed(self):
        self.env.flush_all()
        self.invalidate_model()
