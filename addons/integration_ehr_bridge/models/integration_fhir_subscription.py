from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

#: How often a heartbeat may fail to come before that is silence.
PATIENCE = 3


class IntegrationFhirSubscription(models.Model):
    """A subscription at a partner's server that tells an interface what happens there.

    Its server may give up telling after a minute of trouble, so nobody relies on it alone: a gap in
    its counter, and its silence, have the partner asked (:mod:`..engine.fhir_watch`).
    """

    _name = "integration.fhir.subscription"
    _description = "FHIR Subscription"
    _order = "interface_id, reference"
    _rec_name = "reference"
    _check_company_auto = True

    interface_id = fields.Many2one(
        "integration.interface",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        domain="[('transport', '=', 'fhir'), ('direction', '=', 'inbound')]",
    )
    company_id = fields.Many2one(
        related="interface_id.company_id", store=True, index=True, precompute=True
    )
    reference = fields.Char(
        required=True,
        readonly=True,
        help="Its name at the partner's server, such as “Subscription/17”. One that tells us "
        "something is here by itself.",
    )
    topic = fields.Char(readonly=True, help="What it tells of, as its server says.")
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("active", "Active"),
            ("silent", "Silent"),
            ("error", "Error"),
            ("off", "Off"),
        ],
        required=True,
        readonly=True,
        default="requested",
        help="Silent: nothing was heard of it for three times the heartbeat, or ever. Error and "
        "off: so its server says.",
    )
    heartbeat = fields.Integer(
        string="Heartbeat (seconds)",
        default=0,
        help="How often its server tells that it lives when nothing happens, as it was agreed. 0: "
        "never, so nobody can tell its silence.",
    )
    last_event = fields.Char(
        string="Last event",
        readonly=True,
        help="Number of the last event that is known, as its server counts.",
    )
    last_heard_at = fields.Datetime(string="Last heard", readonly=True)
    last_event_at = fields.Datetime(string="Last notification", readonly=True)
    last_heartbeat_at = fields.Datetime(string="Last heartbeat", readonly=True)
    handshake_at = fields.Datetime(string="Handshake", readonly=True)
    gap_count = fields.Integer(
        string="Gaps", readonly=True, help="How often the counter said that something was missed."
    )
    missed_count = fields.Integer(string="Missed events", readonly=True)
    last_gap_at = fields.Datetime(string="Last gap", readonly=True)

    _reference_unique = models.UniqueIndex(
        "(interface_id, reference)", "The interface has this subscription already."
    )

    @api.constrains("heartbeat")
    def _check_heartbeat(self):
        for subscription in self:
            if subscription.heartbeat < 0:
                raise ValidationError(self.env._("The heartbeat cannot be negative."))

    def action_poll(self):
        """Ask the partner what is new, for whoever does not want to wait."""
        self.check_access("write")
        for interface in self.interface_id:
            # sudo: an operator asks for a poll, and changes nothing of the interface
            polling = interface.sudo()
            if not polling._fhir_polled_types():
                raise UserError(
                    self.env._(
                        "“%s” reads from no server, so nobody can be asked. Set up “Polling”.",
                        interface.display_name,
                    )
                )
            polling._fhir_poll_wanted()

    @api.model
    def _watch(self):
        """Find subscriptions that are silent, and have their partners asked."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE integration_fhir_subscription SET state = 'silent' "
                "WHERE state IN ('active', 'requested') AND heartbeat > 0 "
                # One that was asked for, and of which nothing was ever heard, is silent as well.
                "AND coalesce(last_heard_at, create_date) < "
                "%s - heartbeat * interval '%s second' RETURNING id",
                fields.Datetime.now(),
                PATIENCE,
            )
        )
        silent = self.browse([row[0] for row in self.env.cr.fetchall()])
        silent.invalidate_recordset()
        # Silence goes on: who is silent is asked again as often as a heartbeat should come.
        due = silent | self._still_silent()
        for interface in due.interface_id:
            interface._fhir_poll_wanted()
        return silent

    def _still_silent(self):
        return self.search([("state", "=", "silent")]).filtered(
            lambda one: (
                (one.last_heard_at or one.create_date)
                < fields.Datetime.now() - timedelta(seconds=one.heartbeat)
            )
        )
