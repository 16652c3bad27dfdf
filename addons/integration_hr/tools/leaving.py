# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When somebody has left, and which of two messages about it counts."""

from __future__ import annotations

from datetime import date, datetime


def is_due(last_day: date, today: date) -> bool:
    """Whether the last day has come. Somebody leaves on the last day, not after it: accounts and
    badges are to be ended before the night.

    :param today: the day where the person works
    """
    return last_day <= today


def is_outdated(said: datetime | None, known: datetime | None) -> bool:
    """Whether a message was decided before what is known already.

    Without a moment on one of the sides what arrives last counts.
    """
    return bool(said and known and said < known)


def returns(start: date | None, left_on: date | None) -> bool:
    """Whether somebody who left works here again from ``start``.

    Payroll may repeat the data of the time before the departure for weeks; only a contract that
    begins after it is a return. Who left on an unknown day is taken by the word.
    """
    return left_on is None or (start is not None and start > left_on)


def departure_day(end: date | None, today: date) -> date:
    """The last day of somebody who is said to have left, by a message that names no such day."""
    return min(end or today, today)
