"""Where audit and security events go outside the database: a file of JSON lines, syslog, or both.

``[integration] siem_file = /var/log/odoo/integration-events.jsonl``, and
``siem_syslog = tcp://siem.hospital.example:601`` (or ``udp://…``, or the path of a local socket).
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import syslog

from ..tools import event_lines, log_lines
from ..tools.event_lines import Facility, Level

FILE, SYSLOG = "file", "syslog"


@dataclass(frozen=True)
class Event:
    """Something that happened, as the fields of :data:`..tools.event_lines.FIELDS`."""

    at: datetime
    level: Level
    fields: Mapping[str, object]


def configured() -> tuple[str, ...]:
    """The kinds of destinations that are set up."""
    section = settings.section()
    kinds = ((FILE, "siem_file"), (SYSLOG, "siem_syslog"))
    return tuple(kind for kind, option in kinds if section.get(option, "").strip())


def deliver(kind: str, events: Iterable[Event], facility: Facility) -> None:
    """Hand over events in their order.

    :raises OSError: they cannot be handed over; some of them may have been
    :raises ValueError: the option cannot be read
    """
    if kind == FILE:
        _append(settings.section()["siem_file"], events)
        return
    destination = syslog.Destination.parse(settings.section()["siem_syslog"])
    host, process = socket.gethostname(), str(os.getpid())
    syslog.send_all(
        destination,
        (
            event_lines.syslog_message(
                one.at, one.level, one.fields, host=host, facility=facility, process=process
            )
            for one in events
        ),
    )


def _append(path: str, events: Iterable[Event]) -> None:
    lines = "".join(event_lines.json_line(one.at, one.level, one.fields) + "\n" for one in events)
    # One write, at the end: several processes share the file.
    # A link that somebody has put there must not lead Odoo to write elsewhere.
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o640)
    try:
        content = memoryview(lines.encode())
        while content:
            content = content[os.write(number, content) :]
        os.fsync(number)
    finally:
        os.close(number)


class SecurityHandler(logging.Handler):
    """Hands security events over as they happen, once; whoever waits for an answer does not wait
    for a SIEM that is away longer than its time limit, and not twice in a minute.
    """

    _REST = 60.0

    def __init__(self) -> None:
        super().__init__()
        self._away_until: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Deliver the event of a record; one that carries none is for people."""
        fields = log_lines.event_of(record)
        if fields is None:
            return
        at = datetime.fromtimestamp(record.created, UTC)
        event = Event(at, log_lines.level_of(record.levelno), fields)
        for kind in configured():
            if record.created < self._away_until.get(kind, 0.0):
                continue
            try:
                deliver(kind, [event], Facility.AUTH)
            except (OSError, ValueError):
                self._away_until[kind] = record.created + self._REST
                self.handleError(record)
