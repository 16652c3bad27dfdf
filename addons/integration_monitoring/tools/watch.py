# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Watches one interface minute by minute: volume, silence, availability, latency, plain readings.
This is where the detectors are put together, for the scheduled job as for the proof of their
precision. Each minute costs the same, however long the history: the counts of the bucket that is
filling and the gap that is growing are kept, the tallies of the objectives come as sums over their
windows.

What is kept between two minutes (:meth:`Watch.to_dict`) is small and fit for a row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from . import burn_rate, detector, readings, silence, volume
from .detector import Change, Hysteresis
from .findings import Fact, Finding, Grade, Signal
from .hours_of_week import LocalWeek
from .slo import Objective, Tally
from .traffic_profile import Expectation, Profile

MINUTE: Final = 60
HOUR: Final = 60
DAY: Final = 1440
_BORDER: Final = 15

#: How signals start and end. Buckets of volume are asked for twice or thrice; the windows of a
#: budget and the gap of a silence have memory of their own.
STEADY: Final = Hysteresis(start_after=1, end_after=10, end_below=0.7)
HYSTERESES: Final[Mapping[Signal, Hysteresis]] = {
    Signal.SILENCE: Hysteresis(start_after=1, end_after=10, end_below=0.5),
    Signal.AVAILABILITY: STEADY,
    Signal.LATENCY: STEADY,
}
#: Signals whose slower rules remember for hours what was told.
_BUDGETS: Final = (Signal.AVAILABILITY, Signal.LATENCY)
#: The narrower a bucket, the more often chance has a try. A bucket of twice the evidence is as
#: improbable as two in a row: what lasts for an hour is told though it lies in two buckets.
_VOLUME_NARROW: Final = Hysteresis(start_after=3, end_after=10, end_below=0.6, sure=2.0)
_VOLUME_WIDE: Final = Hysteresis(start_after=2, end_after=2, end_below=0.6, sure=2.0)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Events of an objective, and bad ones, in each of :data:`.burn_rate.WINDOWS` up to now."""

    objective: Objective
    totals: Sequence[int]
    bads: Sequence[int]


@dataclass(slots=True)
class Watch:
    """What is known of one interface from minute to minute.

    :param profile: what is usual; :meth:`learnt` replaces it by a newer one.
    :param states: of the detector of each signal.
    :param gap: since the last message.
    :param bucket: messages of the bucket that is filling.
    :param hours: of a profile by the day: hour of the week and messages of
        the last 24 hours, oldest first.
    :param next_minute: minutes since 1970 of the minute that is wanted next; earlier ones are
        known.
    :param facts: of each signal that is open: the numbers that last spoke for it.
    :param significant: when the present gap became a silence, in seconds.
    :param off: signals that are not judged.
    :param sums: of each objective: the tallies of its windows up to the last minute.
    :param lately: of each objective: what :mod:`.present` keeps between two looks.
    :param settled: of the signal of each objective: when its last page ended, in seconds.
    :param paces: of the same, while a page is open: bad events a minute.
    """

    profile: Profile
    week: LocalWeek
    states: dict[Signal, detector.State] = field(default_factory=dict)
    gap: silence.Gap = field(default_factory=silence.Gap)
    bucket: int = 0
    filled: int = 0
    hours: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=24))
    next_minute: int = 0
    facts: dict[Signal, Mapping[str, Fact]] = field(default_factory=dict)
    significant: float | None = None
    off: frozenset[Signal] = frozenset()
    sums: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)
    lately: dict[str, list[int]] = field(default_factory=dict)
    settled: dict[Signal, int] = field(default_factory=dict)
    paces: dict[Signal, float] = field(default_factory=dict)
    _limit: float = 0.0

    def __post_init__(self) -> None:
        self.learnt(self.profile)

    def learnt(self, profile: Profile) -> None:
        """Judge by a newer profile from now on."""
        if profile.width != self.profile.width:
            # What is filling belongs to no bucket of the new width.
            self.bucket = self.filled = 0
        self.profile = profile
        self._limit = silence.limit(profile.arrivals_a_day)

    def minute(self, minute: int, count: int, tallies: tuple[Tallies, ...] = ()) -> list[Change]:
        """What a minute changes; nothing when it is known already.

        :param minute: minutes since 1970 in UTC. Minutes come in order; those that are left out
            (nothing was counted then) belong to no bucket and no gap.
        :param count: messages of the minute, in the direction that the profile was learnt from.
        :param tallies: of each objective that is watched.
        """
        if minute < self.next_minute:
            return []
        if self.next_minute and minute > self.next_minute:
            self._resume(minute)
        self.next_minute = minute + 1
        at = (minute + 1) * MINUTE
        findings = [self._silence(minute, count), *self._volume(minute, count)]
        findings += [self._budget(one) for one in tallies]
        return self.observe(at, findings)

    def observe(self, at: int, findings: Iterable[Finding]) -> list[Change]:
        """What findings of a moment change; those of signals that are switched off do not count."""
        told = (self._observe(at, one) for one in findings if one.signal not in self.off)
        return [change for change in told if change is not None]

    def so_far(
        self, now: int, tallies: Iterable[Tallies], lately: Iterable[tuple[Objective, Tally]] = ()
    ) -> list[Change]:
        """What objectives change before a minute is over: a budget that burns is told at once.

        That one does not burn any more is said by whole minutes only.

        :param now: seconds, later than the minutes that are known.
        :param tallies: of the objectives, with what was counted of the present minute.
        :param lately: of the same, of :data:`.burn_rate.LATELY`.
        """
        if now <= self.next_minute * MINUTE:
            return []
        found = [self._budget(one) for one in tallies]
        told = {finding.signal: finding for finding in found if finding.level >= 1}
        for objective, tally in lately:
            finding = burn_rate.judge_lately(objective, tally)
            if finding.level >= 1:
                told.setdefault(finding.signal, finding)
        return self.observe(now, told.values())

    def forget(self, at: int, signals: Iterable[Signal]) -> list[Change]:
        """End at once what is open of these signals: they are switched off, or speak of nothing."""
        changes = []
        for signal in signals:
            state = self.states.pop(signal, None)
            self.facts.pop(signal, None)
            self.paces.pop(signal, None)
            if state:
                change = detector.forget(state, at, Finding(signal, 0.0))[1]
                changes += [change] if change else []
        return changes

    def open(self) -> dict[Signal, detector.State]:
        """Signals that have started and not ended, with their states."""
        return {signal: one for signal, one in self.states.items() if detector.is_open(one)}

    def _observe(self, at: int, finding: Finding) -> Change | None:
        signal = finding.signal
        state = self.states.get(signal)
        if finding.level < 1 and not state:
            return None
        following, change = detector.observe(state or {}, at, finding, self._hysteresis(signal))
        self.states[signal] = following
        ended = change is not None and change.step is detector.Step.ENDED
        if ended and signal in _BUDGETS and _is_page(state):
            self.settled[signal] = at
            self.paces.pop(signal, None)
        if not detector.is_open(following):
            self.facts.pop(signal, None)
        elif finding.facts:
            self.facts[signal] = finding.facts
        return change

    def _hysteresis(self, signal: Signal) -> Hysteresis:
        if signal in (Signal.VOLUME_HIGH, Signal.VOLUME_LOW):
            return _VOLUME_NARROW if self.profile.width == 1 else _VOLUME_WIDE
        if signal in self.paces:
            return replace(STEADY, end_after=burn_rate.quiet(self.paces[signal]))
        return HYSTERESES.get(signal) or readings.hysteresis(signal)

    def _budget(self, tallies: Tallies) -> Finding:
        """How a budget burns, up to the minute that is known, given what was told of it."""
        signal = burn_rate.SIGNALS[tallies.objective.kind]
        ended = None
        if signal in self.settled:
            ended = self.next_minute * MINUTE - self.settled[signal]
        state = self.states.get(signal)
        paging = _is_page(state)
        if state and paging and (tallies.bads[0] or signal not in self.paces):
            lasted = self.next_minute * MINUTE - state["first"]
            self.paces[signal] = burn_rate.pace(tallies.bads, lasted)
        told = burn_rate.Told(paging, self.paces.get(signal, 0.0), ended)
        return burn_rate.judge(tallies.objective, tallies.totals, tallies.bads, told=told)

    # -- silence ---------------------------------------------------------------------------

    def _silence(self, minute: int, count: int) -> Finding:
        if count:
            self.gap = self.gap.arrived((minute + 1) * MINUTE)
            self.significant = None
            return silence.judge(self.gap, self._limit)
        before = self.gap
        self.gap = before.grown(MINUTE, self.profile.rates[self.week.half(minute * MINUTE)])
        return self._significant(before, self.gap)

    def is_silent_by(self, now: int) -> bool:
        """Whether a silence becomes significant before its minute is over; changes nothing."""
        gap = self.gap
        if gap.since is None or now <= gap.until:
            return False
        rate = self.profile.rates[self.week.half(gap.until)]
        return silence.judge(gap.grown(now - gap.until, rate), self._limit).level >= 1

    def silent_by(self, now: int) -> list[Change]:
        """What a silence changes before its minute is over.

        :param now: seconds, later than the minutes that are known; nothing has come since.
        """
        gap = self.gap
        if gap.since is None or now <= gap.until:
            return []
        rate = self.profile.rates[self.week.half(gap.until)]
        finding = self._significant(gap, gap.grown(now - gap.until, rate))
        return self.observe(now, [finding]) if finding.level >= 1 else []

    def significant_at(self) -> float | None:
        """When the gap will be a silence if nothing comes, in seconds; when it is one: since when.

        ``None``: it will not be within four weeks, or nothing is known.
        """
        if self.significant is not None:
            return self.significant
        if not any(self.profile.rates):
            return None
        return silence.significant_at(self.gap, self.profile.rates, self.week, self._limit)

    def _significant(self, before: silence.Gap, gap: silence.Gap) -> Finding:
        """The finding of a gap that has grown, with the moment at which it became significant."""
        finding = silence.judge(gap, self._limit)
        if finding.level < 1 or gap.since is None:
            return finding
        if self.significant is None:
            self.significant = silence.significant_at(
                before, self.profile.rates, self.week, self._limit
            )
        at = gap.until if self.significant is None else min(self.significant, gap.until)
        return replace(finding, facts={**finding.facts, "significant_at": int(at)})

    # -- volume ----------------------------------------------------------------------------

    def _volume(self, minute: int, count: int) -> tuple[Finding, ...]:
        width = min(self.profile.width, HOUR)
        self.bucket += count
        self.filled += 1
        if (minute + 1) % width:
            return ()
        whole, total = self.filled >= width, self.bucket
        self.bucket = self.filled = 0
        if self.profile.width < DAY:
            # A part of a bucket says nothing.
            return volume.judge(total, self._usual(minute, width), width) if whole else ()
        if not whole:
            self.hours.clear()
            return ()
        self.hours.append((self.week.slot(minute * MINUTE), total))
        if len(self.hours) < 24:
            return ()
        usual = self.profile.day([slot for slot, _ in self.hours])
        return volume.judge(sum(count for _, count in self.hours), [usual], DAY)

    def _usual(self, minute: int, width: int) -> list[Expectation]:
        """Of the bucket that ends with the minute; near the border of an hour also of the other."""
        begin = minute + 1 - width
        slots = {self.week.slot(begin * MINUTE)}
        if width <= _BORDER:
            slots.add(self.week.slot((begin - _BORDER) * MINUTE))
            slots.add(self.week.slot((minute + _BORDER) * MINUTE))
        return [self.profile.buckets[slot] for slot in slots]

    def _resume(self, minute: int) -> None:
        """Time passed in which nothing was counted: what was filling is void, a gap goes on."""
        self.bucket = self.filled = 0
        self.hours.clear()
        self.gap = silence.Gap(self.gap.since, minute * MINUTE, self.gap.expected)

    # -- storage ---------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Everything but the profile and the week, fit for JSON."""
        return {
            "states": {signal.value: dict(state) for signal, state in self.states.items()},
            "gap": [self.gap.since, self.gap.until, self.gap.expected],
            "bucket": [self.bucket, self.filled],
            "hours": [list(hour) for hour in self.hours],
            "next_minute": self.next_minute,
            "width": self.profile.width,
            "facts": {signal.value: dict(facts) for signal, facts in self.facts.items()},
            "significant": self.significant,
            "settled": {signal.value: at for signal, at in self.settled.items()},
            "paces": {signal.value: round(pace, 6) for signal, pace in self.paces.items()},
            "sums": {
                kind: [list(totals), list(bads)] for kind, (totals, bads) in self.sums.items()
            },
            "lately": {kind: list(known) for kind, known in self.lately.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None, profile: Profile, week: LocalWeek) -> Watch:
        """What :meth:`to_dict` gave, with the present profile; ``None`` is a new watch.

        :raises ValueError, KeyError, TypeError: not such a mapping.
        """
        watch = cls(profile, week)
        if data:
            watch.states = {Signal(key): state for key, state in data["states"].items()}
            watch.gap = silence.Gap(*data["gap"])
            if data.get("width", profile.width) == profile.width:
                # What was filling belongs to no bucket of another width.
                watch.bucket, watch.filled = map(int, data["bucket"])
            watch.hours.extend((int(slot), int(count)) for slot, count in data["hours"])
            watch.next_minute = int(data["next_minute"])
            watch.facts = {Signal(key): facts for key, facts in data.get("facts", {}).items()}
            watch.significant = data.get("significant")
            watch.lately = {kind: list(known) for kind, known in data.get("lately", {}).items()}
            watch.settled = {Signal(key): at for key, at in data.get("settled", {}).items()}
            watch.paces = {Signal(key): pace for key, pace in data.get("paces", {}).items()}
            for kind, (totals, bads) in data.get("sums", {}).items():
                watch.sums[kind] = ([int(one) for one in totals], [int(one) for one in bads])
        return watch


def _is_page(state: detector.State | None) -> bool:
    return state is not None and detector.is_open(state) and state["grade"] >= Grade.PAGE
