# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Learns from one-minute counts what is usual for an interface.
The width of a bucket follows the traffic: as small as counts are large and regular enough to be
judged, so that a busy feed is judged by the minute and a nightly batch by the day. Medians leave
out what was wild in the history, as long as it was less than half of an hour's samples; known
trouble is best left out altogether.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from . import clumping
from .hours_of_week import HOURS, SLOTS, LocalWeek
from .robust import LIMIT, NORMAL_MAD, mad, median
from .traffic_profile import BLANK, CAUTION, ENOUGH, UNKNOWN, Basis, Expectation, Profile

HOUR: Final = 60
DAY: Final = 1440
#: Widths that are tried, with the messages that a bucket of a busy hour needs.
_WIDTHS: Final = ((1, 150.0), (5, 60.0), (15, 40.0), (60, 6.0))
#: Relative deviation, beyond that of chance, up to which traffic is regular.
_IRREGULAR: Final = 0.5
#: Hours of the week with traffic below which an interface is judged by the day.
_BUSY_SLOTS: Final = 28
_OVERALL: Final = 12
#: Weeks of one feed differ by as much, as a share, without any of them being wild.
_STEADY: Final = 0.12


class Hour(NamedTuple):
    """One hour of history.

    :param slot: the hour of the week.
    :param begin: index of its first minute.
    :param total: messages.
    """

    slot: int
    begin: int
    total: int


class Samples(NamedTuple):
    """Counts of buckets at an hour of the week, and how many hours they come from."""

    counts: tuple[int, ...]
    totals: tuple[int, ...]


def learn(
    counts: Sequence[int],
    first_minute: int,
    week: LocalWeek,
    excluded: Iterable[tuple[int, int]] = (),
) -> Profile:
    """The profile of an interface.

    :param counts: messages of each minute, in order; a minute without any is 0.
    :param first_minute: minutes since 1970 in UTC of the first count.
    :param excluded: from and until, in minutes since 1970, of what is not usual: incidents,
        maintenance, time during which nothing was counted. Hours that it touches are left out.
    """
    hours = _hours(counts, first_minute, week, tuple(excluded))
    if len(hours) < _OVERALL:
        return BLANK
    width = _width(counts, hours)
    hourly = _expectations(_samples(counts, hours, HOUR), week)
    buckets = hourly if width >= HOUR else _expectations(_samples(counts, hours, width), week)
    messages = _sure_rates(hourly)
    factor = clumping.factor(counts, first_minute, messages, week)
    rates = tuple(rate / factor for rate in messages)
    ratio, spread = _days(hours, hourly) if width == DAY else (1.0, 0.0)
    return Profile(width, buckets, rates, factor, ratio, spread)


def _hours(
    counts: Sequence[int], first: int, week: LocalWeek, excluded: tuple[tuple[int, int], ...]
) -> list[Hour]:
    begin = -first % HOUR
    return [
        Hour(week.slot((first + at) * 60), at, sum(counts[at : at + HOUR]))
        for at in range(begin, len(counts) - HOUR + 1, HOUR)
        if not any(since < first + at + HOUR and first + at < until for since, until in excluded)
    ]


def _samples(counts: Sequence[int], hours: Iterable[Hour], width: int) -> dict[int, Samples]:
    found: dict[int, tuple[list[int], list[int]]] = {}
    for slot, begin, total in hours:
        sums, totals = found.setdefault(slot, ([], []))
        totals.append(total)
        if width == HOUR:
            sums.append(total)
        elif width == 1:
            sums.extend(counts[begin : begin + HOUR])
        else:
            sums.extend(sum(counts[at : at + width]) for at in range(begin, begin + HOUR, width))
    return {slot: _tidy(sums, totals) for slot, (sums, totals) in found.items()}


def _tidy(counts: Sequence[int], totals: Sequence[int]) -> Samples:
    """Without the occurrences of an hour that do not fit to most of the others.

    Their buckets would make what is usual look wider than it is. Where few are known, or too many
    do not fit, nobody can say which are the wild ones.
    """
    usual = median(totals)
    reach = LIMIT * max(mad(totals, usual) / NORMAL_MAD, _STEADY * usual, max(usual, 1.0) ** 0.5)
    fitting = [at for at, total in enumerate(totals) if abs(total - usual) <= reach]
    if len(fitting) < max(ENOUGH, len(totals) * 2 / 3) or len(fitting) == len(totals):
        return Samples(tuple(counts), tuple(totals))
    each = len(counts) // len(totals)
    kept = (count for at in fitting for count in counts[at * each : (at + 1) * each])
    return Samples(tuple(kept), tuple(totals[at] for at in fitting))


