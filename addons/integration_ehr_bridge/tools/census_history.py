# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the events of a visit make of it, in whatever order they were told.

A visit is a function of the set of its events: :func:`standing` puts them in the order in which
they happened and goes through them. So an event that is late completes the history and does not
undo what is newer, one that is repeated changes nothing, and one that is cancelled counts as if it
had not happened. Nothing else decides where a patient is.

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
    found = {one.digest: one for one in events}.values()
    known = _Known()
    # Sorted before; and this module imports nothing of Odoo.
    groups = groupby(  # pylint: disable=bad-builtin-groupby
        sorted(found, key=lambda one: one.writing_order), key=lambda one: one.written_at
    )
    for _written_at, together in groups:
        known.note(list(together))
    return known.history.finished()


def prefixes(events: Iterable[Event], since: datetime) -> list[Standing]:
    """What was known of a visit at ``since``, and after each later event.

    Of events that were cancelled later it is what counts that was known then.
    """
    found = sorted({one.digest: one for one in events}.values(), key=lambda one: one.order)
    first = next((n for n, one in enumerate(found) if one.when > since), len(found))
    return [standing(found[:length]) for length in range(max(first, 1), len(found) + 1)]


class _Known:
    """What is known of a visit while its events are written down one after the other."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.news: set[str] = set()
        self._history: History | None = History(Undone(), self.news)

    @property
    def history(self) -> History:
        """The events so far, gone through as they happened."""
        if self._history is None:
            self._history = _played(self.events, self.news)
        return self._history

    def note(self, together: Sequence[Event]) -> None:
        """Events that were written at the same time: none of them need have known the others."""
        naming = any(map(_names_known_place, together))
        earlier = list(self.events) if naming else []
        place = self.history.found.location if naming else None
        for event in together:
            if _names_known_place(event) and event.facts["location"] not in self._expected(
                event, earlier, place
            ):
                self.news.add(event.digest)
            self._add(event)

    def _expected(
        self, event: Event, earlier: Sequence[Event], place: int | None
    ) -> tuple[int | None, ...]:
        """Where the patient is by what may have been known when an event was written."""
        if event.kind not in CANCELS:
            return place, self.history.found.location
        return tuple(
            _played(sorted([*known, event], key=lambda one: one.order), self.news).found.location
            for known in (earlier, self.events)
        )

    def _add(self, event: Event) -> None:
        is_latest = not self.events or self.events[-1].order < event.order
        if self._history and is_latest and event.kind not in CANCELS:
            self._history.add(event)
        else:
            self._history = None
        insort(self.events, event, key=lambda one: one.order)


def _names_known_place(event: Event) -> bool:
    return event.kind in NAMES_THE_KNOWN_PLACE and "location" in event.facts


def _played(events: Sequence[Event], news: set[str]) -> History:
    history = History(undone(events), news)
    for event in events:
        history.add(event)
    return history
