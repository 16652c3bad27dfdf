# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From successive findings of one signal to one start and one end.

A signal starts when its level has been at the limit for some successive findings, and ends when it
has been clearly below for some: two limits, so that a level which sways about one of them does not
start and end without an end itself (hysteresis, as a Schmitt trigger has it). Starts and ends
alternate, whatever comes. The state is a small dictionary, to be kept in a row of the database; the
same findings give the same changes, and a finding that is told twice counts once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypedDict

from .findings import Finding


class State(TypedDict, total=False):
    """What is known of a signal; an empty one is quiet.

    ``at``: the last finding that counted; ``bad``, ``good``: successive ones beyond a limit;
    ``first``: when the bad ones began; ``since``: start, while it is open; ``grade``: the highest
    told since; ``peak``: the highest level since. Moments are seconds since 1970 in UTC.
    """

    at: int
    bad: int
    good: int
    first: int
    since: int
    grade: int
    peak: float


QUIET: Final[Mapping[str, float]] = MappingProxyType({})


class Step(StrEnum):
    """What has changed."""

    STARTED = "started"
    RAISED = "raised"  #: it is more urgent than was told; at most once for each grade
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a signal, to be told once.

    :param at: the moment of the finding that made it.
    :param since: the first of the findings that belong to it: when the trouble began.
    :param finding: why; of an end the one that confirmed it.
    :param peak: the highest level so far.
    """

    step: Step
    at: int
    since: int
    finding: Finding
    peak: float


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """When a signal starts and ends.

    :param start_after: successive findings at the limit (level 1 or more) that start it.
    :param end_after: successive findings below ``end_below`` that end it.
    :param end_below: level, above 0 up to 1, under which a finding speaks for the end.
    :param calm: seconds that an open signal stays open at least.
    :param sure: level from which a finding says as much as two.
    """

    start_after: int = 2
    end_after: int = 3
    end_below: float = 0.8
    calm: int = 0
    sure: float = math.inf

    def __post_init__(self) -> None:
        if self.start_after < 1 or self.end_after < 1:
            raise ValueError("a start and an end need at least one finding")
        if not 0 < self.end_below <= 1 or self.calm < 0:
            raise ValueError("an end is above 0 up to 1, and a calm is not negative")


def observe(
    state: State, at: int, finding: Finding, rule: Hysteresis
) -> tuple[State, Change | None]:
    """The next state, and what has changed.

    :param state: as this function gave it, or an empty one. It is not changed.
    :param at: when the finding was made, in seconds. Not after the last one: nothing changes.
    """
    if "at" in state and at <= state["at"]:
        return state, None
    if "since" in state:
        return _observe_open(state, at, finding, rule)
    if finding.level < 1:
        # A quiet signal keeps nothing but the time, and only after it was not quiet.
        return ({"at": at} if state.get("bad") else state), None
    first = state["first"] if state.get("bad") else at
    bad = state.get("bad", 0) + (2 if finding.level >= rule.sure else 1)
    # "bad" and "first" always stand together; the peak of what was bad before counts as well.
    peak = max(state.get("peak", 0.0), finding.level)
    if bad < rule.start_after:
        return {"at": at, "bad": bad, "first": first, "peak": peak}, None
    opened: State = {"at": at, "since": at, "first": first, "good": 0, "peak": peak}
    opened["grade"] = int(finding.grade)
    return opened, Change(Step.STARTED, at, first, finding, peak)


def forget(state: State, at: int, finding: Finding) -> tuple[State, Change | None]:
    """End at once what is open: the signal is switched off, or what it speaks of is gone."""
    if "since" not in state:
        return {}, None
    return {"at": at}, Change(Step.ENDED, at, state["first"], finding, state["peak"])


def is_open(state: State) -> bool:
    """Whether the signal has started and not ended."""
    return "since" in state


def _observe_open(
    state: State, at: int, finding: Finding, rule: Hysteresis
) -> tuple[State, Change | None]:
    peak = max(state["peak"], finding.level)
    good = state["good"] + 1 if finding.level < rule.end_below else 0
    if good >= rule.end_after and at - state["since"] >= rule.calm:
        return {"at": at}, Change(Step.ENDED, at, state["first"], finding, peak)
    following: State = {**state, "at": at, "good": good, "peak": peak}
    if finding.level >= 1 and int(finding.grade) > state["grade"]:
        following["grade"] = int(finding.grade)
        return following, Change(Step.RAISED, at, state["first"], finding, peak)
    return following, None
