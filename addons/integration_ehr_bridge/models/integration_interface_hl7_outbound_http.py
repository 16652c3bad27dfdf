from odoo import models

from odoo.addons.integration_core.tools import errors, net_guard


class IntegrationInterface(models.Model):
    """HL7 over HTTP that leaves."""

    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    def _missing_of_hl7_content(self):
        missing = super()._missing_of_hl7_content()
        if self.transport != "hl7_http" or not self.url:
            return missing
        try:
            # Whether http will do is another question, which the core asks.
            net_guard.check_url(self.url, allow_plaintext=True)
        except errors.IntegrationError as exc:
            missing.append(exc.message)
        secure = self.url.lower().startswith("https:")
        if self.credential_id and not secure and not net_guard.stays_on_this_machine(self.url):
            missing.append(
                self.env._(
                    "The credential is sent along, so the address must begin with https://. No "
                    "waiver changes that."
                )
            )
        return missing
