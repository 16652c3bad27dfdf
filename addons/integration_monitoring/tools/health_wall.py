# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The light of an interface on the wall: one state, made of what is known, with the reasons.
One function, so that wall, map, list and metrics never disagree. What a person has decided goes
before what was found out: an interface that is paused is paused, not down. The worst reason makes
the state, and all reasons are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from .findings import Fact


class Light(StrEnum):
    """What the wall shows, from the worst to the best. Values are what metrics and rows hold."""

    DOWN = "down"  #: nothing gets through
    SILENT = "silent"  #: nothing comes, and that is no chance
    DEGRADED = "degraded"  #: a part does not get through, or late
    UNKNOWN = "unknown"  #: nothing is known of it, or not any more
    PAUSED = "paused"  #: a person has decided so
    OK = "ok"


class Reason(NamedTuple):
    """Why a light is as it is.

    :param code: machine code; whoever shows it has a sentence for each of :data:`CODES`.
    :param light: what it alone would make of the interface.
    :param facts: the numbers behind it.
    """

    code: str
    light: Light
    facts: Mapping[str, Fact] = MappingProxyType({})


#: Every reason that there is, with the light that it makes.
CODES: Final[Mapping[str, Light]] = MappingProxyType(
    {
        "inactive": Light.PAUSED,
        "paused": Light.PAUSED,
        "receiving_stopped": Light.PAUSED,
        "unmeasured": Light.UNKNOWN,
        "never_used": Light.UNKNOWN,
        "breaker_forced": Light.PAUSED,
        "breaker_open": Light.DOWN,
        "all_fail": Light.DOWN,
        "listener_down": Light.DOWN,
        "runner_down": Light.DOWN,
        "silent": Light.SILENT,
        "breaker_half_open": Light.DEGRADED,
        "queue_old": Light.DEGRADED,
        "queue_stuck": Light.DOWN,
        "errors": Light.DEGRADED,
        "duplicates": Light.DEGRADED,
        "dead_letters": Light.DEGRADED,
        "quarantined": Light.DEGRADED,
        "budget_burning": Light.DEGRADED,
        "budget_spent": Light.DEGRADED,
    }
)
#: Lifecycle states that carry traffic.
CARRIES: Final = frozenset({"active", "deprecated"})
#: Seconds since the last rollup after which nothing is known any more.
FRESH: Final = 180
#: Times the objective of the queue's age from which on it does not move any more.
_STUCK: Final = 10
#: Attempts from which on a share of failures says something, and the share that is too much.
_ATTEMPTS: Final = 5
_FAILING: Final = 0.1


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of an interface at a moment; nothing known is all right.

    :param measured_ago: seconds since the latest rollup; ``None``: there is none at all.
    :param ever_used: whether it ever had a message.
    :param lifecycle: of its governance: ``active``, ``deprecated``, …
    :param paused, receiving_stopped: what an operator has decided.
    :param breaker: ``closed``, ``open``, ``half_open``, ``forced_open`` or ``disabled``.
    :param oldest: seconds that the oldest message waits; held ones do not count.
    :param oldest_allowed: seconds that it may wait; ``None``: no objective.
    :param attempts, failed: of the last five minutes.
    :param duplicates: repetitions of known messages, as far as they are too many.
    :param dead, quarantined: messages that wait for a person.
    :param silent_seconds: length of a significant gap, else 0.
    :param listener_down, runner_down: what it depends on does not beat.
    :param budgets: by objective: the share of the budget that remains.
    :param burning: by objective: the burn rate, where a rule of alerting is exceeded.
    """

    measured_ago: float | None = 0.0
    ever_used: bool = True
    lifecycle: str = "active"
    paused: bool = False
    receiving_stopped: bool = False
    breaker: str = "closed"
    oldest: float = 0.0
    oldest_allowed: float | None = None
    attempts: int = 0
    failed: int = 0
    duplicates: int = 0
    dead: int = 0
    quarantined: int = 0
    silent_seconds: int = 0
    listener_down: bool = False
    runner_down: bool = False
    budgets: Mapping[str, float] = field(default_factory=dict)
    burning: Mapping[str, float] = field(default_factory=dict)


class Health(NamedTuple):
    """The light, and all reasons, the decisive ones first; an interface that is well has none."""

    light: Light
    reasons: tuple[Reason, ...]


#: What decides first. A decision of a person goes before what follows from it; what is not measured
#: has no findings worth the name.
_ORDER: Final = (
    Light.PAUSED,
    Light.UNKNOWN,
    Light.DOWN,
    Light.SILENT,
    Light.DEGRADED,
)


def judge(signs: Signs) -> Health:
    """The light of an interface."""
    reasons = [
        *_decided(signs),
        *_unknown(signs),
        *_dependencies(signs),
        *_breaker(signs),
        *_traffic(signs),
        *_left_over(signs),
        *_budgets(signs),
    ]
    reasons.sort(key=lambda reason: _ORDER.index(reason.light))
    return Health(reasons[0].light if reasons else Light.OK, tuple(reasons))


def _because(code: str, **facts: Fact) -> Reason:
    return Reason(code, CODES[code], facts)


def _decided(signs: Signs) -> list[Reason]:
    found = []
    if signs.lifecycle not in CARRIES:
        found.append(_because("inactive", lifecycle=signs.lifecycle))
    if signs.paused:
        found.append(_because("paused"))
    if signs.receiving_stopped:
        found.append(_because("receiving_stopped"))
    if signs.breaker == "forced_open":
        found.append(_because("breaker_forced"))
    return found


def _unknown(signs: Signs) -> list[Reason]:
    if signs.measured_ago is None or signs.measured_ago > FRESH:
        ago = -1 if signs.measured_ago is None else int(signs.measured_ago)
        return [_because("unmeasured", seconds=ago)]
    return [] if signs.ever_used else [_because("never_used")]


def _dependencies(signs: Signs) -> list[Reason]:
    found = []
    if signs.runner_down:
        found.append(_because("runner_down"))
    if signs.listener_down:
        found.append(_because("listener_down"))
    return found


def _breaker(signs: Signs) -> list[Reason]:
    if signs.breaker == "open":
        return [_because("breaker_open")]
    return [_because("breaker_half_open")] if signs.breaker == "half_open" else []


def _traffic(signs: Signs) -> list[Reason]:
    found = []
    if signs.silent_seconds:
        found.append(_because("silent", seconds=signs.silent_seconds))
    if signs.attempts >= _ATTEMPTS and signs.failed >= _FAILING * signs.attempts:
        code = "all_fail" if signs.failed >= signs.attempts else "errors"
        found.append(_because(code, attempts=signs.attempts, failed=signs.failed))
    if signs.duplicates:
        found.append(_because("duplicates", count=signs.duplicates))
    if signs.oldest_allowed is not None and signs.oldest > signs.oldest_allowed:
        stuck = signs.oldest > _STUCK * signs.oldest_allowed
        code = "queue_stuck" if stuck else "queue_old"
        seconds, allowed = int(signs.oldest), int(signs.oldest_allowed)
        found.append(_because(code, seconds=seconds, allowed=allowed))
    return found


def _left_over(signs: Signs) -> list[Reason]:
    found = []
    if signs.dead:
        found.append(_because("dead_letters", count=signs.dead))
    if signs.quarantined:
        found.append(_because("quarantined", count=signs.quarantined))
    return found


def _budgets(signs: Signs) -> list[Reason]:
    burning = [
        _because("budget_burning", objective=name, rate=round(rate, 2))
        for name, rate in sorted(signs.burning.items())
    ]
    spent = [
        _because("budget_spent", objective=name, remaining=round(left, 4))
        for name, left in sorted(signs.budgets.items())
        if left <= 0
    ]
    return burning + spent
