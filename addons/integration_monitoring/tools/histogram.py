# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Histograms of durations that add up.
Percentiles of parts cannot be merged to those of the whole; counts of fixed buckets can. The
bounds go from a millisecond to a week, about 1.8 times from one to the next, so that a percentile
is known to within the bucket that it lies in. As in OpenMetrics (section "Histogram"), a bucket
holds what is at most its bound; the last one has none. A row stores the counts of the buckets as a
list of integers.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

#: Upper bounds in seconds, both of thresholds that people agree on and steps of less than 2.5.
BOUNDS: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0),
    *(600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 57600.0, 86400.0),
    *(172800.0, 345600.0, 604800.0),
)
SIZE: Final = len(BOUNDS) + 1


class Quantile(NamedTuple):
    """A percentile, and what is sure about it.

    :param value: estimate in seconds, by interpolation within its bucket.
    :param low, high: the bounds of the bucket: the true value lies above ``low`` and not above
        ``high``, which is infinite in the last bucket.
    """

    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """How far the estimate may be off, at most, in seconds."""
        return max(self.value - self.low, self.high - self.value)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of durations by bucket; an empty one is ``Histogram()``."""

    counts: tuple[int, ...] = (0,) * SIZE

    def __post_init__(self) -> None:
        if len(self.counts) != SIZE or min(self.counts) < 0:
            raise ValueError(f"a histogram has {SIZE} counts, none of them negative")

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Histogram:
        """The histogram of durations.

        A duration below 0, which clocks that disagree give, counts as 0.

        :raises ValueError: a duration is not a number.
        """
        counts = [0] * SIZE
        for one in seconds:
            counts[_bucket(one)] += 1
        return cls(tuple(counts))

    @classmethod
    def from_list(cls, stored: Sequence[int] | None) -> Histogram:
        """What :meth:`to_list` gave; nothing stored is nothing counted.

        :raises ValueError: not such a list.
        """
        if not stored:
            return cls()
        if len(stored) > SIZE:
            raise ValueError("the histogram was stored with other bounds")
        return cls((*map(int, stored), *(0,) * (SIZE - len(stored))))

    def to_list(self) -> list[int]:
        """Fit for a row: the counts without the zeros at the end."""
        used = next((at for at in range(SIZE, 0, -1) if self.counts[at - 1]), 0)
        return list(self.counts[:used])

    @property
    def total(self) -> int:
        """How many durations were counted."""
        return sum(self.counts)

    def add(self, seconds: float, times: int = 1) -> Histogram:
        """With one duration more, or with several of the same.

        :raises ValueError: not a number, or a negative number of times.
        """
        counts = list(self.counts)
        counts[_bucket(seconds)] += times
        return Histogram(tuple(counts))

    def merge(self, other: Histogram) -> Histogram:
        """Both together."""
        return Histogram(tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    def quantile(self, share: float) -> Quantile | None:
        """The duration that a share of all did not exceed; ``None`` when nothing was counted.

        Of ``n`` durations it is the one of rank ``ceil(share * n)``, taken as spread evenly over
        its bucket. In the last bucket it is the last bound.

        :raises ValueError: the share is not between 0 and 1.
        """
        if not 0 <= share <= 1:
            raise ValueError("a share is between 0 and 1")
        total = self.total
        if not total:
            return None
        # What the share may have lost to its binary form must not raise the rank.
        rank = max(1, math.ceil(share * total - 1e-9))
        below = 0
        for at, count in enumerate(self.counts):
            if below + count >= rank:
                return _within(at, (rank - below) / count)
            below += count
        raise AssertionError("a rank is within the total")

    def over(self, threshold: float) -> int:
        """How many took longer than a threshold.

        Exact at a bound; within a bucket the durations count as spread evenly, rounded upwards.
        """
        return over(self.counts, threshold)


def over(counts: Sequence[int], threshold: float) -> int:
    """The same of counts as a row stores them, for those who ask for many rows."""
    at = _bucket(threshold)
    beyond = sum(counts[at + 1 :])
    within = counts[at] if at < len(counts) else 0
    if at == SIZE - 1:
        # Nothing is known of how far beyond the last bound they are: all of them are slow.
        return within
    low = BOUNDS[at - 1] if at else 0.0
    share = (BOUNDS[at] - max(threshold, 0.0)) / (BOUNDS[at] - low)
    return beyond + math.ceil(share * within - 1e-9)


def percentiles(histogram: Histogram) -> dict[str, float | None]:
    """``p50``, ``p95`` and ``p99`` in seconds; ``None`` without any duration."""
    return {
        name: found.value if (found := histogram.quantile(share)) else None
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def merge_all(histograms: Iterable[Histogram]) -> Histogram:
    """All together."""
    sums = [0] * SIZE
    for one in histograms:
        for at, count in enumerate(one.counts):
            sums[at] += count
    return Histogram(tuple(sums))


def _bucket(seconds: float) -> int:
    if math.isnan(seconds):
        raise ValueError("a duration is a number of seconds")
    return bisect_left(BOUNDS, seconds)


def _within(at: int, share: float) -> Quantile:
    low = BOUNDS[at - 1] if at else 0.0
    if at == len(BOUNDS):
        return Quantile(low, low, math.inf)
    return Quantile(low + (BOUNDS[at] - low) * share, low, BOUNDS[at])
