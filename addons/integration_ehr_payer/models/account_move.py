from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.integration_ehr_billing.models.ehr_account import BILLING_GROUPS

from . import ehr_claim
from .ehr_eligibility import FREE


class AccountMove(models.Model):
    """Invoices wait for the payer's word where it is wanted, and are claimed where claims are."""

    _inherit = "account.move"

    ehr_claim_ids = fields.One2many(
        "ehr.claim", "move_id", string="Claims", readonly=True, groups=BILLING_GROUPS
    )
    ehr_claim_state = fields.Selection(
        ehr_claim.STATES,
        string="Claim",
        compute="_compute_ehr_claim_state",
        search="_search_ehr_claim_state",
        groups=BILLING_GROUPS,
        help="Of the latest claim of this invoice.",
    )
    ehr_takes_claims = fields.Boolean(related="ehr_payer_id.takes_claims", groups=BILLING_GROUPS)
    ehr_held_because = fields.Text(
        string="Held",
        compute="_compute_ehr_held_because",
        groups=BILLING_GROUPS,
        help="Why it cannot be posted yet.",
    )

    @api.depends("ehr_claim_ids.state")
    def _compute_ehr_claim_state(self):
        for move in self:
            move.ehr_claim_state = move.ehr_claim_ids.sorted("id")[-1:].state

    @api.model
    def _search_ehr_claim_state(self, operator, value):
        if operator != "in":
            return NotImplemented  # the ORM derives the other operators from this one
        claims = self.env["ehr.claim"].search(
            [("state", "in", list(value)), ("is_latest", "=", True)]
        )
        found = [("id", "in", claims.move_id.ids)]
        return ["|", ("ehr_claim_ids", "=", False), *found] if False in value else found

    # ------------------------------------------------------------------
    # holding
    # ------------------------------------------------------------------

    @api.depends("state", "move_type", "ehr_payer_id", "ehr_charge_ids")
    @api.depends_context("uid")
    def _compute_ehr_held_because(self):
        for move in self:
            held = move._ehr_held() if move._ehr_is_held() else ()
            sentences = [why for _question, why in held]
            move.ehr_held_because = "\n".join(dict.fromkeys(sentences)) or False

    def _ehr_is_held(self):
        """Whether a payer wants to be asked before this is posted."""
        # sudo: who posts invoices need not see payers
        payer = self.sudo().ehr_payer_id
        return (
            self.state == "draft" and self.move_type == "out_invoice" and payer.eligibility_required
        )

    def _ehr_cases(self):
        """What this invoice bills: pairs of visit and account, one of them is empty."""
        # sudo: who bills need not see visits
        full = self.sudo()
        visits = full.encounter_id
        for charge in full.ehr_charge_ids:
            visits |= charge.encounter_id.joined_into_id or charge.encounter_id
        none = full.env["ehr.account"]
        if visits:
            return [(visit, none) for visit in visits]
        return [(visits, full.ehr_account_id._kept())] if full.ehr_account_id else []

    def _ehr_held(self):
        """Questions that are open, each with a sentence; none is made for it here."""
        self.ensure_one()
        # sudo: as above
        questions, payer = self.env["ehr.eligibility"].sudo(), self.sudo().ehr_payer_id
        found = []
        for visit, account in self._ehr_cases():
            question = questions._latest(payer, visit, account)
            if not question:
                why = self.env._("%s was not asked yet.", payer.display_name)
                found.append((question, why))
            elif question.state not in FREE:
                found.append((question, question._why_held()))
        return found

    def _post(self, soft=True):
        for move in self:
            if move._ehr_is_held() and (held := move._ehr_held()):
                raise UserError(
                    self.env._(
                        "This invoice waits for its payer: %(why)s Ask the payer (“Ask for "
                        "eligibility”) and wait for the answer, or let somebody with the right "
                        "“Release invoices without eligibility” release it for a reason.",
                        why=" ".join(dict.fromkeys(why for _question, why in held)),
                    )
                )
        return super()._post(soft)

    def _ehr_questions(self):
        """The questions that this invoice waits for; those that are not asked yet are made."""
        # sudo: questions are closed to people
        questions, payer = self.env["ehr.eligibility"].sudo(), self.sudo().ehr_payer_id
        cases = self._ehr_cases() if payer.eligibility_required else []
        made = [questions._demand(payer, visit, account) for visit, account in cases]
        return self.env["ehr.eligibility"].union(*(one.sudo(False) for one in made))

    def action_request_eligibility(self):
        """Ask the payer about the visits of these invoices, those that were not asked about."""
        self.env["ehr.eligibility"]._require_biller()
        self.check_access("write")
        for move in self:
            questions = move._ehr_questions()
            questions.filtered(
                lambda one: one.state in ("to_ask", "not_eligible", "failed")
            ).action_request()

    def action_ask_eligibility_release(self):
        """Ask for the reason to post this invoice without the payer's word."""
        self.ensure_one()
        self.env["ehr.eligibility"]._require_override()
        self.check_access("write")
        questions = self._ehr_questions().filtered(lambda one: one.state not in FREE)
        return questions.action_ask_override()

    # ------------------------------------------------------------------
    # claiming
    # ------------------------------------------------------------------

    def action_submit_claim(self):
        """Submit these posted invoices to their payers."""
        self.check_access("read")
        claims = self.env["ehr.claim"]._submit(self)
        return claims._open() if len(claims) == 1 else claims._open_list()

    def _ehr_hold_still(self):
        """Whoever changes these invoices at this moment comes before this transaction, or after it.

        Who claims an invoice reads that it is posted, and who resets it reads that it is not
        claimed: neither writes what the other one reads.
        """
        if self.ids:
            self.env.cr.execute(
                "UPDATE account_move SET write_date = write_date WHERE id = ANY(%s)", [self.ids]
            )
            self.invalidate_recordset()

    def action_open_ehr_claims(self):
        self.ensure_one()
        return self.ehr_claim_ids._open_list()

    def _ehr_require_no_open_claim(self):
        # sudo: who changes invoices need not see claims
        for move in self.sudo():
            if open_ones := move.ehr_claim_ids.filtered(lambda one: one.state in ehr_claim.OPEN):
                raise UserError(
                    self.env._(
                        "The payer decides on claim %(claim)s of this invoice at present. Cancel "
                        "the claim first, so that the payer learns of it.",
                        claim=open_ones[0].number,
                    )
                )

    def button_draft(self):
        self._ehr_require_no_open_claim()
        return super().button_draft()

    def button_cancel(self):
        self._ehr_require_no_open_claim()
        return super().button_cancel()

    # ------------------------------------------------------------------
    # sync status: what became of claims is what became of their invoice
    # ------------------------------------------------------------------

    @api.model
    def _integration_sync_table(self):
        return SQL(
            """(
                SELECT s.id, s.res_model, s.res_id, s.interface_id, s.state, s.reason, s.message_id,
                       s.changed_at
                  FROM %s s
             UNION ALL
                SELECT s.id, s.res_model, c.move_id, s.interface_id, s.state, s.reason,
                       s.message_id, s.changed_at
                  FROM integration_record_sync s JOIN ehr_claim c ON c.id = s.res_id
                 WHERE s.res_model = 'ehr.claim' AND c.is_latest
            )""",
            super()._integration_sync_table(),
        )

    def _integration_sync_documents(self):
        # sudo: which claims there are, and nothing of them
        claims = self._origin.sudo().ehr_claim_ids
        return {**super()._integration_sync_documents(), "ehr.claim": claims.ids}
