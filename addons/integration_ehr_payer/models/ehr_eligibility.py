from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.integration_core.engine import audit, causation
from odoo.addons.integration_ehr_billing.models.ehr_account import BILLING_GROUPS

STATES = [
    ("to_ask", "To be asked"),
    ("asked", "Asked"),
    ("eligible", "In force"),
    ("not_eligible", "Not in force"),
    ("failed", "Payer could not tell"),
    ("overridden", "Released by hand"),
    ("expired", "Released: no answer in time"),
]
#: States in which invoices may be posted.
FREE = ("eligible", "overridden", "expired")
#: So long questions that could not be asked are tried again.
WAITING = timedelta(days=90)
OVERRIDE_GROUP = "integration_ehr_payer.group_eligibility_override"


class EhrEligibility(models.Model):
    """A question to a payer whether its cover of a visit is in force, and the answer.

    Until it is answered, or released for a reason, invoices of the visit to this payer are not
    posted, if the payer demands that.
    """

    _name = "ehr.eligibility"
    _description = "Question for Eligibility"
    _inherit = ["ehr.payer.question"]
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True
    _integration_data_class = "clinical"
    _reason_acts = ("action_override",)
    _number_prefix = "ELG"
    _asking_event = "ehr.eligibility.asked"

    account_id = fields.Many2one(
        "ehr.account",
        string="Patient account",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        groups=BILLING_GROUPS,
        help="Where what is invoiced belongs to no visit.",
    )
    lacking = fields.Char(
        string="Not asked because", readonly=True, help="What is missing before it can be asked."
    )
    answer = fields.Selection(
        [("eligible", "In force"), ("not_eligible", "Not in force"), ("failed", "Could not tell")],
        readonly=True,
    )
    authorization_required = fields.Boolean(
        string="Authorisation required",
        readonly=True,
        help="The payer wants to authorise something of it before it is done.",
    )
    release = fields.Selection(
        [("overridden", "By hand"), ("expired", "No answer in time")], readonly=True
    )
    release_reason = fields.Char(string="Released because", readonly=True)
    released_by_id = fields.Many2one("res.users", string="Released by", readonly=True)
    released_at = fields.Datetime(string="Released", readonly=True)
    state = fields.Selection(STATES, compute="_compute_state", store=True, index=True)
    is_latest = fields.Boolean(
        readonly=True, default=True, help="Of the questions about its visit, or account, and payer."
    )

    _number_unique = models.UniqueIndex("(number)")
    _visit_unique = models.UniqueIndex(
        "(payer_id, encounter_id) WHERE is_latest",
        "Somebody else has asked this payer about the visit just now.",
    )
    _account_unique = models.UniqueIndex(
        "(payer_id, account_id) WHERE is_latest AND encounter_id IS NULL",
        "Somebody else has asked this payer about the account just now.",
    )

    @api.depends("asked_at", "answer", "release")
    def _compute_state(self):
        for one in self:
            if one.answer == "eligible":
                one.state = "eligible"
            else:
                one.state = one.release or one.answer or ("asked" if one.asked_at else "to_ask")

    # ------------------------------------------------------------------
    # asking; as superuser: who admits, charges or posts need not write these
    # ------------------------------------------------------------------

    @api.model
    def _latest(self, payer, visit, account=None):
        """The latest question about a visit (an account, where there is none) and a payer."""
        about = (
            Domain("encounter_id", "=", visit.id)
            | Domain("encounter_id.joined_into_id", "=", visit.id)
            if visit
            else Domain("encounter_id", "=", False) & Domain("account_id", "=", account.id)
        )
        return self.search(about & Domain("payer_id", "=", payer.id), order="id desc", limit=1)

    @api.model
    def _demand(self, payer, visit, account=None):
        """The question about a visit and a payer; one is made, and asked, if there is none yet."""
        found = self._latest(payer, visit, account)
        if not found:
            found = self._make(payer, visit, None if visit else account)
            found._ask()
        return found

    @api.model
    def _make(self, payer, visit, account=None):
        about = {
            "payer_id": payer.id,
            "encounter_id": visit.id if visit else False,
            "account_id": account.id if account else False,
        }
        before = self.search(
            [("is_latest", "=", True), *((n, "=", one) for n, one in about.items())]
        )
        before.is_latest = False
        before.flush_recordset(["is_latest"])  # before the next one is: there is one
        return self.create({**about, "company_id": payer.company_id.id})

    def _ask(self):
        """Ask the payer as far as it can be asked; what is missing is said on the question."""
        now = fields.Datetime.now()
        for one in self.filtered(lambda one: one.state == "to_ask"):
            if one.encounter_id.state == "cancelled":
                continue
            cover = one._cover()
            lacking = one._lacking_of_cover(one.payer_id, cover)
            lacking = lacking or one._lacking_of_way(one.company_id)
            values = {"coverage_id": cover.id, "lacking": lacking or False}
            if not lacking:
                values["asked_at"] = now
            # Whoever told of the visit or the cover is asked all the same: this is no echo.
            with causation.own_wish():
                one.write(values)
                one.flush_recordset()

    def _cover(self):
        """The cover that is asked about; of an account, if its visits are of one patient."""
        visit = self.encounter_id
        if not visit:
            visits = self.account_id.encounter_ids
            patients = {one.patient_id._kept() for one in visits if one.patient_id}
            visit = visits.filtered("patient_id")[:1] if len(patients) == 1 else visits.browse()
        return self.env["ehr.coverage"]._of(visit, self.payer_id, self._cover_day(visit))

    def action_request(self):
        """Ask the payer now, or once more; earlier questions stay as they are."""
        self._require_biller()
        for one in self:
            # sudo: questions are closed to people; the role was checked, the record is readable
            full = one.sudo()
            if full.state != "to_ask":
                latest = full._latest(full.payer_id, full.encounter_id, full.account_id)
                if latest != full:
                    raise UserError(self.env._("There is a later question about this visit."))
                full = full._make(full.payer_id, full.encounter_id, full.account_id)
            full._ask()
            if full.lacking:
                raise UserError(self.env._("The payer was not asked: %s", full.lacking))

    def _require_biller(self):
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Those who invoice ask payers."))

    # ------------------------------------------------------------------
    # releasing
    # ------------------------------------------------------------------

    def action_ask_override(self):
        self._require_override()
        return self._ask_reason(
            "action_override",
            self.env._("Release without the payer's word"),
            warning=self.env._(
                "Invoices of this visit can be posted then. Your reason is recorded with your name."
            ),
        )

    def action_override(self, reason):
        """Release what waits for these answers, for a reason; audited."""
        self._require_override()
        held = self.filtered(lambda one: one.state not in FREE)
        # sudo: questions are closed to people; the right was checked above
        held.sudo().write(
            {
                "release": "overridden",
                "release_reason": reason,
                "released_by_id": self.env.uid,
                "released_at": fields.Datetime.now(),
            }
        )
        audit.record(held, "release", reason=reason)

    def _require_override(self):
        self.check_access("read")
        if not self.env.user.has_group(OVERRIDE_GROUP):
            raise AccessError(
                self.env._(
                    "Only people with the right “Release invoices without eligibility” release "
                    "them. Ask one of them, or an administrator for the right."
                )
            )

    @api.model
    def _cron_ask(self):
        """Ask what could not be asked before: a cover has begun, a key or an interface is there."""
        since = fields.Datetime.now() - WAITING
        waiting = [("state", "=", "to_ask"), ("is_latest", "=", True)]
        self.search([*waiting, ("create_date", ">=", since)])._ask()

    @api.model
    def _cron_release(self):
        """Release what was not answered within the time of its company, since it arrived there."""
        # sudo: how long companies wait
        companies = self.env["res.company"].sudo().search([("ehr_eligibility_hours", ">", 0)])
        for company in companies:
            limit = fields.Datetime.now() - timedelta(hours=company.ehr_eligibility_hours)
            asked = self.search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "asked"),
                    ("asked_at", "<=", limit),
                ]
            )
            late = asked._reached(before=limit)
            reason = self.env._("No answer within %s hours.", company.ehr_eligibility_hours)
            late.write(
                {
                    "release": "expired",
                    "release_reason": reason,
                    "released_at": fields.Datetime.now(),
                }
            )
            audit.record(late, "release", reason=reason)

    # ------------------------------------------------------------------
    # holding
    # ------------------------------------------------------------------

    def _why_held(self):
        """A sentence for whoever wants to post an invoice."""
        self.ensure_one()
        if self.state == "to_ask":
            return self.env._(
                "%(payer)s was not asked yet. %(why)s",
                payer=self.payer_id.display_name,
                why=self.lacking or "",
            )
        if self.state == "asked" and not self._reached():
            return self.env._("The question has not reached %s yet.", self.payer_id.display_name)
        sentences = {
            "asked": self.env._("%s has not answered yet."),
            "not_eligible": self.env._("%s says that the cover is not in force."),
            "failed": self.env._("%s could not tell whether the cover is in force."),
        }
        return sentences[self.state] % self.payer_id.display_name

    # ------------------------------------------------------------------
    # for the feed
    # ------------------------------------------------------------------

    def _hear(self, values, received, at):
        """Take over an answer, unless a later one is known; a repetition changes nothing."""
        if not self._is_late(at, received.arrived):
            self._take_over(values, received, at)
