# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the events of a visit make of it, in whatever order they were told.

A visit is a function of the set of its events: :func:`standing` puts them in the order in which
they happened (:mod:`.census_order`) and goes through them. So an event that is late completes the
history and does not undo what is newer, one that is repeated changes nothing, and one that is
cancelled counts as if it had not happened. Nothing else decides where a patient is.

Most messages repeat all that is known of a visit. So a place that they name is where somebody is
only if it was news: another one than what had been written by then makes of the visit. An update
or a cancellation never overrides what was written later, whenever that happened.

>>> at = datetime(2026, 1, 5, 8, 0)
>>> came = Event("admit", at, at, {"location": 1})
>>> left = Event("discharge", at.replace(hour=10), None, {})
>>> found = standing([left, came])
>>> found.state, found.location, [(stay.location, stay.ended_by.kind) for stay in found.stays]
('discharged', 1, [(1, 'discharge')])
>>> back = Event("cancel_discharge", at.replace(hour=10), at.replace(hour=11), {})
>>> standing([back, left, came]).state
'present'
>>> paid = Event("update", at.replace(hour=12), None, {"location": 1, "payer": "AOK"})
>>> moved = Event("transfer", at.replace(hour=11), at.replace(hour=13), {"location": 2})
>>> standing([came, paid, moved]).location
2
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from .census_cancel import Undone, undone
from .census_events import (
    ADMISSIONS,
    ATTRIBUTES,
    CANCELLED,
    CANCELS,
    CLASS_CHANGES,
    DISCHARGED,
    KINDS,
    NAMES_THE_KNOWN_PLACE,
    PLANNED,
    PRESENT,
    Event,
    Passage,
    Standing,
    Stay,
)
from .census_fold import History
from .census_order import in_order

__all__ = [
    "ADMISSIONS",
    "ATTRIBUTES",
    "CANCELLED",
    "CANCELS",
    "CLASS_CHANGES",
    "DISCHARGED",
    "KINDS",
    "PLANNED",
    "PRESENT",
    "Event",
    "Passage",
    "Standing",
    "Stay",
    "prefixes",
    "standing",
]


def standing(events: Iterable[Event]) -> Standing:
    """What these events make of a visit."""
    return _standing(in_order(events))


def prefixes(events: Iterable[Event], since: datetime) -> list[Standing]:
    """What was known of a visit at ``since``, and after each later event.

    Of events that were cancelled later it is what counts that was known then.
    """
    found = in_order(events)
    first = next((n for n, one in enumerate(found) if one.when > since), len(found))
    return [_standing(found[:length]) for length in range(max(first, 1), len(found) + 1)]


def _standing(ordered: Sequence[Event]) -> Standing:
    known = _Known(ordered)
    # Sorted before, where equal ones keep their order; and this module imports nothing of Odoo.
    groups = groupby(  # pylint: disable=bad-builtin-groupby
        sorted(ordered, key=lambda one: one.written_at), key=lambda one: one.written_at
    )
    for _written_at, together in groups:
        known.note(list(together))
    return known.history.finished()


class _Known:
    """What is known of a visit while its events are written down one after the other.

    :param ordered: all of them as they happened
    """

    def __init__(self, ordered: Sequence[Event]) -> None:
        self.events: list[Event] = []
        self.news: set[str] = set()
        self._places = {event.digest: number for number, event in enumerate(ordered)}
        self._history: History | None = History(Undone(), self.news)

    @property
    def history(self) -> History:
        """The events so far, gone through as they happened."""
        if self._history is None:
            self._history = _played(self.events, self.news)
        return self._history

    def note(self, together: Sequence[Event]) -> None:
        """Events that were written at the same time: each of them may have known some others."""
        naming = any(map(_names_known_place, together))
        earlier = list(self.events) if naming else []
        known: set[int | None] = {self.history.found.location} if naming else set()
        for event in together:
            if _names_known_place(event):
                cancels = event.kind in CANCELS
                places = self._without_undone(event, earlier, together) if cancels else known
                if event.facts["location"] not in places:
                    self.news.add(event.digest)
            self._add(event)
            if naming:
                known.add(self.history.found.location)

    def _without_undone(
        self, event: Event, earlier: Sequence[Event], together: Sequence[Event]
    ) -> set[int | None]:
        """Where the patient was by what may have been known when a cancellation was written."""
        alone = _played(self._sorted([*earlier, event]), self.news).found
        after = _played(self._sorted([*self.events, event]), self.news).found
        passages = (after.passages.get(one.digest) for one in together if one is not event)
        within = {one.to_location for one in passages if one and not one.cancelled_by}
        return {alone.location, after.location, *within}

    def _sorted(self, events: Sequence[Event]) -> list[Event]:
        return sorted(events, key=self._place)

    def _place(self, event: Event) -> int:
        return self._places[event.digest]

    def _add(self, event: Event) -> None:
        is_latest = not self.events or self._place(self.events[-1]) < self._place(event)
        if self._history and is_latest and event.kind not in CANCELS:
            self._history.add(event)
        else:
            self._history = None
        insort(self.events, event, key=self._place)


def _names_known_place(event: Event) -> bool:
    return event.kind in NAMES_THE_KNOWN_PLACE and "location" in event.facts


def _played(events: Sequence[Event], news: set[str]) -> History:
    history = History(undone(events), news)
    for event in events:
        history.add(event)
    return history
