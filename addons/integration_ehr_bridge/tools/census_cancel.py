# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which events of a visit are undone, and by which others.

Nobody undoes what is written down later. What was told more than once, since something of it was
corrected, is undone as a whole: an admission with all its repetitions, a discharge, a move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from .census_events import ADMISSIONS, CANCELS, CLASS_CHANGES, Event

_INTO_HOUSE: Final = frozenset({"admit", "to_inpatient"})
#: What an undone admission may have been, the likeliest first.
_ADMITTED: Final = (_INTO_HOUSE, frozenset({"register"}), frozenset({"pre_admit"}))
#: What cannot have happened either if the admission did not.
_AFTER_ADMISSION: Final = {"transfer", "discharge", *CANCELS, *CLASS_CHANGES} - {"cancel_admit"}
_MOVES: Final = ADMISSIONS | {"transfer", "pre_admit", *CLASS_CHANGES}


@dataclass
class Undone:
    """What of the events of a visit does not count.

    :ivar by: by digest of an undone event, what undid it
    :ivar hollow: updates of a stay that turned out to be none: what they repeat of it is void
    :ivar idle: cancellations that were told before: they undo nothing more
    """

    by: dict[str, Event] = field(default_factory=dict)
    hollow: set[str] = field(default_factory=set)
    idle: set[str] = field(default_factory=set)

    def counting(self, event: Event) -> bool:
        return event.digest not in self.by


def undone(events: Sequence[Event]) -> Undone:
    """What is undone among events, which are in their order."""
    found = Undone()
    for event in events:
        if event.kind in CANCELS:
            _undo(event, events, found)
    return found


def _undo(event: Event, events: Sequence[Event], found: Undone) -> None:
    known = [
        one
        for one in events
        if one is not event and one.when <= event.when and one.written_at <= event.written_at
    ]
    exact = [one for one in known if one.kind in CANCELS[event.kind] and _is_named(one, event)]
    if exact and not any(map(found.counting, exact)):
        found.idle.add(event.digest)
        return
    # Where clocks tell minutes, what is written in the same one may have followed: it did, unless
    # it is known to have arrived before.
    earlier = [
        one for one in known if one.written_at < event.written_at or 0 < one.arrived < event.arrived
    ]
    for candidates in (earlier, known):
        target = _target(candidates, event, found)
        if target:
            _undo_all(candidates, target, event, found)
            return
    if event.kind == "cancel_admit":
        _undo_what_followed(known, 0, frozenset(), event, found)


def _is_named(one: Event, cancellation: Event) -> bool:
    """Whether a cancellation says when that happened which it undoes."""
    return one.occurred_at == cancellation.occurred_at


def _target(candidates: Sequence[Event], event: Event, found: Undone) -> Event | None:
    """What is undone: the one that happened when the cancellation says, else the latest."""
    counting = [one for one in candidates if found.counting(one)]
    if event.kind != "cancel_admit":
        meant = [one for one in counting if one.kind in CANCELS[event.kind]]
        named = [one for one in meant if _is_named(one, event)]
        return (named or meant or [None])[-1]
    left = max((n for n, one in enumerate(counting) if one.kind == "discharge"), default=-1)
    named = [one for one in counting if _is_named(one, event) and one.kind != "pre_admit"]
    for among in (named, counting[left + 1 :], counting):
        for kinds in _ADMITTED:
            if meant := [one for one in among if one.kind in kinds]:
                return meant[-1]
    return None


def _undo_all(candidates: Sequence[Event], target: Event, event: Event, found: Undone) -> None:
    """Undo an event, with those that say the same of the same stay, and what depends on it."""
    kind = target.kind
    if kind == "discharge":
        group = _around(candidates, target, found, {kind}, lambda one: one.kind in ADMISSIONS)
    elif kind == "transfer":
        # Who names the same bed says that he was there already: it is the last one alone then.
        stays = event.facts.get("location") == target.facts.get("location")
        group = _around(
            candidates, target, found, {kind}, lambda one: _is_other_move(one, target, stays)
        )
    elif kind == "pre_admit":
        group = [one for one in candidates if one.kind == kind and found.counting(one)]
    else:
        kinds = _INTO_HOUSE if kind in _INTO_HOUSE else {kind}
        ends = {"discharge", "to_outpatient"}
        group = _around(candidates, target, found, kinds, lambda one: one.kind in ends)
    found.by.update((one.digest, event) for one in group)
    if event.kind == "cancel_admit" and kind != "pre_admit":
        own = frozenset(one.digest for one in group)
        first = next(n for n, one in enumerate(candidates) if one.digest in own)
        _undo_what_followed(candidates, first, own, event, found)


def _is_other_move(one: Event, target: Event, stays: bool) -> bool:
    """Whether an event is another move than a transfer, and not the same one told once more."""
    if one.kind == "transfer" and one.occurred_at == target.occurred_at:
        return _follow(one, target) or _follow(target, one)
    same = one.kind == "transfer" and one.facts.get("location") == target.facts.get("location")
    return one.kind in _MOVES and (stays or not same)


def _follow(one: Event, other: Event) -> bool:
    """Whether an event says that it begins where another one ended."""
    ended = one.facts.get("location")
    return bool(ended) and other.facts.get("prior_location") == ended


def _around(
    candidates: Sequence[Event],
    target: Event,
    found: Undone,
    kinds: Collection[str],
    ends: Callable[[Event], bool],
) -> list[Event]:
    """The events of some kinds before and after a target, as far as nothing lies between."""
    place = next(n for n, one in enumerate(candidates) if one is target)

    def along(events: Sequence[Event]) -> Iterator[Event]:
        for one in events:
            if found.counting(one):
                if ends(one):
                    return
                if one.kind in kinds:
                    yield one

    return [*along(candidates[:place][::-1]), target, *along(candidates[place + 1 :])]


def _undo_what_followed(
    candidates: Sequence[Event], first: int, own: Collection[str], event: Event, found: Undone
) -> None:
    """Without the admission nobody was moved or discharged, until he was admitted anew."""
    for one in candidates[first:]:
        if one.digest in own:
            continue
        if one.kind in ADMISSIONS and found.counting(one):
            return
        if one.kind in _AFTER_ADMISSION:
            found.by.setdefault(one.digest, event)
        elif one.kind == "update" and own:
            found.hollow.add(one.digest)
