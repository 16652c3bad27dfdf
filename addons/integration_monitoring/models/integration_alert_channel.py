import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.integration_core.engine import audit

from ..engine import alert_channels, incident_events
from ..tools.escalation import Audience
from ..tools.quiet_hours import QuietHours
from .integration_incident import SEVERITIES
from .integration_incident_event import AUDIENCES


class IntegrationAlertChannel(models.Model):
    """A way by which people, or other systems, are told of incidents."""

    _name = "integration.alert.channel"
    _description = "Alert Channel"
    _inherit = ["integration.closed.columns", "integration.audited"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("activity", "Activity"),
            ("chat", "Chat"),
            ("mail", "Mail"),
            ("webhook", "Webhook"),
        ],
        required=True,
        default="activity",
        help="Activity: a task on the incident for each person. Chat: a message in a channel of "
        "Discuss. Mail: to each person. Webhook: events for the interfaces that subscribe to them.",
    )
    min_severity = fields.Selection(
        SEVERITIES,
        string="From severity",
        required=True,
        default="4",
        help="What is less severe is not told here.",
    )
    for_support = fields.Boolean(string="Those on duty", default=True)
    for_owner = fields.Boolean(string="The owner of the interface")
    for_business = fields.Boolean(string="The business owner of the system")
    for_managers = fields.Boolean(string="Managers")
    support_ids = fields.Many2many(
        "res.users",
        "integration_alert_channel_support_rel",
        string="On duty",
        domain="[('share', '=', False)]",
        help="Empty: all integration operators of the company.",
    )
    manager_ids = fields.Many2many(
        "res.users",
        "integration_alert_channel_manager_rel",
        string="Who manages",
        domain="[('share', '=', False)]",
        help="Empty: all integration administrators of the company.",
    )
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        help="Incidents of these are told. Empty: of all. What concerns the whole suite is told in "
        "any case.",
    )
    discuss_channel_id = fields.Many2one(
        "discuss.channel",
        string="Channel",
        ondelete="restrict",
        domain="[('channel_type', '=', 'channel')]",
        help="Everybody who may read it reads the names of systems and interfaces.",
    )
    addresses = fields.Char(
        string="Further addresses",
        help="Mail addresses that get every alert of this channel, such as the one of a pager. "
        "Separated by commas.",
    )
    quiet = fields.Boolean(
        string="Quiet hours", help="What is less than critical waits until they are over."
    )
    quiet_from = fields.Float(string="From", default=22.0)
    quiet_to = fields.Float(string="To", default=6.0)
    tz = fields.Selection(
        _tz_get, string="Time zone", default=lambda self: self.env.user.tz or "UTC", required=True
    )
    subscriber_ids = fields.Many2many(
        "integration.interface",
        string="Interfaces that subscribe",
        compute="_compute_subscriber_ids",
    )
    last_told_at = fields.Datetime(string="Last told", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    last_error_at = fields.Datetime(readonly=True, copy=False)
    failing = fields.Boolean(readonly=True, copy=False, help="The last alert could not be told.")
    state = fields.Selection(
        [("unused", "Nothing told yet"), ("ok", "Works"), ("failing", "Fails")],
        compute="_compute_state",
    )

    _closed_fields = frozenset({"last_told_at", "last_error", "last_error_at", "failing"})
    _audit_excluded = tuple(sorted(_closed_fields))

    @api.depends("last_told_at", "failing")
    def _compute_state(self):
        for channel in self:
            well = "ok" if channel.last_told_at else "unused"
            channel.state = "failing" if channel.failing else well

    @api.depends("kind")
    @api.depends_context("uid")
    def _compute_subscriber_ids(self):
        found = incident_events.subscribers(self.env)
        for channel in self:
            channel.subscriber_ids = found if channel.kind == "webhook" else found.browse()

    @api.constrains("kind", "discuss_channel_id")
    def _check_discuss_channel(self):
        for channel in self:
            if channel.kind == "chat" and not channel.discuss_channel_id:
                raise ValidationError(self.env._("Choose the channel of Discuss to write to."))

    @api.constrains("addresses")
    def _check_addresses(self):
        for channel in self:
            wrong = [text for text in channel._address_parts() if not email_normalize(text)]
            if wrong:
                raise ValidationError(
                    self.env._(
                        "“%s” is not one mail address. Separate several by commas.", wrong[0]
                    )
                )

    @api.constrains("for_support", "for_owner", "for_business", "for_managers")
    def _check_audience(self):
        for channel in self:
            if not channel._audience():
                raise ValidationError(self.env._("Choose who is told through “%s”.", channel.name))

    @api.constrains("quiet", "quiet_from", "quiet_to")
    def _check_quiet_hours(self):
        for channel in self:
            try:
                channel._quiet_hours()
            except ValueError as exc:
                raise ValidationError(
                    self.env._("Quiet hours begin and end between 0:00 and 24:00.")
                ) from exc

    # ------------------------------------------------------------------
    # what delivery asks
    # ------------------------------------------------------------------

    def _audience(self):
        """Who is told through it, as members of :class:`..tools.escalation.Audience`."""
        self.ensure_one()
        return tuple(one for one in Audience if self[f"for_{one.value}"])

    def _address_parts(self):
        return [part.strip() for part in (self.addresses or "").split(",") if part.strip()]

    def _quiet_hours(self):
        self.ensure_one()
        if not self.quiet:
            return None
        return QuietHours(self.quiet_from, self.quiet_to, pytz.timezone(self.tz or "UTC"))

    def _takes(self, incident, audience, severity):
        """Whether something is told through it."""
        self.ensure_one()
        return (
            int(severity) <= int(self.min_severity)
            and bool(set(audience) & set(self._audience()))
            and (
                not self.company_ids
                or not incident.company_id
                or incident.company_id in self.company_ids
            )
        )

    @api.model
    def _audience_labels(self):
        """``[(value, label)]`` in the reader's language."""
        labels = {
            "support": self.env._("those on duty"),
            "owner": self.env._("the owner of the interface"),
            "business": self.env._("the business owner of the system"),
            "managers": self.env._("the managers"),
        }
        return [(name, labels[name]) for name, _label in AUDIENCES]

    def _succeeded(self):
        # sudo: closed columns, written by delivery
        self.sudo().write({"last_told_at": fields.Datetime.now(), "failing": False})

    def _failed(self, why):
        now = fields.Datetime.now()
        # sudo: as above
        self.sudo().write({"last_error": why, "last_error_at": now, "failing": True})

    # ------------------------------------------------------------------
    # a test
    # ------------------------------------------------------------------

    def action_send_test(self):
        """Send a test alert, and say whom it reached.

        :raises UserError: it cannot be sent; the text says why
        """
        self.ensure_one()
        self.check_access("write")
        try:
            with self.env.cr.savepoint():
                # sudo: operators' names, the bot's messages; the right was checked
                reached = alert_channels.test(self.sudo())
        except alert_channels.NotTold as exc:
            raise UserError(str(exc)) from exc
        self._succeeded()
        audit.record(self, "test")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.env._("Test alert sent"),
                "message": reached,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
