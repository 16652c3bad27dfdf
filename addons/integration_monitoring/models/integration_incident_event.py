from odoo import api, fields, models

from .integration_incident import SEVERITIES

KINDS = [
    ("opened", "Began"),
    ("signal", "Signal"),
    ("behind", "Explained"),
    ("muted", "Maintenance"),
    ("told", "Told"),
    ("acknowledge", "Acknowledged"),
    ("assign", "Assigned"),
    ("escalate", "Escalated"),
    ("resolve", "Resolved"),
    ("reopen", "Opened again"),
    ("reopened", "Goes on"),
    ("note", "Note"),
    ("closed", "Healed"),
]
AUDIENCES = [
    ("support", "On duty"),
    ("owner", "Owner of the interface"),
    ("business", "Business owner of the system"),
    ("managers", "Managers"),
]


class IntegrationIncidentEvent(models.Model):
    """A line of the timeline of an incident: what happened, what was told, who did what."""

    _name = "integration.incident.event"
    _description = "Timeline of an Incident"
    _order = "at desc, id desc"
    _log_access = False
    _rec_name = "kind"

    incident_id = fields.Many2one(
        "integration.incident", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="incident_id.company_id")
    at = fields.Datetime(string="When", required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Who", readonly=True, ondelete="set null")
    text = fields.Text(readonly=True, help="In the words of the person who acted.")
    facts = fields.Json(readonly=True)
    sentence = fields.Char(string="What", compute="_compute_sentence")

    @api.depends("kind", "facts", "text")
    @api.depends_context("lang")
    def _compute_sentence(self):
        for event in self:
            event.sentence = event._sentence()

    def _sentence(self):
        """The line in the reader's language."""
        facts = self.facts or {}
        if self.text:
            return self.text
        say = {
            "signal": lambda: self.env["integration.incident.effect"]._signal_label(
                facts.get("signal")
            ),
            "told": lambda: self._told(facts),
            "assign": lambda: self._person(facts),
            "opened": lambda: self.env._("The trouble began."),
            "closed": lambda: self.env._("The last signal ended, and none came back."),
            "behind": lambda: self.env._("Something behind it explains it."),
            "muted": lambda: self.env._("Maintenance was announced; nobody is told meanwhile."),
            "acknowledge": lambda: self.env._("Looks after it."),
            "reopened": lambda: self._why(facts.get("why")),
        }.get(self.kind)
        return say() if say else ""

    def _person(self, facts):
        # sudo: the name of a colleague, nothing else of him
        return self.env["res.users"].sudo().browse(facts.get("user")).exists().name or ""

    def _why(self, why):
        if why == "signal":
            return self.env._("A signal came back after it was resolved.")
        if why == "lasts":
            return self.env._("It was resolved, but its signals have not ended for too long.")
        return self.env._("A person opened it again.")

    def _told(self, facts):
        labels = dict(self.env["integration.alert.channel"]._audience_labels())
        whom = ", ".join(labels.get(one, one) for one in facts.get("audience", ()))
        kinds = self.env["integration.incident.notice"]._fields["kind"]
        what = dict(kinds._description_selection(self.env)).get(facts.get("told"), "")
        severity = self._severity_label(facts.get("severity"))
        if not facts.get("channels"):
            return self.env._(
                "%(what)s, %(severity)s: nobody could be told.", what=what, severity=severity
            )
        return self.env._(
            "%(what)s, %(severity)s: for %(whom)s.", what=what, severity=severity, whom=whom
        )

    @api.model
    def _severity_label(self, severity):
        selection = self.env["integration.incident"]._fields["severity"]
        return dict(selection._description_selection(self.env)).get(
            str(severity), dict(SEVERITIES).get(str(severity), "")
        )
