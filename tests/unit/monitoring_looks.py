"""One feed as the suite looks at it, every quarter of a minute: whole minutes and the present.

What a look does is what ``engine/watch_round.py`` does with the rows that it has read: minutes that
have ended go through ``tools/watching.py``, what the present minute has brought through
``tools/present.py``. Here counts come from drawn messages instead of rows.
"""

import random
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from tests.unit.load_monitoring import load
from tests.unit.monitoring_feeds import Rhythm, poisson, some_of
from tests.unit.monitoring_troubles import Trouble

burn_rate, indicators, present, slo, watch, watching = map(
    load, ("burn_rate", "indicators", "present", "slo", "watch", "watching")
)

AVAILABILITY = slo.Objective(slo.Kind.AVAILABILITY, 0.995)
LATENCY = slo.Objective(slo.Kind.LATENCY, 0.99, threshold=5.0)
OBJECTIVES = (AVAILABILITY, LATENCY)
INTERFACE = watching.Interface(objectives={one.kind: one for one in OBJECTIVES})
#: Nothing but traffic is simulated: no queue, no breaker, no dead letters.
READING = watching.Reading()
#: Seconds from one look to the next: 15, and what the job itself takes.
EVERY = (15, 15, 16, 17)
#: Seconds after the end of a minute before it is judged, as in production.
SETTLE = 5


class Minute(NamedTuple):
    """When messages came within a minute, in seconds from its beginning, in order."""

    all: list[float]
    failed: list[float]
    slow: list[float]

    def until(self, second: float) -> tuple[int, int, int]:
        """Messages, failed ones and slow ones before a second of the minute."""
        return tuple(bisect_left(times, second) for times in self)


NOTHING = Minute([], [], [])


def draw(rhythm: Rhythm, minute: int, troubles: list[Trouble], rng: random.Random) -> Minute:
    """The messages of a minute of a feed."""
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
        return NOTHING
    times = sorted(60 * rng.random() for _ in range(count))
    failed = _among(times, some_of(rng, count, failing), rng)
    if hiccup := rhythm.hiccups.get(minute):
        begin, end = hiccup
        failed = sorted({*failed, *(at for at in times if begin <= at < end)})
    return Minute(times, failed, _among(times, some_of(rng, count, slow), rng))


def _among(times: list[float], count: int, rng: random.Random) -> list[float]:
    return sorted(rng.sample(times, count)) if count else []


class Counted:
    """What the rollups of a feed say: sums from its beginning, minute by minute."""

    def __init__(self) -> None:
        self.sums = tuple([0] for _ in Minute._fields)
        self.last = NOTHING

    def minute(self, minute: Minute) -> None:
        """The next one is over."""
        self.last = minute
        for sums, times in zip(self.sums, minute, strict=True):
            sums.append(sums[-1] + len(times))

    def windows(self, begin: int) -> tuple:
        """Tallies of both objectives in all windows, up to the last minute that is over.

        :param begin: of the first minute, in minutes since 1970. As in ``indicators.windows`` a
            window of hours begins with an hour.
        """
        end = len(self.sums[0]) - 1
        firsts = []
        for length in burn_rate.WINDOWS:
            first = end - length // 60
            if length > indicators.BY_MINUTE:
                first = (begin + first) // 60 * 60 - begin
            firsts.append(max(first, 0))
        total, failed, slow = ([sums[end] - sums[at] for at in firsts] for sums in self.sums)
        bads = zip(OBJECTIVES, (failed, slow), strict=True)
        return tuple(watch.Tallies(objective, total, bad) for objective, bad in bads)


class Looks:
    """Looks at a feed: :meth:`minute` is called with each minute in turn.

    :param begin: the first minute, in minutes since 1970.
    :param every: seconds from one look to the next; one of these at random.
    """

    def __init__(self, watched, begin: int, rng: random.Random, every=EVERY) -> None:
        self.watched, self.begin, self.rng, self.every = watched, begin, rng, every
        self.counted = Counted()
        self.over: list[Minute] = []  # but not judged yet
        self.now = begin * 60 + rng.randrange(15)

    def minute(self, at: int, minute: Minute) -> Iterator[tuple[int, list]]:
        """The looks within a minute: the moment of each, and what it changes.

        :param at: minutes since 1970.
        """
        begin = at * 60
        while self.now < begin + 60:
            yield self.now, self._look(self.now, begin, minute)
            self.now += self.rng.choice(self.every)
        self.over.append(minute)

    def _look(self, now: int, begin: int, minute: Minute) -> list:
        changes = []
        if self.over and now - SETTLE >= begin:
            changes += self._judge(now, begin)
        counts = minute.until(now - begin)
        for over in self.over:  # ended a moment ago: not judged, so it is still the present one
            counts = tuple(n + len(times) for n, times in zip(counts, over, strict=True))
        if counts[0]:
            changes += present.burning(self.watched, now, self._present(counts))
        changes += present.silent(self.watched, now, lambda: bool(counts[0]))
        return changes

    def _judge(self, now: int, begin: int) -> list:
        first = begin // 60 - len(self.over)
        minutes = []
        for number, over in enumerate(self.over, first):
            self.counted.minute(over)
            minutes.append(watching.Minute(number, len(over.all)))
        self.over = []
        tallies = self.counted.windows(self.begin)
        changes = watching.look(self.watched, INTERFACE, READING, minutes, tallies, now)
        self.watched.sums = {one.objective.kind.value: (one.totals, one.bads) for one in tallies}
        return changes

    def _present(self, counts: tuple[int, ...]) -> list:
        total, *bads = counts
        last = self.counted.last
        before = (last.failed, last.slow)
        return [
            present.Present(objective, slo.Tally(len(last.all), len(was)), slo.Tally(total, bad))
            for objective, bad, was in zip(OBJECTIVES, bads, before, strict=True)
        ]
