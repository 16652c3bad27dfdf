# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How far a server was read: instants of ``meta.lastUpdated``, all of the server's own clock.

Our clock plays no part, so that a difference between the two leaves no gap. Servers commit in
another order than they stamp, so each poll goes back by an overlap; what was stored already is
recognised by its version. Moments are naive UTC.

>>> read("2026-11-30T04:05:06.1234567+01:00")
datetime.datetime(2026, 11, 30, 3, 5, 6, 123456)
>>> written(datetime(2026, 11, 30, 3, 5, 6, 123456))
'2026-11-30T03:05:06.123Z'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

#: An instant (datatypes.html#instant): to the second at least, always with an offset.
_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)"
)


def read(text: Any) -> datetime | None:
    """An instant, cut to microseconds; ``None`` if it is none."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    seconds, fraction, offset = found.groups()
    micros = f".{(fraction or '0')[:6]:<06}"
    try:
        return (
            datetime.fromisoformat(seconds + micros + offset.replace("Z", "+00:00"))
            .astimezone(UTC)
            .replace(tzinfo=None)
        )
    except (ValueError, OverflowError):
        return None


def written(moment: datetime) -> str:
    """A moment as it is asked for: cut to milliseconds, so that no later one is left out."""
    return moment.isoformat(timespec="milliseconds") + "Z"


def of(resource: Mapping[str, Any]) -> datetime | None:
    """When a resource was changed at the server, as it says itself."""
    meta = resource.get("meta")
    return read(meta.get("lastUpdated")) if isinstance(meta, Mapping) else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The clock of the server as its answer tells it (RFC 9110, 6.6.1)."""
    try:
        told = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return None if told.tzinfo is None else told.astimezone(UTC).replace(tzinfo=None)


def start(mark: datetime | None, overlap: int) -> datetime | None:
    """From when a poll asks; ``None``: everything.

    :param overlap: seconds
    """
    return None if mark is None else mark - timedelta(seconds=overlap)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """The latest of those that are known."""
    return max(filter(None, moments), default=None)


def reached(mark: datetime | None, newest: datetime | None, not_after: datetime) -> datetime | None:
    """Where the watermark stands after everything up to ``newest`` was stored.

    :param not_after: the server's clock when it was asked: a resource with a date in the future
        must not hide all that comes before that date
    """
    if newest is None:
        return mark
    found = min(newest, not_after)
    return found if mark is None else max(mark, found)
