from odoo import fields, models

from ..engine.ledger_fields import LedgerMany2one
from .integration_message import ERROR_CLASSES, STATES


class IntegrationAttempt(models.Model):
    """One try to send or to handle a message, and how it ended."""

    _name = "integration.attempt"
    _description = "Integration Attempt"
    _order = "id"
    _log_access = False

    message_id = LedgerMany2one(
        "integration.message", required=True, index=True, readonly=True, ondelete="cascade"
    )
    number = fields.Integer(readonly=True)
    started_at = fields.Datetime(string="Started", required=True, readonly=True)
    duration_ms = fields.Integer(
        string="Duration (ms)",
        readonly=True,
        help="From the beginning of the attempt to its outcome, in milliseconds.",
    )
    outcome = fields.Selection(
        STATES, readonly=True, help="State of the message after this attempt."
    )
    ended_at = fields.Datetime(
        string="Answered",
        readonly=True,
        help="When the acknowledgement came that the attempt waited for, or its time was over. "
        "Empty where the answer came at once.",
    )
    http_status = fields.Integer(string="HTTP status", readonly=True)
    error_class = fields.Selection(
        ERROR_CLASSES,
        string="Class of error",
        readonly=True,
        help="What kind of failure it was; it decides whether to try again.",
    )
    error_code = fields.Char(string="Error code", readonly=True)
    error_message = fields.Char(string="Error", readonly=True)

    # Few attempts wait for an acknowledgement; the others cost this index nothing.
    _ended_idx = models.Index("(ended_at) WHERE ended_at IS NOT NULL")
