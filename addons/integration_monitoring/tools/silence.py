# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether nothing came for so long that chance does not explain it.
Independent arrivals of a rate that follows the hour of the week stay away throughout a gap with
probability ``e^-I``, where ``I`` is the integral of the rate over the gap (inhomogeneous Poisson
process). Below one in ten thousand the feed is silent. A feed with many arrivals has many gaps a
day, and chance has a try with each: for it the limit is such that one of all gaps of a day is that
long on one day in a thousand, the rate being known as well as it is. The rate counts arrivals, not
messages: :mod:`.clumping`.

The integral is kept as the gap grows, a minute at a time: the cost does not depend on its length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .findings import Fact, Finding, Grade, Signal
from .hours_of_week import LocalWeek

#: Probability below which a gap is significant.
CHANCE: Final = 1e-4
#: The integral at which it is: 9.21 expected arrivals.
SIGNIFICANT: Final = -math.log(CHANCE)
#: Probability of a false alarm on one day.
CHANCE_A_DAY: Final = 1e-3
#: How well the rate of an hour is known, as a share of it: feeds vary from week to week, and a gap
#: that an exact rate would make impossible is only rare then.
VARIES: Final = 0.13
#: Seconds that a gap lasts at least: nobody acts on less, and a minute is missed easily.
LEAST: Final = 300
_MINUTE: Final = 60
_DAY_MINUTES: Final = 1440
_HORIZON: Final = 28 * 24 * 60 * _MINUTE


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap that may still go on.

    :param since: the last message, in seconds; ``None`` when none was seen: nothing is judged.
    :param until: up to where the integral goes.
    :param expected: arrivals that should have come meanwhile.
    """

    since: float | None = None
    until: float = 0.0
    expected: float = 0.0

    def arrived(self, at: float) -> Gap:
        """A message came: the gap begins anew."""
        return Gap(at, at, 0.0)

    def grown(self, seconds: float, rate: float) -> Gap:
        """Nothing came for further ``seconds`` at a ``rate`` of arrivals a minute."""
        until = self.until + seconds
        return Gap(self.since, until, self.expected + seconds / _MINUTE * rate)


def limit(arrivals_a_day: float) -> float:
    """The integral at which a gap of a feed is significant; :data:`SIGNIFICANT` or more.

    With a rate that is known to a spread ``s`` only (a gamma distribution about it), nothing comes
    with probability ``(1 + I s²)^(-1/s²)`` instead of ``e^-I``: the more is asked for, the more
    that matters. What is asked for beyond :data:`SIGNIFICANT` carries it.
    """
    gaps = min(max(arrivals_a_day, 1.0), _DAY_MINUTES)
    return SIGNIFICANT + max(0.0, _unsure(math.log(gaps / CHANCE_A_DAY)) - _unsure(SIGNIFICANT))


def _unsure(surprise: float) -> float:
    """The integral at which nothing comes with probability ``e^-surprise``."""
    square = VARIES * VARIES
    return math.expm1(surprise * square) / square


def judge(gap: Gap, significant: float = SIGNIFICANT, least: float = LEAST) -> Finding:
    """The level is the integral as a share of what makes a gap significant.

    :param significant: what :func:`limit` says of the feed.
    :param least: seconds that a gap lasts at least.
    """
    if gap.since is None:
        return Finding(Signal.SILENCE, 0.0)
    level = gap.expected / significant
    seconds = gap.until - gap.since
    if level < 1 or seconds < least:
        return Finding(Signal.SILENCE, min(level, seconds / least))
    facts: dict[str, Fact] = {
        "since": int(gap.since),
        "seconds": int(seconds),
        "expected": round(gap.expected, 1),
        "limit": round(significant, 1),
        "chance": float(f"{math.exp(-gap.expected):.2g}"),
    }
    return Finding(Signal.SILENCE, level, Grade.PAGE, facts)


def integral(since: float, until: float, rates: Sequence[float], week: LocalWeek) -> float:
    """Arrivals that are to be expected between two moments.

    :param rates: arrivals a minute in each half hour of the week.
    """
    total = 0.0
    at = since
    while at < until:
        following = min(_next_quarter(at), until)
        total += (following - at) / _MINUTE * rates[week.half(at)]
        at = following
    return total


def significant_at(
    gap: Gap,
    rates: Sequence[float],
    week: LocalWeek,
    significant: float = SIGNIFICANT,
    least: float = LEAST,
) -> float | None:
    """When a gap will be significant if nothing comes: a moment in seconds.

    :return: the end of what is known when it is already; ``None`` when it will not be within four
        weeks, or nothing is known.
    """
    if gap.since is None:
        return None
    left = significant - gap.expected
    at = gap.until
    if left <= 0:
        return max(at, gap.since + least)
    if week.is_regular and left > _most(rates):
        return None  # of a feed that seldom speaks: nobody has to walk through four weeks
    while at < gap.until + _HORIZON:
        following = _next_quarter(at)
        rate = rates[week.half(at)] / _MINUTE
        if rate > 0 and left <= (following - at) * rate:
            return max(at + left / rate, gap.since + least)
        left -= (following - at) * rate
        at = following
    return None


def _most(rates: Sequence[float]) -> float:
    """Arrivals of four weeks at most: a change of summer time repeats an hour, twice at worst."""
    return 4 * 30 * sum(rates) + 2 * _MINUTE * max(rates)


def _next_quarter(at: float) -> float:
    return (at // 900 + 1) * 900
