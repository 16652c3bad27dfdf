# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The log as JSON lines (RFC 8259, one object a line), for those who collect logs.

A line says when, how severe, where, in which process and database, and which business case: the
correlation id joins it to messages and to the logs of other systems. A record that carries fields
of an event (``extra={"event": …}``) tells them as far as :mod:`.event_lines` lets them out.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from . import event_lines
from .event_lines import Level, Value

_LEVELS: Final = (
    (logging.CRITICAL, Level.CRITICAL),
    (logging.ERROR, Level.ERROR),
    (logging.WARNING, Level.WARNING),
)
#: A line is for a machine, and yet no log collector takes any length.
MAX_TEXT: Final = 16_384

#: Fields of the business case that is under way: ``correlation_id``, ``message_id``.
Case = Callable[[], Mapping[str, str]]


def level_of(number: int) -> Level:
    """The level of RFC 5424 of a level of :mod:`logging`."""
    return next((level for least, level in _LEVELS if number >= least), Level.INFORMATIONAL)


def event_of(record: logging.LogRecord) -> Mapping[str, object] | None:
    """The fields of the event that a record carries, if it is one of an event."""
    event = getattr(record, "event", None)
    return event if isinstance(event, Mapping) else None


class JsonFormatter(logging.Formatter):
    """Makes one line of JSON of each record.

    :param case: tells the business case that the calling thread is busy with.
    """

    def __init__(self, case: Case = dict) -> None:
        super().__init__()
        self._case = case

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, without its end."""
        fields: dict[str, Value] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": level_of(record.levelno).name.lower(),
            "logger": record.name,
            "message": _cut(record.getMessage()),
            "process": record.process,
            "database": getattr(threading.current_thread(), "dbname", None),
            **self._case(),
        }
        if event := event_of(record):
            fields.update(event_lines.allowed(event))
        if record.exc_info:
            fields["exception"] = _cut(self.formatException(record.exc_info))
        elif record.exc_text:
            fields["exception"] = _cut(record.exc_text)
        kept = {name: value for name, value in fields.items() if value not in (None, "")}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + event_lines.CUT
