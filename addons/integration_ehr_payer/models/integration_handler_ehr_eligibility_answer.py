from odoo import models

from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_ehr_bridge.tools import clinical


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
        question._hear(
            {
                "answer": self._answer(data),
                "answered_at": clinical.moment(data["answered_at"]),
                "reason_code": " ".join(data.get("reasons", ())) or False,
                "authorization_required": data.get("authorization_required", False),
                "message_uuid": received.uuid,
            }
        )
        return question

    def _answer(self, data):
        """What an answer comes to.

        :raises errors.MappingError: ``cover_not_told``
        """
        if data["outcome"] == "error":
            return "failed"
        if data.get("in_force") is None:
            raise errors.MappingError(
                "The payer does not say whether the cover is in force. Ask the payer, or release "
                "the invoice by hand; then cancel this message.",
                code="cover_not_told",
            )
        return "eligible" if data["in_force"] else "not_eligible"
