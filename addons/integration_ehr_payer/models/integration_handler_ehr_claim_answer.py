from odoo import models


class IntegrationHandlerEhrClaimAnswer(models.AbstractModel):
    """A payer says what it pays of a claim, or whether it authorises what is planned."""

    _name = "integration.handler.ehr_claim_answer"
    _inherit = "integration.handler.ehr_payer"
    _description = "Claims and authorisations: what the payer decided; denied lines to a work list"

    _contract = "ehr.claim_answer"

    def _confirms(self, record):
        return True

    def _apply(self, received, data):
        asked = ["ehr.claim"] if data["use"] == "claim" else ["ehr.authorization"]
        found = self._find_asked(received, asked, data["request"])
        # sudo: sums are rounded by their currency, which a service user need not be able to read
        found.sudo()._hear(data, received, self._digest_of(data))
        return found
