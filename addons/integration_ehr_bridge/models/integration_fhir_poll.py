from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core.engine import audit
from odoo.addons.integration_core.engine.cursors import own_cursor

from ..engine import fhir_poll

#: A poll that should have begun so many seconds ago is given a new job.
GRACE = 30


class IntegrationFhirPoll(models.Model):
    """A search that an inbound interface polls, and how far the server was read by it.

    Written by ``engine.fhir_polls`` in SQL with each page.
    """

    _name = "integration.fhir.poll"
    _description = "FHIR Poll"
    _log_access = False
    _order = "interface_id, id"
    _rec_name = "query"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id")
    query = fields.Char(string="Search", required=True, readonly=True)
    watermark = fields.Datetime(
        string="Read up to",
        readonly=True,
        help="By the clock of the server: everything that was changed before is stored. Each poll "
        "goes back by the overlap from here.",
    )
    walk = fields.Text(readonly=True, groups=fields.NO_ACCESS)
    next_at = fields.Datetime(string="Next poll", readonly=True)
    polled_at = fields.Datetime(string="Last poll", readonly=True)
    caught_up_at = fields.Datetime(
        string="Caught up", readonly=True, help="When a poll was last at the end of all pages."
    )
    lag_seconds = fields.Integer(
        string="Lag (s)",
        compute="_compute_lag",
        aggregator="max",
        help="How old our picture of the server is: seconds since we last were at the end of all "
        "pages.",
    )
    stored = fields.Integer(
        readonly=True, aggregator=None, help="New versions of resources that were stored, in all."
    )
    last_stored = fields.Integer(
        string="New at last", readonly=True, aggregator=None, help="Of the last complete poll."
    )
    run_stored = fields.Integer(readonly=True, aggregator=None)
    failures = fields.Integer(string="Failed in a row", readonly=True, aggregator=None, default=0)
    error_code = fields.Char(readonly=True)
    error_message = fields.Char(string="Last error", readonly=True)
    remark = fields.Char(
        string="Remark of the server", readonly=True, help="What it said about the search."
    )
    state = fields.Selection(
        [
            ("waiting", "Not yet"),
            ("reading", "Reading"),
            ("ok", "Up to date"),
            ("failing", "Failing"),
        ],
        compute="_compute_state",
    )

    _query_unique = models.UniqueIndex("(interface_id, query)")

    @api.depends("caught_up_at")
    def _compute_lag(self):
        now = fields.Datetime.now()
        for poll in self:
            since = poll.caught_up_at
            poll.lag_seconds = max(0, int((now - since).total_seconds())) if since else 0

    @api.depends("failures", "caught_up_at", "polled_at")
    def _compute_state(self):
        for poll in self:
            if poll.failures:
                poll.state = "failing"
            elif not poll.polled_at:
                poll.state = "waiting"
            elif poll.caught_up_at and poll.caught_up_at >= poll.polled_at:
                poll.state = "ok"
            else:
                poll.state = "reading"

    # ------------------------------------------------------------------
    # by people
    # ------------------------------------------------------------------

    def action_poll_now(self):
        """Ask the server now, whatever the interval or a failure says."""
        self._require_polling()
        self._due_now()
        audit.record(self.interface_id, "poll")
        self._wake()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The server is asked. Reload in a moment."),
            },
        }

    def _due_now(self):
        """Let the next drain read these searches; drains write the rows as well, so at once."""
        with own_cursor(self.env.registry) as cr:
            cr.execute(
                "UPDATE integration_fhir_poll SET next_at = now() AT TIME ZONE 'UTC' "
                "WHERE id = ANY(%s)",
                [self.ids],
            )

    def action_ask_read_again(self):
        """Open the dialog that asks from when, and why."""
        self._require_polling()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Read again"),
            "res_model": "integration.fhir.reread",
            "view_mode": "form",
            "target": "new",
            "context": {"default_poll_ids": [(6, 0, self.ids)]},
        }

    def _read_again(self, moment, reason):
        """Read everything again that was changed since a moment; what is known has no effect twice.

        :param moment: naive UTC; nothing: from the beginning
        """
        self._require_polling()
        before = {poll.id: poll.watermark for poll in self}
        for poll in self:
            overlap = poll.interface_id.fhir_poll_overlap
            with own_cursor(self.env.registry) as cr:
                cr.execute(
                    """
                    UPDATE integration_fhir_poll
                       SET watermark = %s + %s * interval '1 second', walk = NULL, failures = 0,
                           error_code = NULL, error_message = NULL,
                           next_at = now() AT TIME ZONE 'UTC'
                     WHERE id = %s
                    """,
                    [moment or None, overlap, poll.id],
                )
        self.invalidate_recordset()
        for poll in self:
            changes = {
                "watermark": (
                    fields.Datetime.to_string(before[poll.id]) or "",
                    fields.Datetime.to_string(moment) if moment else self.env._("everything"),
                )
            }
            audit.record(poll.interface_id, "reread", reason=reason, changes=changes)
        self._wake()

    def _require_polling(self):
        for interface in self.interface_id:
            interface._require_operator()
            if not interface._polls_now():
                raise UserError(
                    self.env._(
                        "“%s” does not poll now: it, or the interface that it reads through, is "
                        "not active, paused or held.",
                        interface.display_name,
                    )
                )

    def _wake(self):
        """Let the drains look once this transaction is committed."""
        self.env["integration.lane"]._wake_after_commit(self.interface_id.ids)

    @api.model
    def _cron_wake(self):
        """Give a drain back to polls that lost theirs."""
        if self.env["integration.arming"]._held():
            return
        with own_cursor(self.env.registry) as cr:
            fhir_poll.wake_overdue(cr, GRACE)


class IntegrationLane(models.Model):
    """A lane that reads from a FHIR server."""

    _inherit = "integration.lane"

    kind = fields.Selection(
        selection_add=[("fhir_poll", "FHIR polling")], ondelete={"fhir_poll": "cascade"}
    )

    def _drain_class(self):
        if self.kind == fhir_poll.LANE:
            return fhir_poll.PollDrain
        return super()._drain_class()
