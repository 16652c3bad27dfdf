# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Days on which goods expire, as the moments that Odoo keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def end_of(day: date, zone: str) -> datetime:
    """The last second of a day where the goods are, as Odoo keeps moments: naive, in UTC.

    Goods that expire on a day may be used on it.

    :param zone: name of a time zone, such as ``Europe/Brussels``

    >>> end_of(date(2027, 3, 31), "Europe/Brussels")
    datetime.datetime(2027, 3, 31, 21, 59, 59)
    """
    local = datetime.combine(day, time(23, 59, 59), ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def day_of(moment: datetime, zone: str) -> date:
    """The day of a moment of Odoo where the goods are; the reverse of :func:`end_of`."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
