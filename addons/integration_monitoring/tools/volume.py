# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether the messages of a bucket are too many or too few for this hour of the week.
Large counts are judged by their modified z-score (Iglewicz and Hoaglin), small ones by the tail of
a Poisson distribution whose mean is known to some spread only. Both have the same limit: a normal
value is beyond a z-score of 3.5 with a probability of 0.00023. One bucket proves nothing; the
detector asks for successive ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import tails
from .findings import Fact, Finding, Grade, Signal
from .robust import LIMIT, NORMAL_MAD, modified_z
from .traffic_profile import CAUTION, KNOWS_THE_DAY, Basis, Expectation

#: Expected messages below which a count is small.
SMALL: Final = 20.0
#: One-sided probability of a normal value beyond the limit.
CHANCE: Final = 2.3e-4
#: Feeds vary from week to week by so much without being ill, as a share of what is usual.
_VARIES: Final = 0.13
#: Additional spread of the mean by the number of occurrences that it was learnt from.
_UNSURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as too many and too few.

    :param z: modified z-score.
    :param least: messages of a bucket below which there are never too many.
    :param above, below: share of the usual by which a count differs at least, whatever its score.
    """

    z: float = LIMIT
    least: int = 5
    above: float = 0.8
    below: float = 0.4


def judge(
    count: int, nearby: Sequence[Expectation], minutes: int, limits: Limits = Limits()
) -> tuple[Finding, Finding]:
    """Too many, and too few: a finding for each; a level below 1 is usual.

    :param count: messages of the bucket.
    :param nearby: what is usual at this hour; near the border of an hour also what is usual at the
        other one. The bucket is judged by the hour that explains it better: a feed that comes a
        little early is no trouble.
    :param minutes: width of the bucket, for the explanation.
    """
    high = min((_high(count, one, limits) for one in nearby), key=_level)
    low = min((_low(count, one, limits) for one in nearby), key=_level)
    return (
        _finding(Signal.VOLUME_HIGH, count, minutes, high),
        _finding(Signal.VOLUME_LOW, count, minutes, low),
    )


#: Level, how it was found, the expectation behind it, and the score: z, or probability.
_Judged = tuple[float, str, Expectation, float]


def _level(judged: _Judged) -> float:
    return judged[0]


def _high(count: int, usual: Expectation, limits: Limits) -> _Judged:
    if usual.basis is Basis.NOTHING or count < limits.least:
        return 0.0, "none", usual, 0.0
    if count <= usual.median * (1 + limits.above):
        return 0.0, "near", usual, 0.0
    if usual.median >= SMALL:
        return _by_z(count, usual, limits, 1.0)
    # Where nothing was ever seen one may still come: half a message in all that was looked at.
    mean = max(usual.mean, usual.median) + 0.5 / usual.occurrences
    return _by_chance(tails.at_least(count, mean, _spread(usual)), usual)


def _low(count: int, usual: Expectation, limits: Limits) -> _Judged:
    if usual.basis not in KNOWS_THE_DAY or count >= usual.median * (1 - limits.below):
        return 0.0, "near", usual, 0.0
    if usual.median >= SMALL:
        return _by_z(count, usual, limits, -1.0)
    mean = min(usual.mean, usual.median)
    return _by_chance(tails.at_most(count, mean, _spread(usual)), usual)


def _by_z(count: int, usual: Expectation, limits: Limits, sign: float) -> _Judged:
    # No feed is steadier than chance and its weekly ups and downs, whatever a few samples say.
    least = (usual.median + (_VARIES * usual.median) ** 2) ** 0.5 * NORMAL_MAD
    score = modified_z(count, usual.median, max(usual.mad, least))
    return sign * score / (limits.z * CAUTION[usual.basis]), "modified_z", usual, score


def _by_chance(chance: float, usual: Expectation) -> _Judged:
    limit = CHANCE ** CAUTION[usual.basis]
    # Logarithmic, so that twice the evidence is twice the level.
    return tails.surprise(chance) / tails.surprise(limit), "poisson", usual, chance


def _spread(usual: Expectation) -> float:
    """How well the mean of a small count is known: what the feed itself shows, or the least."""
    least = _VARIES + _UNSURE / usual.occurrences
    if usual.median <= 0:
        return least
    beyond_chance = (usual.mad / NORMAL_MAD) ** 2 - usual.median
    return max(least, max(0.0, beyond_chance) ** 0.5 / usual.median)


def _finding(signal: Signal, count: int, minutes: int, judged: _Judged) -> Finding:
    level, test, usual, score = judged
    if level < 1:
        return Finding(signal, max(level, 0.0), Grade.TICKET)
    facts: dict[str, Fact] = {
        "count": count,
        "minutes": minutes,
        "usual": round(usual.median, 1),
        "deviation": round(usual.mad, 1),
        "test": test,
        "score": float(f"{score:.3g}"),
        "basis": usual.basis.value,
        "occurrences": usual.occurrences,
        "sureness": round(usual.sureness, 2),
    }
    return Finding(signal, level, Grade.TICKET, facts)
