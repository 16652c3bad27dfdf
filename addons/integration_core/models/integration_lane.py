import logging

from odoo import api, fields, models

from ..engine import (
    arming,
    dispatcher,
    inbound,
    lanes,
    outbound,
    replay_tasks,
    retention,
    settings,
    wakeup,
)
from ..engine.cursors import own_cursor

_logger = logging.getLogger(__name__)


class IntegrationLane(models.Model):
    """A queue that one drain works on at a time: part of an interface, or work for all of them."""

    _name = "integration.lane"
    _description = "Integration Lane"
    _log_access = False
    _order = "interface_id, number"

    interface_id = fields.Many2one("integration.interface", readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("interface", "Interface"),
            ("dispatch", "Event dispatcher"),
            ("retention", "Retention"),
            ("replay", "Bulk retry and replay"),
        ],
        required=True,
        default="interface",
        readonly=True,
    )
    number = fields.Integer(readonly=True)
    wanted = fields.Boolean(readonly=True, default=False)
    woken_at = fields.Datetime(readonly=True)
    scheduled_at = fields.Datetime(readonly=True)
    slow = fields.Boolean(
        readonly=True, default=False, help="Its partner lets us wait: it uses a channel apart."
    )
    lease_token = fields.Char(readonly=True)
    lease_until = fields.Datetime(readonly=True)

    _number_unique = models.UniqueIndex("(interface_id, number) WHERE interface_id IS NOT NULL")
    _dispatch_unique = models.UniqueIndex("(kind) WHERE interface_id IS NULL")

    @api.depends("interface_id", "number", "kind")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for lane in self:
            lane.display_name = (
                f"{lane.interface_id.name} #{lane.number}"
                if lane.interface_id
                else kinds.get(lane.kind)
            )

    def _latency_class(self) -> str:
        """The dispatcher is as urgent as the most urgent interface that it feeds."""
        self.ensure_one()
        if self.kind in (retention.LANE, replay_tasks.LANE):
            return "batch"
        return self.interface_id.latency_class or "realtime"

    @api.model
    def _ensure_lanes(self, interfaces):
        """Create the lanes that interfaces need by their policy."""
        self.env.flush_all()
        lanes.ensure(self.env.cr, interfaces.ids)

    def _drain(self):
        """Job: work through this lane (see ``engine.drain``)."""
        self.ensure_one()
        drain = self._drain_class()(self.env.registry, self.id)
        drain.gives_way = self._latency_class() == "batch"
        return drain.run()

    def _drain_class(self):
        """What works through a lane of this kind: a subclass of ``engine.drain.Drain``."""
        if self.kind == "dispatch":
            return dispatcher.DispatchDrain
        if self.kind == retention.LANE:
            return retention.Sweep
        if self.kind == replay_tasks.LANE:
            return replay_tasks.ReplayDrain
        if self.interface_id.direction == "inbound":
            return inbound.InboundDrain
        return outbound.OutboundDrain

    @api.model
    def _wake_after_commit(self, interface_ids):
        wakeup.wake_interfaces_after_commit(self.env.cr, interface_ids)

    @api.model
    def _dispatch_now(self):
        """Turn the events of the outbox into messages, in transactions of their own.

        Nothing leaves by this, and none is waited for: a dispatcher at work does the same.
        """
        lane = self.sudo().search([("kind", "=", "dispatch")], limit=1)  # sudo: machinery
        if lane:
            dispatcher.DispatchDrain(self.env.registry, lane.id).run(patient=False)

    @api.model
    def _cron_watchdog(self):
        """Give a drain back to every lane that lost its own: a worker or a job died.

        While traffic is held no lane needs one. While it flows, its mark is counted up.
        """
        if self.env["integration.arming"]._held():
            return
        try:
            arming.keep_mark(self.env.registry)
        except OSError as exc:
            _logger.error("The mark of this database cannot be written outside: %s", exc)
        with own_cursor(self.env.registry) as cr:
            lanes.ensure(cr)
            stale = lanes.stale(cr, settings.watchdog_grace())
            if stale:
                cr.execute("UPDATE integration_lane SET wanted = false WHERE id = ANY(%s)", [stale])
                # A cause of its own: a job that waits may be one that the job runner has lost.
                wakeup.wake_lanes(cr, stale, cause="watchdog")
