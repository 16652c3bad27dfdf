from odoo import fields, models
from odoo.exceptions import ValidationError


class IntegrationCredential(models.Model):
    """May also be the access to an endpoint, beside the credential that signs."""

    _inherit = "integration.credential"

    access_interface_ids = fields.One2many("integration.interface", "webhook_access_id")

    def _interfaces(self):
        return super()._interfaces() | self.access_interface_ids


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
