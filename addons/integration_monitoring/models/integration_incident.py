from odoo import api, fields, models

from ..tools.causes import Subject
from ..tools.severity import Severity

SUBJECTS = [
    (Subject.SUITE.value, "The suite"),
    (Subject.LISTENER.value, "Listener"),
    (Subject.SYSTEM.value, "System"),
    (Subject.INTERFACE.value, "Interface"),
]
STATES = [
    ("open", "Open"),
    ("acknowledged", "Acknowledged"),
    ("escalated", "Escalated"),
    ("resolved", "Resolved"),
    ("closed", "Closed"),
]
SEVERITIES = [(str(int(one)), one.name.capitalize()) for one in Severity]


class IntegrationIncident(models.Model):
    """What is wrong with one subject, from its first signal to the end of its last one.

    Signals open and close it (:mod:`..tools.incidents`); people acknowledge, escalate and resolve
    it (:mod:`..tools.incident_states`). What was found out stands in it as numbers with reasons;
    content of messages never does.
    """

    _name = "integration.incident"
    _description = "Incident"
    _order = "closed_at desc, severity, started_at desc, id desc"

    name = fields.Char(string="What", compute="_compute_name")
    subject = fields.Selection(SUBJECTS, required=True, readonly=True)
    subject_ref = fields.Integer(
        readonly=True, aggregator=None, help="Id of the subject; 0: the suite as a whole."
    )
    interface_id = fields.Many2one(
        "integration.interface", readonly=True, index=True, ondelete="cascade"
    )
    system_id = fields.Many2one("integration.system", readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", readonly=True, index=True, help="Empty: it concerns all companies."
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="open", index=True)
    severity = fields.Selection(SEVERITIES, required=True, readonly=True, index=True)
    signals = fields.Json(
        readonly=True, help="Each signal with the moment at which it ended, 0 while it lasts."
    )
    findings = fields.Json(readonly=True, help="The numbers of each signal that say why.")
    started_at = fields.Datetime(
        string="Since", required=True, readonly=True, help="When the trouble began."
    )
    detected_at = fields.Datetime(string="Noticed", required=True, readonly=True)
    closed_at = fields.Datetime(string="Healed", readonly=True)
    user_id = fields.Many2one("res.users", string="Looked after by", readonly=True)

    # Of one subject there is one incident at a time, however many processes look.
    _open_unique = models.UniqueIndex("(subject, subject_ref) WHERE state != 'closed'")

    @api.depends("subject", "interface_id", "system_id")
    def _compute_name(self):
        labels = dict(self._fields["subject"]._description_selection(self.env))
        for incident in self:
            what = incident.interface_id or incident.system_id
            incident.name = what.display_name or labels.get(incident.subject)

    @api.model
    def _take_changes(self, observed):
        """Let signals that started, got worse or ended open, widen or calm incidents.

        :param observed: list of :class:`..tools.observed.Observed`, in the order of time
        """
        raise NotImplementedError
