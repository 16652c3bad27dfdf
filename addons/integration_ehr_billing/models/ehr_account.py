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
    administered, under its number. An account that has the number of a visit has the visit's random
    reference instead: numbers of visits stand in clear on visits alone.
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
    _reference_unique = models.UniqueIndex("(reference)")

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
        shown = self._shown(wanted)
        keys = {one._key(): one for one in self._named(shown.values())}
        return {key: keys[shown[key]] for key in wanted if shown[key] in keys}

    @api.model
    def _named(self, keys):
        return self.search(
            Domain("company_id", "=", self.env.company.id)
            & Domain("number", "in", [number for _assigner, number in keys])
            & Domain("assigner", "in", [assigner for assigner, _number in keys])
        )

    def _key(self):
        return self.assigner or "", self.number

    @api.model
    def _shown(self, keys):
        """Under which assigner and number accounts are kept: under the reference of a visit, if it
        is a visit's number.

        :return: ``{(assigner, number): (assigner, number or reference)}``
        """
        visits = self.env["ehr.encounter"]._resolve(keys)
        references = {tuple(key): visit.reference for key, visit in visits.items()}
        return {key: (key[0], references.get(tuple(key), key[1])) for key in keys}

    @api.model
    def _conceal(self, keys):
        """Accounts that were opened under a number, which is known to be that of a visit now."""
        keys = {tuple(key) for key in keys}
        found = {one._key(): one for one in self._named(keys)}
        for key, (_assigner, number) in self._shown(keys & set(found)).items():
            found[key].number = number

    def _told(self):
        """Number and assigner, as other systems know the account."""
        visit = self.env["ehr.encounter"].search(
            [("company_id", "=", self.company_id.id), ("reference", "=", self.number)], limit=1
        )
        return visit.visit_number or self.number, self.assigner

    def _kept(self):
        """The account that is kept: itself, unless it was merged."""
        return self.merged_into_id or self

    @api.model
    def _open(self, assigner, number, encounter=None):
        """An account that is named and not known yet."""
        key = (assigner, number)
        return self.create(
            {
                "assigner": assigner,
                "number": self._shown({key})[key][1],
                "encounter_ids": [fields.Command.link(encounter.id)] if encounter else [],
                "company_id": self.env.company.id,
            }
        )

    def _merge(self, kept):
        """Let the charges to come of these accounts go to another one, and what is not posted yet.

        What was posted keeps its account, which leads to the kept one.
        """
        gone = self - kept
        before = self.search([("merged_into_id", "in", gone.ids)])
        (gone | before).write({"merged_into_id": kept.id})
        for one in gone:
            kept._take_over(one)
        # sudo: a feed of the census need not be able to invoice
        moves, charges = self.env["account.move"].sudo(), self.env["ehr.charge"].sudo()
        drafts = moves.search(
            Domain("ehr_account_id", "in", gone.ids)
            & Domain("state", "=", "draft")
            & Domain("posted_before", "=", False)
        )
        drafts.with_context(tracking_disable=True).write({"ehr_account_id": kept.id})
        open_ones = Domain("state", "=", "waiting") | Domain("move_id", "in", drafts.ids)
        charges = charges.search(Domain("account_id", "in", gone.ids) & open_ones)
        charges.write({"account_id": kept.id})

    def _take_over(self, gone):
        """Visits of a merged account, and what it was told that this one never was.

        Who pays is one thing with his plan. Whether the other one was closed says nothing of this.
        """
        self.ensure_one()
        mine, facts = self.clocks or {}, gone.clocks or {}
        wanted = {"procedure_codes"}
        if "payer_code" not in mine:
            wanted |= {"payer_code", "plan_code"}
        taken = {name: at for name, at in facts.items() if name in wanted and name not in mine}
        values = {name: gone[name] for name in taken}
        if taken:
            values["clocks"] = {**mine, **taken}
        if visits := gone.encounter_ids - self.encounter_ids:
            values["encounter_ids"] = [fields.Command.link(one.id) for one in visits]
        if values:
            self.write(values)

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
