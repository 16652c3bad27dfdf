from odoo import api, fields, models

SYNC_STATES = [
    ("pending", "Pending"),
    ("sent", "Sent"),
    ("waiting", "Waiting for confirmation"),
    ("synchronised", "Synchronised"),
    ("failed", "Failed"),
    ("conflict", "Conflict"),
    ("cancelled", "Cancelled"),
]
# Worst first: a record that takes part in several interfaces shows the first that applies.
SEVERITY = ["failed", "conflict", "pending", "sent", "waiting", "synchronised", "cancelled"]


class IntegrationRecordSync(models.Model):
    """What became of a record at an interface, for those who work with the record."""

    _name = "integration.record.sync"
    _description = "Integration Sync Status"
    _log_access = False
    _rec_name = "state"

    res_model = fields.Char(string="Document model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document id", model_field="res_model", required=True, readonly=True
    )
    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(SYNC_STATES, required=True, readonly=True)
    reason = fields.Char(readonly=True)
    message_id = fields.Many2one(
        "integration.message", readonly=True, index=True, ondelete="set null"
    )
    changed_at = fields.Datetime(required=True, readonly=True)

    _record_unique = models.UniqueIndex("(res_model, res_id, interface_id)")

    @api.model
    def _severity_sql(self, column="state"):
        """SQL array position of a state in :data:`SEVERITY` (1 is the worst)."""
        return f"array_position(ARRAY{SEVERITY!r}::varchar[], {column})"
