"""Troubles that are planted into the traffic of feeds: what there is to be found.
A trouble is planted where it concerns enough messages to be one: a feed that brings two messages a
day is not silent after an hour. How many is said in :data:`NEEDED`; it is in messages, and knows
nothing of how anybody looks for them.
"""

import random
from dataclasses import dataclass

from tests.unit.monitoring_feeds import DAY, Rhythm

KINDS = ("surge", "drop", "silence", "errors", "latency")
#: Usual messages during a trouble, at least.
NEEDED = {"surge": 40, "drop": 80, "silence": 25, "errors": 60, "latency": 60}
#: Minutes that a trouble lasts, at least and at most.
LASTS = {
    "surge": (20, 360),
    "drop": (60, 720),
    "silence": (20, 900),
    "errors": (20, 480),
    "latency": (30, 480),
}
#: Between two troubles of one feed, so that it is clear which one was found.
APART = DAY + 360
WARM_UP = 60


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a feed from one minute to another.

    :param strength: of surges and drops the factor, of errors and latency the share of messages
    """

    kind: str
    feed: int
    begin: int
    end: int
    strength: float


def _strength(kind: str, rng: random.Random) -> float:
    if kind == "surge":
        return rng.uniform(3, 6)
    if kind == "drop":
        return rng.uniform(0.05, 0.3)
    if kind == "errors":
        return rng.uniform(0.25, 1.0)
    return rng.uniform(0.4, 1.0) if kind == "latency" else 0.0


def plant(rhythms: list[Rhythm], rng: random.Random, wanted: int = 25) -> list[Trouble]:
    """As many troubles as wanted, each kind in turn, in feeds at random."""
    planted: list[Trouble] = [_missing_night(rhythms, rng)]
    while len(planted) < wanted:
        kind = KINDS[len(planted) % len(KINDS)]
        feed = rng.randrange(len(rhythms))
        rhythm = rhythms[feed]
        if rhythm.feed.kind == "nightly":
            continue
        low, high = LASTS[kind]
        if rhythm.feed.kind == "hourly":
            low = 240  # four bursts
        length = round(low * (high / low) ** rng.random())
        begin = rng.randrange(WARM_UP, rhythm.minutes - length)
        usual = sum(rhythm.rates[begin : begin + length])
        alone = all(
            other.feed != feed or begin > other.end + APART or begin + length + APART < other.begin
            for other in planted
        )
        if usual >= NEEDED[kind] and alone:
            planted.append(Trouble(kind, feed, begin, begin + length, _strength(kind, rng)))
    return planted


def _missing_night(rhythms: list[Rhythm], rng: random.Random) -> Trouble:
    """One of the nightly batches does not come, and nobody notices until noon."""
    feed = rng.choice([at for at, one in enumerate(rhythms) if one.feed.kind == "nightly"])
    rates = rhythms[feed].rates
    nights = [at for at in range(DAY, len(rates)) if rates[at] and not rates[at - 1]]
    begin = rng.choice(nights) - 30
    return Trouble("silence", feed, begin, begin + 600, 0.0)


def spoil_history(rates: list[float], rng: random.Random) -> None:
    """Old troubles that nobody has marked: a surge, an outage and a weak day in the four weeks."""
    for factor, length in ((5.0, 180), (0.0, 240), (0.4, 600)):
        if len(rates) > 10 * DAY:
            begin = rng.randrange(len(rates) - length)
            for at in range(begin, begin + length):
                rates[at] *= factor
