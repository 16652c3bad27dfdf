from datetime import timedelta

from odoo import api, fields, models

#: Seconds without a sign of life after which a listener counts as gone.
STALE = 45
#: Days for which listeners that ended, and refusals, are shown.
KEPT_DAYS = 30


class IntegrationMllpListener(models.Model):
    """A listener process, as it reports itself every ten seconds. People read it."""

    _name = "integration.mllp.listener"
    _description = "MLLP Listener"
    _log_access = False
    _rec_name = "host"
    _order = "seen_at desc, id desc"

    instance = fields.Char(required=True, readonly=True, help="Random id of the process.")
    host = fields.Char(required=True, readonly=True)
    pid = fields.Integer(string="Process", readonly=True, aggregator=None)
    version = fields.Char(readonly=True, help="Version of the addon that it runs.")
    started_at = fields.Datetime(string="Since", required=True, readonly=True)
    seen_at = fields.Datetime(string="Last seen", required=True, readonly=True)
    stopped_at = fields.Datetime(string="Stopped", readonly=True)
    port_ids = fields.One2many("integration.mllp.listener.port", "listener_id", readonly=True)
    connections = fields.Integer(compute="_compute_ports")
    open_count = fields.Integer(string="Open ports", compute="_compute_ports")
    closed_count = fields.Integer(
        string="Closed ports",
        compute="_compute_ports",
        help="Ports that it cannot serve. Open the listener to see why.",
    )
    state = fields.Selection(
        [("running", "Running"), ("stale", "Silent"), ("stopped", "Stopped")],
        compute="_compute_state",
        help="Silent: it has reported nothing for a while. It was killed, or cannot reach the "
        "database; its partners keep their messages.",
    )

    _instance_unique = models.UniqueIndex("(instance)")

    @api.depends("port_ids.connections", "port_ids.error")
    @api.depends_context("uid")
    def _compute_ports(self):
        for listener in self:
            closed = listener.port_ids.filtered("error")
            listener.closed_count = len(closed)
            listener.open_count = len(listener.port_ids - closed)
            listener.connections = sum(listener.port_ids.mapped("connections"))

    @api.depends("seen_at", "stopped_at")
    def _compute_state(self):
        limit = fields.Datetime.now() - timedelta(seconds=STALE)
        for listener in self:
            if listener.stopped_at:
                listener.state = "stopped"
            else:
                listener.state = "running" if listener.seen_at >= limit else "stale"

    @api.autovacuum
    def _gc_listeners(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("seen_at", "<", limit)]).unlink()
