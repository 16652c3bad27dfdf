import secrets

from odoo import api, fields, models
from odoo.fields import Domain

#: Who works with accounts of patients: numbers, payers and codes of procedures, and no names.
BILLING_GROUPS = (
    "integration_ehr_bridge.group_feed,account.group_account_invoice,account.group_account_readonly"
)


class EhrAccount(models.Model):
    """A patient account: whose charges are billed together, and to whom.

    Kept by the feed. It names no patient: whose account it is stands where patients are
    administered, under its number.
    """

    _name = "ehr.account"
    _description = "Patient Account"
    _inherit = ["integration.sync.mixin", "ehr.told"]
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"

    number = fields.Char(required=True, readonly=True)
    assigner = fields.Char(string="Assigned by", required=True, readonly=True, default="")
    reference = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(5).upper(),
        help="Stands for the account on invoices, if it has no visit. Drawn at random.",
    )
    status = fields.Selection(
        [("open", "Open"), ("closed", "Closed")], required=True, readonly=True, default="open"
    )
    payer_code = fields.Char(string="Payer", readonly=True, help="As messages name it.")
    plan_code = fields.Char(string="Plan", readonly=True)
    procedure_codes = fields.Char(
        string="Procedures",
        readonly=True,
        groups=BILLING_GROUPS,
        help="Codes of procedures that decide on what is billed, as the sender told them last.",
    )
    encounter_ids = fields.Many2many(
        "ehr.encounter",
        string="Visits",
        readonly=True,
        check_company=True,
        groups="integration_ehr_bridge.group_feed,integration_ehr_bridge.group_census_user",
    )
    charge_ids = fields.One2many("ehr.charge", "account_id", string="Charges", readonly=True)
    charge_count = fields.Integer(compute="_compute_charge_count")
    merged_into_id = fields.Many2one(
        "ehr.account",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="The account that is kept. What is charged to this one goes there.",
    )
    last_event_at = fields.Datetime(string="Latest event", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )

    _number_unique = models.UniqueIndex("(company_id, assigner, number)")

    @api.depends("charge_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_charge_count(self):
        counts = dict(
            self.env["ehr.charge"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.charge_count = counts.get(account._origin, 0)

    # ------------------------------------------------------------------
    # for the feed
    # ------------------------------------------------------------------

    @api.model
    def _resolve(self, identifiers):
        """The known accounts among pairs of assigner and number, as messages name them.

        :return: ``{(assigner, number): account}``, merged ones among them (:meth:`_kept`)
        """
        wanted = set(identifiers)
        if not wanted:
            return {}
        found = self.search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("number", "in", [number for _assigner, number in wanted])
            & Domain("assigner", "in", [assigner for assigner, _number in wanted])
        )
        keys = {(one.assigner or "", one.number): one for one in found}
        return {key: keys[key] for key in wanted if key in keys}

    def _kept(self):
        """The account that is kept: itself, unless it was merged."""
        return self.merged_into_id or self

    @api.model
    def _open(self, assigner, number, encounter=None):
        """An account that is named and not known yet."""
        return self.create(
            {
                "assigner": assigner,
                "number": number,
                "encounter_ids": [fields.Command.link(encounter.id)] if encounter else [],
                "company_id": self.env.company.id,
            }
        )

    def _merge(self, kept):
        """Let the charges to come of these accounts go to another one."""
        gone = self - kept
        before = self.search([("merged_into_id", "in", gone.ids)])
        (gone | before).write({"merged_into_id": kept.id})

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_charges(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_billing.action_ehr_charge"
        )
        action["domain"] = [("account_id", "=", self.id)]
        action["context"] = {}
        return action
