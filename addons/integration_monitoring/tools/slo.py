# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Objectives of a service level, and the budget of failures that they leave.
An indicator is a share: good events of all events that count. What is good depends on the kind of
objective; :data:`MEANING` says which numbers of a rollup it takes. An objective of 99.5 % leaves a
budget of 0.5 % of the events of its period for failures (B. Beyer and others, *The Site
Reliability Workbook*, O'Reilly 2018, chapters 2 "Implementing SLOs" and 5 "Alerting on SLOs").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What an objective is about. Values are what the database stores."""

    LATENCY = "latency"  #: messages that were finished within a number of seconds
    AVAILABILITY = "availability"  #: attempts that did not fail for reasons of the service
    RECOVERY = "recovery"  #: incidents that were healed within a number of seconds
    DURABILITY = "durability"  #: acknowledged messages that are kept


#: What is good, of which events, by kind.
MEANING: Final[Mapping[Kind, tuple[str, str]]] = MappingProxyType(
    {
        Kind.LATENCY: ("finished within the threshold", "finished messages"),
        Kind.AVAILABILITY: ("not failed", "finished attempts"),
        Kind.RECOVERY: ("healed within the threshold", "ended or overdue incidents"),
        Kind.DURABILITY: ("kept, and no dead letter that nobody handled", "acknowledged messages"),
    }
)
#: A threshold in seconds belongs to these.
TIMED: Final = frozenset({Kind.LATENCY, Kind.RECOVERY})
PERIOD: Final = 30 * 86400


class Tally(NamedTuple):
    """Events that count, and the bad ones among them. Tallies add up."""

    total: int
    bad: int

    @property
    def bad_share(self) -> float:
        """0 to 1; 0 when nothing happened: nobody was let down."""
        return self.bad / self.total if self.total else 0.0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.total + other.total, self.bad + other.bad)


@dataclass(frozen=True, slots=True)
class Objective:
    """What an interface promises.

    :param target: share of good events, above 0 and below 1.
    :param threshold: seconds; of latency and recovery only.
    :param period: seconds over which the promise is kept.
    """

    kind: Kind
    target: float
    threshold: float | None = None
    period: int = PERIOD

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:
            raise ValueError("a target is above 0 and below 1: 100 % cannot be promised")
        if (self.threshold is not None) != (self.kind in TIMED):
            raise ValueError("latency and recovery need a threshold in seconds, others have none")
        if self.period <= 0 or (self.threshold is not None and self.threshold <= 0):
            raise ValueError("a period and a threshold are above 0")

    @property
    def allowed(self) -> float:
        """The share of events that may be bad."""
        return 1.0 - self.target


class Budget(NamedTuple):
    """What is left of a budget of failures.

    :param allowed: bad events that the period may have, given the events so far.
    :param spent: bad events so far.
    :param remaining: share of the budget that is left: 1 untouched, 0 used up, below 0 overdrawn.
    :param met: whether the objective is kept so far.
    """

    allowed: float
    spent: int
    remaining: float
    met: bool


def budget(objective: Objective, period: Tally) -> Budget:
    """The budget of a period.

    :param period: the events of the period so far.
    """
    _check(period)
    allowed = objective.allowed * period.total
    remaining = 1.0 - period.bad / allowed if allowed else 1.0
    # A rounding error of the share must not break a promise that was kept to the last event.
    return Budget(allowed, period.bad, remaining, period.bad <= allowed * (1 + 1e-9))


def burn_rate(objective: Objective, window: Tally) -> float:
    """How many times as fast as allowed the budget is used: 1 uses it up by the period's end."""
    _check(window)
    return window.bad_share / objective.allowed


def exhausted_in(objective: Objective, left: float, window: Tally) -> float | None:
    """Seconds until the budget is used up if it goes on as in the window.

    :param left: the share of the budget that remains.
    :return: ``None`` when it will last.
    """
    rate = burn_rate(objective, window)
    if left <= 0:
        return 0.0
    return left * objective.period / rate if rate > 0 else None


def recovery(
    incidents: Iterable[tuple[float, float | None]], threshold: float, now: float
) -> Tally:
    """The tally of times to heal.

    :param incidents: start and end in seconds; the end is ``None`` while one lasts. One that lasts
        counts as soon as it is overdue: waiting does not make it better.
    """
    took = [((end if end is not None else now) - start, end) for start, end in incidents]
    bad = sum(seconds > threshold for seconds, _ in took)
    good = sum(seconds <= threshold and end is not None for seconds, end in took)
    return Tally(good + bad, bad)


def durability(acknowledged: int, lost: int, dead_unhandled: int) -> Tally:
    """The tally of what was acknowledged.

    :param lost: acknowledged and found nowhere.
    :param dead_unhandled: dead letters that nobody has retried or resolved.
    """
    return Tally(acknowledged, min(acknowledged, lost + dead_unhandled))


def _check(tally: Tally) -> None:
    if not 0 <= tally.bad <= tally.total:
        raise ValueError("bad events are some of all events")
