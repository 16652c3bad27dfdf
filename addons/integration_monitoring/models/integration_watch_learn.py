import logging
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models

from odoo.addons.integration_core.engine.cursors import own_cursor

from ..engine import rollup_rows, watch_readings, watch_rows
from ..engine.watch_round import week
from ..tools import profile_learning, silence
from ..tools.traffic_profile import BLANK, Profile
from ..tools.watch import Watch
from .integration_watch_look import _seconds

_logger = logging.getLogger(__name__)

#: What is usual is learnt from so many days at most.
DAYS = 42
#: Below so many days the rhythm of a day is not known, and nothing is judged.
LEAST_DAYS = 2
#: Seconds that a scheduled action learns at a time.
PATIENCE = 60


class IntegrationWatch(models.Model):
    """What is usual for an interface is learnt each night, and when somebody asks for it."""

    _inherit = "integration.watch"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_learn(self):
        """Each night: learn what is usual, the longest unlearnt first, an interface at a time."""
        self.env["integration.slo"]._count_missed()
        begin = fields.Datetime.now()
        deadline = time.monotonic() + PATIENCE
        tried = set()
        while time.monotonic() < deadline:
            with own_cursor(self.env.registry) as cr:
                own = self.with_env(self.env(cr=cr, user=SUPERUSER_ID))
                watch = own._next_unlearnt(begin, tried)
                if not watch:
                    return
                tried.add(watch.id)
                watch._learn()
        self.env.ref("integration_monitoring.ir_cron_learn")._trigger()

    @api.model
    def _next_unlearnt(self, begin, tried):
        today = begin - timedelta(hours=12)
        return self.search(
            [
                ("id", "not in", list(tried)),
                ("interface_id.active", "=", True),
                ("interface_id.state", "in", ("active", "deprecated")),
                "|",
                ("learnt_at", "=", False),
                ("learnt_at", "<", today),
            ],
            order="learnt_at NULLS FIRST, id",
            limit=1,
        )

    def _learn(self, now=None):
        """Learn what is usual from the minutes that are kept, trouble left out.

        :param now: naive UTC; up to then the history goes
        """
        self.ensure_one()
        end = _seconds(now or fields.Datetime.now()) // 60
        first = self._history_begin(end)
        profile, days = BLANK, 0.0
        counts = []
        if first is not None and end > first:
            days = (end - first) / profile_learning.DAY
            counts = self._history(first, end)
            if days >= LEAST_DAYS:
                place = week(self.interface_id.system_id.tz or "UTC")
                profile = profile_learning.learn(counts, first, place, self._unusual(first, end))
        known = profile is not BLANK
        values = {
            "profile": profile.to_dict() if known else False,
            "learnt_at": now or fields.Datetime.now(),
            "history_days": days,
        }
        # From here on no look takes place: one that is under way writes the state as well.
        watch_rows.wait(self.env.cr)
        self.invalidate_recordset(["state"])
        if known and (state := self._with_gap(profile, counts, first)):
            values["state"] = state
        self.write(values)
        self.env.flush_all()

    def _history_begin(self, end):
        """The first minute of the history; ``None`` without any."""
        first = watch_rows.first_rollup(self.env.cr, self.interface_id.id)
        if first is None:
            return None
        activated = self.interface_id.activated_at
        # Before its activation it carried nothing, and that is not usual.
        begin = max(first, _seconds(activated)) if activated else first
        return max(int(begin // 60), end - DAYS * profile_learning.DAY)

    def _history(self, first, end):
        found = watch_rows.arrivals(
            self.env.cr,
            self.interface_id.id,
            self.interface_id.direction,
            first * 60,
            end * 60,
        )
        return [found.get(minute, 0) for minute in range(first, end)]

    def _unusual(self, first, end):
        """From and until, in minutes, of what is not to be learnt from: incidents, maintenance."""
        lasted = watch_readings.incidents(self.env.cr, self.interface_id.ids, first * 60)
        incidents = [
            (int(start // 60), int((until if until is not None else end * 60) // 60) + 1)
            for start, until in lasted.get(self.interface_id.id, [])
        ]
        return incidents + [
            (_seconds(window.begin_at) // 60, _seconds(window.end_at) // 60 + 1)
            for window in self._maintenance_since(rollup_rows.moment(first * 60))
        ]

    def _maintenance_since(self, moment):
        """Announced work on the interface that ended after a moment."""
        return self.env["integration.maintenance"].search(
            [
                ("end_at", ">", moment),
                ("company_id", "in", [False, self.company_id.id]),
                "|",
                "|",
                ("everything", "=", True),
                ("interface_ids", "in", self.interface_id.ids),
                ("system_ids", "in", self.system_id.ids),
            ]
        )

    def _with_gap(self, profile, counts, first):
        """The state of a watch that has seen no message yet: it begins with the last one known.

        So a feed that fell silent before it could be judged is noticed as well. ``None``: the
        watch knows better.
        """
        state = self.state
        place = week(self.interface_id.system_id.tz or "UTC")
        watch = Watch.from_dict(state, profile, place) if state else Watch(profile, place)
        last = next((at for at in range(len(counts) - 1, -1, -1) if counts[at]), None)
        if watch.gap.since is not None or last is None or not watch.next_minute:
            return None
        since, until = (first + last + 1) * 60, watch.next_minute * 60
        expected = silence.integral(since, until, profile.rates, place)
        watch.gap = silence.Gap(since, max(since, until), expected)
        return watch.to_dict()

    def _profile(self):
        """What is usual, as it was learnt; ``None`` when nothing is."""
        self.ensure_one()
        try:
            return Profile.from_dict(self.profile) if self.profile else None
        except (ValueError, KeyError, TypeError):
            return None
