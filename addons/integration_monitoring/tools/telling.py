# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is to be told of an incident now: start, worse, the next step of the ladder, end.

Asked again and again, this gives each thing once: what was told stands in :class:`Standing`, which
is kept with the incident. So whoever asks may die at any line and ask again, and a maintenance
window that ends needs no list of what it held back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .escalation import LADDERS, PATIENCE, Audience, audience, due_at, when_worse
from .incident_states import Act, State, after
from .severity import Severity


class Kind(StrEnum):
    """What people are told. Values are what the database stores."""

    START = "start"
    WORSE = "worse"
    STEP = "step"  #: nobody has healed it in time, or somebody asked for help
    AGAIN = "again"  #: it goes on although somebody said that it is dealt with
    END = "end"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an incident stands, and what was told of it.

    :param lasting: whether a signal has not ended.
    :param told_at: from when on the ladder counts, in seconds; ``None``: nothing was told yet.
    :param told_severity: the worst that was told.
    :param reached: steps of the ladder that were told.
    :param told_to: who was told so far, and so hears of the end.
    :param turn: how often it was opened again.
    """

    state: State
    severity: Severity
    lasting: bool = True
    told_at: int | None = None
    told_severity: Severity | None = None
    reached: int = 0
    acknowledged_at: int | None = None
    resolved_at: int | None = None
    told_to: tuple[Audience, ...] = ()
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """To be told now.

    :param key: names it among all that is ever told of the incident, so that it is told once.
    :param following: what stands once it is told.
    """

    kind: Kind
    key: str
    audience: tuple[Audience, ...]
    following: Standing


def due(standing: Standing, now: int, muted: bool = False) -> Due | None:
    """What is to be told next; to be asked until there is nothing.

    :param muted: nobody is to be woken for it now: maintenance, or a cause that has an incident of
        its own. The end of what was told is told all the same, for people wait for it.
    """
    if standing.state is State.CLOSED:
        if not standing.told_to:
            return None
        return Due(Kind.END, "end", standing.told_to, replace(standing, told_to=()))
    if muted:
        return None
    if standing.told_at is None:
        return _start(standing, now) if standing.lasting else None
    if standing.told_severity is None or standing.severity < standing.told_severity:
        return _worse(standing, now)
    return _step(standing, now) if standing.lasting else None


def asked(standing: Standing, now: int) -> Due:
    """Somebody asks for help: the next step at once, whatever the time and whoever is muted.

    :raises incident_states.ActRefused: it is dealt with, or healed.
    """
    state = (
        after(standing.state, Act.ESCALATE)
        if standing.state is not State.ESCALATED
        else (State.ESCALATED)
    )
    ladder = LADDERS[standing.severity]
    reached = min(max(standing.reached, 1) + 1, len(ladder))
    whom = ladder[reached - 1].audience if standing.reached < len(ladder) else (Audience.MANAGERS,)
    following = replace(
        standing,
        state=state,
        reached=reached,
        told_at=now - ladder[reached - 1].after,
        told_severity=standing.severity,
        told_to=_and(standing.told_to, whom),
    )
    return Due(Kind.STEP, f"{standing.turn}:asked:{now}", whom, following)


def again(standing: Standing, now: int) -> Due:
    """It goes on although it was resolved: it is open, and the ladder begins anew.

    :raises incident_states.ActRefused: it was not resolved.
    """
    turn = standing.turn + 1
    opened = replace(
        standing,
        state=after(standing.state, Act.REOPEN),
        acknowledged_at=None,
        resolved_at=None,
        turn=turn,
    )
    told = _start(opened, now)
    return Due(Kind.AGAIN, f"{turn}:again", told.audience, told.following)


def silently_again(standing: Standing) -> Standing:
    """As :func:`again` while nobody is to be woken: it is told when that is over, if it lasts.

    :raises incident_states.ActRefused: it was not resolved.
    """
    return replace(again(standing, 0).following, told_at=None, reached=0)


def lapsed(standing: Standing, now: int) -> bool:
    """Whether somebody's word that it is dealt with has not come true for too long."""
    return (
        standing.state is State.RESOLVED
        and standing.lasting
        and standing.resolved_at is not None
        and now - standing.resolved_at >= PATIENCE[standing.severity]
    )


def _start(standing: Standing, now: int) -> Due:
    whom = audience(standing.severity, 1)
    following = replace(
        standing,
        told_at=now,
        told_severity=standing.severity,
        reached=1,
        told_to=_and(standing.told_to, whom),
    )
    key = f"{standing.turn}:start" if standing.turn else "start"
    return Due(Kind.START, key, whom, following)


def _worse(standing: Standing, now: int) -> Due:
    was = standing.told_severity or standing.severity
    whom = _and(standing.told_to, when_worse(was, standing.severity, min(standing.reached, 1)))
    # The ladder of the new severity begins now, with its first step told.
    following = replace(
        standing, told_at=now, told_severity=standing.severity, reached=1, told_to=whom
    )
    return Due(Kind.WORSE, f"worse:{int(standing.severity)}", whom, following)


def _step(standing: Standing, now: int) -> Due | None:
    if standing.told_at is None:
        return None
    at = due_at(
        standing.state,
        standing.severity,
        standing.told_at,
        standing.reached,
        standing.acknowledged_at,
    )
    if at is None or at > now:
        return None
    reached = standing.reached + 1
    whom = audience(standing.severity, reached)
    # The next step counts from here: after a window, or an acknowledgement, all were due at once.
    told_at = now - LADDERS[standing.severity][reached - 1].after
    state = standing.state
    if state is not State.ESCALATED:
        state = after(state, Act.ESCALATE)
    following = replace(
        standing,
        state=state,
        reached=reached,
        told_at=told_at,
        told_to=_and(standing.told_to, whom),
    )
    key = f"{standing.turn}:step:{int(standing.severity)}:{reached}"
    return Due(Kind.STEP, key, whom, following)


_ORDER: Final = tuple(Audience)


def _and(told: tuple[Audience, ...], more: tuple[Audience, ...]) -> tuple[Audience, ...]:
    return tuple(one for one in _ORDER if one in told or one in more)
