from odoo import api, fields, models


class IntegrationMllpConnection(models.Model):
    """A connection that an outbound interface may have to its partner, and who holds it.

    Written by ``engine.mllp_leases`` in SQL, several times a second while messages are sent.
    """

    _name = "integration.mllp.connection"
    _description = "MLLP Connection"
    _log_access = False
    _order = "interface_id, slot"
    _rec_name = "holder"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    slot = fields.Integer(required=True, readonly=True, aggregator=None)
    holder = fields.Char(
        string="Worker", readonly=True, help="Machine and process that hold the connection."
    )
    token = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    generation = fields.Integer(
        string="Times taken",
        readonly=True,
        aggregator=None,
        help="How often a worker has taken the connection over.",
    )
    lease_until = fields.Datetime(readonly=True)
    wanted_until = fields.Datetime(readonly=True)
    connected_at = fields.Datetime(string="Connected since", readonly=True)
    acknowledged_at = fields.Datetime(string="Last acknowledgement", readonly=True)
    latency_ms = fields.Integer(
        string="Acknowledged after (ms)",
        readonly=True,
        aggregator=None,
        help="From the end of sending to the acknowledgement of the latest message.",
    )
    sent = fields.Integer(
        string="Sent on it", readonly=True, aggregator=None, help="Messages since it was opened."
    )
    state = fields.Selection(
        [("connected", "Connected"), ("held", "Held, not connected"), ("closed", "Closed")],
        compute="_compute_state",
        help="Closed: the next worker that sends opens it.",
    )

    _slot_unique = models.UniqueIndex("(interface_id, slot)")
    _token_unique = models.UniqueIndex("(token) WHERE token IS NOT NULL")

    @api.depends("lease_until", "connected_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for connection in self:
            if not connection.lease_until or connection.lease_until <= now:
                connection.state = "closed"
            else:
                connection.state = "connected" if connection.connected_at else "held"
