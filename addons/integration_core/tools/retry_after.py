# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The Retry-After header (RFC 9110, section 10.2.3)."""

import re
from datetime import UTC, datetime
from typing import Final

#: Longest wait that a partner may impose, in seconds. A typing error on the other side (a date
#: in the wrong century, milliseconds instead of seconds) must not stop a flow for years.
MAX_SECONDS: Final = 86400.0

# Locale-free on purpose: strptime's %b follows the process locale.
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_MONTH: Final = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
#: The three forms of an HTTP-date (RFC 9110, section 5.6.7).
_DATES: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"[A-Z][a-z]{{2}}, (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT",
        rf"[A-Z][a-z]{{5,8}}, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT",
        rf"[A-Z][a-z]{{2}} {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
)


def parse(value: str | None, now: datetime) -> float | None:
    """Seconds to wait from ``now``, 0 to :data:`MAX_SECONDS`.

    :param value: the header's value, a number of seconds or an HTTP-date; a date in the past
        means 0.
    :param now: the current time, with a time zone.
    :return: ``None`` when the header is absent or is neither form: garbage is no instruction.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a time zone")
    value = (value or "").strip(" \t")
    if not value or len(value) > 64:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_SECONDS)
    date = _parse_date(value, now)
    if date is None:
        return None
    return min(max((date - now).total_seconds(), 0.0), MAX_SECONDS)


def _parse_date(value: str, now: datetime) -> datetime | None:
    for pattern in _DATES:
        match = pattern.fullmatch(value)
        if match:
            break
    else:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        # RFC 9110: a two-digit year over 50 years ahead is the last such year in the past.
        year += now.astimezone(UTC).year // 100 * 100
        if year > now.year + 50:
            year -= 100
    try:
        return datetime(
            year,
            _MONTHS.index(match["month"]) // 3 + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            # A leap second is legal here, but not for datetime.
            min(int(match["second"]), 59),
            tzinfo=UTC,
        )
    except ValueError:
        return None
