from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain


class IntegrationIncidentScreen(models.AbstractModel):
    """What the screens of an incident show. Part of ``integration.incident``."""

    _name = "integration.incident.screen"
    _description = "Screen of an Incident"

    wrong_html = fields.Html(
        string="What is wrong", compute="_compute_wrong_html", sanitize=False, readonly=True
    )
    headline = fields.Char(string="In short", compute="_compute_headline")
    advice = fields.Text(string="First steps", compute="_compute_advice")
    duration = fields.Char(string="Lasted", compute="_compute_duration")
    effect_count = fields.Integer(string="Interfaces concerned", compute="_compute_effect_count")
    failed_notice_count = fields.Integer(compute="_compute_notice_trouble")
    untold = fields.Boolean(compute="_compute_notice_trouble")
    is_attended = fields.Boolean(compute="_compute_is_attended", search="_search_is_attended")

    @api.depends("state")
    def _compute_is_attended(self):
        for incident in self:
            incident.is_attended = incident.state not in ("open", "escalated")

    def _search_is_attended(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = ("open", "escalated")
        found = Domain.FALSE
        if True in value:
            found |= Domain("state", "not in", states)
        if False in value:
            found |= Domain("state", "in", states)
        return found

    @api.depends("signals", "findings")
    @api.depends_context("lang", "tz")
    def _compute_wrong_html(self):
        for incident in self:
            incident.wrong_html = Markup('<ul class="mb-0 ps-3">%s</ul>') % Markup().join(
                incident._finding_html(signal) for signal in incident._by_urgency()
            )

    def _by_urgency(self):
        ends = self.signals or {}
        return sorted(ends, key=lambda one: (bool(ends[one]), one))

    def _finding_html(self, signal):
        known = (self.findings or {}).get(signal, {})
        ended = (self.signals or {}).get(signal)
        notes = [self.env._("ended")] if ended else []
        if known.get("times", 1) > 1:
            notes.append(self.env._("%s times", known["times"]))
        return Markup('<li class="%s">%s%s</li>') % (
            "text-muted" if ended else "",
            self._sentence(signal, known.get("facts") or {}),
            Markup(' <span class="text-muted small">(%s)</span>') % ", ".join(notes)
            if notes
            else "",
        )

    @api.depends("signals")
    @api.depends_context("lang")
    def _compute_headline(self):
        labels = self.env["integration.incident.effect"]
        for incident in self:
            incident.headline = ", ".join(
                labels._signal_label(signal) for signal in incident._by_urgency()
            )

    @api.depends("signals")
    @api.depends_context("lang")
    def _compute_advice(self):
        for incident in self:
            incident.advice = "\n".join(incident._advice()) or False

    @api.depends("started_at", "closed_at")
    @api.depends_context("lang")
    def _compute_duration(self):
        now = fields.Datetime.now()
        for incident in self:
            begin = incident.started_at or now
            incident.duration = self._spoken(((incident.closed_at or now) - begin).total_seconds())

    @api.model
    def _spoken(self, seconds):
        minutes = max(0, int(seconds // 60))
        if minutes < 60:
            return self.env._("%s min", minutes)
        hours, rest = divmod(minutes, 60)
        if hours < 48:
            return self.env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
        return self.env._("%s days", hours // 24)

    @api.depends("effect_ids.interface_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_effect_count(self):
        for incident in self:
            incident.effect_count = len(incident.effect_ids.interface_id)

    @api.depends("notice_ids.state", "notice_ids.attempts")
    def _compute_notice_trouble(self):
        for incident in self:
            notices = incident.notice_ids
            incident.failed_notice_count = len(
                notices.filtered(
                    lambda one: one.state == "failed" or (one.state == "waiting" and one.attempts)
                )
            )
            incident.untold = any(one.state == "nobody" for one in notices)

    def action_open_interface(self):
        self.ensure_one()
        return self._open_record(self.interface_id)

    def action_open_failed(self):
        """The dead letters and quarantined messages of its interface."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_core.action_integration_message"
        )
        return {
            **action,
            "domain": [
                ("interface_id", "=", self.interface_id.id),
                ("state", "in", ("dead", "quarantined")),
            ],
            "context": {},
        }

    def action_open_cause(self):
        self.ensure_one()
        return self._open_record(self.cause_id)

    @api.model
    def _open_record(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }
