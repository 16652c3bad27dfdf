"""Two weeks of twenty feeds, looked at every quarter of a minute, and what the detectors say."""

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
)
from tests.unit.monitoring_looks import Looks, draw
from tests.unit.monitoring_troubles import Trouble, plant, spoil_history

learning, watch = map(load, ("profile_learning", "watch"))
LocalWeek = load("hours_of_week").LocalWeek
incidents = load("incidents")
severity = load("severity").Severity

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

    :param second: from the beginning of the run
    :param signals: that speak for it, in the order in which they came
    """

    feed: int
    second: int
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
        """Seconds from the beginning of each trouble that was found to its alarm."""
        return sorted(at - trouble.begin * 60 for trouble, at in self.found.items())


def run(seed: int, every: int = 1) -> Outcome:
    """One run from a seed.

    :param every: feeds that are watched: one of so many, for those who cannot wait.
    """
    rng = random.Random(seed)
    week = LocalWeek(ZONE, HOLIDAYS)
    population = feeds(rng)
    rhythms = [Rhythm(feed, rng, START, DAYS) for feed in population]
    planted = plant(rhythms, rng)
    alarms = []
    watched = range(0, len(rhythms), every)
    planted = [trouble for trouble in planted if trouble.feed in watched]
    for index in watched:
        rhythm = rhythms[index]
        troubles = [trouble for trouble in planted if trouble.feed == index]
        alarms += _watch(index, rhythm, troubles, rng, week)
    return _judge(population, planted, alarms)


def _history(feed: Feed, rng: random.Random) -> list[int]:
    rhythm = Rhythm(feed, rng, START - timedelta(days=feed.known_days), feed.known_days)
    spoil_history(rhythm.rates, rng)
    return [poisson(rng, rate) for rate in rhythm.rates]


def _watch(
    index: int, rhythm: Rhythm, troubles: list[Trouble], rng: random.Random, week: LocalWeek
) -> Iterator[Alarm]:
    history = _history(rhythm.feed, rng)
    begin = int(START.timestamp()) // 60
    watched = watch.Watch(learning.learn(history, begin - len(history), week), week)
    looks = Looks(watched, begin, rng)
    counts: list[int] = []
    incident = alarm = None
    for minute in range(rhythm.minutes):
        if minute and not minute % LEARN_EVERY:
            known = history[len(counts) :] + counts
            watched.learnt(learning.learn(known, begin + minute - len(known), week))
        drawn = draw(rhythm, minute, troubles, rng)
        counts.append(len(drawn.all))
        for now, changes in looks.minute(begin + minute, drawn):
            if incident:
                incident, ended = incidents.settle(incident, now)
                alarm = None if ended else alarm
            for change in changes:
                incident, notice = incidents.take(incident, change, severity.MEDIUM)
                if notice and notice.told is incidents.Told.START:
                    alarm = Alarm(index, now - begin * 60, [], [])
                    yield alarm
                if alarm:
                    alarm.signals.append(change.finding.signal.value)
                    alarm.facts.append(dict(change.finding.facts))


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
            and trouble.begin * 60 <= alarm.second <= (trouble.end + late) * 60
            and TELLS[trouble.kind] & set(alarm.signals)
        ]
        if not meant:
            false.append(alarm)
            continue
        if meant[0] in said:
            repeated.append(alarm)
        said.add(meant[0])
        if alarm.second <= (meant[0].end + LATE) * 60:
            found.setdefault(meant[0], alarm.second)
    return Outcome(population, planted, found, false, repeated)
