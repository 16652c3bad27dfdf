# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Moments and days of messages.

A schema says how they are written; not that Odoo and PostgreSQL can reckon with them. Systems
write the first or the last day of their calendar for "none", and typing errors bring years that
are valid for the format alone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from .errors import ContractError

#: Whatever hospitals exchange lies between them. Both belong to it.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
#: How far the clock of a partner may be ahead of ours.
SKEW: Final = timedelta(minutes=5)
#: The first time zone has the day of tomorrow while UTC has today's (UTC+14).
_AHEAD: Final = timedelta(hours=14)
# RFC 3339 knows leap seconds, Python does not.
_LEAP_SECOND: Final = re.compile(r"(?<=T\d\d:\d\d):60")


def read_moment(text: str) -> datetime:
    """A moment (RFC 3339, with an offset) as Odoo keeps it: naive, in UTC.

    A leap second is taken for the second before it.

    :raises ContractError: ``no_such_moment``: there is none, it lacks its offset, or its year is
        out of range
    """
    try:
        found = datetime.fromisoformat(_LEAP_SECOND.sub(":59", text.upper()))
        if found.tzinfo is None:
            raise _no_such("A moment of the message has no time zone.")
        found = found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise _no_such("A moment of the message does not exist.") from None
    _require_range(found)
    return found


def read_day(text: str) -> date:
    """A day (ISO 8601).

    :raises ContractError: ``no_such_moment``: the calendar does not have it, or its year is out of
        range
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise _no_such("A date of the message is no day of the calendar.") from None
    _require_range(found)
    return found


def read_past_moment(text: str, now: datetime | None = None) -> datetime:
    """When something was said, seen or done, as :func:`read_moment`.

    What is said later is held against it: one that lies ahead would silence its sender until then.

    :param now: naive, in UTC; the present one if not given
    :raises ContractError: as :func:`read_moment`; ``moment_in_future`` beyond :data:`SKEW`
    """
    found = read_moment(text)
    if found > (now or _now()) + SKEW:
        raise _in_future()
    return found


def read_past_day(text: str, now: datetime | None = None) -> date:
    """The day on which something was done, somewhere on earth, as :func:`read_day`.

    :param now: naive, in UTC; the present one if not given
    :raises ContractError: as :func:`read_day`; ``moment_in_future`` if it has begun nowhere
    """
    found = read_day(text)
    if found > ((now or _now()) + _AHEAD).date():
        raise _in_future()
    return found


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _require_range(found: date) -> None:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise _no_such(f"A date of the message is not between {FIRST_YEAR} and {LAST_YEAR}.")


def _no_such(sentence: str) -> ContractError:
    return ContractError(
        f"{sentence} Ask the sender to send it again with the right one, or without any where it "
        "may be left out; or let the mapping of the interface do so.",
        code="no_such_moment",
    )


def _in_future() -> ContractError:
    return ContractError(
        "The message says that something happened which, by our clock, lies in the future. Compare "
        "the clocks and time zones of both sides, ask the sender to send it again with the right "
        "moment, then cancel this message.",
        code="moment_in_future",
    )
