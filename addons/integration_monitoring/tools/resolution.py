# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which rollups a chart is drawn from, so that it has enough points and never too many.

A screen reads at most a few hundred rows for each interface, however long the range.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .rollup import Step, begin_of

#: Points of a chart at most: more than a screen can show apart costs and shows nothing.
MOST: Final = 400
#: Rows read for one chart at most: rows of a day's minutes.
_ROWS: Final = 1500
#: Windows of a point that people read at a glance, in seconds.
_NICE: Final = (60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 604800, 2592000)


class Resolution(NamedTuple):
    """How a range is read and drawn.

    :param step: the rollups to read.
    :param width: seconds of one point; a multiple of the step.
    :param begin, end: the range, widened to whole points.
    """

    step: Step
    width: int
    begin: int
    end: int

    @property
    def points(self) -> int:
        """How many points the chart has."""
        return (self.end - self.begin) // self.width


def choose(
    begin: float, end: float, minutes_kept_since: float = 0.0, hours_kept_since: float = 0.0
) -> Resolution:
    """The finest resolution that fits.

    :param begin, end: the range in seconds.
    :param minutes_kept_since, hours_kept_since: from when on rollups of minutes and of hours are
        still there; a range that begins earlier is drawn from longer ones.
    :raises ValueError: the range does not end after it begins.
    """
    if end <= begin:
        raise ValueError("a range ends after it begins")
    if begin >= minutes_kept_since and end - begin <= _ROWS * Step.MINUTE:
        step = Step.MINUTE
    elif begin >= hours_kept_since and end - begin <= _ROWS * Step.HOUR:
        step = Step.HOUR
    else:
        step = Step.DAY
    fitting = (width for width in _NICE if width >= step and (end - begin) / width <= MOST - 2)
    width = next(fitting, int((end - begin) // (MOST - 2) // Step.DAY + 1) * Step.DAY)
    first = begin_of(begin, step) // width * width
    last = int(-(-end // width)) * width
    return Resolution(step, width, first, last)
