# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How many messages make one arrival: a burst that stays away is one surprise, not many.
The time-rescaling theorem (E. Brown and others, *The Time-Rescaling Theorem and its Application to
Neural Spike Train Data Analysis*, Neural Computation 14, 2002): measured in expected arrivals
instead of minutes, the gaps of independent arrivals have an exponential distribution with mean 1.
Where long gaps are longer than that, by the history of the feed itself, its messages come in
clumps, and the ratio says of how many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from .hours_of_week import LocalWeek

#: Gaps from which on a distribution can be compared.
_LEAST: Final = 20
#: The longest gaps may have been real silences: as many, of a hundred gaps, are left out.
_LEFT_OUT: Final = 0.5
_QUARTER: Final = 15


def factor(
    counts: Sequence[int], first_minute: int, rates: Sequence[float], week: LocalWeek
) -> float:
    """Messages of one arrival, at least 1.

    :param counts: messages of each minute of the history.
    :param rates: messages a minute in each half hour of the week.
    """
    gaps = sorted(_rescaled(counts, first_minute, rates, week), reverse=True)
    if len(gaps) < 2:
        return 1.0
    if len(gaps) < _LEAST:
        # Nothing to compare with: as if the longest gap had been an ordinary one.
        return max(1.0, gaps[0])
    rank = max(2, math.ceil(len(gaps) * _LEFT_OUT / 100))
    ratios = (gaps[at - 1] / math.log(len(gaps) / at) for at in (rank, 2 * rank, 4 * rank))
    return max(1.0, *ratios)


def _rescaled(
    counts: Sequence[int], first: int, rates: Sequence[float], week: LocalWeek
) -> Iterator[float]:
    """Expected messages between successive minutes with messages."""
    expected = 0.0
    rate = 0.0
    begun = False
    for at, count in enumerate(counts):
        if not (first + at) % _QUARTER or not at:
            rate = rates[week.half((first + at) * 60)]
        if count:
            if begun:
                yield expected
            begun, expected = True, 0.0
        else:
            expected += rate
