# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Values of search parameters: tokens, moments, references and texts.

FHIR 4.0.1, search.html. A moment stands for the whole interval that its digits name; of two
complementary prefixes (gt and le, lt and ge) each moment fulfils exactly one, whatever the
precision. So whoever asks on with gt and the last moment that it saw gets nothing twice.

>>> moment("gt2026-03-02T08:00:00Z").low.isoformat()
'2026-03-02T08:00:01'
>>> token("http://example.org/items|4711")
Token(system='http://example.org/items', code='4711')
>>> split("a\\\\,b,c")
['a,b', 'c']
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

#: Prefixes that are served; ap, which says nothing exact, is not.
PREFIXES: Final = ("eq", "ne", "ge", "gt", "le", "lt", "sa", "eb")
_PREFIX: Final = re.compile(r"([a-z]{2})(?=\d)", re.ASCII)
_MOMENT: Final = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+\- ]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)
_REFERENCE: Final = re.compile(r"(?:([A-Z][A-Za-z]{1,63})/)?([A-Za-z0-9\-.]{1,64})", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(.)", re.S)
MICROSECOND: Final = timedelta(microseconds=1)


class ValueRefused(ValueError):
    """A value is none of its kind; the text says what one looks like, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Token:
    """A code, of a system or not.

    :ivar system: ``None``: of whatever system; empty: of none
    :ivar code: ``None``: any of the system
    """

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from ``low`` on and before ``high``, in UTC without an offset; None: no limit."""

    low: datetime | None
    high: datetime | None


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference leads to; ``type`` is empty if it was not said."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Text:
    """What a text is to begin with, contain or be; in lower case nowhere."""

    value: str


Value = Token | Span | Target | Text


def split(text: str, separator: str = ",") -> list[str]:
    """The alternatives of a value, without the escapes (search.html#escaping)."""
    return [unescaped(part) for part in parts(text, separator)]


def parts(text: str, separator: str) -> list[str]:
    """Pieces between separators that are not escaped; their own escapes stay."""
    found, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == separator:
            found.append(text[start:at])
            start = at + 1
        at += 1
    return [*found, text[start:]]


def unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def token(text: str) -> Token:
    """A token as it is written, escapes included.

    :raises ValueRefused: there is nothing to look for
    """
    pieces = [unescaped(part).strip() for part in parts(text, "|")]
    if len(pieces) == 1 and pieces[0]:
        return Token(None, pieces[0])
    if len(pieces) == 2 and any(pieces):
        system, code = pieces
        return Token(system, code or None)
    raise ValueRefused("write a code, system|code, |code or system|")


def moments(text: str) -> tuple[Span, ...]:
    """A prefix and a moment as spans; ``ne`` has two of them.

    :raises ValueRefused: it is none, or its prefix is not served
    """
    found = _PREFIX.match(text)
    prefix = found[1] if found else "eq"
    if prefix not in PREFIXES:
        raise ValueRefused(f"the prefixes are {', '.join(PREFIXES)}")
    start, end = _interval(text[2:] if found else text)
    before, after = Span(None, start), Span(end, None)
    # What is compared are moments, so that it starts after (sa) or ends before (eb) is no more
    # than that it is greater or less.
    return {
        "eq": (Span(start, end),),
        "ne": (before, after),
        "ge": (Span(start, None),),
        "gt": (after,),
        "sa": (after,),
        "le": (Span(None, end),),
        "lt": (before,),
        "eb": (before,),
    }[prefix]


def moment(text: str) -> Span:
    """A prefix and a moment as a span.

    :raises ValueRefused: it is none, or more than one span is meant
    """
    [span, *others] = moments(text)
    if others:
        raise ValueRefused("“ne” means two spans")
    return span


def _interval(text: str) -> tuple[datetime, datetime]:
    """The first moment that is meant, and the first one that is not any more."""
    found = _MOMENT.fullmatch(text)
    if found:
        with suppress(ValueError, OverflowError):  # no such day, or none that Python knows
            return _limits(found)
    raise ValueRefused("write a moment such as 2026-03-02 or 2026-03-02T08:00:00Z")


def _limits(found: re.Match[str]) -> tuple[datetime, datetime]:
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    start = datetime(
        int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
        int(second or 0), int((fraction or "0")[:6].ljust(6, "0")), _zone(offset),
    )  # fmt: skip
    if day is None:
        whole = start.replace(year=start.year + 1) if month is None else _next_month(start)
    elif fraction is not None:
        whole = start + timedelta(microseconds=10 ** max(0, 6 - len(fraction)))
    elif second is not None:
        whole = start + timedelta(seconds=1)
    else:
        whole = start + (timedelta(days=1) if hour is None else timedelta(minutes=1))
    return _utc(start), _utc(whole)


def _next_month(start: datetime) -> datetime:
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1)


def _zone(offset: str | None) -> timezone:
    """Without an offset it is UTC; a plus that nobody encoded arrives as a blank."""
    if offset is None or offset == "Z":
        return UTC
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    return timezone(-shift if offset[0] == "-" else shift)


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC).replace(tzinfo=None)


def target(text: str, base: str = "") -> Target:
    """What a reference leads to: ``Location/7``, ``7``, or that below our own address.

    :param base: our address, without a slash at its end
    :raises ValueRefused: it is none, or leads to another server
    """
    if base and text.startswith(f"{base}/"):
        text = text[len(base) + 1 :]
    found = _REFERENCE.fullmatch(text)
    if not found:
        raise ValueRefused("write a reference such as Location/7")
    return Target(found[1] or "", found[2])


def words(text: str) -> Text:
    """A text to look for.

    :raises ValueRefused: it is empty, or longer than any name
    """
    value = text.strip()
    if not value or len(value) > 200 or "\0" in value:
        raise ValueRefused("write 1 to 200 characters of the name")
    return Text(value)
