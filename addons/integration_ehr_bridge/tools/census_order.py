# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The order in which the events of a visit happened.

They are sorted by when they happened, then by when they were written down. Many systems tell
minutes, and some tell days, so several events may have both times in common. These stand in the
order of what they are: an admission before a transfer, that before a discharge. Three things are
finer than that:

* What was ended and is told anew, such as A02, A12, A02 (as they arrived), begins a new round: the
  cancellation stands between the two. So does an admission after the registration and a move.
* Moves that say where they come from (PV1-6) follow each other as a chain: each begins where the
  one before it ended. So it does not matter in which order they arrived.
* Other moves, and those that make no chain, follow each other as they arrived: by the numbers of
  their messages. Two connections that bring events of one visit may get them in the other order.

>>> at = datetime(2026, 1, 5, 8, 0)
>>> second = Event("transfer", at, at, {"location": 3, "prior_location": 2}, arrived=1)
>>> first = Event("transfer", at, at, {"location": 2, "prior_location": 1}, arrived=2)
>>> [one.facts["location"] for one in in_order([second, first])]
[2, 3]
>>> other = Event("transfer", at, at, {"location": 4}, arrived=3)
>>> [one.facts["location"] for one in in_order([other, second, first])]
[3, 2, 4]
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from .census_events import ADMISSIONS, CANCELS, CLASS_CHANGES, KINDS, Event

_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
#: What each kind of event puts an end to.
_ENDS: Final = {**CANCELS, "discharge": ADMISSIONS}
_MOVES: Final = frozenset({"transfer", *CLASS_CHANGES})
_Place = int | None


class _Step(NamedTuple):
    """A move from one place to another, with all events that tell of it."""

    origin: _Place
    to: _Place
    events: tuple[Event, ...]


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events of a visit as they happened; each of them once.

    The same events make the same order, in whatever order they are given.
    """
    found: list[Event] = []
    place: _Place = None
    known: set[str] = set()
    # Sorted before; and this module imports nothing of Odoo.
    groups = groupby(  # pylint: disable=bad-builtin-groupby
        sorted(_once(events), key=_times), key=_times
    )
    for _moment, together in groups:
        for one_round in _rounds(list(together), known):
            arranged = _arranged(one_round, place)
            place = _last_place(arranged, place)
            found += arranged
    return found


def _times(event: Event) -> tuple[datetime, datetime]:
    return event.when, event.written_at


def _ranked(event: Event) -> tuple[Any, ...]:
    return _RANK[event.kind], event.arrived, event.digest


def _arrival(event: Event) -> tuple[Any, ...]:
    return event.arrived, _RANK[event.kind], event.digest


def _once(events: Iterable[Event]) -> Iterable[Event]:
    """Each event once: of several alike, the one that arrived first."""
    found: dict[str, Event] = {}
    for event in events:
        known = found.setdefault(event.digest, event)
        if event.arrived < known.arrived:
            found[event.digest] = event
    return found.values()


def _rounds(together: Sequence[Event], known: set[str]) -> Iterator[list[Event]]:
    """Events of equal times, apart where something was ended and is told anew.

    :param known: kinds of events before them, to which theirs are added
    """
    current: list[Event] = []
    ended: set[str] = set()
    for event in sorted(together, key=_arrival) if len(together) > 1 else together:
        if event.kind in ended or _is_next_step(event, current, known):
            yield current
            current, ended = [], set()
        current.append(event)
        ends = _ENDS.get(event.kind, frozenset())
        if ends & known:
            ended |= ends
        known.add(event.kind)
    yield current


def _is_next_step(event: Event, current: Sequence[Event], known: set[str]) -> bool:
    """Whether one who was here already, and was moved, is admitted now (A04, A02, A01)."""
    admitted = known & ADMISSIONS
    if event.kind not in ADMISSIONS or not admitted or event.kind in admitted:
        return False
    return any(map(_is_move, current))


def _arranged(together: Sequence[Event], place: _Place) -> list[Event]:
    """Events of one round in their order.

    :param place: the one that was named last before them
    """
    ranked = sorted(together, key=_ranked)
    moves = [one for one in ranked if _is_move(one)]
    if len(moves) < 2:
        return ranked
    others = [one for one in ranked if not _is_move(one)]
    before = [one for one in others if _RANK[one.kind] <= _RANK["transfer"]]
    after = others[len(before) :]
    moves.sort(key=_arrival)
    return [*before, *_moved(moves, _last_place(before, place)), *after]


def _is_move(event: Event) -> bool:
    return event.kind in _MOVES and "location" in event.facts


def _last_place(events: Sequence[Event], place: _Place) -> _Place:
    named = (one.facts["location"] for one in reversed(events) if one.facts.get("location"))
    return next(named, place)


# -- the chain of places -----------------------------------------------------------------------


def _moved(moves: list[Event], start: _Place) -> list[Event]:
    """Moves in their order: by the chain of their places if they make one.

    :param moves: as they arrived
    :param start: where the patient was before, as far as that is known
    """
    linked = [one for one in moves if one.facts.get("prior_location")]
    silent = [one for one in moves if not one.facts.get("prior_location")]
    if any(one.kind == "transfer" for one in silent):
        return moves
    chain = _chained(linked, start)
    # A change of class (A06, A07) that does not say where it comes from happens where one is.
    return moves if chain in ([], linked) else [*silent, *chain]


def _chained(moves: Sequence[Event], start: _Place) -> list[Event]:
    """Moves, each of which begins where the one before it ended; empty if there is no such way."""
    alone = [_Step(one.facts["prior_location"], one.facts["location"], (one,)) for one in moves]
    for steps in (alone, _told_together(alone)):
        if trail := _trail(steps, start):
            return [event for step in trail for event in step.events]
    return []


def _told_together(steps: Sequence[_Step]) -> list[_Step]:
    """The same moves, where those between the same places are one that was told repeatedly."""
    found: dict[tuple[_Place, _Place], list[Event]] = defaultdict(list)
    for step in steps:
        found[step.origin, step.to] += step.events
    return [_Step(*places, tuple(events)) for places, events in found.items()]


def _trail(steps: Sequence[_Step], start: _Place) -> list[_Step]:
    """The way that takes each step once; empty if there is none.

    This is the Eulerian trail of a graph, by Hierholzer's algorithm. Where it leaves a choice, what
    arrived first is taken first.

    :param start: where it begins if it is a circle
    """
    leaving: dict[_Place, deque[_Step]] = defaultdict(deque)
    surplus: Counter[_Place] = Counter()
    if not steps:
        return []
    for step in steps:
        leaving[step.origin].append(step)
        surplus[step.origin] += 1
        surplus[step.to] -= 1
    circle = start if start in leaving else steps[0].origin
    head = next((step.origin for step in steps if surplus[step.origin] > 0), circle)
    way: list[tuple[_Step | None, _Place]] = [(None, head)]
    found: list[_Step] = []
    while way:
        taken, place = way[-1]
        if leaving[place]:
            following = leaving[place].popleft()
            way.append((following, following.to))
        else:
            way.pop()
            if taken:
                found.append(taken)
    found.reverse()
    linked = all(one.to == other.origin for one, other in pairwise(found))
    return found if linked and len(found) == len(steps) else []
