# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Counts of rollups as events of objectives, over the windows of burn rates.
Short windows are made of minutes and long ones of hours, so that a look at three days reads some
hundred rows and not thousands. A window of hours begins with the hour that its beginning lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from .burn_rate import WINDOWS
from .histogram import over
from .slo import Kind, Objective, Tally

#: Classes of error that speak of what a message says, not of the service that carries it.
OF_CONTENT: Final = frozenset({"contract", "mapping", "conflict"})
#: Windows up to this length are made of minutes.
BY_MINUTE: Final = 7200
_HOUR: Final = 3600


class Counts(NamedTuple):
    """What objectives take from one window of a rollup.

    :param received: messages that came into being.
    :param attempts: attempts that ended.
    :param errors: failed ones by class.
    :param latency: counts of durations by bucket, as a row stores them.
    :param duplicates: repetitions of known messages.
    """

    received: int = 0
    attempts: int = 0
    errors: Mapping[str, int] = {}
    latency: Sequence[int] = ()
    duplicates: int = 0

    @property
    def failed(self) -> int:
        """Failed attempts of any class."""
        return sum(self.errors.values())


def tally(objective: Objective, counts: Counts) -> Tally:
    """The events of an objective of latency or availability in one window.

    :raises ValueError: the others are not counted in rollups.
    """
    if objective.kind is Kind.AVAILABILITY:
        failed = sum(n for name, n in counts.errors.items() if name not in OF_CONTENT)
        # An attempt that ended in another window than its error must not make more bad than all.
        return Tally(max(counts.attempts, failed), failed)
    if objective.kind is Kind.LATENCY and objective.threshold is not None:
        slow = over(counts.latency, objective.threshold)
        return Tally(sum(counts.latency), slow)
    raise ValueError(f"{objective.kind.value} is not counted in rollups")


def windows(
    objective: Objective, minutes: Mapping[int, Counts], hours: Mapping[int, Counts], until: int
) -> tuple[list[int], list[int]]:
    """Events, and bad events, in each of :data:`.burn_rate.WINDOWS` up to a moment.

    :param minutes: by their beginning in seconds: the last two hours at least, and what is not
        rolled up to hours yet.
    :param hours: by their beginning: the last three days; the present hour does not count.
    :param until: seconds; what begins then or later does not count.
    """
    by_minute = {at: tally(objective, one) for at, one in minutes.items() if at < until}
    present = (until - 1) // _HOUR * _HOUR
    by_hour = {at: tally(objective, one) for at, one in hours.items() if at < present}
    # An hour that is not rolled up yet counts by its minutes.
    rest = {at: one for at, one in by_minute.items() if at // _HOUR * _HOUR not in by_hour}
    short = [until - length for length in WINDOWS if length <= BY_MINUTE]
    long = [(until - length) // _HOUR * _HOUR for length in WINDOWS if length > BY_MINUTE]
    found = [*_since(short, by_minute), *_since(long, {**by_hour, **rest})]
    return [one.total for one in found], [one.bad for one in found]


def day(
    objective: Objective, minutes: Mapping[int, Counts], hours: Mapping[int, Counts], begin: int
) -> Tally:
    """The events of a day of UTC.

    :param begin: its beginning in seconds.
    :param minutes: of the hours that are not in ``hours`` yet; of others they do not count.
    """
    end = begin + 24 * _HOUR
    whole = _sum(tally(objective, one) for at, one in hours.items() if begin <= at < end)
    rest = _sum(
        tally(objective, one)
        for at, one in minutes.items()
        if begin <= at < end and at // _HOUR * _HOUR not in hours
    )
    return whole.plus(rest)


def received(minutes: Mapping[int, Counts], hours: Mapping[int, Counts], begin: int) -> int:
    """Messages that came into being on a day of UTC; parameters as of :func:`day`."""
    end = begin + 24 * _HOUR
    whole = sum(one.received for at, one in hours.items() if begin <= at < end)
    return whole + sum(
        one.received
        for at, one in minutes.items()
        if begin <= at < end and at // _HOUR * _HOUR not in hours
    )


def _since(begins: Sequence[int], tallies: Mapping[int, Tally]) -> list[Tally]:
    """The sums of what begins at each of some moments or later; the latest moment comes first.

    Each tally is looked at once, however many moments there are.
    """
    found = []
    total = bad = 0
    left = sorted(tallies.items())
    for begin in begins:
        while left and left[-1][0] >= begin:
            _at, one = left.pop()
            total += one.total
            bad += one.bad
        found.append(Tally(total, bad))
    return found


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = bad = 0
    for one in tallies:
        total += one.total
        bad += one.bad
    return Tally(total, bad)
