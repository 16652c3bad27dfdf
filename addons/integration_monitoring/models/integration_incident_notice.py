from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.integration_core.engine import audit

from ..engine import notice_delivery
from .integration_incident import SEVERITIES

KINDS = [
    ("start", "Start"),
    ("worse", "Worse"),
    ("step", "Escalation"),
    ("again", "Opened again"),
    ("end", "End"),
]


class IntegrationIncidentNotice(models.Model):
    """Something that is told of an incident through one channel.

    Written with what it tells of, in one transaction, and delivered afterwards
    (:mod:`..engine.notice_delivery`).
    """

    _name = "integration.incident.notice"
    _description = "Notice of an Incident"
    _order = "id desc"
    _log_access = False
    _rec_name = "kind"

    incident_id = fields.Many2one(
        "integration.incident", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="incident_id.company_id")
    channel_id = fields.Many2one(
        "integration.alert.channel", readonly=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="Names it, so that it is told once.")
    severity = fields.Selection(SEVERITIES, required=True, readonly=True)
    audience = fields.Json(readonly=True)
    at = fields.Datetime(string="When", required=True, readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waits"),
            ("sent", "Told"),
            ("skipped", "Not needed"),
            ("failed", "Failed"),
            ("nobody", "No channel"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    due_at = fields.Datetime(string="Next attempt", readonly=True)
    sent_at = fields.Datetime(string="Told at", readonly=True)
    mail_ids = fields.Json(readonly=True, help="Mails that Odoo's queue sends.")
    detail = fields.Char(string="To whom, or why not", readonly=True)

    # What is told once is told once through each channel.
    _key_unique = models.UniqueIndex("(incident_id, key, channel_id)")
    _due_idx = models.Index("(due_at, id) WHERE state = 'waiting'")

    @api.depends("kind", "channel_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for notice in self:
            notice.display_name = f"{kinds.get(notice.kind)}: {notice.channel_id.name or ''}"

    def action_try_again(self):
        """Tell at once what could not be told."""
        self.check_access("read")
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only integration operators may do this."))
        stuck = self.filtered(lambda one: one.state in ("failed", "waiting") and one.channel_id)
        # sudo: closed to writes of people; the right was checked
        stuck.sudo().write({"state": "waiting", "attempts": 0, "due_at": fields.Datetime.now()})
        audit.record(stuck.incident_id, "retry")
        notice_delivery.wake(self.env)
