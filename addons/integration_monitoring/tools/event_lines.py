# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Audit and security events for a SIEM: JSON lines, and syslog messages of RFC 5424.
What leaves is on a list: fields that are not named in :data:`FIELDS` are left out, whatever
somebody adds to an event, so no payload can slip through. What is cut is marked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

Value = str | int | float | bool | None

#: What may leave, with the length of its text at most. None of these holds content of a message.
FIELDS: Final[Mapping[str, int]] = {
    "event": 48,
    "logger": 96,
    "outcome": 16,
    "actor_id": 20,
    "actor": 128,
    "remote_address": 45,
    "model": 64,
    "record_id": 20,
    "interface": 64,
    "system": 64,
    "direction": 8,
    "message_id": 20,
    "correlation_id": 64,
    "traceparent": 55,
    "state": 16,
    "error_class": 24,
    "error_code": 48,
    "fingerprint": 24,
    "attempt": 10,
    "duration_ms": 16,
    "severity": 10,
    "signal": 24,
    "sequence": 20,
    "count": 10,
    "database": 64,
    "environment": 24,
}
CUT: Final = "\u2026"
#: Octets of a message that every receiver should take at least (RFC 5424, 6.1).
MAX_OCTETS: Final = 2048
#: Private enterprise number for documentation (RFC 5612): an SD-ID needs one (RFC 5424, 7.2.2).
_SD_ID: Final = "integration@32473"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_NAME: Final = re.compile(r"[^\x21-\x7e]")
_SD_ESCAPED: Final = re.compile(r'(["\\\]])')


class Facility(IntEnum):
    """Of what kind a message is (RFC 5424, table 1)."""

    AUTH = 10  #: security and authorisation, private
    AUDIT = 13  #: log audit
    ALERT = 14  #: log alert


class Level(IntEnum):
    """How severe an event is (RFC 5424, table 2)."""

    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6


def allowed(event: Mapping[str, object]) -> dict[str, Value]:
    """The fields of an event that may leave, in the order of :data:`FIELDS`, without empty ones.

    Texts are on one line and not longer than agreed. A value that is neither text nor number is
    left out: it would be content.
    """
    kept: dict[str, Value] = {}
    for name, length in FIELDS.items():
        value = event.get(name)
        if isinstance(value, int) and len(str(value)) <= length:
            kept[name] = value
        elif isinstance(value, float) and math.isfinite(value):
            kept[name] = round(value, 6)
        elif isinstance(value, str) and (text := _CONTROL.sub(" ", value).strip()):
            kept[name] = text if len(text) <= length else text[: length - 1] + CUT
    return kept


def json_line(at: datetime, level: Level, event: Mapping[str, object]) -> str:
    """One event as one line of JSON (RFC 8259), without its end.

    :param at: the moment, naive in UTC or with an offset.
    """
    head: dict[str, Value] = {"time": _time(at), "level": level.name.lower()}
    return json.dumps({**head, **allowed(event)}, ensure_ascii=False, separators=(",", ":"))


def syslog_message(
    at: datetime,
    level: Level,
    event: Mapping[str, object],
    *,
    host: str,
    facility: Facility = Facility.AUDIT,
    application: str = "odoo-integration",
    process: str = "-",
    limit: int = MAX_OCTETS,
) -> bytes:
    """One event as a message of RFC 5424: all of it as structured data, the kind as MSGID.

    Fields that do not fit into ``limit`` octets are left out from the end of the list, and
    ``truncated="1"`` says so.

    :raises ValueError: not even the header fits.
    """
    fields = allowed(event)
    kind = _name(str(fields.get("event", "")), 32)
    priority = facility * 8 + level
    names = (_name(host, 255), _name(application, 48), _name(process, 128), kind)
    head = f"<{priority}>1 {_time(at)} {' '.join(names)} [{_SD_ID}"
    parts = [f' {name}="{_escaped(value)}"' for name, value in fields.items()]
    mark = ' truncated="1"'
    text = "".join(parts)
    if len(f"{head}{text}]".encode()) > limit:
        text = mark
        kept = ""
        for part in parts:
            if len(f"{head}{kept}{part}{mark}]".encode()) > limit:
                break
            kept += part
        text = kept + mark
    message = f"{head}{text}]".encode()
    if len(message) > limit:
        raise ValueError("the limit leaves no room for the header of a syslog message")
    return message


def _time(at: datetime) -> str:
    """RFC 3339 in UTC to the microsecond, which is the most that RFC 5424 takes."""
    moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _name(text: str, length: int) -> str:
    """Visible ASCII, as the header wants it."""
    return _NOT_NAME.sub("", text)[:length] or "-"


def _escaped(value: Value) -> str:
    """PARAM-VALUE (RFC 5424, 6.3.3)."""
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    return _SD_ESCAPED.sub(r"\\\1", text)
