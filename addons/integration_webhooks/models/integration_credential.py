from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import standard_webhooks


class IntegrationCredential(models.Model):
    """May also be the access to an endpoint, beside the credential that signs."""

    _inherit = "integration.credential"

    access_interface_ids = fields.One2many("integration.interface", "webhook_access_id")

    def _interfaces(self):
        return super()._interfaces() | self.access_interface_ids


class IntegrationCredentialVersion(models.Model):
    """Refuses a secret that could not sign when it is entered, not when it is used."""

    _inherit = "integration.credential.version"

    @api.model
    def _check_secret(self, kind, secret):
        if kind == "hmac":
            try:
                standard_webhooks.Secret.parse(secret)
            except ValueError as exc:
                raise ValidationError(str(exc)) from exc
        return super()._check_secret(kind, secret)
