from odoo import api, fields, models

from .integration_retention_clock import KINDS, TRACKS


class IntegrationRetentionRun(models.Model):
    """What retention removed between two moments at which nothing was overdue, or in an hour."""

    _name = "integration.retention.run"
    _description = "Retention Run"
    _log_access = False
    _order = "id desc"
    _rec_name = "started_at"

    started_at = fields.Datetime(string="Began", required=True, readonly=True)
    ended_at = fields.Datetime(string="Ended", readonly=True)
    state = fields.Selection(
        [("running", "Under way"), ("done", "Done")], required=True, readonly=True
    )
    line_ids = fields.One2many("integration.retention.line", "run_id")
    payload_count = fields.Integer(string="Contents", compute="_compute_counts")
    metadata_count = fields.Integer(string="Messages", compute="_compute_counts")
    keys_count = fields.Integer(string="Keys", compute="_compute_counts")
    events_count = fields.Integer(string="Events", compute="_compute_counts")

    _running_unique = models.UniqueIndex("(state) WHERE state = 'running'")
    _started_idx = models.Index("(started_at)")

    @api.depends("line_ids.count")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_counts(self):
        counts = {
            (run, kind): count
            for run, kind, count in self.env["integration.retention.line"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "kind"], ["count:sum"]
            )
        }
        for run in self:
            for kind, _name in KINDS:
                run[f"{kind}_count"] = counts.get((run, kind), 0)


class IntegrationRetentionLine(models.Model):
    """What one run removed at one interface: how much, and finished between which moments.

    By these a message without content tells when it lost it, without a column of its own.
    """

    _name = "integration.retention.line"
    _description = "Retention Run Line"
    _log_access = False
    _order = "run_id desc, kind desc, interface_id"
    _rec_name = "kind"

    run_id = fields.Many2one(
        "integration.retention.run", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(KINDS, string="What", required=True, readonly=True)
    track = fields.Selection(TRACKS, string="Messages that were", required=True, readonly=True)
    interface_id = fields.Many2one("integration.interface", readonly=True, ondelete="cascade")
    policy_id = fields.Many2one("integration.policy", readonly=True, ondelete="set null")
    count = fields.Integer(string="Removed", readonly=True)
    first_at = fields.Datetime(string="Finished from", readonly=True)
    last_at = fields.Datetime(string="Finished until", readonly=True)
    purged_at = fields.Datetime(string="Removed on", readonly=True)

    _line_unique = models.UniqueIndex("(run_id, kind, track, (coalesce(interface_id, 0)))")
    _message_idx = models.Index("(interface_id, kind, last_at)")
    _policy_idx = models.Index("(policy_id) WHERE policy_id IS NOT NULL")
