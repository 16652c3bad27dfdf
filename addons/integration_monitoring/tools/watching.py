# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One look at one interface: what was read becomes changes of signals, and a light.
Here it is decided which signals are judged at all: what somebody has switched off is not, and what
a person has decided (a pause, an interface that carries nothing) is no trouble.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from . import health_wall, readings, severity
from .detector import Change
from .findings import Finding, Signal
from .health_wall import Health, Signs
from .readings import ErrorGroups, Probe
from .severity import Harm
from .slo import Kind, Objective
from .watch import Tallies, Watch

#: Signals of an interface, which can be switched off there; the others are about the suite.
OF_INTERFACE: Final = (
    Signal.SILENCE,
    Signal.VOLUME_LOW,
    Signal.VOLUME_HIGH,
    Signal.AVAILABILITY,
    Signal.LATENCY,
    Signal.RECOVERY,
    Signal.DURABILITY,
    Signal.QUEUE_AGE,
    Signal.DEAD_LETTER,
    Signal.DUPLICATES,
    Signal.ERROR_GROUP,
    Signal.BREAKER_OPEN,
    Signal.PROBE_FAILED,
    Signal.EXPIRY,
)
#: What a pause explains: nothing is worked off as long as it lasts.
_PAUSED: Final = frozenset(
    {
        Signal.QUEUE_AGE,
        Signal.LATENCY,
        Signal.AVAILABILITY,
        Signal.RECOVERY,
        Signal.BREAKER_OPEN,
    }
)
#: What follows when receiving was stopped by a person.
_STOPPED: Final = frozenset({Signal.SILENCE, Signal.VOLUME_LOW})
#: Trouble that has to be healed in time; what is odd, or comes soon, has not.
_TO_HEAL: Final = frozenset(
    signal
    for signal, harm in severity.HARMS.items()
    if harm in (Harm.STOP, Harm.PART) and signal not in (Signal.RECOVERY, Signal.DEAD_LETTER)
)


class Minute(NamedTuple):
    """Messages of one minute (minutes since 1970 in UTC)."""

    minute: int
    count: int


