from odoo import models

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.tools import census_told


class IntegrationHandlerEhrEligibilityAnswer(models.AbstractModel):
    """A payer says whether its cover of a visit is in force; what waited for that goes on."""

    _name = "integration.handler.ehr_eligibility_answer"
    _inherit = "integration.handler.ehr_payer"
    _description = "Eligibility: shown on the visit, invoices wait for it"

    _contract = "ehr.eligibility_answer"

    def _confirms(self, record):
        return True

    def _apply(self, received, data):
        question = self._find_asked(received, ["ehr.eligibility"], data["request"])
        if data["outcome"] == "queued":
            return question
        at = census_told.read_moment(data["answered_at"], self._now())
        values = {
            "answer": self._answer(received, question, data),
            "reason_codes": " ".join(data.get("reasons", ())) or False,
            "authorization_required": data.get("authorization_required", False),
        }
        question._hear(values, received, at)
        return question

    def _answer(self, received, question, data):
        """What an answer comes to.

        :raises errors.MappingError: ``cover_not_told``, ``covers_differ``
        """
        if data["outcome"] == "error":
            return "failed"
        covers = data.get("covers") or [{"in_force": data.get("in_force")}]
        said = {one.get("in_force") for one in covers}
        if len(said) > 1:
            said = {one.get("in_force") for one in covers if self._is_ours(received, question, one)}
        if len(said) != 1:
            raise errors.MappingError(
                "The payer says of some covers that they are in force and of others that they are "
                "not, and none, or several, are the one that it was asked about. Ask the payer, or "
                "release the invoice by hand; then cancel this message.",
                code="covers_differ",
            )
        in_force = said.pop()
        if in_force is None:
            raise errors.MappingError(
                "The payer does not say whether the cover is in force. Ask the payer, or release "
                "the invoice by hand; then cancel this message.",
                code="cover_not_told",
            )
        return "eligible" if in_force else "not_eligible"

    def _is_ours(self, received, question, told):
        """Whether a cover of an answer is the one that the payer was asked about."""
        cover = question.coverage_id
        if not cover:
            return False
        if told.get("record"):
            named = self.env["ehr.coverage"]._named(received.system_id, told["record"])
            if named == cover:
                return True
        return bool(told.get("number")) and told["number"] == cover._member()
