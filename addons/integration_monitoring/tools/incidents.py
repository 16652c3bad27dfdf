# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Makes incidents of signals: one for what belongs together, told once at start and at end.
Signals of one subject (an interface, or what is behind several of them) make one incident, however
many there are and however often one of them comes and goes. It ends when all have ended and none
has come back for a while: the end is told when it is sure, with the moment at which the last
signal ended.

Everything is a value: each operation returns the next incident, to be stored, and what is to be
told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .detector import Change, Step
from .findings import Signal
from .severity import Severity

#: Seconds without any signal after which an incident has ended.
CALM: Final = 1800


class Told(StrEnum):
    """What people are told about."""

    START = "start"
    WORSE = "worse"  #: it is more severe than was told; at most once for each severity
    END = "end"


@dataclass(frozen=True, slots=True)
class Incident:
    """What is wrong with one subject.

    :param started: when the trouble began, in seconds.
    :param signals: what speaks for it: when each signal ended, 0 while it lasts.
    :param severity: the worst so far.
    """

    started: int
    signals: Mapping[Signal, int]
    severity: Severity

    @property
    def lasting(self) -> frozenset[Signal]:
        """Signals that have not ended."""
        return frozenset(signal for signal, end in self.signals.items() if not end)

    @property
    def quiet_since(self) -> int | None:
        """When the last signal ended; ``None`` while one lasts."""
        return None if self.lasting else max(self.signals.values())


@dataclass(frozen=True, slots=True)
class Notice:
    """To be told once.

    :param at: the moment that it speaks of: of a start the beginning of the trouble, of an end the
        end of its last signal.
    """

    told: Told
    at: int
    severity: Severity
    signals: tuple[Signal, ...]


def take(
    incident: Incident | None, change: Change, severity: Severity
) -> tuple[Incident | None, Notice | None]:
    """What a change of a signal makes of the incident of its subject.

    :param incident: the one that has not ended; ``None`` when there is none.
    :param severity: of this signal on this subject.
    """
    signal = change.finding.signal
    if change.step is Step.ENDED:
        if incident is None or signal not in incident.lasting:
            return incident, None
        return replace(incident, signals=_with(incident, signal, change.at)), None
    if incident is None:
        begun = Incident(change.since, MappingProxyType({signal: 0}), severity)
        return begun, _notice(Told.START, change.since, begun)
    following = replace(
        incident,
        signals=_with(incident, signal, 0),
        severity=min(incident.severity, severity),
    )
    if severity < incident.severity:
        return following, _notice(Told.WORSE, change.at, following)
    return following, None


def settle(
    incident: Incident | None, now: int, calm: int = CALM
) -> tuple[Incident | None, Notice | None]:
    """End an incident that has been quiet for long enough; to be asked from time to time."""
    quiet = incident.quiet_since if incident else None
    if incident is None or quiet is None or now - quiet < calm:
        return incident, None
    return None, _notice(Told.END, quiet, incident)


def _with(incident: Incident, signal: Signal, end: int) -> Mapping[Signal, int]:
    return MappingProxyType({**incident.signals, signal: end})


def _notice(told: Told, at: int, incident: Incident) -> Notice:
    return Notice(told, at, incident.severity, tuple(sorted(incident.signals)))
