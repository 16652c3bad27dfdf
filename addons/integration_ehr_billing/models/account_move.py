from odoo import api, fields, models
from odoo.exceptions import UserError

from .ehr_account import BILLING_GROUPS


class AccountMove(models.Model):
    """Invoices of charges: whose they are, and where they came from, without clinical text."""

    _name = "account.move"
    _inherit = ["account.move", "ehr.visit.document"]

    ehr_account_id = fields.Many2one(
        "ehr.account",
        string="Patient account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        groups=BILLING_GROUPS,
    )
    ehr_payer_id = fields.Many2one(
        "ehr.payer",
        string="Payer of the charges",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
        groups=BILLING_GROUPS,
    )
    ehr_collects = fields.Boolean(
        string="Collects charges",
        readonly=True,
        copy=False,
        help="While it is a draft, further charges of the same account and payer are added.",
    )
    ehr_replaces_id = fields.Many2one(
        "account.move",
        string="Made instead of",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        check_company=True,
        help="The invoice that was reversed, whose charges are on this one.",
    )
    ehr_payer_now = fields.Char(
        string="Payer of the account",
        compute="_compute_ehr_payer_now",
        groups=BILLING_GROUPS,
        help="Code of who pays by what the account was told since, where that is another one.",
    )
    ehr_charge_ids = fields.One2many(
        "ehr.charge", "move_id", string="Charges", readonly=True, groups=BILLING_GROUPS
    )
    ehr_charge_count = fields.Integer(
        string="Number of charges", compute="_compute_ehr_charge_count", groups=BILLING_GROUPS
    )

    _ehr_collecting_idx = models.Index(
        "(ehr_account_id, encounter_id) WHERE ehr_collects AND state = 'draft'"
    )

    @api.depends("ehr_charge_ids", "stock_move_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_charge_count(self):
        for move in self:
            move.ehr_charge_count = len(move._ehr_charges())

    def _ehr_charges(self):
        """What this has lines of; of an entry of stock, what charges the goods. As far as the
        reader may see them."""
        # sudo: which charges there are; the reader's rights decide what is shown
        full = self.sudo()
        charges = full.ehr_charge_ids.sudo(False)._filtered_access("read")
        return charges | full.stock_move_ids.sudo(False)._ehr_charges()

    @api.depends("state", "move_type", "ehr_payer_id", "ehr_account_id.payer_code")
    def _compute_ehr_payer_now(self):
        for move in self:
            now = move.ehr_account_id._kept().payer_code
            drafted = move.state == "draft" and move.move_type == "out_invoice"
            differs = drafted and now and now != move.ehr_payer_id.code
            move.ehr_payer_now = now if differs else False

    def _ehr_take_charges(self):
        """Let charges be on these invoices, line by line, and not on those that they replace."""
        for move in self.filtered("ehr_replaces_id.ehr_charge_ids"):
            before = move.ehr_replaces_id
            lines, others = (
                one.line_ids.filtered(lambda line: line.display_type == "product").sorted("id")
                for one in (before, move)
            )
            for charge in before.ehr_charge_ids:
                place = lines.ids.index(charge.move_line_id.id)
                charge.move_line_id = others[place]
            move.write(
                {
                    "encounter_id": before.encounter_id.id,
                    "ehr_account_id": before.ehr_account_id.id,
                    "ehr_payer_id": before.ehr_payer_id.id,
                }
            )

    def button_cancel(self):
        self.line_ids._require_no_credits()
        return super().button_cancel()

    def action_open_ehr_charges(self):
        """The charges that this invoice or credit note has lines of, or whose goods it values."""
        self.ensure_one()
        return self.env["ehr.charge"]._open_list(self._ehr_charges())


class AccountMoveLine(models.Model):
    """What a clinical system took back stays taken back: it was told so."""

    _inherit = "account.move.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_credits(self):
        self._require_no_credits()

    def _require_no_credits(self):
        """Whoever takes lines away takes none that credits a charge which stays invoiced."""
        # sudo: who works on entries need not be able to read charges
        credits_ = (
            self.env["ehr.charge"]
            .sudo()
            .search([("kind", "=", "credit"), ("move_line_id", "in", self.ids)])
        )
        if credits_.reverses_id.move_line_id - self:
            raise UserError(
                self.env._(
                    "A clinical system took charges back, and this is what takes them off their "
                    "invoice. Keep it and post it; if the charge counts after all, invoice it "
                    "once more by hand."
                )
            )
