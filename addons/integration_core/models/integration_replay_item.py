from odoo import fields, models
from odoo.models import BaseModel


class _Mention(fields.Many2one):
    """A many2one without a foreign key: a task may outlive the messages that it was about.

    No screen reads it; filters of messages look for it.
    """

    def update_db_foreign_key(self, model: BaseModel, column: dict[str, object]) -> None:
        """Make none: it would lock a hundred thousand messages when a task is started."""


class IntegrationReplayItem(models.Model):
    """A message of a bulk task, and what came of it. Written by ``engine.replay_tasks`` only."""

    _name = "integration.replay.item"
    _description = "Message of a Bulk Retry or Replay"
    _log_access = False
    _order = "task_id, message_id"
    _rec_name = "task_id"

    task_id = fields.Many2one(
        "integration.replay.task", required=True, readonly=True, ondelete="cascade"
    )
    message_id = _Mention("integration.message", required=True, readonly=True)
    act = fields.Selection([("retry", "Retry"), ("replay", "Replay")], required=True, readonly=True)
    # What it was like when the task was started, see engine.replay_scope.
    mark = fields.Datetime(readonly=True)
    outcome = fields.Char(
        readonly=True, help="“retried”, “replayed”, or the reason why it was not possible."
    )
    result_id = _Mention(
        "integration.message", readonly=True, help="What is queued: itself, or its replay."
    )

    _message_unique = models.UniqueIndex("(task_id, message_id)")
    _left_idx = models.Index("(task_id, message_id) WHERE outcome IS NULL")
