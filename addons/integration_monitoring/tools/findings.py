# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is found out about an interface at a moment, with its reasons as data.
A finding says how far a signal is from its limit and which numbers say so. It holds no sentence:
who shows it makes one in the reader's language. It holds nothing of a message either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

Fact = int | float | str


class Signal(StrEnum):
    """What is watched. Values are what the database stores."""

    VOLUME_HIGH = "volume_high"  #: more messages than is usual at this hour of the week
    VOLUME_LOW = "volume_low"  #: fewer messages than is usual, but some
    SILENCE = "silence"  #: nothing for longer than chance explains
    AVAILABILITY = "availability"  #: failures use up the budget of the objective
    LATENCY = "latency"  #: slowness uses up the budget of the objective
    RECOVERY = "recovery"  #: what broke is not healed within its time
    DURABILITY = "durability"  #: what was acknowledged is lost, or dead and not handled
    QUEUE_AGE = "queue_age"  #: the oldest message waits longer than agreed
    DEAD_LETTER = "dead_letter"  #: messages were given up
    DUPLICATES = "duplicates"  #: what comes is known already, mostly
    ERROR_GROUP = "error_group"  #: a kind of failure is new, or has come back
    BREAKER_OPEN = "breaker_open"  #: the circuit breaker lets nothing pass
    LISTENER_DOWN = "listener_down"  #: a process that receives does not beat
    RUNNER_DOWN = "runner_down"  #: the process that runs the queue does not beat
    PROBE_FAILED = "probe_failed"  #: the partner does not answer a scheduled probe
    EXPIRY = "expiry"  #: a certificate or a secret ends soon
    RETENTION = "retention"  #: what should be deleted was not
    DATABASE = "database"  #: PostgreSQL is near one of its limits
    AUDIT_CHAIN = "audit_chain"  #: the audit trail does not verify


class Grade(IntEnum):
    """How urgent a finding is by itself, whatever the interface."""

    TICKET = 1  #: to be seen to during working hours
    PAGE = 2  #: somebody has to look now


@dataclass(frozen=True, slots=True)
class Finding:
    """A signal at a moment.

    :param level: distance from the limit: 1.0 is exactly at it, more is worse. Comparable over time
        for one signal, not between signals.
    :param grade: how urgent it is.
    :param facts: the numbers and the window that say so, by name; fit for JSON.
    """

    signal: Signal
    level: float
    grade: Grade = Grade.PAGE
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Fit for JSON."""
        return {
            "signal": self.signal.value,
            "level": round(self.level, 3),
            "grade": int(self.grade),
            "facts": dict(self.facts),
        }
