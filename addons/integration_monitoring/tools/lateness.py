# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When something that has to happen is late, and how often that has to be looked at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """Units of a threshold. Values are what the database stores."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_SPANS: Final = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
}
#: A rule is looked at so many times within its threshold, within these bounds.
_LOOKS: Final = 10
_OFTEN: Final = timedelta(minutes=1)
_SELDOM: Final = timedelta(hours=1)


def span(number: int, unit: Unit | str) -> timedelta:
    """The threshold.

    :raises ValueError: it is not above 0, or there is no such unit.
    """
    if number <= 0:
        raise ValueError("a threshold is above 0")
    return number * _SPANS[Unit(unit)]


def limit(now: datetime, threshold: timedelta) -> datetime:
    """The last moment at which something could begin that is late now."""
    return now - threshold


def last_day(today: date, threshold: timedelta) -> date:
    """The last day on which something could be due that is late now.

    A day is over at its end only: what is due today is late tomorrow, and with a threshold of a day
    the day after. A threshold below a day counts as one that is up when the day is over.
    """
    return today - timedelta(days=1 + threshold.days)


def next_look(now: datetime, threshold: timedelta) -> datetime:
    """When a rule is to be looked at again."""
    return now + min(max(threshold / _LOOKS, _OFTEN), _SELDOM)
