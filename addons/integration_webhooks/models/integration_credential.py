from odoo import models
from odoo.exceptions import ValidationError


class IntegrationCredentialVersion(models.Model):
    """Refuses a secret that could not sign when it is entered, not when it is used."""

    _inherit = "integration.credential.version"

    def _check_secret(self, kind, secret):
        """What a secret has to be depends on who works with it; without an interface nobody knows
        yet, and the interface asks before it is submitted."""
        # sudo: interfaces that the person may not see are broken by a wrong secret as well
        used = self.credential_id.sudo().interface_ids
        for interface in used.filtered(lambda one: one.transport == "webhook"):
            try:
                interface._check_webhook_secret(kind, secret)
            except ValueError as exc:
                raise ValidationError(str(exc)) from exc
        return super()._check_secret(kind, secret)
