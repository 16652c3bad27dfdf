from odoo import api, fields, models

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..engine import incident_book, incident_rounds, notice_delivery
from ..engine.rollup_rows import moment
from ..tools.causes import Node, Subject
from ..tools.severity import Severity
from ..tools.subjects import signal_of

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
    ("closed", "Healed"),
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
    _inherit = [
        "integration.incident.acts",
        "integration.incident.screen",
        "integration.incident.told",
        "integration.reason.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "closed_at desc, severity, started_at desc, id desc"
    _reason_acts = ("action_escalate", "action_resolve", "action_reopen", "action_note")

    name = fields.Char(string="What", compute="_compute_name")
    subject = fields.Selection(SUBJECTS, required=True, readonly=True)
    subject_ref = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Id of the subject, see tools.subjects for those of the suite.",
    )
    listener_ref = fields.Integer(
        readonly=True, aggregator=None, help="Id of the listener that the interface depends on."
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
    quiet_since = fields.Datetime(
        string="Quiet since",
        readonly=True,
        help="When the last signal ended. It is healed when none comes back.",
    )
    closed_at = fields.Datetime(string="Healed", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Looked after by", readonly=True, index="btree_not_null"
    )
    acknowledged_at = fields.Datetime(string="Acknowledged", readonly=True)
    resolved_at = fields.Datetime(string="Resolved", readonly=True)
    resolution = fields.Text(readonly=True, help="How it was dealt with, in a person's words.")
    cause_id = fields.Many2one(
        "integration.incident",
        string="Behind it",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The incident whose trouble explains this one. Nobody is told of this one meanwhile.",
    )
    effect_ids = fields.One2many(
        "integration.incident.effect",
        "incident_id",
        string="What it does",
        help="Signals of interfaces that this explains. They make no incidents of their own.",
    )
    event_ids = fields.One2many("integration.incident.event", "incident_id", string="Timeline")
    notice_ids = fields.One2many("integration.incident.notice", "incident_id", string="Told")
    maintenance_id = fields.Many2one(
        "integration.maintenance", readonly=True, index="btree_not_null", ondelete="set null"
    )
    muted_until = fields.Datetime(
        string="Muted until",
        readonly=True,
        help="Maintenance was announced: nobody is told until then.",
    )
    # What those who look after it need.
    failure_impact = fields.Text(
        string="What it means", related="interface_id.failure_impact", related_sudo=False
    )
    runbook = fields.Html(related="interface_id.runbook", related_sudo=False)
    manual_fallback = fields.Html(related="interface_id.manual_fallback", related_sudo=False)
    support_contact_id = fields.Many2one(
        related="system_id.support_contact_id", string="Whom to call", related_sudo=False
    )
    criticality = fields.Selection(related="interface_id.criticality")
    # What was told, see tools.telling.
    told_at = fields.Datetime(string="Ladder since", readonly=True)
    told_severity = fields.Selection(SEVERITIES, readonly=True)
    told_to = fields.Json(readonly=True)
    reached = fields.Integer(
        string="Step", readonly=True, aggregator=None, help="Step of the escalation that was told."
    )
    turn = fields.Integer(
        string="Opened again", readonly=True, aggregator=None, help="How often it was opened again."
    )

    # Of one subject there is one incident at a time, however many processes look.
    _open_unique = models.UniqueIndex("(subject, subject_ref) WHERE state != 'closed'")
    _closed_idx = models.Index("(closed_at DESC, id DESC) WHERE state = 'closed'")

    @api.depends("subject", "subject_ref", "interface_id", "system_id")
    @api.depends_context("lang")
    def _compute_name(self):
        labels = dict(self._fields["subject"]._description_selection(self.env))
        signal = self.env["integration.incident.effect"]._fields["signal"]
        signals = dict(signal._description_selection(self.env))
        for incident in self:
            what = incident.interface_id or incident.system_id
            name = what.name or labels.get(incident.subject)
            if incident.subject == Subject.LISTENER.value:
                # sudo: the name of a part of the suite, which every observer may read
                part = self.env["integration.heartbeat"].sudo().browse(incident.subject_ref)
                name = part.exists().name or name
            elif apart := signal_of(Node(Subject(incident.subject), incident.subject_ref)):
                name = signals[apart.value]
            incident.name = name

    @api.depends("name")
    def _compute_display_name(self):
        for incident in self:
            incident.display_name = incident.name

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Nobody follows an incident: the channels decide who is told of it."""
        return True

    # ------------------------------------------------------------------
    # what detection and time do
    # ------------------------------------------------------------------

    @api.model
    def _take_changes(self, observed):
        """Let signals that started, got worse or ended open, widen or calm incidents.

        In the transaction of the caller, which keeps the states of its detectors in the same one:
        so a change is taken in once. It should be READ COMMITTED; otherwise one that comes too late
        is refused by the database, and the caller comes again.

        :param observed: list of :class:`..tools.observed.Observed`, in the order of time
        """
        if not observed:
            return
        # sudo: signals are facts, whoever found them out; people may only read incidents
        book = incident_book.Book(self.sudo().env, incident_book.now())
        book.take(observed)
        book.save()

    @api.model
    def _cron_incidents(self):
        """Each minute: end what is healed, take further what nobody looks after."""
        with own_cursor(self.env.registry) as cr:
            env = self.with_env(self.env(cr=cr)).sudo().env  # sudo: the cron's own work
            book = incident_book.Book(env, incident_book.now())
            incident_rounds.go(book)
            book.save()
            notice_delivery.refused_mails(env)
        notice_delivery.run(self.env.registry)

    @api.model
    def _cron_notices(self):
        """Deliver what is to be told; woken as soon as there is something."""
        notice_delivery.run(self.env.registry)

    def _mute(self, window, now):
        """Show which maintenance window an incident falls into."""
        self.ensure_one()
        if not window:
            if self.muted_until:
                self.muted_until = False
            return
        if self.muted_until != window.end_at or self.maintenance_id != window:
            if self.maintenance_id != window:
                self._note("muted", at=now, until=int(window._window().end))
            self.write({"muted_until": window.end_at, "maintenance_id": window.id})

    def _note(self, kind, at=None, text=None, **facts):
        """Write a line of the timeline.

        :param at: seconds since 1970; now by default
        :param text: words of the person who acts
        :param facts: fit for JSON; the sentence is made of them in the reader's language
        """
        self.env["integration.incident.event"].sudo().create(  # sudo: nobody writes it by hand
            [
                {
                    "incident_id": incident.id,
                    "at": moment(at) if at is not None else fields.Datetime.now(),
                    "kind": kind,
                    "user_id": self.env.uid if text is not None or facts.get("by") else False,
                    "text": text,
                    "facts": facts or False,
                }
                for incident in self
            ]
        )

    @api.model
    def _show_changes(self):
        """Let open screens load anew."""
        self.env["integration.overview"]._changed()
