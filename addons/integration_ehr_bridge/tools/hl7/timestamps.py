# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Dates and times (DTM and TS, chapter 2A, sections 2A.22 and 2A.77), with what they leave open.

``YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]``: a value may stop at any part, and say nothing of
its offset from UTC. The standard then means the local time of the sender, whose zone the caller
knows. In autumn one hour comes twice, and in spring one does not come: a value in either is
flagged, not guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from .errors import Place, TimestampFault

# Some systems send microseconds; the standard ends at four digits.
_DTM: Final = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?)?)?)?)?"
    r"(?:([+-])(\d\d)(\d\d))?",
    re.ASCII,
)


class Precision(StrEnum):
    """The last part that a value has."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"
    FRACTION = "fraction"


_PRECISIONS: Final = tuple(Precision)
_TEXTS: Final = dict(
    zip(
        _PRECISIONS,
        ("%Y", "%Y%m", "%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S"),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment, or the beginning of a longer time.

    :ivar value: aware if an offset or a zone is known, naive otherwise; missing parts are their
        first value
    :ivar has_offset: whether the text itself said the offset
    :ivar ambiguous: local time that the zone has twice; the value is the earlier one
    :ivar imaginary: local time that the zone leaves out when clocks go forward
    """

    value: datetime
    precision: Precision
    has_offset: bool = False
    ambiguous: bool = False
    imaginary: bool = False

    @property
    def utc(self) -> datetime:
        """The moment in UTC.

        :raises TimestampFault: the value has no offset and no zone was given, or its hour comes
            twice or never.
        """
        if self.value.tzinfo is None:
            raise TimestampFault("the time has no offset, and the system no time zone")
        if self.ambiguous or self.imaginary:
            raise TimestampFault(
                "the local time comes twice or never, when clocks change. Ask the partner to send "
                "the offset"
            )
        try:
            return self.value.astimezone(UTC)
        except OverflowError:
            raise TimestampFault("the time is outside of the calendar") from None


def parse(text: str, zone: ZoneInfo | None = None, place: Place | None = None) -> Timestamp:
    """Read a date or time.

    :param zone: of the sender, for values without an offset
    :param place: where the text stands, for the error
    :raises TimestampFault: it is none, or not in the calendar.
    """
    found = _DTM.fullmatch(text)
    if not found:
        raise TimestampFault("not a date and time such as 20261129093000+0100", place)
    *parts, fraction, sign, hours, minutes = found.groups()
    numbers = [int(part) for part in parts if part is not None]
    precision = Precision.FRACTION if fraction else _PRECISIONS[len(numbers) - 1]
    numbers += [1] * (3 - len(numbers))
    microsecond = int(fraction.ljust(6, "0")) if fraction else 0
    try:
        value = _datetime(numbers, microsecond)
    except ValueError:
        raise TimestampFault("not in the calendar", place) from None
    if sign:
        return Timestamp(_with_offset(value, sign, hours, minutes, place), precision, True)
    if zone is None:
        return Timestamp(value, precision)
    return _local(value, precision, zone)


def _datetime(numbers: list[int], microsecond: int) -> datetime:
    year, month, day, hour, minute, second = (*numbers, 0, 0, 0)[:6]
    return datetime(year, month, day, hour, minute, second, microsecond)


def _with_offset(
    value: datetime, sign: str, hours: str, minutes: str, place: Place | None
) -> datetime:
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or offset > timedelta(hours=14):
        raise TimestampFault("the offset is not one of a time zone", place)
    return value.replace(tzinfo=timezone(-offset if sign == "-" else offset))


def _local(value: datetime, precision: Precision, zone: ZoneInfo) -> Timestamp:
    """The value in a zone. A day or longer is not a moment: it is never ambiguous."""
    local = value.replace(tzinfo=zone)
    if precision in (Precision.YEAR, Precision.MONTH, Precision.DAY):
        return Timestamp(local, precision)
    try:
        if local.utcoffset() == local.replace(fold=1).utcoffset():
            return Timestamp(local, precision)
        # Both readings exist in autumn; in spring neither leads back to the same local time.
        there = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return Timestamp(local, precision)
    same = there == value
    return Timestamp(local, precision, ambiguous=same, imaginary=not same)


def build(value: datetime, precision: Precision = Precision.SECOND) -> str:
    """The text of a moment; with its offset if it is aware and has a time of day.

    :param precision: the last part that is written; fractions have four digits
    :raises TimestampFault: the offset has seconds, which HL7 cannot say.
    """
    # strftime pads a year below 1000 on some systems only.
    text = f"{value.year:04}" + value.strftime(_TEXTS[precision].removeprefix("%Y"))
    if precision is Precision.FRACTION:
        text += f".{value.microsecond // 100:04}"
    offset = value.utcoffset()
    if offset is None or precision in (Precision.YEAR, Precision.MONTH, Precision.DAY):
        return text
    minutes, rest = divmod(abs(offset), timedelta(minutes=1))
    if rest:
        raise TimestampFault("the offset has seconds")
    sign = "-" if offset < timedelta() else "+"
    return f"{text}{sign}{minutes // 60:02}{minutes % 60:02}"
