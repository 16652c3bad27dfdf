"""Twenty feeds of a hospital when nothing is wrong: busy, small, in bursts, nearly silent.

Counts are drawn from a rate that follows the local day and the week, varies from day to day and
wanders within a day; partners have hiccups of seconds. Everything is drawn from one seed.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/Berlin"
#: Monday. The clocks are set forward on the Sunday before the second week; then Easter begins.
START = datetime(2026, 3, 23, tzinfo=UTC)
DAYS = 14
HISTORY_DAYS = 28
HOLIDAYS = (date(2026, 4, 3), date(2026, 4, 6))
DAY = 1440
#: Minutes over which a rate stays the same.
BLOCK = 10
#: A partner starts anew, or a network turns: for some seconds all that comes to it fails, and then
#: it works again. That is no trouble. So many days from one to the next, and so many seconds.
HICCUP_DAYS = 2
HICCUP_SECONDS = (3, 15)

# Shares of the peak at each hour of a working day.
CLINIC = (2, 2, 2, 2, 3, 8, 30, 70, 95, 100, 100, 95, 75, 70, 85, 85, 75, 55, 35, 25, 18, 12, 6, 3)
ALL_DAY = (
    45,
    40,
    38,
    38,
    40,
    48,
    60,
    75,
    90,
    100,
    100,
    98,
    92,
    88,
    90,
    92,
    90,
    85,
    80,
    75,
    68,
    60,
    54,
    49,
)
OFFICE = (0, 0, 0, 0, 0, 0, 5, 35, 80, 100, 100, 90, 45, 80, 95, 90, 60, 20, 5, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Feed:
    """One interface.

    :param kind: ``steady``, ``hourly`` (a burst an hour), ``nightly`` (a burst a night) or ``rare``
    :param peak: messages a minute at the busiest hour; of bursts, messages of one
    :param weekend: share of the working day's rate on days off
    :param errors: share of attempts that fail when nothing is wrong
    :param slow: share of messages beyond the threshold when nothing is wrong
    :param known_days: days of history
    """

    name: str
    kind: str
    peak: float
    shape: tuple[int, ...] = ALL_DAY
    weekend: float = 0.5
    errors: float = 0.001
    slow: float = 0.002
    known_days: int = HISTORY_DAYS


def feeds(rng: random.Random) -> list[Feed]:
    """Twenty of them, each different with each seed."""

    def one(kind, peak, shape=ALL_DAY, weekend=0.5, **more):
        number = len(found)
        more.setdefault("errors", rng.uniform(0.0002, 0.0015))
        more.setdefault("slow", rng.uniform(0.0005, 0.003))
        peak *= rng.uniform(0.7, 1.4)
        found.append(Feed(f"{kind}_{number}", kind, peak, shape, weekend, **more))

    found: list[Feed] = []
    for peak, shape in ((60, ALL_DAY), (40, CLINIC), (90, ALL_DAY), (25, CLINIC), (30, OFFICE)):
        one("steady", peak, shape, rng.uniform(0.2, 0.7))
    for peak, shape in ((8, ALL_DAY), (5, CLINIC), (3, ALL_DAY), (2, OFFICE), (1.5, CLINIC)):
        one("steady", peak, shape, rng.uniform(0.1, 0.7))
    for peak, shape in ((0.4, ALL_DAY), (0.25, CLINIC), (0.15, ALL_DAY)):
        one("steady", peak, shape, rng.uniform(0.2, 0.7))
    one("hourly", 60)
    one("hourly", 25, OFFICE, 0.0)
    one("nightly", 400)
    one("nightly", 150, weekend=0.0)
    one("rare", 0.006)
    one("rare", 0.003)
    # New: only a few days are known of it.
    one("steady", 12, ALL_DAY, 0.5, known_days=9)
    return found


class Rhythm:
    """The rate of one feed at each minute, without any trouble."""

    def __init__(self, feed: Feed, rng: random.Random, begin: datetime, days: int) -> None:
        self.feed, self.days = feed, days
        self.begin = begin
        self.minutes = days * DAY
        draw = {"hourly": self._hourly, "nightly": self._nightly}.get(feed.kind, self._smooth)
        self.rates = draw(rng)
        self.hiccups = dict(self._hiccups(rng))

    def _locals(self, step: int) -> list[datetime]:
        zone = ZoneInfo(ZONE)
        return [
            (self.begin + timedelta(minutes=at)).astimezone(zone)
            for at in range(0, self.minutes, step)
        ]

    def _day_share(self, local: datetime) -> float:
        off = local.weekday() >= 5 or local.date() in HOLIDAYS
        return self.feed.weekend if off else 1.0

    def _hiccups(self, rng: random.Random) -> Iterator[tuple[int, tuple[float, float]]]:
        """Minutes with a hiccup: its first and its last second."""
        for _ in range(round(self.days / HICCUP_DAYS)):
            length = rng.uniform(*HICCUP_SECONDS)
            begin = rng.uniform(0, 60 - length)
            yield rng.randrange(self.minutes), (begin, begin + length)

    def _smooth(self, rng: random.Random) -> list[float]:
        """A rate for each minute; between full hours it goes straight."""
        rates: list[float] = []
        shape, drift, of_day, today = self.feed.shape, 0.0, 1.0, None
        for local in self._locals(BLOCK):
            if local.date() != today:
                today, of_day = local.date(), math.exp(rng.gauss(0, 0.08))
            drift = 0.9 * drift + rng.gauss(0, 0.035)
            part = (local.minute + BLOCK / 2) / 60
            share = shape[local.hour] * (1 - part) + shape[(local.hour + 1) % 24] * part
            rate = self.feed.peak * share / 100 * self._day_share(local) * of_day
            rates += [rate * math.exp(drift)] * BLOCK
        return rates

    def _hourly(self, rng: random.Random) -> list[float]:
        rates = [0.0] * self.minutes
        for hour, local in enumerate(self._locals(60)):
            wanted = self.feed.peak * self.feed.shape[local.hour] / 100 * self._day_share(local)
            at, length = hour * 60 + rng.randint(3, 12), rng.randint(2, 6)
            for minute in range(at, at + length):
                rates[minute] = wanted * math.exp(rng.gauss(0, 0.1)) / length
        return rates

    def _nightly(self, rng: random.Random) -> list[float]:
        rates = [0.0] * self.minutes
        for hour, local in enumerate(self._locals(60)):
            if local.hour == 2 and self._day_share(local):
                at, length = hour * 60 + rng.randint(5, 35), rng.randint(8, 20)
                wanted = self.feed.peak * math.exp(rng.gauss(0, 0.15))
                for minute in range(at, at + length):
                    rates[minute] = wanted / length
        return rates


def poisson(rng: random.Random, mean: float) -> int:
    """A count of independent arrivals."""
    if mean <= 0:
        return 0
    if mean > 15:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def some_of(rng: random.Random, count: int, share: float) -> int:
    """How many of ``count`` it hits."""
    if share <= 0 or not count:
        return 0
    if share < 0.01:
        return min(count, poisson(rng, count * share))
    return sum(rng.random() < share for _ in range(count))
