from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_ehr_billing.models.ehr_account import BILLING_GROUPS

STATES = [
    ("submitted", "Submitted"),
    ("accepted", "With the payer"),
    ("paid", "Paid"),
    ("partial", "Partly paid"),
    ("denied", "Denied"),
    ("failed", "Refused as it stands"),
    ("cancelled", "Cancelled"),
]
#: States in which the payer has still to decide.
OPEN = ("submitted", "accepted")


class EhrClaim(models.Model):
    """What a posted invoice claims of a payer, and what became of it.

    An invoice may have several: what was denied can be claimed once more. Each keeps its answers.
    It is written by the feed of answers and by buttons; nobody writes on it otherwise.
    """

    _name = "ehr.claim"
    _description = "Claim"
    _inherit = ["ehr.payer.question"]
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True
    _integration_data_class = "clinical"
    _reason_acts = ("action_cancel",)
    _number_prefix = "CLM"
    _asking_event = "ehr.claim.submitted"

    payer_number = fields.Char(
        string="Payer's number", readonly=True, help="As the payer calls the claim."
    )
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    account_id = fields.Many2one(
        related="move_id.ehr_account_id", string="Patient account", groups=BILLING_GROUPS
    )
    authorization_id = fields.Many2one(
        "ehr.authorization",
        string="Prior authorisation",
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    replaces_id = fields.Many2one(
        "ehr.claim",
        string="Claims once more",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    is_latest = fields.Boolean(readonly=True, default=True, help="Of the claims of its invoice.")
    asked_at = fields.Datetime(string="Submitted", required=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(string="Claimed", readonly=True)
    paid_amount = fields.Monetary(string="Paid", compute="_compute_amounts", store=True)
    denied_amount = fields.Monetary(string="Denied", compute="_compute_amounts", store=True)
    patient_amount = fields.Monetary(
        string="Left to the patient", compute="_compute_amounts", store=True
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="submitted", index=True)
    line_ids = fields.One2many("ehr.claim.line", "claim_id", string="Lines", readonly=True)
    answer_ids = fields.One2many("ehr.claim.answer", "claim_id", string="Answers", readonly=True)
    denial_ids = fields.One2many("ehr.denial", "claim_id", string="Denied lines", readonly=True)
    cancel_reason = fields.Char(string="Cancelled because", readonly=True)

    _number_unique = models.UniqueIndex("(number)")
    _latest_unique = models.UniqueIndex(
        "(move_id) WHERE is_latest", "Somebody else has claimed this invoice just now."
    )

    @api.depends("line_ids.paid_amount", "line_ids.denied_amount", "line_ids.patient_amount")
    def _compute_amounts(self):
        for claim in self:
            for name in ("paid_amount", "denied_amount", "patient_amount"):
                claim[name] = sum(claim.line_ids.mapped(name))

    # ------------------------------------------------------------------
    # submitting
    # ------------------------------------------------------------------

    @api.model
    def _submit(self, moves):
        """Claims of posted invoices.

        :raises UserError: what is missing, of all of them; then none is submitted
        """
        self._require_biller()
        # sudo: claims are closed to people; the role was checked, the invoices are readable
        claims, full = self.sudo().browse(), moves.sudo()
        full._ehr_hold_still()
        wanted = [(move, claims._content(move)) for move in full]
        lacking = [
            f"{move.name}: {why}"
            for move, content in wanted
            for why in claims._find_lacking(move, content)
        ]
        if lacking:
            raise UserError(
                self.env._("Nothing was submitted. Mend this first:\n%s", "\n".join(lacking))
            )
        made = [claims._make(move, content["lines"], content) for move, content in wanted]
        return claims.union(*made).sudo(False)

    def _make(self, move, lines, content, replaces=None):
        move.ehr_claim_ids.filtered("is_latest").is_latest = False
        self.flush_model(["is_latest"])  # before the next one is: there is one of each invoice
        return self.create(
            {
                "move_id": move.id,
                "encounter_id": content["visit"].id,
                "payer_id": move.ehr_payer_id.id,
                "coverage_id": content["cover"].id,
                "authorization_id": content["authorization"].id,
                "replaces_id": replaces.id if replaces else False,
                "asked_at": fields.Datetime.now(),
                "currency_id": move.currency_id.id,
                "amount": sum(vals["amount"] for vals in lines),
                "company_id": move.company_id.id,
                "line_ids": [fields.Command.create(vals) for vals in lines],
            }
        )

    def _content(self, move):
        """What a claim of an invoice would have, and sentences of what it lacks."""
        payer, cases = move.ehr_payer_id, move._ehr_cases()
        visits = self.env["ehr.encounter"].union(*(visit for visit, _account in cases))
        visit = visits if len(visits) == 1 else visits.browse()
        lines = self.env["ehr.claim.line"]._of_invoice(move)
        days = [one["service_date"] for one in lines if one["service_date"]]
        day = min(days, default=move.invoice_date or fields.Date.context_today(self))
        covers = [self.env["ehr.coverage"]._of(one, payer, day) for one in visits]
        return {
            "visit": visit,
            "visits": visits,
            "cover": self.env["ehr.coverage"].union(*covers)[:1],
            "authorization": self.env["ehr.authorization"]._granted(visits, payer, day),
            "lines": lines,
        }

    def _find_lacking(self, move, content):
        """What keeps an invoice from being claimed, in sentences."""
        payer = move.ehr_payer_id
        if move.state != "posted" or move.move_type != "out_invoice":
            return [self.env._("Only posted customer invoices are claimed.")]
        if not payer.takes_claims:
            return [self.env._("Its payer takes no claims (Invoicing / Charges / Payers).")]
        lacking = self._lacking_of_sum(move, move.amount_total, self._lacking_of_claims(move))
        lacking += self._lacking_of_people(payer, content)
        if payer.claim_diagnoses:
            lacking.append(
                self.env._(
                    "The payer wants diagnoses, and Odoo keeps none. Let the clinical system "
                    "submit this claim."
                )
            )
        if payer.claim_authorization and not content["authorization"]:
            lacking.append(self.env._("The payer has authorised nothing of the visit."))
        if payer.claim_procedures:
            bare = [one["charge_code"] for one in content["lines"] if not one["procedure_code"]]
            if bare:
                lacking.append(self.env._("No procedure code: %s.", ", ".join(map(str, bare))))
        if nameless := [one["name"] for one in content["lines"] if not one["charge_code"]]:
            lacking.append(self.env._("No charge stands behind: %s.", "; ".join(nameless)))
        if not content["lines"]:
            lacking.append(self.env._("It has no lines."))
        whole = round(sum(Decimal(repr(one["amount"])) for one in content["lines"]), 6)
        if move.currency_id.compare_amounts(float(whole), move.amount_total):
            lacking.append(self.env._("Its lines do not come to its total, with taxes."))
        return lacking

    def _lacking_of_claims(self, move):
        others = move.ehr_claim_ids.filtered(
            # One that was refused or taken back after something of it was decided counts.
            lambda one: one.state not in ("cancelled", "failed") or one._decided()
        )
        if others:
            return self.env._("It is claimed already, as %s.", others.sorted("id")[-1].number)
        return ""

    def _lacking_of_sum(self, move, amount, claimed=""):
        """What keeps an amount of an invoice from being claimed, and that nobody sends claims."""
        found = [claimed, self._lacking_of_way(move.company_id)]
        if move.currency_id.compare_amounts(move.amount_residual, amount) < 0:
            found.append(
                self.env._(
                    "Less than that is open on the invoice: something of it is paid or credited."
                )
            )
        return [why for why in found if why]

    def _lacking_of_people(self, payer, content):
        """That nobody, or more than one, is known whom a claim is about."""
        patients = {one.patient_id._kept() for one in content["visits"] if one.patient_id}
        if len(patients) > 1:
            return [self.env._("It bills several patients, and a claim is about one.")]
        return [why for why in (self._lacking_of_cover(payer, content["cover"]),) if why]

    def _decided(self):
        """The lines of which the payer has said what becomes of them."""
        return self.line_ids.filtered(lambda one: one.state != "open")

    def _resubmit(self, lines):
        """Claim once more what was denied of some lines of this claim."""
        self.ensure_one()
        move = self.move_id
        move._ehr_hold_still()
        content, again = self._content(move), [line._once_more() for line in lines]
        lacking = self._lacking_of_people(self.payer_id, content)
        lacking += self._lacking_of_sum(move, sum(one["amount"] for one in again))
        if move.state != "posted":
            lacking.append(self.env._("The invoice is not posted any more."))
        if self.state in OPEN:
            lacking.append(self.env._("The payer still decides on the claim."))
        if lacking:
            raise UserError(self.env._("Nothing was submitted: %s", " ".join(lacking)))
        return self._make(move, again, content, self)

    # ------------------------------------------------------------------
    # cancelling
    # ------------------------------------------------------------------

    def action_ask_cancel(self):
        self._require_biller()
        return self._ask_reason(
            "action_cancel",
            self.env._("Cancel the claim"),
            warning=self.env._("The payer is told, if an interface sends that."),
        )

    def action_cancel(self, reason):
        """Take claims back; the payer is told. What it has paid already stays as it says."""
        self._require_biller()
        self.check_access("read")
        for claim in self:
            if claim.state not in (*OPEN, "failed") or claim._decided():
                raise UserError(
                    self.env._("The payer has decided on %s. It cannot be cancelled.", claim.number)
                )
        # sudo: claims are closed to people; the role was checked above
        self.sudo().write({"state": "cancelled", "cancel_reason": reason})
        # sudo: as above
        self.env["ehr.denial"].sudo()._take_up_again(self.sudo())  # sudo: as above
        audit.record(self, "cancel", reason=reason)

    def _require_biller(self):
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Those who invoice submit and cancel claims."))

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def _open_list(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_payer.action_ehr_claim"
        )
        return {**action, "domain": [("id", "in", self.ids)], "context": {}}