def _days(hours: Sequence[Hour], hourly: Sequence[Expectation]) -> tuple[float, float]:
    """How counts of days stand to the sums of their hours' means: median, and deviation from it."""
    shares = []
    for end in range(HOURS, len(hours) + 1):
        day = hours[end - HOURS : end]
        usual = sum(hourly[hour.slot].mean for hour in day)
        if usual and day[-1].begin - day[0].begin == DAY - HOUR:
            shares.append(sum(hour.total for hour in day) / usual)
    if not shares:
        return 1.0, 0.0
    return median(shares), mad(shares)


def _width(counts: Sequence[int], hours: Sequence[Hour]) -> int:
    """Minutes of a bucket that fit the traffic of the busier hours."""
    totals = _samples(counts, hours, HOUR)
    with_traffic = [slot for slot, (sums, _) in totals.items() if median(sums) > 0]
    if len(with_traffic) < min(_BUSY_SLOTS, len(totals) // 6):
        return DAY
    middle = median([median(totals[slot].counts) for slot in with_traffic])
    busy = [slot for slot in with_traffic if median(totals[slot].counts) >= middle]
    of_busy = [hour for hour in hours if hour.slot in set(busy)]
    for width, needed in _WIDTHS:
        spreads = [_spread(samples.counts) for samples in _samples(counts, of_busy, width).values()]
        if middle * width / HOUR >= needed and median(spreads) <= _IRREGULAR:
            return width
    return DAY


def _spread(values: Sequence[int]) -> float:
    """Relative deviation beyond that of independent arrivals; 1 when there are mostly none."""
    centre = median(values)
    if centre <= 0:
        return 1.0
    deviation = mad(values, centre) / NORMAL_MAD
    return max(0.0, deviation * deviation - centre) ** 0.5 / centre


def _expectations(by_slot: dict[int, Samples], week: LocalWeek) -> tuple[Expectation, ...]:
    """For each hour of the week, learnt from the surest hours that there are enough of."""
    pools: dict[object, Expectation | None] = {}

    def pooled(key: object, slots: Iterable[int], basis: Basis, least: int) -> Expectation | None:
        if key not in pools:
            pools[key] = _pool([by_slot[s] for s in slots if s in by_slot], basis, least)
        return pools[key]

    found = []
    for slot in range(SLOTS):
        hour, off = slot % HOURS, week.is_day_off(slot)
        same_hour = range(hour, SLOTS, HOURS)
        similar = [s for s in same_hour if week.is_day_off(s) is off]
        found.append(
            pooled(slot, [slot], Basis.HOUR_OF_WEEK, ENOUGH)
            or pooled((off, hour), similar, Basis.SIMILAR_DAYS, ENOUGH - 1)
            or pooled((hour,), same_hour, Basis.HOUR_OF_DAY, ENOUGH)
            or pooled((), range(SLOTS), Basis.OVERALL, _OVERALL)
            or UNKNOWN
        )
    return tuple(found)


def _pool(parts: Sequence[Samples], basis: Basis, least: int) -> Expectation | None:
    totals = [total for part in parts for total in part.totals]
    if len(totals) < least:
        return None
    counts = [count for part in parts for count in part.counts]
    centre = median(counts)
    # A mean, unlike a median, tells apart feeds of few messages; wild occurrences count only as far
    # as an unusual one goes.
    usual = median(totals)
    reach = LIMIT * max(mad(totals, usual) / NORMAL_MAD, max(usual, 1.0) ** 0.5)
    mean = sum(max(min(total, usual + reach), usual - reach) for total in totals) / len(counts)
    return Expectation(centre, mad(counts, centre), mean, len(totals), basis)


def _sure_rates(hourly: Sequence[Expectation]) -> tuple[float, ...]:
    """Messages a minute in each half hour that may be counted on.

    Between two hours the lower one counts: a feed that begins at half past the hour is not late.
    """
    rates = [_rate(one) for one in hourly]
    halves = []
    for slot, rate in enumerate(rates):
        halves += [min(rate, rates[slot - 1]), min(rate, rates[(slot + 1) % SLOTS])]
    return tuple(halves)


def _rate(expected: Expectation) -> float:
    """Messages a minute of an hour; fewer where less is known."""
    if expected.basis is Basis.NOTHING:
        return 0.0
    return min(expected.mean, max(expected.median, 1.0)) / HOUR / CAUTION[expected.basis] ** 2
