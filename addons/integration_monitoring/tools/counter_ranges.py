# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From which rollups a counter is summed up, so that it never goes back.

A counter that fell would be taken for a restart, and all that it counted for new. So a long window
is used only after the shorter ones below it have been at rest for as long as it lasts: by then it
has been rolled up, and equals what it is made of.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from .rollup import Step, begin_of


class Range(NamedTuple):
    """Rollups of a step that begin in ``[begin, end)``, in seconds since 1970."""

    step: Step
    begin: int
    end: int


def since(now: float) -> int:
    """When the counters that are told now began: with the month, in UTC."""
    moment = datetime.fromtimestamp(now, UTC)
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int(first.timestamp())


def ranges(now: float) -> tuple[Range, ...]:
    """What is to be summed up: days, hours and minutes, each once and without a gap."""
    begin = since(now)
    days = max(begin, begin_of(now, Step.DAY) - Step.DAY)
    hours = max(days, begin_of(now, Step.HOUR) - Step.HOUR)
    minutes = begin_of(now, Step.MINUTE)
    found = (
        Range(Step.DAY, begin, days),
        Range(Step.HOUR, days, hours),
        Range(Step.MINUTE, hours, minutes),
    )
    return tuple(one for one in found if one.end > one.begin)
