from decimal import Decimal

from odoo import fields, models

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.tools import census_told

from ..tools import claims


class EhrClaim(models.Model):
    """What payers answer about claims."""

    _inherit = "ehr.claim"  # pylint: disable=consider-merging-classes-inherited

    def _hear(self, data, received, digest):
        """Take over an answer. One that was heard before changes nothing, nor does one that is
        older than what is known; that one is kept, and marked.

        :param data: as in the contract ``ehr.claim_answer``
        :raises errors.ConflictError: ``cancelled_claim_paid``, ``currency_differs``, and as of
            :func:`.claims.verdicts`
        """
        self.ensure_one()
        answers = self.env["ehr.claim.answer"]
        if answers.search_count([("claim_id", "=", self.id), ("digest", "=", digest)], limit=1):
            return
        self._require_currency(data)
        claimed = {line.sequence: self._exact(line.amount) for line in self.line_ids}
        verdicts = claims.verdicts(claimed, data)
        self._require_not_taken_back(verdicts)
        at = census_told.read_moment(data["answered_at"], fields.Datetime.now())
        late = self._is_late(at, received.arrived) or self.state == "cancelled"
        answers.create(
            {
                "claim_id": self.id,
                "answered_at": at,
                "outcome": data["outcome"],
                "payer_number": data.get("payer_number") or False,
                "paid_amount": float(sum(one.paid for one in verdicts)),
                "denied_amount": float(sum(one.denied for one in verdicts)),
                "note_count": data.get("notes") or 0,
                "late": late,
                "digest": digest,
                "message_uuid": received.uuid,
            }
        )
        if not late:
            self._apply_verdicts(verdicts)
            self._settle(data, received, at)
            self._follow_denials(verdicts, at)

    def _require_not_taken_back(self, verdicts):
        if self.state == "cancelled" and any(one.paid for one in verdicts):
            raise errors.ConflictError(
                "The payer pays a claim that was cancelled here. Let the payer take that back, or "
                "book what it pays by hand, and do not claim it once more; then cancel this "
                "message.",
                code="cancelled_claim_paid",
            )

    def _apply_verdicts(self, verdicts):
        lines = {line.sequence: line for line in self.line_ids}
        for one in verdicts:
            line = lines[one.sequence]
            line.write(
                {
                    "paid_amount": float(one.paid),
                    "patient_amount": float(one.patient),
                    "denied_amount": float(one.denied),
                    "reason_codes": " ".join(code for code, _text in one.reasons) or False,
                    "reason_text": "; ".join(text for _code, text in one.reasons if text) or False,
                    "state": claims.line_state(self._exact(line.amount), one),
                }
            )

    def _settle(self, data, received, at):
        """What became of the claim as a whole."""
        values = {
            "state": claims.claim_state(data["outcome"], self.line_ids.mapped("state")),
            "payer_number": data.get("payer_number") or self.payer_number,
            "reason_codes": " ".join(data.get("reasons", ())) or False,
        }
        self._take_over(values, received, at)

    def _follow_denials(self, verdicts, at):
        lines = {line.sequence: line for line in self.line_ids}
        day = fields.Date.context_today(self, at)
        # sudo: denied lines are worked by people; the feed only brings them
        denials = self.env["ehr.denial"].sudo()
        for one in verdicts:
            denials._follow(lines[one.sequence].sudo(), day)  # sudo: as above
        denials._settle_resubmitted(self.sudo())  # sudo: as above
        if self.state == "failed":
            denials._take_up_again(self.sudo())  # sudo: as above

    def _require_currency(self, data):
        if data.get("currency") and data["currency"] != self.currency_id.name:
            raise errors.ConflictError(
                "The payer answers in another currency than it was claimed in. Ask the payer for "
                "an answer in the currency of the claim, then cancel this message.",
                code="currency_differs",
            )

    def _exact(self, amount):
        # What a column holds is a rounded decimal, which the shortest text of a float gives back.
        return round(Decimal(repr(amount)), 6)


class EhrAuthorization(models.Model):
    """What payers answer about what they are to authorise."""

    _inherit = "ehr.authorization"  # pylint: disable=consider-merging-classes-inherited

    def _hear(self, data, received, _digest):
        """Take over an answer, unless a later one is known or the request was cancelled.

        :raises errors.ContractError: ``no_authorization_number``
        """
        self.ensure_one()
        at = census_told.read_moment(data["answered_at"], fields.Datetime.now())
        if self.state == "cancelled" or self._is_late(at, received.arrived):
            return
        granted = data["outcome"] in ("complete", "partial") and data.get("authorized", False)
        if granted and not data.get("payer_number"):
            raise errors.ContractError(
                "The payer authorises something and names no number, which claims need. Ask the "
                "payer for it, then cancel this message.",
                code="no_authorization_number",
            )
        # What is decided in part is not denied: the rest is still to come.
        pending = data["outcome"] in ("queued", "partial")
        self._take_over(
            {
                "state": "granted" if granted else "pending" if pending else "denied",
                "payer_number": data.get("payer_number") or False,
                "valid_from": fields.Date.to_date(data.get("from")) or False,
                "valid_until": fields.Date.to_date(data.get("until")) or False,
                "reason_codes": " ".join(data.get("reasons", ())) or False,
            },
            received,
            at,
        )
