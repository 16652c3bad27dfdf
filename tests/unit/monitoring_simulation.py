"""Two weeks of twenty feeds, minute by minute, and what the detectors say about them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tests.unit.load_monitoring import load
from tests.unit.monitoring_feeds import (
    DAY,
    DAYS,
    HOLIDAYS,
    START,
    ZONE,
    Feed,
    Rhythm,
    feeds,
    poisson,
    some_of,
)
from tests.unit.monitoring_troubles import Trouble, plant, spoil_history

burn_rate, learning, slo, sums, watch = map(
    load, ("burn_rate", "profile_learning", "slo", "window_sums", "watch")
)
LocalWeek = load("hours_of_week").LocalWeek
incidents = load("incidents")
severity = load("severity").Severity

AVAILABILITY = slo.Objective(slo.Kind.AVAILABILITY, 0.995)
LATENCY = slo.Objective(slo.Kind.LATENCY, 0.99, threshold=5.0)
#: Signals that tell of a trouble.
TELLS = {
    "surge": {"volume_high"},
    "drop": {"volume_low", "silence"},
    "silence": {"volume_low", "silence"},
    "errors": {"availability"},
    "latency": {"latency"},
}
#: Minutes after its end in which a trouble may still be found.
LATE = 30
#: Minutes between two looks at what is usual.
LEARN_EVERY = 7 * DAY


@dataclass(frozen=True)
class Alarm:
    """Somebody is told that something is wrong: an incident begins.

    :param signals: that speak for it, in the order in which they came
    """

    feed: int
    minute: int
    signals: list[str] = field(compare=False)
    facts: list[dict] = field(compare=False)


@dataclass
class Outcome:
    """What came of a run."""

    feeds: list[Feed]
    planted: list[Trouble]
    found: dict[Trouble, int]
    false: list[Alarm]
    repeated: list[Alarm]

    @property
    def recall(self) -> float:
        return len(self.found) / len(self.planted)

    @property
    def delays(self) -> list[int]:
        """Minutes from the beginning of each trouble that was found to its alarm."""
        return sorted(at - trouble.begin for trouble, at in self.found.items())


def run(seed: int) -> Outcome:
    """One run from a seed."""
    rng = random.Random(seed)
    week = LocalWeek(ZONE, HOLIDAYS)
    population = feeds(rng)
    rhythms = [Rhythm(feed, rng, START, DAYS) for feed in population]
    planted = plant(rhythms, rng)
    alarms = []
    for index, rhythm in enumerate(rhythms):
        troubles = [trouble for trouble in planted if trouble.feed == index]
        alarms += _watch(index, rhythm, troubles, rng, week)
    return _judge(population, planted, alarms)


def _history(feed: Feed, rng: random.Random) -> list[int]:
    rhythm = Rhythm(feed, rng, START - timedelta(days=feed.known_days), feed.known_days)
    spoil_history(rhythm.rates, rng)
    return [poisson(rng, rate) for rate in rhythm.rates]


class Budgets:
    """The tallies of both objectives in all windows."""

    def __init__(self) -> None:
        lengths = [seconds // 60 for seconds in burn_rate.WINDOWS]
        self.total, self.failed, self.slow = (sums.WindowSums(lengths) for _ in range(3))

    def minute(self, count: int, failed: int, slow: int) -> tuple:
        self.total.push(count)
        self.failed.push(failed)
        self.slow.push(slow)
        found = []
        for objective, bad in ((AVAILABILITY, self.failed), (LATENCY, self.slow)):
            found.append(watch.Tallies(objective, self.total.sums, bad.sums))
        return tuple(found)


def _watch(
    index: int, rhythm: Rhythm, troubles: list[Trouble], rng: random.Random, week: LocalWeek
) -> Iterator[Alarm]:
    history = _history(rhythm.feed, rng)
    begin = int(START.timestamp()) // 60
    budgets = Budgets()
    watched = watch.Watch(learning.learn(history, begin - len(history), week), week)
    counts: list[int] = []
    incident = alarm = None
    for minute in range(rhythm.minutes):
        if minute and not minute % LEARN_EVERY:
            known = history[len(counts) :] + counts
            watched.learnt(learning.learn(known, begin + minute - len(known), week))
        count, failed, slow = _draw(rhythm, minute, troubles, rng)
        counts.append(count)
        tallies = budgets.minute(count, failed, slow)
        at = (begin + minute + 1) * 60
        incident, ended = incidents.settle(incident, at)
        alarm = None if ended else alarm
        for change in watched.minute(begin + minute, count, tallies):
            incident, notice = incidents.take(incident, change, severity.MEDIUM)
            if notice and notice.told is incidents.Told.START:
                alarm = Alarm(index, minute, [], [])
                yield alarm
            if alarm:
                alarm.signals.append(change.finding.signal.value)
                alarm.facts.append(dict(change.finding.facts))


def _draw(
    rhythm: Rhythm, minute: int, troubles: list[Trouble], rng: random.Random
) -> tuple[int, int, int]:
    """Messages of a minute, those that failed, those that were slow."""
    rate, failing, slow = rhythm.rates[minute], rhythm.feed.errors, rhythm.feed.slow
    for trouble in troubles:
        if trouble.begin <= minute < trouble.end:
            if trouble.kind == "errors":
                failing = trouble.strength
            elif trouble.kind == "latency":
                slow = trouble.strength
            else:
                rate *= trouble.strength
    count = poisson(rng, rate)
    if not count:
        return 0, 0, 0
    return count, some_of(rng, count, failing), some_of(rng, count, slow)


def _judge(population: list[Feed], planted: list[Trouble], alarms: list[Alarm]) -> Outcome:
    found: dict[Trouble, int] = {}
    false, repeated = [], []
    said = set()
    for alarm in alarms:
        late = DAY if population[alarm.feed].kind in ("nightly", "rare") else 2 * LATE
        meant = [
            trouble
            for trouble in planted
            if trouble.feed == alarm.feed
            and trouble.begin <= alarm.minute <= trouble.end + late
            and TELLS[trouble.kind] & set(alarm.signals)
        ]
        if not meant:
            false.append(alarm)
            continue
        if meant[0] in said:
            repeated.append(alarm)
        said.add(meant[0])
        if alarm.minute <= meant[0].end + LATE:
            found.setdefault(meant[0], alarm.minute)
    return Outcome(population, planted, found, false, repeated)
