# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The life of an error group: all failures of one fingerprint, looked after as one.
One transition table, as data. A group that was resolved and fails again has *regressed*: whoever
resolved it hears of it. A snoozed one comes back when its time is up, or at once when its failures
multiply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a group stands. Values are what the database stores."""

    NEW = "new"  #: nobody has looked at it
    OPEN = "open"  #: seen, and nobody's yet
    ACKNOWLEDGED = "acknowledged"  #: somebody has said that it is known
    ASSIGNED = "assigned"  #: somebody works on it
    SNOOZED = "snoozed"  #: of no interest until a moment
    RESOLVED = "resolved"  #: dealt with, with a note how
    REGRESSED = "regressed"  #: failed again after it was resolved


class Act(StrEnum):
    """What changes the state."""

    LOOK = "look"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"  #: to a person
    RELEASE = "release"  #: whoever had it gives it back
    SNOOZE = "snooze"  #: until a moment
    WAKE = "wake"  #: its moment has come, or it fails much more than before
    RESOLVE = "resolve"  #: with a note how, which later groups learn from
    RECUR = "recur"  #: it fails again


class ActRefused(ValueError):
    """An act is not possible in a state. ``state`` and ``act`` hold the two."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(f"an error group that is {state.value} has no: {act.value}")
        self.state = state
        self.act = act


_UNTOUCHED: Final = {
    Act.ACKNOWLEDGE: State.ACKNOWLEDGED,
    Act.ASSIGN: State.ASSIGNED,
    Act.SNOOZE: State.SNOOZED,
    Act.RESOLVE: State.RESOLVED,
}
#: For each state, what may be done and where it leads. That a group fails again changes nothing
#: unless it was resolved.
TRANSITIONS: Final[Mapping[State, Mapping[Act, State]]] = MappingProxyType(
    {
        state: MappingProxyType(acts)
        for state, acts in {
            State.NEW: {**_UNTOUCHED, Act.LOOK: State.OPEN, Act.RECUR: State.NEW},
            State.OPEN: {**_UNTOUCHED, Act.LOOK: State.OPEN, Act.RECUR: State.OPEN},
            State.ACKNOWLEDGED: {
                Act.ASSIGN: State.ASSIGNED,
                Act.RELEASE: State.OPEN,
                Act.SNOOZE: State.SNOOZED,
                Act.RESOLVE: State.RESOLVED,
                Act.LOOK: State.ACKNOWLEDGED,
                Act.RECUR: State.ACKNOWLEDGED,
            },
            State.ASSIGNED: {
                Act.ASSIGN: State.ASSIGNED,
                Act.RELEASE: State.OPEN,
                Act.SNOOZE: State.SNOOZED,
                Act.RESOLVE: State.RESOLVED,
                Act.LOOK: State.ASSIGNED,
                Act.RECUR: State.ASSIGNED,
            },
            State.SNOOZED: {
                Act.WAKE: State.OPEN,
                Act.ASSIGN: State.ASSIGNED,
                Act.SNOOZE: State.SNOOZED,
                Act.RESOLVE: State.RESOLVED,
                Act.LOOK: State.SNOOZED,
                Act.RECUR: State.SNOOZED,
            },
            State.RESOLVED: {Act.RECUR: State.REGRESSED, Act.LOOK: State.RESOLVED},
            State.REGRESSED: {
                **_UNTOUCHED,
                Act.LOOK: State.REGRESSED,
                Act.RECUR: State.REGRESSED,
            },
        }.items()
    }
)
#: Acts that say something to later readers, and so need a note.
NOTED: Final = frozenset({Act.RESOLVE, Act.SNOOZE})
#: Nobody looks after these.
WAITING: Final = frozenset({State.NEW, State.OPEN, State.REGRESSED})
#: A snoozed group wakes early at so many times its usual failures, and at least so many.
_MULTIPLIED: Final = 5
_LEAST: Final = 10


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


def wakes(now: float, snoozed_until: float, failures: int, usual: float) -> bool:
    """Whether a snoozed group comes back.

    :param failures: in the last hour.
    :param usual: failures of an hour when it was snoozed.
    """
    return now >= snoozed_until or failures >= max(_LEAST, _MULTIPLIED * usual)


class Trend(StrEnum):
    """How the failures of a group go."""

    NEW = "new"  #: first seen after the mark
    BACK = "back"  #: seen before, but not for long before the mark
    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"
    GONE = "gone"  #: not since the mark


def trend(mark: float, first_seen: float, before: Sequence[int], since: Sequence[int]) -> Trend:
    """How failures go since a change: an approval, a deployment, a rotation.

    :param mark: moment of the change in seconds.
    :param first_seen: moment of the first failure ever.
    :param before: failures in each of the windows before the mark, of one length.
    :param since: failures in each of such windows after it.
    """
    if first_seen >= mark:
        return Trend.NEW
    if not sum(since):
        return Trend.GONE
    if not sum(before):
        return Trend.BACK
    # Compared by the hour, so that a change of a minute ago is not one of a week.
    was = sum(before) / len(before)
    now = sum(since) / len(since)
    # Two deviations of the count that there would be if nothing had changed.
    expected = was * len(since)
    if abs(sum(since) - expected) <= 2 * max(expected, 1.0) ** 0.5:
        return Trend.STEADY
    return Trend.RISING if now > was else Trend.FALLING
