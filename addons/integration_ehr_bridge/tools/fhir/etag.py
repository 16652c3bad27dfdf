# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Versions of resources, and requests that want them only if they are others (RFC 9110, 8.8, 13.1).

A resource here is made of records that count no versions, so its version is what it says: a digest
of its content. Equal content is an equal version, whatever was written in between.

>>> matches('W/"a", "b"', "b"), matches("*", "b"), matches('"c"', "b")
(True, True, False)
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def version_of(text: str) -> str:
    """The version of a resource: 20 hexadecimal digits.

    :param text: its content as JSON, type and id included, meta not
    """
    return sha256(text.encode()).hexdigest()[:20]


def tag(version: str) -> str:
    """The header ``ETag`` of a version."""
    return f'W/"{version}"'


def matches(header: str, version: str) -> bool:
    """Whether ``If-None-Match`` names this version; weak comparison."""
    return header.strip() == "*" or version in _TAG.findall(header)


def last_modified(moment: datetime, now: datetime) -> str | None:
    """A moment in UTC as ``Last-Modified`` has it: the next full second.

    ``None`` while that second is not over: another change may still fall into it, and whoever was
    told of it would be told later that nothing changed.
    """
    second = moment.replace(microsecond=0)
    if moment.microsecond:
        second += timedelta(seconds=1)
    return format_datetime(second.replace(tzinfo=UTC), usegmt=True) if second < now else None


def unmodified_since(header: str, moment: datetime) -> bool:
    """Whether nothing has changed since ``If-Modified-Since``; what is no date tells nothing.

    :param moment: of the last change, UTC without an offset
    """
    try:
        since = parsedate_to_datetime(header)
        if since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        return since.astimezone(UTC).replace(tzinfo=None) >= moment
    except (TypeError, ValueError, OverflowError, IndexError):
        return False


def not_modified(match: str | None, since: str | None, version: str, moment: datetime) -> bool:
    """Whether the client has it already; a tag goes before a date (RFC 9110, 13.2.2)."""
    if match is not None:
        return matches(match, version)
    return since is not None and unmodified_since(since, moment)
