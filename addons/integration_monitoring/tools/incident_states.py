# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The life of an incident: one transition table, as data.
A person acknowledges, escalates or resolves; the signals close it when they have ended. *Resolved*
is a person's word that the cause is dealt with; *closed* is the fact that nothing is wrong any
more. What comes back after that is a new incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where an incident stands. Values are what the database stores."""

    OPEN = "open"  #: nobody has said that they look after it
    ACKNOWLEDGED = "acknowledged"  #: somebody looks after it
    ESCALATED = "escalated"  #: nobody did so in time, or who did asked for help
    RESOLVED = "resolved"  #: dealt with, by a person's word; its signals have not all ended yet
    CLOSED = "closed"  #: healed


class Act(StrEnum):
    """What changes the state."""

    ACKNOWLEDGE = "acknowledge"  #: a person: I look after it
    ESCALATE = "escalate"  #: a person, or time that passed
    RESOLVE = "resolve"  #: a person, with a note
    REOPEN = "reopen"  #: it goes on although it was resolved
    CLOSE = "close"  #: all signals have ended


class ActRefused(ValueError):
    """An act is not possible in a state. ``state`` and ``act`` hold the two."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"an incident that is {state.value} cannot be: {act.value}")
        self.state = state
        self.act = act


#: For each state, what may be done and where it leads.
TRANSITIONS: Final[Mapping[State, Mapping[Act, State]]] = MappingProxyType(
    {
        State.OPEN: MappingProxyType(
            {
                Act.ACKNOWLEDGE: State.ACKNOWLEDGED,
                Act.ESCALATE: State.ESCALATED,
                Act.RESOLVE: State.RESOLVED,
                Act.CLOSE: State.CLOSED,
            }
        ),
        State.ACKNOWLEDGED: MappingProxyType(
            {
                Act.ESCALATE: State.ESCALATED,
                Act.RESOLVE: State.RESOLVED,
                Act.CLOSE: State.CLOSED,
            }
        ),
        State.ESCALATED: MappingProxyType(
            {
                Act.ACKNOWLEDGE: State.ACKNOWLEDGED,
                Act.RESOLVE: State.RESOLVED,
                Act.CLOSE: State.CLOSED,
            }
        ),
        State.RESOLVED: MappingProxyType(
            {
                Act.REOPEN: State.OPEN,
                Act.CLOSE: State.CLOSED,
            }
        ),
        State.CLOSED: MappingProxyType({}),
    }
)

#: An incident that is made.
INITIAL: Final = State.OPEN
#: Nothing leads out.
TERMINAL: Final = frozenset({State.CLOSED})
#: Somebody has to do something.
UNATTENDED: Final = frozenset({State.OPEN, State.ESCALATED})


def after(state: State | str, act: Act | str) -> State:
    """The state that follows.

    :raises ActRefused: it is not possible in this state.
    :raises ValueError: one of the two does not exist.
    """
    state, act = State(state), Act(act)
    following = TRANSITIONS[state].get(act)
    if following is None:
        raise ActRefused(state, act)
    return following


def sources_of(act: Act | str) -> tuple[str, ...]:
    """The states in which an act is possible, for ``state = ANY(%s)`` in SQL.

    :raises ValueError: there is no such act.
    """
    act = Act(act)
    return tuple(state.value for state in State if act in TRANSITIONS[state])
