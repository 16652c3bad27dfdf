# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From plain readings to findings: one number against one limit, no statistics.
Each function takes what was read at a moment and says how far it is from its limit, with the
numbers that say so. The limits are those of the interface where it has some (latency class,
recovery time objective), else those below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .detector import Hysteresis
from .findings import Fact, Finding, Grade, Signal
from .slo import Objective

_DAY: Final = 86400
#: Seconds that the oldest message may wait, by latency class.
QUEUE_SECONDS: Final[Mapping[str, int]] = MappingProxyType(
    {"realtime": 60, "near_realtime": 300, "batch": 4 * 3600}
)
#: Dead letters from which on somebody has to look now.
MANY_DEAD: Final = 10
#: Repetitions of known messages within five minutes that are many, and the share of all that comes.
MANY_DUPLICATES: Final = 20
DUPLICATE_SHARE: Final = 0.5
#: Successive failures of a probe that count: one may be chance.
PROBES: Final = 2
#: Days before its end at which a secret or a certificate is told, and at which it is urgent.
EXPIRY_DAYS: Final = 14.0
EXPIRY_URGENT: Final = 2.0
#: A level of what is wrong beyond measure.
_UTMOST: Final = 1000.0

#: How signals of plain readings start and end. What is read is so: one finding starts it.
PLAIN: Final = Hysteresis(start_after=1, end_after=2, end_below=1.0)
HYSTERESES: Final[Mapping[Signal, Hysteresis]] = MappingProxyType(
    {
        # A queue sways about its limit while it is worked off.
        Signal.QUEUE_AGE: Hysteresis(start_after=1, end_after=3, end_below=0.8),
        # A breaker that tries anew closes for moments.
        Signal.BREAKER_OPEN: Hysteresis(start_after=1, end_after=2, end_below=1.0, calm=60),
        Signal.EXPIRY: Hysteresis(start_after=1, end_after=1, end_below=1.0),
    }
)


def hysteresis(signal: Signal) -> Hysteresis:
    """How a signal of a plain reading starts and ends."""
    return HYSTERESES.get(signal, PLAIN)


def queue_allowed(latency_class: str, rto_minutes: int = 0, limit: float = 0.0) -> float:
    """Seconds that the oldest message of an interface may wait.

    :param rto_minutes: recovery time objective of the interface; 0: none. Who has to be back within
        a minute cannot let a message wait for five.
    :param limit: what somebody has set for the interface, which goes before all; 0: nothing.
    """
    if limit > 0:
        return limit
    allowed = float(QUEUE_SECONDS.get(latency_class, QUEUE_SECONDS["near_realtime"]))
    return min(allowed, rto_minutes * 60.0) if rto_minutes > 0 else allowed


def queue_age(seconds: float, allowed: float) -> Finding:
    """How long the oldest message has been due, in seconds, against what it may."""
    level = max(seconds, 0.0) / allowed
    facts = {"seconds": int(seconds), "allowed": int(allowed)} if level >= 1 else {}
    return Finding(Signal.QUEUE_AGE, level, Grade.PAGE, facts)


def dead_letters(count: int, oldest: float = 0.0, limit: float = 0.0) -> Finding:
    """Messages that were given up and that nobody has retried or closed.

    :param oldest: seconds since the first of them was given up.
    :param limit: as many are told; 0: the first one is.
    """
    level = count / max(limit, 1.0)
    grade = Grade.PAGE if count >= max(MANY_DEAD, limit) else Grade.TICKET
    facts = {"count": count, "seconds": int(oldest)} if level >= 1 else {}
    return Finding(Signal.DEAD_LETTER, level, grade, facts)


def duplicates(repeated: int, new: int, limit: float = 0.0) -> Finding:
    """What came in five minutes and was known already, against what was new.

    A partner that got no answer repeats itself, and that is right; one that repeats most of what
    it says is in trouble, or runs in circles.

    :param limit: as many are told; 0: :data:`MANY_DUPLICATES`.
    """
    arrived = repeated + new
    share = repeated / arrived / DUPLICATE_SHARE if arrived else 0.0
    level = min(repeated / (limit or MANY_DUPLICATES), share)
    facts = {"count": repeated, "new": new, "seconds": 300} if level >= 1 else {}
    return Finding(Signal.DUPLICATES, level, Grade.TICKET, facts)


def recovery(seconds: float, allowed: float) -> Finding:
    """How long the interface has been in trouble, in seconds, against the time to heal it."""
    level = seconds / allowed
    facts = {"seconds": int(seconds), "allowed": int(allowed)} if level >= 1 else {}
    return Finding(Signal.RECOVERY, level, Grade.PAGE, facts)


def durability(objective: Objective, acknowledged: int, lost: int) -> Finding:
    """What was acknowledged in the period, and what of it is lost or dead and not handled.

    A budget that allows for less than one lost message is used up by the first.
    """
    level = lost / max(objective.allowed * acknowledged, 1.0) if lost else 0.0
    facts: dict[str, Fact] = {}
    if level >= 1:
        facts = {
            "lost": lost,
            "acknowledged": acknowledged,
            "target": objective.target,
            "days": objective.period // _DAY,
        }
    return Finding(Signal.DURABILITY, level, Grade.PAGE, facts)


