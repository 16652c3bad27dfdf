# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When the use of a budget is worth an alert: several windows and several rates.
From *The Site Reliability Workbook*, chapter 5 "Alerting on SLOs", approach 6 (multiwindow,
multi-burn-rate alerts), for a period of 30 days: a rate of 14.4 over an hour uses 2 % of the
budget, 6 over six hours 5 %, 1 over three days 10 %. The short window of each rule, a twelfth of
the long one, says that it is still so, and lets the alert end soon after the trouble. With little
traffic one failure is a large share, so a rule also asks for a number of events, and that as many
bad ones are no chance in a service that just keeps its objective.

Each rule is an alert of its own there. Here they share one signal, so what is told already counts
(:class:`Told`): a page lasts as long as a rule that is worth one says so, and then until it is no
chance that nothing bad comes (:func:`quiet`), not until six hours have forgotten it. What a page
has told is not told again by a slower rule.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from . import tails
from .findings import Fact, Finding, Grade, Signal
from .slo import Kind, Objective, Tally, burn_rate

#: A level that starts nothing and ends nothing.
_NEAR: Final = 0.99
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400


@dataclass(frozen=True, slots=True)
class Rule:
    """A rate of use that is too high.

    :param rate: times as fast as allowed.
    :param long, short: windows in seconds over which it is exceeded, both.
    """

    rate: float
    long: int
    short: int
    grade: Grade


RULES: Final = (
    Rule(14.4, _HOUR, 5 * _MINUTE, Grade.PAGE),
    Rule(6.0, 6 * _HOUR, 30 * _MINUTE, Grade.PAGE),
    Rule(3.0, _DAY, 2 * _HOUR, Grade.TICKET),
    Rule(1.0, 3 * _DAY, 6 * _HOUR, Grade.TICKET),
)
#: The signal that the budget of an objective gives.
SIGNALS: Final[Mapping[Kind, Signal]] = MappingProxyType(
    {kind: Signal(kind.value) for kind in Kind}
)
#: Windows in seconds that the rules need tallies of, shortest first.
WINDOWS: Final = tuple(sorted({w for rule in RULES for w in (rule.long, rule.short)}))


@dataclass(frozen=True, slots=True)
class Minimum:
    """What there must be before a share means anything.

    :param events: events in the long window.
    :param bad: bad ones in the long window.
    :param bad_now: bad ones in the short window.
    :param chance: probability, at most, of as many bad ones in the long window if the service just
        kept its objective.
    :param chance_now: the same of the short window, which only confirms.
    """

    events: int = 10
    bad: int = 5
    bad_now: int = 2
    chance: float = 1e-3
    chance_now: float = 0.002


@dataclass(frozen=True, slots=True)
class Told:
    """What people know of an objective already.

    :param paging: a page is open. It ends when no rule is near that is worth one: the slower ones
        remember the trouble for hours after it was over.
    :param pace: bad events a minute of that page, as :func:`pace` says.
    :param ended: seconds since the last page ended; ``None``: there was none. A slower rule has to
        see for itself that it is still so: its short window reaches no further back.
    """

    paging: bool = False
    pace: float = 0.0
    ended: int | None = None


def judge(
    objective: Objective,
    totals: Sequence[int],
    bads: Sequence[int],
    minimum: Minimum = Minimum(),
    told: Told = Told(),
) -> Finding:
    """The most urgent rule that is exceeded, which is the one with the highest rate.

    :param totals, bads: events, and bad events, in each of :data:`WINDOWS` up to now.
    :return: its level is the lower of both burn rates as a share of the rule's, so that it falls
        with the short window as soon as the trouble is over; of several rules the highest.
    """
    signal = SIGNALS[objective.kind]
    if not bads[_LONGEST_SHORT]:
        return Finding(signal, 0.0, Grade.TICKET)
    best, exceeded = 0.0, None
    for rule, long, short in _applying(told):
        if exceeded and rule.grade < exceeded[0].grade:
            break
        if bads[short]:
            windows = Tally(totals[long], bads[long]), Tally(totals[short], bads[short])
            level = _level(objective, rule, *windows, minimum)
            if level >= 1 and not exceeded:
                exceeded = rule, *windows
            best = max(best, level)
    if not exceeded:
        if told.paging and _lingers(bads[_SEEN], told.pace):
            best = max(best, _NEAR)
        return Finding(signal, best, Grade.TICKET)
    return Finding(signal, best, exceeded[0].grade, _facts(objective, *exceeded))


#: Share of bad events that is an alert at once, whatever the hour before was like: on an interface
#: that is used all the time, an hour dilutes what began a minute ago.
AT_ONCE: Final = 0.3
#: The last minute that is over, and the present one.
LATELY: Final = 2 * _MINUTE


