# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the minute that is not over yet tells already: a budget that burns, a feed that is silent.
A look every quarter of a minute sees trouble before its minute is over. Nothing here ends anything:
that something is well again is said by whole minutes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from .detector import Change
from .findings import Signal
from .slo import Objective, Tally
from .watch import Tallies, Watch


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
            lately.append((one.objective, more.plus(one.before)))
    return watch.so_far(now, found, lately)


def silent(watch: Watch, now: int, came: Callable[[], bool]) -> list[Change]:
    """What a silence changes before the minute is over; ``watch`` is advanced.

    :param came: whether a message has come since the last minute that is known; asked only when it
        matters.
    """
    if Signal.SILENCE in watch.open() or not watch.is_silent_by(now) or came():
        return []
    return watch.silent_by(now)
