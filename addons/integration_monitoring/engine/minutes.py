"""Moments and minutes, naive in UTC as in the database; and the lock of who writes rollups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from odoo.sql_db import BaseCursor

MINUTE = timedelta(minutes=1)
#: Any number that no other part of the suite uses for an advisory lock.
_LOCK = 0x726F6C6C75707321


def floor(moment: datetime) -> datetime:
    """The beginning of the minute of a moment."""
    return moment.replace(second=0, microsecond=0)


def between(begin: datetime, end: datetime) -> Sequence[datetime]:
    """The minutes from one to before another."""
    return [begin + MINUTE * n for n in range(max(0, int((end - begin) / MINUTE)))]


def epoch(moment: datetime) -> int:
    """Seconds since 1970, without fractions."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def lock(cr: BaseCursor) -> bool:
    """Whether this transaction is the only one that writes rollups, until its end."""
    cr.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
    return cr.fetchone()[0]
