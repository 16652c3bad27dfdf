from odoo import api, fields, models

from odoo.addons.integration_core.tools import errors, net_guard


class IntegrationInterface(models.Model):
    """Webhook endpoints: an outbound one has an address, an inbound one is given an address."""

    _inherit = "integration.interface"

    transport = fields.Selection(
        selection_add=[("webhook", "Webhook")], ondelete={"webhook": "set none"}
    )
    credential_id = fields.Many2one(required_if_transport="webhook")
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
        if not self.url:
            missing.append(self.env._("URL is empty."))
            return missing
        try:
            # Whether http will do is another question, which the core asks.
            net_guard.check_url(self.url, allow_plaintext=True)
        except errors.IntegrationError as exc:
            missing.append(exc.message)
        return missing
