from datetime import timedelta

from odoo import api, fields, models

# The file and syslog are the evidence; this is what the screen shows of it.
KEPT = timedelta(days=30)


class IntegrationAuditCheckpoint(models.Model):
    """A checkpoint that was written outside the database, or should have been."""

    _name = "integration.audit.checkpoint"
    _description = "Integration Audit Checkpoint"
    _order = "id desc"
    _rec_name = "number"
    _log_access = False

    number = fields.Integer(required=True, readonly=True)
    kind = fields.Selection(
        [("checkpoint", "Checkpoint"), ("restart", "Restart after a restore")],
        required=True,
        readonly=True,
    )
    taken_at = fields.Datetime(string="When", required=True, readonly=True)
    sequence = fields.Integer(
        string="Last number", required=True, readonly=True, help="Of the sealed entries."
    )
    count = fields.Integer(
        string="Entries", required=True, readonly=True, help="Sealed ones, and those that waited."
    )
    mac = fields.Char(required=True, readonly=True, help="Of the last seal.")
    key_id = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("taken", "Interrupted"), ("written", "Written"), ("failed", "Failed")],
        required=True,
        readonly=True,
    )
    problem = fields.Char(readonly=True)

    _number_idx = models.Index("(number)")

    @api.autovacuum
    def _gc_checkpoints(self):
        over = self.search([("taken_at", "<", fields.Datetime.now() - KEPT)], limit=10_000)
        # The last one is kept: its number is where counting goes on.
        (over - self.search([], limit=1)).unlink()
