# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is usual for an interface at an hour of the week.
Learnt from one-minute counts by :mod:`.profile_learning`, kept in a row, and asked by
:mod:`.volume` and :mod:`.silence`. With few weeks of history an hour of the week has too few
samples of its own; then it borrows from the same hour of similar days, of all days, or from all
hours, and says so: judgements on a weaker basis need more evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .hours_of_week import HALVES, SLOTS

#: Format of :meth:`Profile.to_dict`; another one is learnt anew.
VERSION: Final = 1


class Basis(StrEnum):
    """Which hours an expectation was learnt from, from the surest to the weakest."""

    HOUR_OF_WEEK = "hour_of_week"  #: this hour of this day of the week
    SIMILAR_DAYS = "similar_days"  #: this hour of working days, or of days off
    HOUR_OF_DAY = "hour_of_day"  #: this hour of any day
    OVERALL = "overall"  #: any hour
    NOTHING = "nothing"  #: nothing is known: nothing is judged


#: How much farther from the usual something must be on this basis.
CAUTION: Final[Mapping[Basis, float]] = MappingProxyType(
    {Basis.HOUR_OF_WEEK: 1.0, Basis.SIMILAR_DAYS: 1.3, Basis.HOUR_OF_DAY: 2.0, Basis.OVERALL: 3.0}
)
#: On these it is known what is usual on a day of this kind; without, too little means nothing.
KNOWS_THE_DAY: Final = frozenset({Basis.HOUR_OF_WEEK, Basis.SIMILAR_DAYS})
#: Occurrences of an hour from which on it stands on its own, and at which the sureness is one half.
ENOUGH: Final = 3
#: Median absolute deviation of the count of a day, at least, as a share of it.
_DAYS_VARY: Final = 0.14


class Expectation(NamedTuple):
    """What is usual in one bucket at one hour of the week.

    :param median: messages of a bucket.
    :param mad: median absolute deviation of the messages of a bucket.
    :param mean: messages of a bucket on average, wild occurrences left out.
    :param occurrences: hours (or days) of history behind it.
    :param basis: which hours these are.
    """

    median: float
    mad: float
    mean: float
    occurrences: int
    basis: Basis

    @property
    def sureness(self) -> float:
        """From 0, nothing is known, to nearly 1: many occurrences of this very hour."""
        if self.basis is Basis.NOTHING:
            return 0.0
        return self.occurrences / (self.occurrences + ENOUGH) / CAUTION[self.basis]


UNKNOWN: Final = Expectation(0.0, 0.0, 0.0, 0, Basis.NOTHING)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is usual for one interface.

    :param width: minutes of one bucket. A bucket of a day is a window that moves by the hour; its
        expectations are those of its hours.
    :param buckets: an expectation for each of the 168 hours of the week.
    :param rates: arrivals a minute that may be counted on in each of the 336 half hours of the week
        (see :mod:`.silence`).
    :param clumping: messages of one arrival: 1 when they come one by one, more when in bursts.
    :param day_ratio, day_spread: of a bucket of a day: the median of its count as a share of the
        sum of its hours' means, and the median absolute deviation of that share.
    """

    width: int
    buckets: tuple[Expectation, ...]
    rates: tuple[float, ...]
    clumping: float = 1.0
    day_ratio: float = 1.0
    day_spread: float = 0.0

    def __post_init__(self) -> None:
        if len(self.buckets) != SLOTS or len(self.rates) != HALVES:
            raise ValueError("a profile has 168 hours and 336 halves of them")

    @property
    def arrivals_a_day(self) -> float:
        """Arrivals on a day of an average week."""
        return sum(self.rates) * 30 / 7

    def day(self, slots: Sequence[int]) -> Expectation:
        """What is usual in a bucket of a day, made of the hours that it has.

        So a holiday, or the hour that the change of summer time takes away, counts as what it is.
        """
        hours = [self.buckets[slot] for slot in slots]
        weakest = max(hours, key=lambda hour: CAUTION.get(hour.basis, 9.0))
        usual = sum(hour.mean for hour in hours) * self.day_ratio
        occurrences = min(hour.occurrences for hour in hours)
        # Days of a few weeks overlap: how much they vary is known less well than it looks.
        deviation = usual * max(self.day_spread, _DAYS_VARY)
        return Expectation(usual, deviation, usual, occurrences, weakest.basis)

    def to_dict(self) -> dict[str, Any]:
        """Fit for JSON and for a row: about 10 kB."""
        return {
            "version": VERSION,
            "width": self.width,
            "clumping": round(self.clumping, 4),
            "day": [round(self.day_ratio, 4), round(self.day_spread, 4)],
            "rates": [round(rate, 6) for rate in self.rates],
            "buckets": [
                [round(e.median, 3), round(e.mad, 3), round(e.mean, 4), e.occurrences, e.basis]
                for e in self.buckets
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        """What :meth:`to_dict` gave, to the precision that it keeps.

        :raises ValueError, KeyError, TypeError: not such a mapping, or of another version.
        """
        if data["version"] != VERSION:
            raise ValueError("the profile was learnt by another version; learn it anew")
        return cls(
            width=int(data["width"]),
            buckets=tuple(_expectation(row) for row in data["buckets"]),
            rates=tuple(map(float, data["rates"])),
            clumping=float(data["clumping"]),
            day_ratio=float(data["day"][0]),
            day_spread=float(data["day"][1]),
        )


def _expectation(row: Sequence[Any]) -> Expectation:
    median, mad, mean, occurrences, basis = row
    return Expectation(float(median), float(mad), float(mean), int(occurrences), Basis(basis))


#: Nothing is known yet.
BLANK: Final = Profile(60, (UNKNOWN,) * SLOTS, (0.0,) * HALVES)