def breaker_open(state: str) -> Finding:
    """A breaker that opened by itself; one that a person has opened is no trouble.

    :param state: ``closed``, ``open``, ``half_open``, ``forced_open`` or ``disabled``. While it
        tries anew it is still to be seen whether the partner is back.
    """
    bad = state in ("open", "half_open")
    return Finding(Signal.BREAKER_OPEN, float(bad), Grade.PAGE, {"state": state} if bad else {})


def part_down(signal: Signal, pause: float, allowed: float, name: str = "") -> Finding:
    """A part of the suite that should be at work: the runner of the queue, a listener.

    :param pause: seconds since it was last seen.
    :param allowed: seconds after which it counts as down. A pause within them says nothing.
    """
    if pause <= allowed:
        return Finding(signal, 0.0)
    facts: dict[str, Fact] = {"seconds": int(pause), "allowed": int(allowed), "part": name}
    return Finding(signal, min(pause / max(allowed, 1.0), _UTMOST), Grade.PAGE, facts)


@dataclass(frozen=True, slots=True)
class Probe:
    """What the latest probes of an endpoint say.

    :param failures: successive failed ones up to now.
    :param seconds: since the first of them.
    :param code: machine code of the latest failure.
    """

    failures: int
    seconds: int = 0
    code: str = ""


def probe_failed(probe: Probe, needed: int = PROBES) -> Finding:
    """A partner that did not answer as many scheduled probes."""
    level = probe.failures / max(needed, 1)
    facts: dict[str, Fact] = {}
    if level >= 1:
        facts = {"failures": probe.failures, "seconds": probe.seconds, "code": probe.code}
    return Finding(Signal.PROBE_FAILED, level, Grade.PAGE, facts)


def expiry(left: float | None, what: str = "secret", limit: float = 0.0) -> Finding:
    """A certificate or a secret that ends.

    :param left: seconds until the last valid one ends, below 0 since it has; ``None``: it has no
        end.
    :param what: ``secret`` or ``certificate`` of ours, or ``partner``: the partner's certificate.
    :param limit: days before the end at which it is told; 0: :data:`EXPIRY_DAYS`.
    """
    if left is None:
        return Finding(Signal.EXPIRY, 0.0, Grade.TICKET)
    notice = (limit or EXPIRY_DAYS) * _DAY
    level = min(notice / left, _UTMOST) if left > 0 else _UTMOST
    if level < 1:
        return Finding(Signal.EXPIRY, level, Grade.TICKET)
    grade = Grade.PAGE if left <= EXPIRY_URGENT * _DAY else Grade.TICKET
    facts: dict[str, Fact] = {
        "what": what,
        "days": round(left / _DAY, 1),
        "ended": int(left <= 0),
    }
    return Finding(Signal.EXPIRY, level, grade, facts)


@dataclass(frozen=True, slots=True)
class Retention:
    """What retention says of itself.

    :param failed: clocks whose last batch failed.
    :param behind: clocks that have been behind for more than a day.
    :param overdue: rows that are older than their policy keeps them.
    :param resting: whether it does not work, because it was suspended.
    """

    failed: int = 0
    behind: int = 0
    overdue: int = 0
    resting: bool = False


def retention(read: Retention) -> Finding:
    """What should have been deleted was not."""
    wrong = read.failed + read.behind + read.resting
    facts: dict[str, Fact] = {}
    if wrong:
        facts = {
            "failed": read.failed,
            "behind": read.behind,
            "overdue": read.overdue,
            "resting": int(read.resting),
        }
    return Finding(Signal.RETENTION, float(wrong), Grade.TICKET, facts)


def audit_chain(state: str, findings: int = 0, checked: int = 0) -> Finding:
    """What the last verification of the audit trail says.

    :param state: ``intact``, ``broken``, or ``failed`` when it could not be finished.
    :param findings: how many there are that nobody has looked into.
    :param checked: seals that were checked.
    """
    if state not in ("broken", "failed"):
        return Finding(Signal.AUDIT_CHAIN, 0.0)
    grade = Grade.PAGE if state == "broken" else Grade.TICKET
    facts: dict[str, Fact] = {"state": state, "findings": findings, "checked": checked}
    return Finding(Signal.AUDIT_CHAIN, float(max(findings, 1)), grade, facts)


@dataclass(frozen=True, slots=True)
class ErrorGroups:
    """Kinds of failure of one interface that nobody has looked at.

    :param new: seen for the first time.
    :param regressed: had been resolved, and have come back.
    :param messages: hit by both.
    """

    new: int = 0
    regressed: int = 0
    messages: int = 0


def error_groups(read: ErrorGroups) -> Finding:
    """A kind of failure is new, or has come back."""
    level = float(read.new + read.regressed)
    facts: dict[str, Fact] = {}
    if level:
        facts = {"new": read.new, "regressed": read.regressed, "messages": read.messages}
    return Finding(Signal.ERROR_GROUP, level, Grade.TICKET, facts)
