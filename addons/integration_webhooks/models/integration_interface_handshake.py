from odoo import api, fields, models

from odoo.addons.integration_core.tools.keyring import KeyRingError

from ..tools import handshakes
from ..tools.options import read_options


class IntegrationInterface(models.Model):
    """What a partner asks before it delivers."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    webhook_handshake = fields.Selection(
        [
            ("hub", "Challenge in the address (Meta, WebSub)"),
            ("cloudevents", "OPTIONS request (CloudEvents, Azure Event Grid)"),
            ("graph", "Validation token (Microsoft Graph)"),
        ],
        string="Asks before it delivers",
        governed=True,
        help="How the partner makes sure that this address wants its messages. Slack, Zoom and "
        "Amazon SNS ask in a way of their own, which comes with their proof.",
    )
    handshake_options = fields.Text(
        string="Settings of the question",
        default="{}",
        governed=True,
        help="What is agreed to. Everything else is refused.",
    )
    handshake_form = fields.Json(compute="_compute_handshake_form")
    verify_token = fields.Char(
        string="Verification token",
        compute="_compute_verify_token",
        groups="integration_core.group_administrator",
        help="Enter it at the partner (Meta: “Verify token”).",
    )

    @api.depends("webhook_handshake")
    def _compute_handshake_form(self):
        for interface in self:
            handshake = handshakes.HANDSHAKES.get(interface.webhook_handshake)
            interface.handshake_form = self._options_form(handshake.options if handshake else None)

    @api.depends("webhook_handshake")
    def _compute_verify_token(self):
        for interface in self:
            hub = interface.webhook_handshake == "hub"
            interface.verify_token = (interface._verify_token() or False) if hub else False

    def _verify_token(self) -> str:
        """A text that only the partner and we know; empty without a key ring. Nothing stores it."""
        ring = self.env["integration.credential"]._key_ring()
        subject = self.revision_of_id or self
        try:
            return ring.pseudonym(str(subject._origin.id), "integration.handshake") if ring else ""
        except KeyRingError:
            return ""

    def _handshake(self):
        """``(handshake, options)``, or two times ``None``.

        :raises OptionsInvalid: with a sentence.
        """
        handshake = handshakes.HANDSHAKES.get(self.webhook_handshake)
        if handshake is None:
            return None, None
        raw = self._entered_options(self.handshake_options)
        if self.webhook_handshake == "hub":
            token = self._verify_token()
            raw = {**raw, "verify_tokens": [token] if token else []}
        return handshake, read_options(handshake.options, raw)

    # ------------------------------------------------------------------
    # subscriptions
    # ------------------------------------------------------------------

    subscription_count = fields.Integer(compute="_compute_subscription_count")

    @api.depends_context("uid")
    def _compute_subscription_count(self):
        # sudo: a number, for whoever reads the interface
        model = self.env["integration.webhook.subscription"].sudo()
        counts = dict(
            model._read_group([("interface_id", "in", self.ids)], ["interface_id"], ["__count"])
        )
        for interface in self:
            interface.subscription_count = counts.get(interface._origin, 0)

    def action_open_subscriptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_webhooks.action_integration_webhook_subscription"
        )
        return {**action, "domain": [("interface_id", "=", self.id)], "context": {}}