def judge_lately(objective: Objective, lately: Tally, minimum: Minimum = Minimum()) -> Finding:
    """Whether a great part of what is going on now is bad.

    :param lately: events of :data:`LATELY`.
    :return: its level is the share of bad events against :data:`AT_ONCE`.
    """
    signal = SIGNALS[objective.kind]
    # A budget that allows for more than that is not burning.
    rate = max(AT_ONCE / objective.allowed, RULES[0].rate)
    rule = Rule(rate, LATELY, LATELY, Grade.PAGE)
    level = _level(objective, rule, lately, lately, minimum)
    if level < 1:
        return Finding(signal, level, Grade.TICKET)
    return Finding(signal, level, rule.grade, _facts(objective, rule, lately, lately))


#: A page ends when so many bad events were to be expected and none has come: by chance they stay
#: away as long once in a thousand times.
MISSING: Final = math.log(1000)
#: Minutes for which the short windows of a page are clean at least before it ends.
QUIET: Final = 10
#: The window by which bad events are counted in a trouble that has just begun.
_BRIEF: Final = _HOUR


def pace(bads: Sequence[int], lasted: int) -> float:
    """Bad events a minute, as they have come since a trouble began.

    :param bads: in each of :data:`WINDOWS` up to the last of them, about.
    :param lasted: seconds since it began; an hour at least counts, and six at most.
    """
    seconds = min(max(lasted, _BRIEF), WINDOWS[_LONGEST_SHORT])
    return bads[bisect_left(WINDOWS, seconds)] / seconds * _MINUTE


def quiet(of: float) -> int:
    """Minutes for which the rules of a page have to see nothing any more before it is over.

    Where bad events come seldom, half an hour without one says little: so it takes until as many
    are missing as is no chance. After six hours without one it is over in any case.

    :param of: bad events a minute while it lasted, as :func:`pace` says.
    """
    longest = WINDOWS[_LONGEST_SHORT]
    missing = MISSING / of * _MINUTE if of > 0 else 0
    return max(QUIET, math.ceil((min(missing, longest) - WINDOWS[_SEEN]) / _MINUTE))


def _lingers(bad: int, of: float) -> bool:
    """Whether the latest bad events may well be those of a trouble that goes on."""
    expected = of * WINDOWS[_SEEN] / _MINUTE
    return bad > 0 and tails.at_most(bad, expected) > math.exp(-MISSING)


#: Rules, the most urgent first, with the places of their windows in :data:`WINDOWS`.
_RULES: Final = tuple(
    (rule, WINDOWS.index(rule.long), WINDOWS.index(rule.short))
    for rule in sorted(RULES, key=lambda rule: (-rule.grade, -rule.rate))
)
_LONGEST_SHORT: Final = max(short for _rule, _long, short in _RULES)
#: The window in which a page that is open still sees what is bad.
_SEEN: Final = max(short for rule, _long, short in _RULES if rule.grade is Grade.PAGE)
#: How far back each of the windows reaches, in seconds: those of more than two hours begin with an
#: hour.
_REACHES: Final = tuple(n if n <= 2 * _HOUR else n + _HOUR for n in WINDOWS)


def _applying(told: Told) -> Iterator[tuple[Rule, int, int]]:
    """Rules that count now, with the places of their windows in :data:`WINDOWS`."""
    for rule, long, short in _RULES:
        if rule.grade is Grade.PAGE:
            yield rule, long, short
        elif not told.paging:
            known = short if told.ended is None else bisect_right(_REACHES, told.ended) - 1
            if known >= short:
                yield rule, long, short
            elif known >= 0:
                yield replace(rule, short=WINDOWS[known]), long, known


def _level(objective: Objective, rule: Rule, long: Tally, short: Tally, minimum: Minimum) -> float:
    level = min(burn_rate(objective, long), burn_rate(objective, short)) / rule.rate
    if level < 1:
        return level
    enough = (
        long.total >= minimum.events
        and long.bad >= minimum.bad
        and short.bad >= minimum.bad_now
        and _chance(objective, long) <= minimum.chance
        and _chance(objective, short) <= minimum.chance_now
    )
    # Too few events start nothing, and do not end what has started either.
    return level if enough else _NEAR


def _chance(objective: Objective, window: Tally) -> float:
    return tails.at_least(window.bad, window.total * objective.allowed)


def _facts(objective: Objective, rule: Rule, long: Tally, short: Tally) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "objective": objective.kind.value,
        "target": objective.target,
        "limit": round(rule.rate, 2),
        "long_seconds": rule.long,
        "long_total": long.total,
        "long_bad": long.bad,
        "long_burn": round(burn_rate(objective, long), 2),
        "short_seconds": rule.short,
        "short_total": short.total,
        "short_bad": short.bad,
        "short_burn": round(burn_rate(objective, short), 2),
    }
    if objective.threshold is not None:
        facts["threshold"] = objective.threshold
    return facts
