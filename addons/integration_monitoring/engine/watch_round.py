"""One round of the watch: every interface and every part of the suite is looked at once.

Everything is read before anything is judged, in a handful of statements whatever the number of
interfaces. What is found is written by the caller's transaction, together with the incidents that
are made of it. Traffic is judged once a minute; a round within a minute that was judged already
looks at plain readings and at what the minute has brought so far, and costs little.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from odoo import api

from odoo.addons.integration_core.engine import arming

from ..tools import indicators, present, slo, watching
from ..tools.burn_rate import WINDOWS
from ..tools.causes import Node, Place, Subject
from ..tools.detector import Change
from ..tools.expected_profile import expected
from ..tools.findings import Signal
from ..tools.hours_of_week import LocalWeek
from ..tools.indicators import Counts
from ..tools.observed import Observed
from ..tools.present import Present
from ..tools.readings import ErrorGroups
from ..tools.rollup import Step
from ..tools.slo import Kind, Objective, Tally
from ..tools.traffic_profile import Profile
from ..tools.watch import Tallies, Watch
from . import slo_history, slo_rows, watch_readings, watch_rows
from .slo_rows import Promised, Standing
from .watch_rows import Look, Watched

_logger = logging.getLogger(__name__)

_MINUTE = 60
_HOUR = 3600
DAY = 86400
#: A watch that was away for longer begins again with as many minutes.
CATCH_UP = 180
#: Minutes that are read at least: two hours, and the hour that may not be rolled up yet.
_READ = 125
#: Minutes that a new watch begins with.
_BEGIN = 60
#: Seconds over which the light looks at attempts.
_RECENT = 300
_NEVER = Counts()


@lru_cache(maxsize=64)
def week(zone: str) -> LocalWeek:
    """The week of a time zone; one that is not known is UTC."""
    try:
        return LocalWeek(zone)
    except (KeyError, ValueError):
        return LocalWeek("UTC")


def profile_of(one: Watched) -> Profile:
    """What is usual for an interface: learnt, or as it is expected, or nothing."""
    if one.profile:
        try:
            return _profile(one.profile)
        except (ValueError, KeyError, TypeError):
            _logger.info("The profile of interface %s is of another version.", one.interface_id)
    return expected(one.expected)


@lru_cache(maxsize=256)
def _profile(text: str) -> Profile:
    """A profile as it is stored; it is learnt once a day and wanted four times a minute."""
    return Profile.from_dict(json.loads(text))


def watch_of(one: Watched, profile: Profile) -> Watch:
    """The watch of an interface as it was left; one that cannot be read begins anew."""
    try:
        return Watch.from_dict(one.state, profile, week(one.zone))
    except (ValueError, KeyError, TypeError):
        _logger.warning("The state of the watch of interface %s begins anew.", one.interface_id)
        return Watch(profile, week(one.zone))


class Round:
    """A round at a moment.

    :param env: as superuser: what belongs to no company is looked at as well
    :param now: the moment, in seconds
    :param settle: minutes are judged that ended so many seconds before, or earlier
    :param measured_ago: seconds since the rollups were computed; ``None``: they never were
    """

    def __init__(
        self,
        env: api.Environment,
        now: int,
        settle: int = 0,
        measured_ago: float | None = 0.0,
    ) -> None:
        self.env, self.cr, self.now, self.measured_ago = env, env.cr, now, measured_ago
        # A minute that the rollups do not hold yet would look as if nothing had come.
        self.until = int(now - (measured_ago or 0) - settle) // _MINUTE * _MINUTE
        self.observed: list[Observed] = []

    def run(self) -> list[Observed]:
        """Look at everything, store what is known then, and return what has changed."""
        self._read()
        looks, standings = [], []
        for one in self.watched:
            looked, stands = self._look(one)
            looks.append(looked)
            standings += stands
        watch_rows.store(self.cr, looks, self.now)
        if self.fresh:
            slo_rows.store(self.cr, standings, self.now)
        self.observed.sort(key=lambda one: one.change.at)
        return self.observed

    # -- reading ---------------------------------------------------------------------------

    def _read(self) -> None:
        cr, now = self.cr, self.now
        watches = self.env["integration.watch"]
        self.watched = watch_rows.watched(cr)
        ids = [one.interface_id for one in self.watched]
        directions = {one.interface_id: one.direction for one in self.watched}
        self.held = arming.is_held(cr)
        self._read_traffic(directions)
        self.used = watch_rows.ever_used(cr, ids)
        self.oldest = watch_readings.oldest(cr, ids, now)
        self.attention = watch_readings.attention(cr, ids, now)
        self.breakers = watch_readings.breakers(cr)
        self.settings = self.env["integration.watch.setting"]._known()
        self.expiries = watches._expiries(
            {one.credential_id for one in self.watched if one.credential_id}, now
        )
        self.certificates = watches._partner_certificates(now)
        self.probes = watches._probe_readings(now)
        self.groups = watches._error_group_readings(ids)
        self.listeners = watches._listeners(ids, now)
        self.down = watches._parts_down(now)
        self._read_objectives(ids)

    def _read_traffic(self, directions: dict[int, str]) -> None:
        """Minutes and hours; without a minute that is new only what the light looks at."""
        end = self.until // _MINUTE
        known = [int((one.state or {}).get("next_minute") or 0) for one in self.watched]
        self.fresh = self.measured_ago is not None and any(minute < end for minute in known)
        self.hours: dict[int, dict[int, Counts]] = {}
        first = self.until - _RECENT
        if self.fresh:
            lag = max(end - minute for minute in known)
            first = self.until - max(_READ, min(lag, CATCH_UP)) * _MINUTE
            since = min(self.until - max(WINDOWS), self.until // DAY * DAY - DAY)
            # The present hour is made of its minutes.
            present = (self.until - 1) // _HOUR * _HOUR
            self.hours = watch_rows.counts(
                self.cr, directions, Step.HOUR, since // _HOUR * _HOUR, present
            )
        # The row of the present minute is counted anew each time, and not judged until it is over.
        read = watch_rows.counts(self.cr, directions, Step.MINUTE, first, self.now + 1)
        self.minutes = {key: _part(of, first, self.until) for key, of in read.items()}
        self.present = {key: _part(of, self.until, self.now + 1) for key, of in read.items()}

    def _read_objectives(self, ids: list[int]) -> None:
        """Objectives by interface, the history of the present day, and the sums of the periods."""
        today = self.until // DAY * DAY
        self.promised: dict[int, list[Promised]] = {}
        for one in slo_rows.promised(self.cr, ids):
            self.promised.setdefault(one.interface_id, []).append(one)
        if self.fresh:
            self._store_days(ids, today)
        day = datetime.fromtimestamp(today, UTC).date()
        self.periods = slo_rows.periods(self.cr, day)

    def _store_days(self, ids: list[int], today: int) -> None:
        lasted = watch_readings.incidents(self.cr, ids, today - DAY)
        days = [today]
        if self.until - today < 2 * _HOUR:
            days.insert(0, today - DAY)  # what ended around midnight is told afterwards
        for begin in days:
            slo_rows.store_days(self.cr, begin, self._days(begin, lasted))

    def _days(
        self, begin: int, lasted: Mapping[int, list[tuple[float, float | None]]]
    ) -> dict[int, Tally]:
        found = {}
        for interface, promises in self.promised.items():
            minutes, hours = self.minutes.get(interface, {}), self.hours.get(interface, {})
            for one in promises:
                incidents = lasted.get(interface, [])
                tally = slo_history.day_of(
                    one.objective, minutes, hours, incidents, begin, self.now
                )
                if tally.total:
                    found[one.id] = tally
        return found

    # -- looking ---------------------------------------------------------------------------

    def _look(self, one: Watched) -> tuple[Look, list[Standing]]:
        watch = watch_of(one, profile_of(one))
        promises = self.promised.get(one.interface_id, [])
        interface = self._interface(one, promises)
        tallies = self._tallies(one, promises)
        budgets = self._budgets(one, promises)
        reading = self._reading(one, budgets)
        minutes = self._new_minutes(one, watch)
        changes = watching.look(watch, interface, reading, minutes, tallies, self.now)
        changes += self._burning_by_now(one, watch, promises, tallies)
        changes += self._silent_by_now(one, watch)
        self._tell(one, changes)
        health = watching.light(watch, interface, reading, self.now)
        reasons = [
            {"code": reason.code, "light": reason.light.value, "facts": dict(reason.facts)}
            for reason in health.reasons
        ]
        look = Look(one.id, health.light.value, reasons, watch.to_dict(), watch.significant_at())
        return look, self._standings(promises, tallies, budgets, watch)

    def _interface(self, one: Watched, promises: Iterable[Promised]) -> watching.Interface:
        off, limits = self.settings.of(one.interface_id)
        return watching.Interface(
            lifecycle=one.lifecycle if one.active else "archived",
            carries=not self.held and not one.awaits_release,
            paused=one.paused,
            receiving_stopped=one.receiving_stopped,
            latency_class=one.latency_class,
            rto_minutes=one.rto_minutes,
            off=off,
            limits=limits,
            objectives={promise.objective.kind: promise.objective for promise in promises},
        )

    def _reading(self, one: Watched, budgets: Mapping[Kind, slo.Budget]) -> watching.Reading:
        key = one.interface_id
        waits = self.attention.get(key, watch_readings.Attention())
        minutes = self.minutes.get(key, {})
        recent = [count for at, count in minutes.items() if at >= self.until - _RECENT]
        recent += self.present.get(key, {}).values()
        ends_in, ends = self._first_end(one)
        return watching.Reading(
            breaker=self.breakers.get(key, "closed"),
            oldest=self.oldest.get(key, 0.0),
            dead=waits.dead,
            dead_oldest=waits.oldest,
            lost=waits.lost,
            acknowledged=self._acknowledged(key),
            quarantined=waits.quarantined,
            attempts=sum(count.attempts for count in recent),
            failed=sum(min(count.failed, count.attempts) for count in recent),
            repeated=sum(count.duplicates for count in recent),
            new=sum(count.received for count in recent),
            ends_in=ends_in,
            ends=ends,
            probe=self.probes.get(Node(Subject.INTERFACE, key)),
            groups=self.groups.get(key, ErrorGroups()),
            listener_down=self.listeners.get(key, (0, False))[1],
            runner_down=Signal.RUNNER_DOWN in self.down,
            budgets={kind.value: budget.remaining for kind, budget in budgets.items()},
            measured_ago=self.measured_ago,
            ever_used=key in self.used,
        )

    def _first_end(self, one: Watched) -> tuple[float | None, str]:
        """What ends first: our secret or certificate, or the partner's certificate."""
        ours = self.expiries.get(one.credential_id or 0, (None, "secret"))
        theirs = self.certificates.get(one.interface_id)
        if theirs is None or (ours[0] is not None and ours[0] <= theirs):
            return ours
        return theirs, "partner"

    def _new_minutes(self, one: Watched, watch: Watch) -> list[watching.Minute]:
        """Minutes that have ended and were not judged yet."""
        if self.measured_ago is None:
            return []
        end = self.until // _MINUTE
        begin = max(watch.next_minute, end - CATCH_UP) if watch.next_minute else end - _BEGIN
        minutes = self.minutes.get(one.interface_id, {})
        return [
            watching.Minute(at, minutes.get(at * _MINUTE, _NEVER).received)
            for at in range(begin, end)
        ]

    def _tallies(self, one: Watched, promises: Iterable[Promised]) -> tuple[Tallies, ...]:
        if not self.fresh:
            return ()
        minutes = self.minutes.get(one.interface_id, {})
        hours = self.hours.get(one.interface_id, {})
        return tuple(
            Tallies(
                promise.objective,
                *indicators.windows(promise.objective, minutes, hours, self.until),
            )
            for promise in promises
            if promise.objective.kind in slo_history.IN_ROLLUPS
        )

    def _burning_by_now(
        self,
        one: Watched,
        watch: Watch,
        promises: Iterable[Promised],
        tallies: Iterable[Tallies],
    ) -> list[Change]:
        """A budget that burns within the present minute is told at once."""
        if self.fresh:
            watch.sums = {t.objective.kind.value: (list(t.totals), list(t.bads)) for t in tallies}
        counted = self.present.get(one.interface_id, {}).values()
        if not counted:
            return []
        before = self.minutes.get(one.interface_id, {}).get(self.until - _MINUTE, _NEVER)
        found = []
        for objective in (promise.objective for promise in promises):
            if objective.kind in slo_history.IN_ROLLUPS:
                so_far = Tally(0, 0)
                for counts in counted:
                    so_far = so_far.plus(indicators.tally(objective, counts))
                found.append(Present(objective, indicators.tally(objective, before), so_far))
        return present.burning(watch, self.now, found)

    def _silent_by_now(self, one: Watched, watch: Watch) -> list[Change]:
        """A silence that became significant within the present minute is told at once."""

        def came() -> bool:
            since = watch.gap.until
            return watch_readings.came(self.cr, one.interface_id, one.direction, since, self.now)

        return present.silent(watch, self.now, came)

    def _tell(self, one: Watched, changes: Iterable[Change]) -> None:
        listener = self.listeners.get(one.interface_id, (None, False))[0]
        place = Place(one.interface_id, one.system_id, one.direction, listener)
        node = Node(Subject.INTERFACE, one.interface_id)
        self.observed += [Observed(node, change, place) for change in changes]

    # -- objectives ------------------------------------------------------------------------

    def _acknowledged(self, interface: int) -> int:
        promises = self.promised.get(interface, [])
        mine = [one.id for one in promises if one.objective.kind is Kind.DURABILITY]
        return sum(self.periods.get(one, Tally(0, 0)).total for one in mine)

    def _period(self, one: Promised) -> Tally:
        period = self.periods.get(one.id, Tally(0, 0))
        if one.objective.kind is Kind.DURABILITY:
            waits = self.attention.get(one.interface_id, watch_readings.Attention())
            return slo.durability(period.total, 0, waits.lost)
        return period

    def _budgets(self, one: Watched, promises: Iterable[Promised]) -> dict[Kind, slo.Budget]:
        return {
            promise.objective.kind: slo.budget(promise.objective, self._period(promise))
            for promise in promises
        }

    def _standings(
        self,
        promises: Iterable[Promised],
        tallies: Iterable[Tallies],
        budgets: Mapping[Kind, slo.Budget],
        watch: Watch,
    ) -> list[Standing]:
        opened = watch.open()
        burns = {one.objective.kind: _burn(one.objective, one) for one in tallies}
        return [
            Standing(
                one.id,
                self._period(one),
                budgets[one.objective.kind],
                burns.get(one.objective.kind, {}),
                Signal(one.objective.kind.value) in opened,
            )
            for one in promises
        ]


def _part(minutes: Mapping[int, Counts], begin: int, end: int) -> dict[int, Counts]:
    return {at: count for at, count in minutes.items() if begin <= at < end}


def _burn(objective: Objective, tallies: Tallies) -> dict[int, float]:
    return {
        length: slo.burn_rate(objective, Tally(total, bad))
        for length, total, bad in zip(WINDOWS, tallies.totals, tallies.bads, strict=True)
    }
