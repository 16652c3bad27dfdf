# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is told of an incident at which step, and when the next step is due.
One message at the start, one at the end, and in between only when it gets worse or nobody looks
after it: then it goes to more people, step by step. To acknowledge it stops that, but not for
ever: what is not healed for long goes up all the same, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .incident_states import State
from .severity import Severity


class Audience(StrEnum):
    """Who is told. Values are what the database stores."""

    SUPPORT = "support"  #: those on duty for all interfaces
    OWNER = "owner"  #: the owner of the interface
    BUSINESS = "business"  #: the business owner of the system
    MANAGERS = "managers"  #: those who answer for the integration landscape


@dataclass(frozen=True, slots=True)
class Level:
    """A step of the ladder.

    :param after: seconds from the start without acknowledgement.
    """

    after: int
    audience: tuple[Audience, ...]


_A = Audience
_MINUTE: Final = 60
_HOUR: Final = 3600

#: The ladder of each severity; the first step is told at the start.
LADDERS: Final[Mapping[Severity, tuple[Level, ...]]] = MappingProxyType(
    {
        Severity.CRITICAL: (
            Level(0, (_A.SUPPORT, _A.OWNER)),
            Level(10 * _MINUTE, (_A.BUSINESS,)),
            Level(30 * _MINUTE, (_A.MANAGERS,)),
        ),
        Severity.HIGH: (
            Level(0, (_A.SUPPORT, _A.OWNER)),
            Level(30 * _MINUTE, (_A.BUSINESS,)),
            Level(2 * _HOUR, (_A.MANAGERS,)),
        ),
        Severity.MEDIUM: (Level(0, (_A.SUPPORT,)), Level(4 * _HOUR, (_A.OWNER,))),
        Severity.LOW: (Level(0, (_A.SUPPORT,)), Level(24 * _HOUR, (_A.OWNER,))),
    }
)
#: Seconds from the acknowledgement after which what still lasts goes up one step.
PATIENCE: Final[Mapping[Severity, int]] = MappingProxyType(
    {
        Severity.CRITICAL: 2 * _HOUR,
        Severity.HIGH: 8 * _HOUR,
        Severity.MEDIUM: 48 * _HOUR,
        Severity.LOW: 7 * 24 * _HOUR,
    }
)


def due_at(
    state: State,
    severity: Severity,
    told_at: int,
    reached: int,
    acknowledged_at: int | None = None,
) -> int | None:
    """When the next step of the ladder is due, in seconds; ``None``: no more.

    :param told_at: when its start was told, which a maintenance window may have put off.
    :param reached: steps that were told, at least 1.
    :param acknowledged_at: of one that is acknowledged: when.
    """
    ladder = LADDERS[severity]
    if reached >= len(ladder):
        return None
    if state in (State.OPEN, State.ESCALATED):
        return told_at + ladder[reached].after
    if state is State.ACKNOWLEDGED and acknowledged_at is not None:
        return acknowledged_at + PATIENCE[severity]
    return None


def audience(severity: Severity, reached: int) -> tuple[Audience, ...]:
    """Whom a step concerns that is told now.

    :param reached: the number of the step, from 1.
    :raises IndexError: the ladder has no such step.
    """
    if reached < 1:
        raise IndexError("the first step is number 1")
    return LADDERS[severity][reached - 1].audience


def everybody(severity: Severity, reached: int) -> tuple[Audience, ...]:
    """Who was told so far, and so hears of the end too; each once."""
    return _once(one for level in LADDERS[severity][:reached] for one in level.audience)


def when_worse(was: Severity, now: Severity, reached: int) -> tuple[Audience, ...]:
    """Who hears that it got worse: those who know of it, and whom the new severity starts with."""
    return _once((*everybody(was, reached), *audience(now, 1)))


def _once(people: Iterable[Audience]) -> tuple[Audience, ...]:
    told: Sequence[Audience] = list(people)
    return tuple(one for one in Audience if one in told)
