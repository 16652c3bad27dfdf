# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the minute that is not over yet tells already: a budget that burns, a feed that is silent.
A look every quarter of a minute sees trouble before its minute is over. Nothing here ends anything:
that something is well again is said by whole minutes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from . import burn_rate
from .detector import Change
from .findings import Signal
from .slo import Objective, Tally
from .watch import MINUTE, Tallies, Watch

#: Seconds for which a great part of what comes has been bad before it is told at once: a partner
#: that starts anew, or a network that turns, lets some seconds fail and then works again.
LASTS: Final = 25


class Present(NamedTuple):
    """The events of an objective around now.

    :param before: of the last minute that is over.
    :param now: of the present minute so far.
    """

    objective: Objective
    before: Tally
    now: Tally


def burning(watch: Watch, now: int, present: Iterable[Present]) -> list[Change]:
    """What budgets change before the minute is over; ``watch`` is advanced.

    :param now: the moment, in seconds.
    :param present: of each objective; one whose windows no minute has brought yet is not judged.
    """
    found, lately = [], []
    for one in present:
        if one.objective.kind.value in watch.sums:
            totals, bads = watch.sums[one.objective.kind.value]
            more = one.now
            found.append(
                Tallies(
                    one.objective, [n + more.total for n in totals], [n + more.bad for n in bads]
                )
            )
            if _bad_for(watch, now, one) >= LASTS:
                lately.append((one.objective, more.plus(one.before)))
    return watch.so_far(now, found, lately)


def _bad_for(watch: Watch, now: int, one: Present) -> int:
    """Seconds since the look at which a great part of what came began to be bad.

    It is the share among what has come from one look to the next that counts: what lies minutes
    back is bad for as long as one looks at it. Between two looks at which nothing came nothing
    changes, unless it takes minutes.
    """
    key, until = one.objective.kind.value, watch.next_minute * MINUTE
    known = watch.lately.get(key)
    if known and known[0] < until - MINUTE:
        known = None  # what was bad long ago has not lasted since
    came = one.now
    if known:
        came = _less(one.now if known[0] == until else one.now.plus(one.before), known)
    since = known[3] if known else 0
    if came.total:
        since = (since or now) if came.bad_share >= burn_rate.AT_ONCE else 0
    watch.lately[key] = [until, one.now.total, one.now.bad, since]
    return now - since if since else 0


def _less(tally: Tally, known: Sequence[int]) -> Tally:
    """What is new; rollups are counted anew, and may have become less."""
    total = max(tally.total - known[1], 0)
    return Tally(total, min(max(tally.bad - known[2], 0), total))


def silent(watch: Watch, now: int, came: Callable[[], bool]) -> list[Change]:
    """What a silence changes before the minute is over; ``watch`` is advanced.

    :param came: whether a message has come since the last minute that is known; asked only when it
        matters.
    """
    if Signal.SILENCE in watch.open() or not watch.is_silent_by(now) or came():
        return []
    return watch.silent_by(now)
