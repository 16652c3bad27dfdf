"""Faults that are planted in a running suite, and what is read of them from outside."""

import time
from dataclasses import dataclass, field
from typing import Any

from tests.harness import Database

_OPEN = """
SELECT i.id, i.signals, i.findings, w.light
  FROM integration_incident i
  LEFT JOIN integration_watch w ON w.interface_id = %(interface)s
 WHERE i.state <> 'closed' AND i.subject = %(subject)s AND jsonb_exists(i.signals, %(signal)s)
   AND (i.subject <> 'interface' OR i.interface_id = %(interface)s)
"""
_TOLD = """
SELECT n.kind, c.kind AS channel, n.state FROM integration_incident_notice n
  LEFT JOIN integration_alert_channel c ON c.id = n.channel_id WHERE n.incident_id = %s
"""
_GROUPS = """
SELECT title, code, error_class, state, waiting_count FROM integration_error_group
 WHERE interface_id = %s ORDER BY id
"""


@dataclass
class Planted:
    """One fault.

    :ivar interface: at which it is planted; whose light is looked at
    :ivar signal: by which it is found
    :ivar light: what the wall has to show when it is found
    :ivar error: class of the group of failures that there has to be; empty: none
    :ivar began: when it was planted, by the monotonic clock
    :ivar found, told, grouped: seconds after that: incident, first notice that was sent, group
    """

    name: str
    interface: int
    signal: str
    light: str
    subject: str = "interface"
    error: str = ""
    began: float = 0.0
    found: float | None = None
    told: float | None = None
    grouped: float | None = None
    shown: str = ""
    incident: int = 0
    signals: dict[str, int] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)

    def plant(self) -> None:
        """It begins now."""
        self.began = time.monotonic()

    @property
    def known(self) -> bool:
        """Whether all that there has to be is there."""
        grouped = self.grouped is not None or not self.error
        return self.found is not None and self.told is not None and grouped

    def look(self, database: Database) -> None:
        """Read what there is by now."""
        at = time.monotonic() - self.began
        if self.found is None:
            values = {"interface": self.interface, "subject": self.subject, "signal": self.signal}
            for row in database.sql(_OPEN, values):
                self.found, self.incident, self.shown = at, row["id"], row["light"]
                self.findings = row["findings"]
        if self.told is None and any(one["state"] == "sent" for one in self.notices(database)):
            self.told = at
        if self.error and self.grouped is None:
            found = self.groups(database)
            if any(one["error_class"] == self.error for one in found):
                self.grouped = at

    def notices(self, database: Database) -> list[dict[str, Any]]:
        """What was told, or is to be, by kind and channel."""
        return database.sql(_TOLD, [self.incident])

    def groups(self, database: Database) -> list[dict[str, Any]]:
        """Groups of failures of its interface."""
        return database.sql(_GROUPS, [self.interface])

    def has_ended(self, database: Database) -> bool:
        """Whether its signal has ended; its incident may be waiting for calm."""
        signals = database.scalar(
            "SELECT signals FROM integration_incident WHERE id = %s", [self.incident]
        )
        return bool(signals[self.signal])

    def __str__(self) -> str:
        times = (f"{'-' if at is None else f'{at:.0f} s':>6}" for at in self._times)
        return f"{self.name:24}" + "".join(times) + f"  {self.signal}, {self.shown}"

    @property
    def _times(self) -> tuple[float | None, ...]:
        return self.found, self.told, self.grouped
