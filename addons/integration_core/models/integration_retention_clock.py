from odoo import fields, models

KINDS = [
    ("payload", "Content"),
    ("metadata", "Messages"),
    ("keys", "Idempotency keys"),
    ("events", "Events without messages"),
]
TRACKS = [("done", "Done"), ("closed", "Filtered or cancelled")]


class IntegrationRetentionClock(models.Model):
    """How far retention has come with one kind of data of one interface; written by the engine."""

    _name = "integration.retention.clock"
    _description = "Retention Clock"
    _log_access = False
    _order = "kind desc, interface_id, track, days"
    _rec_name = "kind"

    kind = fields.Selection(KINDS, string="What", required=True, readonly=True)
    track = fields.Selection(TRACKS, string="Messages that are", required=True, readonly=True)
    interface_id = fields.Many2one(
        "integration.interface", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    policy_id = fields.Many2one(related="interface_id.policy_id", string="Policy")
    days = fields.Integer(readonly=True)
    kept_days = fields.Integer(string="Days kept", compute="_compute_kept_days")
    reached_at = fields.Datetime(readonly=True)
    reached_id = fields.Integer(readonly=True)
    looked_again_at = fields.Datetime(readonly=True)
    overdue = fields.Integer(
        readonly=True,
        help="What is older than the policy keeps it and was not looked at yet. Beyond 100,000 it "
        "is counted as it is removed.",
    )
    oldest_at = fields.Datetime(string="Oldest overdue", readonly=True)
    caught_up_at = fields.Datetime(
        string="Last caught up", readonly=True, help="When nothing was overdue here last."
    )
    problem = fields.Char(readonly=True, help="Why the last batch failed; it is tried each hour.")

    _clock_unique = models.UniqueIndex(
        "(kind, track, (coalesce(interface_id, 0)), (coalesce(days, 0)))"
    )

    def _compute_kept_days(self):
        events = self.env["integration.retention"]._singleton().events_days
        for clock in self:
            # sudo: the policy of an interface that the reader may see
            policy = clock.sudo().policy_id
            clinical = clock.sudo().interface_id.data_class == "clinical"
            clock.kept_days = {
                "payload": policy.clinical_payload_days if clinical else policy.payload_days,
                "metadata": policy.metadata_days,
                "keys": clock.days,
                "events": events,
            }[clock.kind]

    def action_open_messages(self):
        """Finished messages that this clock would take next."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        states = ["done"] if self.track == "done" else ["filtered", "cancelled"]
        until = fields.Datetime.subtract(fields.Datetime.now(), days=self.kept_days)
        domain = [
            ("interface_id", "=", self.interface_id.id),
            ("state", "in", states),
            ("finished_at", "<", fields.Datetime.to_string(until)),
            ("on_hold", "=", False),
        ]
        if self.reached_at:
            domain.append(("finished_at", ">=", fields.Datetime.to_string(self.reached_at)))
        return {**action, "domain": domain, "context": {}}
