# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rollups: what happened to one interface in a minute, an hour or a day.
Counters add up; gauges (how many wait, how long the oldest) are readings, of which a longer window
keeps the last and the worst. A window is always computed anew from what is below it and replaces
what was there, so computing it twice, or again after something came late, is harmless. A window
without a row is a window in which nothing happened: it counts as zero, not as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, Final

from .histogram import Histogram, merge_all

_DAY: Final = 86400


class Step(IntEnum):
    """Seconds of a window. Windows are aligned to UTC."""

    MINUTE = 60
    HOUR = 3600
    DAY = _DAY

    @property
    def below(self) -> Step | None:
        """The windows that one of these is made of; ``None``: of the ledger itself."""
        return {Step.HOUR: Step.MINUTE, Step.DAY: Step.HOUR}.get(self)


@dataclass(frozen=True, slots=True)
class Rollup:
    """One window of one interface.

    :param received: messages that came into being in the window, by direction.
    :param finished: messages that reached a state in the window, by state.
    :param errors: failed attempts by class of error.
    :param attempts: attempts that ended in the window.
    :param duplicates: messages that were recognised as known.
    :param bytes: of payloads that came into being.
    :param latency: seconds from the coming into being to the effect of what was done.
    :param depth: how many waited at the end of the window; held ones do not count.
    :param depth_peak: how many waited at most.
    :param oldest: seconds that the oldest one had waited at most.
    :param held: how many were held at the end of the window.
    """

    received: Mapping[str, int] = field(default_factory=dict)
    finished: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 0
    duplicates: int = 0
    bytes: int = 0
    latency: Histogram = field(default_factory=Histogram)
    depth: int = 0
    depth_peak: int = 0
    oldest: float = 0.0
    held: int = 0

    @property
    def failed(self) -> int:
        """Failed attempts of any class."""
        return sum(self.errors.values())

    def to_dict(self) -> dict[str, Any]:
        """Fit for JSON and for the columns of a row."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **{k: dict(v) if isinstance(v, Mapping) else v for k, v in values.items()},
            "latency": self.latency.to_list(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rollup:
        """What :meth:`to_dict` gave; what is missing is zero.

        :raises ValueError, TypeError: not such a mapping.
        """
        return cls(**{**data, "latency": Histogram.from_list(data.get("latency"))})


#: Of a window in which nothing happened.
EMPTY: Final = Rollup()


def begin_of(moment: float, step: Step) -> int:
    """The beginning, in seconds since 1970, of the window that a moment lies in."""
    return int(moment // step) * step


def combine(parts: Sequence[Rollup]) -> Rollup:
    """The window that is made of these, in the order of time; without any, an empty one."""
    if not parts:
        return EMPTY
    return Rollup(
        received=_added(part.received for part in parts),
        finished=_added(part.finished for part in parts),
        errors=_added(part.errors for part in parts),
        attempts=sum(part.attempts for part in parts),
        duplicates=sum(part.duplicates for part in parts),
        bytes=sum(part.bytes for part in parts),
        latency=merge_all(part.latency for part in parts),
        depth=parts[-1].depth,
        depth_peak=max(max(part.depth, part.depth_peak) for part in parts),
        oldest=max(part.oldest for part in parts),
        held=parts[-1].held,
    )


def roll_up(rows: Mapping[int, Rollup], begin: int, step: Step) -> Rollup:
    """One window anew, from the rows below it.

    :param rows: windows of :attr:`Step.below` by their beginning; those that are missing are empty,
        and others do not count.
    :param begin: the beginning of the window.
    :raises ValueError: minutes are made of the ledger, or ``begin`` is no beginning.
    """
    below = step.below
    if below is None or begin % step:
        raise ValueError("an hour or a day is rolled up, from its beginning")
    parts = [rows[at] for at in range(begin, begin + step, below) if at in rows]
    whole = combine(parts)
    # Nothing in the last window: whatever waited has gone.
    if parts and begin + step - below not in rows:
        return Rollup(**{**_values(whole), "depth": 0, "held": 0})
    return whole


def stale(changed: Iterable[float], closed_until: int) -> dict[Step, tuple[int, ...]]:
    """Which windows have to be computed anew.

    A message counts in the window in which it finished, whenever it came: so what finishes late
    changes the latest windows only. What is recorded late (a result whose worker hung, a clock that
    was behind) lies in windows that were closed already: its minute, hour and day are computed
    anew.

    :param changed: moments of what was recorded since the last time, in seconds.
    :param closed_until: up to where windows were computed, in seconds.
    :return: beginnings for each step, in order, to be computed minutes first.
    """
    moments = [moment for moment in changed if moment < closed_until]
    return {step: tuple(sorted({begin_of(moment, step) for moment in moments})) for step in Step}


def series(rows: Mapping[int, Rollup], begin: int, end: int, step: Step) -> list[Rollup]:
    """Every window of a range, in order; those without a row are empty.

    :param begin, end: seconds; the window in which the range ends belongs to it.
    """
    first = begin_of(begin, step)
    return [rows.get(at, EMPTY) for at in range(first, end, step)]


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for key, count in part.items():
            total[key] = total.get(key, 0) + count
    return total


def _values(rollup: Rollup) -> dict[str, Any]:
    return {one.name: getattr(rollup, one.name) for one in fields(rollup)}
