# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How severe an incident is: the criticality of its interface, and the kind of trouble.
The same outage is a matter of minutes on an interface on which patients depend, and of tomorrow on
a price list. The matrix is in the manner of ITIL's priority of impact and urgency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from .findings import Grade, Signal


class Severity(IntEnum):
    """1 is the most severe. Values are what the database stores."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class Harm(StrEnum):
    """What a kind of trouble does."""

    LOSS = "loss"  #: something may be lost or cannot be proved
    STOP = "stop"  #: nothing gets through
    PART = "part"  #: a part does not get through, or late
    ODD = "odd"  #: something is unusual, and may be harmless
    SOON = "soon"  #: nothing yet


HARMS: Final[Mapping[Signal, Harm]] = MappingProxyType(
    {
        Signal.VOLUME_HIGH: Harm.ODD,
        Signal.VOLUME_LOW: Harm.ODD,
        Signal.SILENCE: Harm.STOP,
        Signal.AVAILABILITY: Harm.PART,
        Signal.LATENCY: Harm.PART,
        Signal.RECOVERY: Harm.PART,
        Signal.DURABILITY: Harm.LOSS,
        Signal.QUEUE_AGE: Harm.PART,
        Signal.DEAD_LETTER: Harm.PART,
        Signal.DUPLICATES: Harm.ODD,
        Signal.ERROR_GROUP: Harm.ODD,
        Signal.BREAKER_OPEN: Harm.STOP,
        Signal.LISTENER_DOWN: Harm.STOP,
        Signal.RUNNER_DOWN: Harm.STOP,
        Signal.PROBE_FAILED: Harm.PART,
        Signal.EXPIRY: Harm.SOON,
        Signal.RETENTION: Harm.LOSS,
        Signal.AUDIT_CHAIN: Harm.LOSS,
        Signal.DATABASE: Harm.PART,
    }
)

_C, _H, _M, _L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
#: By criticality of the interface, worst first, and harm.
MATRIX: Final[Mapping[str, Mapping[Harm, Severity]]] = MappingProxyType(
    {
        criticality: MappingProxyType(dict(zip(Harm, row, strict=True)))
        for criticality, row in (
            # loss, stop, part, odd, soon
            ("vital", (_C, _C, _H, _M, _M)),
            ("high", (_C, _H, _M, _M, _L)),
            ("medium", (_H, _M, _M, _L, _L)),
            ("low", (_M, _L, _L, _L, _L)),
        )
    }
)


def of(criticality: str, signal: Signal, grade: Grade = Grade.PAGE) -> Severity:
    """The severity of one signal.

    :param criticality: of the interface: ``vital``, ``high``, ``medium`` or ``low``.
    :param grade: a signal that only asks for a ticket is one step less severe.
    :raises KeyError: there is no such criticality.
    """
    severity = MATRIX[criticality][HARMS[signal]]
    if grade is Grade.TICKET and HARMS[signal] is Harm.PART:
        return Severity(min(severity + 1, Severity.LOW))
    return severity


def worst(severities: Iterable[Severity]) -> Severity:
    """Of several signals the most severe.

    :raises ValueError: there is none.
    """
    return min(severities)
