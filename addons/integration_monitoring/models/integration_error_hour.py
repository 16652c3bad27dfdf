from odoo import fields, models


class IntegrationErrorHour(models.Model):
    """Failures of a group in an hour; written by ``engine.error_collector``."""

    _name = "integration.error.hour"
    _description = "Failures of a Group in an Hour"
    _order = "hour_at desc"
    _rec_name = "hour_at"
    _log_access = False

    group_id = fields.Many2one(
        "integration.error.group", required=True, readonly=True, ondelete="cascade"
    )
    hour_at = fields.Datetime(string="Hour", required=True, readonly=True)
    count = fields.Integer(string="Failures", required=True, readonly=True)

    _hour_unique = models.UniqueIndex("(group_id, hour_at)")
    # Retention takes the oldest, whatever the group.
    _hour_idx = models.Index("(hour_at)")


class IntegrationErrorCollector(models.Model):
    """Up to which attempt failures were counted: one row, which the collector alone writes."""

    _name = "integration.error.collector"
    _description = "Progress of Counting Failures"
    _log_access = False

    attempt_id = fields.Integer(required=True, readonly=True)
    waited_at = fields.Datetime(string="What waits was counted", readonly=True)
