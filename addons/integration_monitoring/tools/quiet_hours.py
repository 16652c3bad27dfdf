# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Quiet hours of a channel: what is not urgent waits until they are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The same hours every day, in the time zone of those who sleep.

    :param begin, end: hours of the day, 0 up to 24, as 22.5 for half past ten at night. An end
        that is before the beginning is on the next day; the same hour twice is never quiet.
    """

    begin: float
    end: float
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        if not (0 <= self.begin < 24 and 0 <= self.end < 24):
            raise ValueError("quiet hours begin and end between 0:00 and 24:00")

    def until(self, at: float) -> float | None:
        """When they end, in seconds, if a moment is within them; ``None``: it is not.

        On the night on which clocks change they end at the hour of the clock.
        """
        here = datetime.fromtimestamp(at, self.zone)
        for day in (here.date() - timedelta(days=1), here.date()):
            begin = self._moment(day, self.begin)
            over = day + timedelta(days=1) if self.end < self.begin else day
            end = self._moment(over, self.end)
            if begin <= at < end:
                return end
        return None

    def _moment(self, day: date, hour: float) -> float:
        minutes = round(hour * 60)
        clock = time(minutes // 60, minutes % 60)
        return datetime.combine(day, clock, self.zone).timestamp()
