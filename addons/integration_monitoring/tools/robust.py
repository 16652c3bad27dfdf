# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Statistics that a few wild values do not move.
Sources: B. Iglewicz and D. C. Hoaglin, *How to Detect and Handle Outliers* (ASQC Basic References
in Quality Control 16, 1993), for the modified z-score and its usual limit of 3.5; F. R. Hampel,
*The Influence Curve and its Role in Robust Estimation* (1974), for the median absolute deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: The 75th percentile of the standard normal distribution: MAD / 0.6745 estimates its deviation.
NORMAL_MAD: Final = 0.6745
#: Modified z-scores beyond this are outliers (Iglewicz and Hoaglin).
LIMIT: Final = 3.5


def median(values: Sequence[float]) -> float:
    """The middle value; of an even number the mean of the two in the middle.

    :raises ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values have no median")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return (ordered[middle - 1] + ordered[middle]) / 2


def mad(values: Sequence[float], centre: float | None = None) -> float:
    """The median absolute deviation from ``centre``, by default from the median.

    :raises ValueError: there are no values.
    """
    around = median(values) if centre is None else centre
    return median([abs(value - around) for value in values])


def modified_z(value: float, centre: float, deviation: float) -> float:
    """How many robust deviations ``value`` lies above ``centre``; negative when below.

    :param deviation: the median absolute deviation, above 0.
    :raises ValueError: the deviation is not above 0: with it nothing can be judged.
    """
    if deviation <= 0:
        raise ValueError("a modified z-score needs a deviation above 0")
    return NORMAL_MAD * (value - centre) / deviation
