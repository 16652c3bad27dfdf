import logging

from odoo import SUPERUSER_ID, api, fields, models

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..engine import (
    collector,
    fast_loop,
    heartbeats,
    keeping,
    ranges,
    runner_watch,
    tidying,
)
from ..tools.histogram import Histogram, percentiles
from ..tools.rollup import Step

_logger = logging.getLogger(__name__)

STEPS = [(str(int(step)), step.name.capitalize()) for step in Step]
#: Seconds for which one run counts what is still to be counted of the past.
CRON_WORK, JOB_WORK = 5.0, 1.0
#: Batches of each step that one run of the removal takes, at most.
BATCHES = 40


class IntegrationRollup(models.Model):
    """What happened to one interface in a minute, an hour or a day; see ``tools.rollup``.

    Written by ``engine.rollup_rows`` alone: by one process at a time, after the fact, so that no
    business transaction waits for it.
    """

    _name = "integration.rollup"
    _description = "Traffic of an Interface"
    _order = "begin_at desc, id desc"
    _rec_name = "begin_at"
    _log_access = False

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    system_id = fields.Many2one(related="interface_id.system_id")
    company_id = fields.Many2one(related="interface_id.company_id")
    step = fields.Integer(
        string="Seconds",
        required=True,
        readonly=True,
        aggregator=None,
        help="Length of the window: 60, 3600 or 86400.",
    )
    # pylint: disable-next=attribute-deprecated
    length = fields.Selection(STEPS, compute="_compute_length", string="Window")
    begin_at = fields.Datetime(string="From", required=True, readonly=True)
    received = fields.Json(
        string="Received by direction", readonly=True, help="New messages by direction."
    )
    finished = fields.Json(readonly=True, help="Messages that reached a state, by state.")
    errors = fields.Json(readonly=True, help="Failed attempts by class of error.")
    attempts = fields.Integer(
        readonly=True, help="Tries to send or to handle a message that ended."
    )
    duplicates = fields.Integer(
        readonly=True, help="Messages that were recognised as known already."
    )
    bytes = fields.Float(
        # whole numbers, beyond what an integer of four bytes holds
        readonly=True,
        digits=(20, 0),
        help="Size of received and sent content, before compression.",
    )
    latency = fields.Json(
        readonly=True, help="Counts of durations by bucket, from the new message to its effect."
    )
    depth = fields.Integer(
        string="Waiting", readonly=True, aggregator=None, help="At the end of the window."
    )
    depth_peak = fields.Integer(string="Waiting at most", readonly=True, aggregator="max")
    oldest = fields.Float(
        string="Oldest (s)",
        readonly=True,
        aggregator="max",
        help="How long the oldest message had waited at most, in seconds. Held ones do not count.",
    )
    held = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Messages that were held at the end of the window: paused, parked or not released.",
    )
    # Sums of the above, so that they can be added up and drawn.
    received_count = fields.Integer(string="Received", readonly=True, help="New messages.")
    done_count = fields.Integer(string="Done", readonly=True)
    failed_count = fields.Integer(
        string="Failed for good",
        readonly=True,
        help="Messages that became dead letters or were quarantined.",
    )
    error_count = fields.Integer(string="Failed attempts", readonly=True)
    p50 = fields.Float(string="Median (s)", compute="_compute_percentiles")
    p95 = fields.Float(string="95 % within (s)", compute="_compute_percentiles")
    p99 = fields.Float(string="99 % within (s)", compute="_compute_percentiles")

    _window_unique = models.UniqueIndex("(interface_id, step, begin_at)")
    # Retention takes whole ranges of one step, whatever the interface.
    _begin_idx = models.Index("(step, begin_at)")

    @api.depends("step")
    def _compute_length(self):
        for window in self:
            window.length = str(window.step) if window.step in list(Step) else False

    @api.depends("latency")
    def _compute_percentiles(self):
        for window in self:
            found = percentiles(Histogram.from_list(window.latency))
            for name, value in found.items():
                window[name] = value or 0.0

    # ------------------------------------------------------------------
    # collecting
    # ------------------------------------------------------------------

    @api.model
    def _cron_collect(self):
        """Each minute: collect, keep the fast loop going, and have the job runner watched."""
        runner_watch.ensure(self.env.registry)
        self._collect(CRON_WORK)
        fast_loop.keep_going(self.env.registry)

    def _job_collect(self):
        """Job: the same, several times a minute; and the sign of life of the job runner."""
        fast_loop.beat(self.env.registry)
        if collector.is_due(self.env.registry):
            self._collect(JOB_WORK)
        fast_loop.enqueue(self.env.registry)

    @api.model
    def _cron_remove(self):
        """Each hour: remove what was kept long enough."""
        keeping.remove(self.env.registry, BATCHES)
        tidying.remove(self.env.registry, BATCHES)

    @api.model
    def _collect(self, seconds):
        """Bring rollups and heartbeats up to date, then let the detectors look at them.

        All of it happens in transactions of their own; ours is too old to see what they wrote.

        :param seconds: how long to count what is still to be counted of the past
        """
        registry = self.env.registry
        collected = collector.collect(registry)
        if collected is None:
            return  # another process is at it
        heartbeats.look(registry)
        try:
            with own_cursor(registry) as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env[self._name]._after_collect(collected)
        except Exception:  # what is wrong with one detector must not end the counting
            _logger.exception("What looks at the traffic failed; it is tried again")
        ranges.work(registry, seconds)

    @api.model
    def _after_collect(self, collected):
        """Called after each collection, about four times a minute: extend it to look at rollups.

        The cursor is one of the engine's (READ COMMITTED) and is committed afterwards. It runs as
        superuser, in one process at a time as a rule; two at once must be harmless. What it raises
        is logged, undoes what was done on this cursor, and keeps nobody from collecting.

        :param collected: ``engine.collector.Collected``: the moment of the reading, from where rows
            are new, and the minutes that became final
        """
