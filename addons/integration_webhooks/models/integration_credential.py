from odoo import api, models
from odoo.exceptions import ValidationError

from ..tools import standard_webhooks


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
