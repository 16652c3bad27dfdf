from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import heartbeats

KINDS = [
    ("job_runner", "Job runner"),
    ("drain", "Drains"),
    ("watchdog", "Watchdog"),
    ("listener", "Listener"),
    ("cron", "Scheduled action"),
    ("sealer", "Audit sealer"),
    ("rollup", "Traffic figures"),
    ("other", "Other"),
]
#: What people may change.
SWITCHES = frozenset({"ignored"})


class IntegrationHeartbeat(models.Model):
    """When a moving part of the suite was last seen at work.

    A part that has done nothing for longer than it may is not assumed to be well: it counts as
    down until it is seen again. Written on cursors of the engine (``engine.heartbeats``), a row for
    each part. Addons with parts of their own extend :meth:`_parts`.
    """

    _name = "integration.heartbeat"
    _description = "Heartbeat of a Part of the Suite"
    _inherit = ["integration.audited"]
    _order = "kind, name"
    _log_access = False

    key = fields.Char(required=True, readonly=True, help="Names the part, as cron:<id>.")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    beat_at = fields.Datetime(
        string="Last seen", required=True, readonly=True, help="When it was last seen to be well."
    )
    every = fields.Integer(
        string="Allowed pause (s)",
        required=True,
        readonly=True,
        aggregator=None,
        help="Seconds after which the part counts as down.",
    )
    detail = fields.Char(readonly=True, help="Where it runs, and what it did last; never content.")
    looked_at = fields.Datetime(
        string="Looked at",
        readonly=True,
        help="When it was last looked after. Empty: it says itself that it is at work.",
    )
    ignored = fields.Boolean(
        string="Not watched",
        help="Nobody is told when it is down: it is switched off on purpose.",
    )
    state = fields.Selection(
        [("alive", "At work"), ("late", "Late"), ("down", "Down")],
        compute="_compute_state",
        help="Late: it has taken more than half of the pause that it is allowed.",
    )
    meaning = fields.Text(compute="_compute_advice", string="What it does")
    consequence = fields.Text(compute="_compute_advice", string="While it is down")
    advice = fields.Text(compute="_compute_advice", string="What to do")

    _key_unique = models.UniqueIndex("(key)")

    @api.depends("beat_at", "every", "looked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for part in self:
            pause = (part.looked_at or now) - part.beat_at if part.beat_at else timedelta.max
            allowed = timedelta(seconds=part.every)
            if pause > allowed:
                part.state = "down"
            else:
                part.state = "late" if pause > allowed / 2 else "alive"

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_advice(self):
        texts = self._advice()
        for part in self:
            part.meaning, part.consequence, part.advice = texts.get(part.kind, texts["other"])

    @api.model
    def _advice(self):
        """``{kind: (what it does, what it means that it is down, what to do)}``, for a newcomer."""
        return {
            "job_runner": (
                self.env._("It starts the jobs that send and handle messages."),
                self.env._(
                    "Nothing is sent and nothing that was received is handled. Partners still get "
                    "their receipts, and nothing is lost: messages wait."
                ),
                self.env._(
                    "Look whether the Odoo server runs with queue_job in server_wide_modules and "
                    "workers above 0, and whether [queue_job] channels gives root a capacity. "
                    "Restart the server. Messages that wait are then worked off by themselves."
                ),
            ),
            "drain": (
                self.env._(
                    "Drains are the jobs that send and handle the messages of an interface."
                ),
                self.env._(
                    "There are messages to send or to handle, and no job does it. They wait, in "
                    "order; nothing is lost."
                ),
                self.env._(
                    "If the job runner is down, mend that first. Otherwise look at Queue / Jobs "
                    "for jobs that failed or that fill every channel. The watchdog gives each "
                    "queue a new job within a minute once there is room."
                ),
            ),
            "watchdog": (
                self.env._("It gives a new job to every queue that lost its own."),
                self.env._(
                    "As long as nothing breaks, nobody notices. When a worker dies, its messages "
                    "wait until somebody sends the next one."
                ),
                self.env._(
                    "Scheduled actions do not run: look whether the server has max_cron_threads "
                    "above 0 and whether “Integrations: restart work that stopped” is active "
                    "under Settings / Technical / Scheduled actions."
                ),
            ),
            "listener": (
                self.env._("It receives HL7 messages over MLLP connections."),
                self.env._(
                    "Partners cannot connect. They keep their messages and send them when it is "
                    "back; what they do not tell meanwhile is missing here."
                ),
                self.env._(
                    "Start the listener process again, and look at its log for why it ended. Its "
                    "ports and what is wrong with them are listed under Listeners."
                ),
            ),
            "cron": (
                self.env._("A task that the server does from time to time; its name says which."),
                self.env._("What its name says is not done."),
                self.env._(
                    "Open it under Settings / Technical / Scheduled actions: is it active, and "
                    "when is it due? “Run manually” shows its error. If several are late, the "
                    "server runs none: look at max_cron_threads."
                ),
            ),
            "sealer": (
                self.env._("It chains and signs the entries of the audit trail."),
                self.env._(
                    "Entries are still written, but not yet protected: a change of one that waits "
                    "could not be proven."
                ),
                self.env._(
                    "Open Audit trail: it says what is wrong, mostly that the audit key of the "
                    "server's configuration cannot be read. What waits is sealed as soon as that "
                    "is mended."
                ),
            ),
            "rollup": (
                self.env._("It counts the traffic that the screens and alerts of monitoring show."),
                self.env._(
                    "Figures and alerts stand still. Messages are not affected, and the figures "
                    "are made up for later."
                ),
                self.env._(
                    "Look at the log of the server for errors of integration_monitoring, and "
                    "whether “Integrations: count traffic” is active under Settings / Technical / "
                    "Scheduled actions."
                ),
            ),
            "other": (
                self.env._("A part that another addon brought; its name says which."),
                self.env._("What it does is not done."),
                self.env._("Look at the log of the server for what ended it."),
            ),
        }

    @api.model
    def _beat(self, key, kind, name, every, detail=None):
        """Say that a part is at work, at once and whatever becomes of the caller's transaction.

        :param every: seconds after which it counts as down
        """
        heartbeats.beat(self.env.registry, key, kind, name, every, detail)

    @api.model
    def _parts(self):
        """``engine.heartbeats.Part`` of everything that does not say itself that it is at work.

        Extended by addons that have more. Asked as superuser about four times a minute, on a
        cursor of the engine; a part that is left out the next time is forgotten.
        """
        return heartbeats.core_parts(self.env)

    def write(self, vals):
        """People decide what is watched; the rest is what was seen."""
        if not SWITCHES.issuperset(vals):
            raise AccessError(self.env._("Heartbeats are written by what is at work only."))
        return super().write(vals)
