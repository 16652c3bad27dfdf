from datetime import timedelta

from odoo import api, fields, models

from ..tools.mllp.counters import Reason
from .integration_mllp_listener import KEPT_DAYS

REASONS = [
    (Reason.ADDRESS, "Address not accepted"),
    (Reason.CONNECTIONS, "Too many connections"),
    (Reason.TLS, "No TLS, or no trusted certificate"),
    (Reason.CERTIFICATE, "Another certificate than agreed"),
    (Reason.IDLE, "Nothing came for too long"),
    (Reason.GARBAGE, "Bytes outside of frames"),
    (Reason.TRUNCATED, "Message broke off"),
    (Reason.TOO_LONG, "Message too large"),
    (Reason.UNREADABLE, "Not readable as HL7 v2"),
    (Reason.ENVIRONMENT, "Meant for another environment"),
    (Reason.RECEIVER, "Addressed to another receiver"),
    (Reason.ABANDONED, "Not taken: an earlier one was not stored"),
    (Reason.UNSTORED, "Database not available"),
]


class IntegrationMllpRefusal(models.Model):
    """How often a port refused something, by day and reason; without any content."""

    _name = "integration.mllp.refusal"
    _description = "Refusals of an MLLP Port"
    _log_access = False
    _rec_name = "reason"
    _order = "day desc, last_at desc, id desc"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id", store=True, index=True)
    day = fields.Date(required=True, readonly=True)
    reason = fields.Selection(
        [(str(code), label) for code, label in REASONS], required=True, readonly=True
    )
    count = fields.Integer(required=True, readonly=True)
    last_at = fields.Datetime(string="Last", required=True, readonly=True)
    last_address = fields.Char(string="Last from", readonly=True)

    _day_unique = models.UniqueIndex("(interface_id, day, reason)")

    def action_open_interface(self):
        """The interface whose port it is."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.interface",
            "res_id": self.interface_id.id,
            "views": [(False, "form")],
        }

    @api.autovacuum
    def _gc_refusals(self):
        limit = fields.Date.today() - timedelta(days=KEPT_DAYS)
        self.search([("day", "<", limit)]).unlink()
