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

from ..tools import event_lines, log_lines, outbox
from ..tools.event_lines import Facility, Level
from ..tools.outbox import Outbox

_logger = logging.getLogger(__name__)

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
    """Lets security events leave as they happen, behind the back of whoever was refused.

    Each destination has a queue and a thread of its own (:mod:`..tools.outbox`): neither the answer
    to a request nor another destination waits for a SIEM that is slow or away. What it does not
    take waits in the memory of the process; what does not fit there any more is counted, and told
    as an event of its own.
    """

    #: Seconds that the end of a process waits for what has not left yet.
    AT_END = 3.0

    def __init__(self, most: int = outbox.MOST) -> None:
        super().__init__()
        self._most = most
        self._ways: dict[str, Outbox[Event]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Let the event of a record leave; one that carries none is for people."""
        fields = log_lines.event_of(record)
        if fields is None:
            return
        at = datetime.fromtimestamp(record.created, UTC)
        event = Event(at, log_lines.level_of(record.levelno), fields)
        for kind in configured():
            self._way(kind).put(event)

    def flush(self) -> None:
        """Wait a moment for what has not left yet; :mod:`logging` asks for it at the end."""
        for kind, way in self._ways.items():
            if left := way.flush(self.AT_END):
                _logger.warning("Security events that did not reach the SIEM (%s): %s", kind, left)

    def _way(self, kind: str) -> Outbox[Event]:
        if kind not in self._ways:
            self._ways[kind] = Outbox(
                f"Security events for a SIEM ({kind})",
                lambda events: deliver(kind, events, Facility.AUTH),
                _lost,
                most=self._most,
            )
        return self._ways[kind]


def _lost(count: int) -> Event:
    fields = {"event": "events_lost", "outcome": "lost", "count": count}
    return Event(datetime.now(UTC), Level.WARNING, fields)