@dataclass(frozen=True, slots=True)
class Interface:
    """What is known of an interface besides its traffic.

    :param carries: whether it may carry traffic here and now: it is active, and released.
    :param off: signals that somebody has switched off.
    :param limits: of signals, where somebody has set one, in the unit of the signal.
    :param objectives: what it promises.
    """

    lifecycle: str = "active"
    carries: bool = True
    paused: bool = False
    receiving_stopped: bool = False
    latency_class: str = "near_realtime"
    rto_minutes: int = 0
    off: frozenset[Signal] = frozenset()
    limits: Mapping[Signal, float] = field(default_factory=dict)
    objectives: Mapping[Kind, Objective] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of an interface at a moment.

    :param oldest: seconds that the oldest message has been due.
    :param dead, dead_oldest: dead letters, and seconds since the first of them.
    :param lost: dead letters that nobody has handled within a day.
    :param acknowledged: messages of the period of the objective.
    :param attempts, failed, repeated, new: of the last five minutes: attempts, and messages that
        were known already or were not.
    :param ends_in, ends: seconds until its last secret or certificate ends, or the certificate of
        its partner, and which it is.
    :param budgets: by kind of objective: the share of the budget that remains.
    :param measured_ago: seconds since the latest rollup.
    """

    breaker: str = "closed"
    oldest: float = 0.0
    dead: int = 0
    dead_oldest: float = 0.0
    lost: int = 0
    acknowledged: int = 0
    quarantined: int = 0
    attempts: int = 0
    failed: int = 0
    repeated: int = 0
    new: int = 0
    ends_in: float | None = None
    ends: str = "secret"
    probe: Probe | None = None
    groups: ErrorGroups = field(default_factory=ErrorGroups)
    listener_down: bool = False
    runner_down: bool = False
    budgets: Mapping[str, float] = field(default_factory=dict)
    measured_ago: float | None = 0.0
    ever_used: bool = True


def look(
    watch: Watch,
    interface: Interface,
    reading: Reading,
    minutes: Sequence[Minute],
    tallies: tuple[Tallies, ...],
    until: int,
) -> list[Change]:
    """What a look changes; ``watch`` is advanced.

    :param minutes: those that are new, in order.
    :param tallies: of the objectives, up to the end of the last minute.
    :param until: the moment of the reading, in seconds.
    """
    watch.off = _not_judged(interface)
    changes = watch.forget(until, watch.off)
    for one in minutes[:-1]:
        changes += watch.minute(one.minute, one.count)
    for one in minutes[-1:]:
        changes += watch.minute(one.minute, one.count, tallies)
    changes += watch.observe(until, _findings(interface, reading))
    changes += watch.observe(until, _recovery(watch, interface, until))
    return changes


def light(watch: Watch, interface: Interface, reading: Reading, until: int) -> Health:
    """The light of the interface after a look."""
    limits = interface.limits
    opened = watch.open()
    since = watch.gap.since
    silent = Signal.SILENCE in opened and since is not None
    allowed = readings.queue_allowed(
        interface.latency_class, interface.rto_minutes, limits.get(Signal.QUEUE_AGE, 0.0)
    )
    return health_wall.judge(
        Signs(
            measured_ago=reading.measured_ago,
            ever_used=reading.ever_used,
            lifecycle=interface.lifecycle,
            paused=interface.paused or not interface.carries,
            receiving_stopped=interface.receiving_stopped,
            breaker=reading.breaker,
            oldest=reading.oldest,
            oldest_allowed=None if Signal.QUEUE_AGE in watch.off else allowed,
            attempts=reading.attempts,
            failed=reading.failed,
            duplicates=reading.repeated if Signal.DUPLICATES in opened else 0,
            dead=reading.dead,
            quarantined=reading.quarantined,
            silent_seconds=max(1, int(until - since)) if silent and since is not None else 0,
            listener_down=reading.listener_down,
            runner_down=reading.runner_down,
            budgets=reading.budgets,
            burning=_burning(watch),
        )
    )


def _not_judged(interface: Interface) -> frozenset[Signal]:
    if not interface.carries or interface.lifecycle not in health_wall.CARRIES:
        return frozenset(Signal)
    off = set(interface.off)
    if interface.paused:
        off |= _PAUSED
    if interface.receiving_stopped:
        off |= _STOPPED
    for kind in Kind:
        if kind not in interface.objectives:
            off.add(Signal(kind.value))
    return frozenset(off)


def _findings(interface: Interface, reading: Reading) -> Iterable[Finding]:
    limits = interface.limits
    allowed = readings.queue_allowed(
        interface.latency_class, interface.rto_minutes, limits.get(Signal.QUEUE_AGE, 0.0)
    )
    yield readings.queue_age(reading.oldest, allowed)
    dead = limits.get(Signal.DEAD_LETTER, 0.0)
    yield readings.dead_letters(reading.dead, reading.dead_oldest, dead)
    many = limits.get(Signal.DUPLICATES, 0.0)
    yield readings.duplicates(reading.repeated, reading.new, many)
    yield readings.breaker_open(reading.breaker)
    yield readings.expiry(reading.ends_in, reading.ends, limits.get(Signal.EXPIRY, 0.0))
    yield readings.error_groups(reading.groups)
    if reading.probe is not None:
        needed = int(limits.get(Signal.PROBE_FAILED, 0.0)) or readings.PROBES
        yield readings.probe_failed(reading.probe, needed)
    else:
        yield Finding(Signal.PROBE_FAILED, 0.0)
    if objective := interface.objectives.get(Kind.DURABILITY):
        yield readings.durability(objective, reading.acknowledged, reading.lost)


def _recovery(watch: Watch, interface: Interface, until: int) -> Iterable[Finding]:
    """Since when the interface has been in trouble: the oldest signal that has not ended."""
    objective = interface.objectives.get(Kind.RECOVERY)
    if objective is None or objective.threshold is None:
        return
    begun = [state["first"] for signal, state in watch.open().items() if signal in _TO_HEAL]
    seconds = until - min(begun) if begun else 0
    yield readings.recovery(seconds, objective.threshold)


def _burning(watch: Watch) -> dict[str, float]:
    opened = watch.open()
    return {
        signal.value: float(watch.facts.get(signal, {}).get("long_burn", 0.0))
        for signal in (Signal.AVAILABILITY, Signal.LATENCY)
        if signal in opened
    }
