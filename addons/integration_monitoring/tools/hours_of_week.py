# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Hours of the week as people live them: in a time zone, with days off.

A feed follows the clock on the wall of those who work with it. So an hour of the week is taken from
local time: over a change of summer time the rhythm stays, and only the length of a day differs. A
holiday is like a Sunday.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

#: Hours of a week. Slot 0 is Monday from 0 to 1 o'clock.
SLOTS: Final = 168
HOURS: Final = 24
#: Half hours of a week: what changes steeply within an hour is looked at by the half.
HALVES: Final = 2 * SLOTS
_SUNDAY: Final = 6
#: Every offset from UTC in use is a multiple of a quarter of an hour.
_QUARTER: Final = 900
_REMEMBERED: Final = 50_000


class LocalWeek:
    """The week of one place.

    :param zone: name of the time zone (IANA).
    :param holidays: days that are no working days there, whatever day of the week.
    :param days_off: days of the week without usual work; 0 is Monday.
    :raises zoneinfo.ZoneInfoNotFoundError: there is no such zone.
    """

    def __init__(
        self,
        zone: str = "UTC",
        holidays: Collection[date] = (),
        days_off: Collection[int] = (5, 6),
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._holidays = frozenset(holidays)
        self._days_off = frozenset(days_off)
        self._halves: dict[int, int] = {}

    @property
    def is_regular(self) -> bool:
        """Whether each week has the same days: no holidays are known."""
        return not self._holidays

    def slot(self, moment: float) -> int:
        """The hour of the week, 0 to 167, of a moment (seconds since 1970 in UTC)."""
        return self.half(moment) // 2

    def half(self, moment: float) -> int:
        """The half hour of the week, 0 to 335, of a moment."""
        quarter = int(moment // _QUARTER)
        known = self._halves.get(quarter)
        if known is None:
            if len(self._halves) >= _REMEMBERED:
                self._halves.clear()
            known = self._halves[quarter] = self._look_up(quarter)
        return known

    def is_day_off(self, slot: int) -> bool:
        """Whether a slot belongs to a day without usual work."""
        return slot // HOURS in self._days_off

    def day(self, moment: float) -> date:
        """The local date of a moment."""
        return datetime.fromtimestamp(moment, self._zone).date()

    def _look_up(self, quarter: int) -> int:
        local = datetime.fromtimestamp(quarter * _QUARTER, self._zone)
        weekday = _SUNDAY if local.date() in self._holidays else local.weekday()
        return (weekday * HOURS + local.hour) * 2 + local.minute // 30
