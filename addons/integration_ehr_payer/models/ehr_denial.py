from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.integration_core.engine import audit

from ..tools import worklist

STATES = [
    ("to_work", "To work"),
    ("resubmitted", "Claimed once more"),
    ("appealed", "Appealed"),
    ("written_off", "Written off"),
    ("won", "Won"),
    ("lost", "Lost"),
]
#: Somebody has to do something, or waits for the payer.
PENDING = ("to_work", "resubmitted", "appealed")
#: Nobody works on it, unless the payer denies more than that.
SETTLED = ("written_off", "lost")
#: People enter who works on it and until when; the rest is the payer's word, or a button's.
CLOSED = frozenset(
    {
        "act_reason",
        "amount",
        "claim_line_id",
        "denied_on",
        "encounter_id",
        "reason_codes",
        "reason_text",
        "resubmitted_id",
        "score",
        "state",
    }
)


class EhrDenial(models.Model):
    """A line of a claim that a payer does not pay, or not in full: what is done about it.

    The most promising come first; the score says why (:mod:`..tools.worklist`).
    """

    _name = "ehr.denial"
    _description = "Denied Line"
    _inherit = ["ehr.visit.document", "integration.reason.mixin", "integration.closed.columns"]
    _closed_fields = CLOSED
    _order = "is_open desc, score desc, deadline, amount desc, id"
    _rec_name = "claim_line_id"
    _check_company_auto = True
    _integration_data_class = "clinical"
    _reason_acts = ("action_write_off", "action_appeal", "action_lose")

    claim_line_id = fields.Many2one(
        "ehr.claim.line", required=True, readonly=True, ondelete="cascade", check_company=True
    )
    claim_id = fields.Many2one(related="claim_line_id.claim_id", store=True, index=True)
    move_id = fields.Many2one(related="claim_id.move_id", string="Invoice", store=True)
    payer_id = fields.Many2one(related="claim_id.payer_id", store=True)
    name = fields.Char(related="claim_line_id.name", string="What")
    charge_code = fields.Char(related="claim_line_id.charge_code", store=True)
    currency_id = fields.Many2one(related="claim_id.currency_id", store=True)
    claimed_amount = fields.Monetary(related="claim_line_id.amount", string="Claimed")
    amount = fields.Monetary(string="Denied", readonly=True)
    reason_codes = fields.Char(string="Reasons", readonly=True)
    reason_text = fields.Char(string="In words", readonly=True)
    denied_on = fields.Date(string="Since", required=True, readonly=True)
    deadline = fields.Date(string="Appeal until", help="After this day the payer hears no appeal.")
    user_id = fields.Many2one("res.users", string="Worked by")
    state = fields.Selection(STATES, required=True, readonly=True, default="to_work", index=True)
    is_open = fields.Boolean(compute="_compute_is_open", store=True)
    score = fields.Integer(
        readonly=True, default=0, aggregator=None, help="0 to 100; the most promising first."
    )
    score_text = fields.Text(string="Why", compute="_compute_score_text")
    resubmitted_id = fields.Many2one(
        "ehr.claim", string="Claimed once more as", readonly=True, check_company=True
    )
    act_reason = fields.Char(string="Decided because", readonly=True)
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)

    _line_unique = models.UniqueIndex("(claim_line_id)")

    @api.depends("state")
    def _compute_is_open(self):
        for denial in self:
            denial.is_open = denial.state in PENDING

    @api.depends("claim_line_id.claim_id.number", "claim_line_id.sequence")
    def _compute_display_name(self):
        for denial in self:
            line = denial.claim_line_id
            denial.display_name = f"{line.claim_id.number or ''} / {line.sequence}"

    def write(self, vals):
        result = super().write(vals)
        if {"deadline", "amount"} & set(vals):
            # sudo: the score is closed to people, and follows what they may write
            self.sudo()._rate()
        return result

    # ------------------------------------------------------------------
    # the order
    # ------------------------------------------------------------------

    def _scored(self):
        """Points and what they are for; ``None`` where the company does not want them."""
        self.ensure_one()
        # sudo: how the list is ordered
        company = self.company_id.sudo()
        if not company.ehr_denials_scored or not self.denied_on:
            return None
        today = fields.Date.context_today(self)
        amount = self.currency_id._convert(self.amount, company.currency_id, company, today)
        large = Decimal(repr(company.ehr_denial_large or 1.0))
        return worklist.score(
            Decimal(repr(amount)), self.denied_on, self.deadline or None, today, large
        )

    def _rate(self):
        for denial in self:
            scored = denial._scored()
            points = scored.points if scored else 0
            if denial.score != points:
                denial.score = points

    @api.depends("score", "amount", "deadline", "denied_on")
    def _compute_score_text(self):
        for denial in self:
            scored = denial._scored()
            denial.score_text = (
                "\n".join(denial._words(part) for part in scored.parts) if scored else False
            )

    def _words(self, part):
        said = {"points": part.points, "most": part.most, "days": part.days}
        if part.kind == "amount":
            money = self.currency_id.format(self.amount)
            return self.env._(
                "%(points)s of %(most)s: %(amount)s is at stake", **said, amount=money
            )
        if part.kind == "age" and not part.days:
            return self.env._("%(points)s of %(most)s: denied today", **said)
        if part.kind == "age":
            return self.env._("%(points)s of %(most)s: denied %(days)s days ago", **said)
        if part.kind == "deadline":
            return self.env._("%(points)s of %(most)s: %(days)s days left to appeal", **said)
        if part.kind == "too_late":
            return self.env._(
                "%(points)s of %(most)s: the deadline passed %(days)s days ago, no appeal is heard",
                **said,
            )
        return self.env._("%(points)s of %(most)s: no deadline is known", **said)

    @api.model
    def _cron_rate(self):
        """Age and deadlines go on by themselves."""
        self.search([("is_open", "=", True)])._rate()

    # ------------------------------------------------------------------
    # for the feed
    # ------------------------------------------------------------------

    @api.model
    def _follow(self, line, day):
        """What an answer says of a line becomes work, changes it, or settles it."""
        known = self.search([("claim_line_id", "=", line.id)])
        if not line.denied_amount or line.state == "open":
            known.filtered(lambda one: one.state != "won").state = "won"
            return known
        facts = {
            "amount": line.denied_amount,
            "reason_codes": line.reason_codes,
            "reason_text": line.reason_text,
        }
        if known:
            changed = {name: value for name, value in facts.items() if known[name] != value}
            more = known.state in SETTLED and facts["amount"] > known.amount
            if known.state == "won" or more:
                changed |= {"state": "to_work", "denied_on": day}
            if changed:
                known.write(changed)
            return known
        days = line.claim_id.payer_id.appeal_days
        made = self.create(
            {
                **facts,
                "claim_line_id": line.id,
                "encounter_id": line.claim_id.encounter_id.id,
                "denied_on": day,
                "deadline": day + timedelta(days=days) if days else False,
            }
        )
        made._rate()
        return made

    @api.model
    def _settle_resubmitted(self, claim):
        """What was denied before is won when it is paid now, and lost to its new denial if not."""
        before = self.search([("resubmitted_id", "=", claim.id), ("state", "=", "resubmitted")])
        lines = {line.sequence: line for line in claim.line_ids}
        for denial in before:
            line = lines.get(denial.claim_line_id.sequence)
            if line and line.state != "open":
                denial.state = "won" if line.state == "paid" else "lost"

    @api.model
    def _take_up_again(self, claim):
        """What was claimed once more by a claim that came to nothing is to be worked on again."""
        for one in claim:
            open_lines = one.line_ids.filtered(lambda line: line.state == "open").mapped("sequence")
            wanted = [("resubmitted_id", "=", one.id), ("state", "=", "resubmitted")]
            self.search(wanted).filtered(
                lambda denial, numbers=open_lines: denial.claim_line_id.sequence in numbers
            ).write({"state": "to_work", "resubmitted_id": False})

    # ------------------------------------------------------------------
    # what people do
    # ------------------------------------------------------------------

    def action_take(self):
        self._require_biller()
        self.user_id = self.env.user

    def action_resubmit(self):
        """Claim once more what was denied, in one new claim."""
        self._require_biller()
        self._require_state("to_work", "appealed")
        claim = self.claim_id
        if len(claim) != 1:
            raise UserError(self.env._("Choose denied lines of one claim: they become one claim."))
        # sudo: claims are closed to people; the role was checked above
        made = claim.sudo()._resubmit(self.sudo().claim_line_id)
        self.sudo().write({"state": "resubmitted", "resubmitted_id": made.id})
        return made.sudo(False)._open()

    def action_ask_appeal(self):
        return self._ask_reason("action_appeal", self.env._("Appeal"), warning=self.env._(
            "Say what the payer was told. Odoo does not send the appeal. No patient, no illness."
        ))  # fmt: skip

    def action_appeal(self, reason):
        self._decide("appealed", reason, "to_work")

    def action_ask_write_off(self):
        return self._ask_reason("action_write_off", self.env._("Write off"), warning=self.env._(
            "Nobody works on it any more. The invoice stays as it is: credit it, or bill somebody "
            "else, in Invoicing."
        ))  # fmt: skip

    def action_write_off(self, reason):
        self._decide("written_off", reason, "to_work", "appealed")

    def action_ask_lose(self):
        return self._ask_reason("action_lose", self.env._("Lost"))

    def action_lose(self, reason):
        self._decide("lost", reason, "appealed")

    def action_win(self):
        """The payer gave way, and says so outside of any interface."""
        self._decide("won", "", "appealed")

    def action_reopen(self):
        self._decide("to_work", "", "written_off", "lost", "appealed")

    def _decide(self, state, reason, *before):
        self._require_biller()
        self._require_state(*before)
        # sudo: the state is closed to people; the role was checked above
        self.sudo().write({"state": state, "act_reason": reason or False})
        words = dict(self._fields["state"]._description_selection(self.env))
        audit.record(self, "change", reason=reason, changes={"state": ("", words[state])})

    def _require_state(self, *states):
        for denial in self:
            if denial.state not in states:
                raise UserError(
                    self.env._(
                        "%s is not in a state in which this can be done.", denial.display_name
                    )
                )

    def _require_biller(self):
        self.check_access("write")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Those who invoice work on denied lines."))

    def action_open_invoice(self):
        self.ensure_one()
        return self.move_id.get_formview_action()
