from odoo import api, fields, models

from odoo.addons.integration_core.tools import errors, net_guard

# How partners may know us. How they prove themselves is a matter of their scheme.
OUTBOUND_KINDS = (
    "hmac",
    "ed25519",
    "basic",
    "bearer",
    "header",
    "mtls",
    "oauth2",
    "private_key_jwt",
)
# Secrets that travel with each request.
CLEAR_KINDS = ("basic", "bearer", "header", "mtls", "oauth2", "private_key_jwt")


class IntegrationInterface(models.Model):
    """Webhook endpoints: an outbound one has an address, an inbound one is given an address."""

    _inherit = "integration.interface"

    transport = fields.Selection(
        selection_add=[("webhook", "Webhook")], ondelete={"webhook": "set none"}
    )
    inbound_url = fields.Char(
        string="Inbound address",
        compute="_compute_inbound_url",
        groups="integration_core.group_administrator",
        help="Give this address to the partner. Its last part is secret.",
    )

    @api.depends("token", "transport", "direction")
    def _compute_inbound_url(self):
        for interface in self:
            interface.inbound_url = (
                f"{interface.get_base_url()}/integration/webhook/{interface.token}"
                if interface.transport == "webhook" and interface.direction == "inbound"
                else False
            )

    def _missing_for_traffic(self):
        missing = super()._missing_for_traffic()
        if self.transport != "webhook" or self.direction != "outbound":
            return missing
        if self.credential_id:
            # sudo: an approver asks as well, who may not read credentials
            missing += self._missing_of_credential(self.credential_id.sudo())
        else:
            missing.append(self.env._("Credential is empty."))
        if not self.url:
            missing.append(self.env._("URL is empty."))
            return missing
        try:
            # Whether http will do is another question, which the core asks.
            net_guard.check_url(self.url, allow_plaintext=True)
        except errors.IntegrationError as exc:
            missing.append(exc.message)
        return missing

    def _missing_of_credential(self, credential) -> list[str]:
        kinds = OUTBOUND_KINDS
        names = dict(credential._fields["kind"]._description_selection(self.env))
        missing = []
        if credential.kind not in kinds:
            missing.append(
                self.env._(
                    "Webhooks in this direction cannot work with a credential of the kind "
                    "“%(kind)s”. Choose one of: %(kinds)s.",
                    kind=names[credential.kind],
                    kinds=", ".join(names[kind] for kind in kinds),
                )
            )
        secure = net_guard.stays_on_this_machine(self.url or "") or (self.url or "").startswith(
            "https:"
        )
        if credential.kind in CLEAR_KINDS and not secure:
            missing.append(
                self.env._(
                    "This kind of credential is sent along, so the address must begin with "
                    "https://. No waiver changes that."
                )
            )
        return missing
