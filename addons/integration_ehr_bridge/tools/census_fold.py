# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Going through the events of a visit as they happened; see :mod:`.census_history`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from .census_cancel import Undone
from .census_events import (
    ADMISSIONS,
    ATTRIBUTES,
    CANCELLED,
    CANCELS,
    CLASS_CHANGES,
    DISCHARGED,
    INPATIENT,
    NAMES_THE_KNOWN_PLACE,
    PAYING,
    PLANNED,
    PRESENT,
    REPEATS,
    Event,
    Passage,
    Standing,
    Stay,
)


class History:
    """Goes through the events of a visit in their order.

    :param undone: what of them does not count
    :param news: digests of those whose place was not what was known when they were written
    """

    def __init__(self, undone: Undone, news: Collection[str]) -> None:
        self.found = Standing()
        self.undone = undone
        self.news = news
        # When that was written which counts now, by the name of what it says.
        self._written: dict[str, datetime] = {}
        self._since: datetime | None = None
        self._first_admission: datetime | None = None
        self._left_at: datetime | None = None
        self._said_admitted: datetime | None = None
        self._said_discharged: datetime | None = None
        self._was_cancelled = False
        self._has_come = False
        # Nobody said that the patient came or went; this update spoke of him as if he had.
        self._implied_by: Event | None = None
        # What an admission said that turned out to be none.
        self._of_undone: dict[str, Any] = {}

    def add(self, event: Event) -> None:
        found = self.found
        found.last_event_at = max(found.last_event_at or event.when, event.when)
        passage = found.passages[event.digest] = Passage()
        passage.from_location = found.occupied
        if cancellation := self.undone.by.get(event.digest):
            passage.cancelled_by = cancellation
            passage.to_location = event.facts.get("location")
            self._void(event)
            return
        before, was_discharged = found.occupied, found.state == DISCHARGED
        if event.digest in self.undone.hollow:
            self._told(event, PAYING)
        elif event.digest not in self.undone.idle:
            self._told(event, PAYING if event.kind == "cancel_admit" else ATTRIBUTES)
            self._times(event)
            self._turn(event)
            self._place(event)
            self._stay(event, before, was_discharged, passage)
        if found.state in (PRESENT, DISCHARGED) and found.values.get("class") in INPATIENT:
            found.was_inpatient = True
        passage.to_location = found.location if found.state != DISCHARGED else None

    def _void(self, event: Event) -> None:
        """An undone event says whose the visit is, and what else if there is no other to say it."""
        self._told(event, ("patient",))
        if event.kind in ADMISSIONS:
            said = event.facts
            self._of_undone.update((name, said[name]) for name in ATTRIBUTES if name in said)

    # -- what is said ----------------------------------------------------------------------

    def _may_say(self, event: Event, name: str) -> bool:
        """What repeats what was known does not override what was written later."""
        written = self._written.get(name)
        if event.kind in REPEATS and written and written > event.written_at:
            return False
        self._written[name] = event.written_at
        return True

    def _told(self, event: Event, names: Iterable[str]) -> None:
        for name in names:
            if name in event.facts and self._may_say(event, name):
                self.found.values[name] = event.facts[name]

    def _times(self, event: Event) -> None:
        facts = event.facts
        if facts.get("admitted_at") and self._may_say(event, "admitted_at"):
            self._said_admitted = datetime.fromisoformat(facts["admitted_at"])
        if "discharged_at" in facts and self._may_say(event, "discharged_at"):
            said = facts["discharged_at"]
            self._said_discharged = datetime.fromisoformat(said) if said else None

    # -- the state -------------------------------------------------------------------------

    def _turn(self, event: Event) -> None:
        """The state after an event."""
        kind = event.kind
        if kind in ("update", "merge"):
            if kind == "update" and not self.found.state and not self._was_cancelled:
                self.found.state, self._implied_by = self._implied(event), event
            return
        implied_by, self._implied_by = self._implied_by, None
        if kind in ADMISSIONS:
            self._admit(event)
        elif kind == "pre_admit":
            self._announce()
        elif kind == "discharge":
            self._discharge(event)
        elif kind == "cancel_discharge":
            self._back(event, implied_by)
        elif kind == "cancel_admit":
            self._no_admission(event, implied_by)
        else:
            self._arrive(event)

    def _discharge(self, event: Event) -> None:
        if not event.facts.get("discharged_at"):
            self._said_discharged = None  # that of a former discharge
            self._written["discharged_at"] = event.written_at
        self.found.state, self._left_at = DISCHARGED, event.occurred_at

    def _admit(self, event: Event) -> None:
        again = self.found.state == DISCHARGED
        if again or self._first_admission is None:
            self._first_admission = event.occurred_at
        if again and not event.facts.get("admitted_at"):
            self._said_admitted = None  # that of the former admission
            self._written["admitted_at"] = event.written_at
        self.found.state, self._was_cancelled, self._has_come = PRESENT, False, True

    def _announce(self) -> None:
        self._has_come = True
        if self.found.state not in (PRESENT, DISCHARGED):
            self.found.state, self._was_cancelled = PLANNED, False

    def _back(self, event: Event, implied_by: Event | None) -> None:
        """A discharge was none. One that counts still is another one, so he has left after all."""
        left = self.found.state == DISCHARGED
        if left and (implied_by is None or implied_by.written_at > event.written_at):
            self._implied_by = implied_by
            return
        self.found.state = PRESENT

    def _no_admission(self, event: Event, implied_by: Event | None) -> None:
        """There was no admission: the visit is what it is by all else, if there is anything."""
        if implied_by and implied_by.written_at > event.written_at:
            self._implied_by = implied_by
        elif implied_by or not self.found.state:
            self.found.state, self._was_cancelled = "", True
            self.found.was_inpatient = False

    def _arrive(self, event: Event) -> None:
        """Who is moved is there, unless he has left: then he is not called back by that.

        Who is moved after his admission was cancelled has come after all.
        """
        if event.kind in CLASS_CHANGES and "class" not in event.facts:
            self.found.values["class"] = CLASS_CHANGES[event.kind]
            self._written["class"] = event.written_at
        if event.kind == "cancel_transfer" and self._was_cancelled:
            return
        if self.found.state != DISCHARGED:
            self.found.state, self._was_cancelled = PRESENT, False

    def _implied(self, event: Event) -> str:
        """The state of a visit of which nothing is known but an update."""
        facts = event.facts
        if facts.get("discharged_at"):
            self._left_at = datetime.fromisoformat(facts["discharged_at"])
            return DISCHARGED
        if facts.get("class") == "preadmit":
            return PLANNED
        return PRESENT if facts.get("admitted_at") or facts.get("location") else PLANNED

    # -- the place -------------------------------------------------------------------------

    def _place(self, event: Event) -> None:
        found = self.found
        if "location" not in event.facts or not self._names_place(event):
            return
        moved_after = found.state == DISCHARGED and event.kind != "discharge"
        if (not moved_after or found.location is None) and self._may_say(event, "location"):
            found.location = event.facts["location"]

    def _names_place(self, event: Event) -> bool:
        """Whether an event is about the place that it names."""
        state = self.found.state
        if event.kind == "merge":
            return False
        if event.kind == "pre_admit":  # where he is to be
            return state == PLANNED
        if event.kind == "cancel_admit":  # where he would have been
            return not state
        return event.kind not in NAMES_THE_KNOWN_PLACE or event.digest in self.news

    def _stay(
        self, event: Event, before: int | None, was_discharged: bool, passage: Passage
    ) -> None:
        """Close the stays that end with an event. A cancellation says that there was none."""
        found = self.found
        now = found.occupied
        left = [before] if before and before != now else []
        unknown = self._left_unknown(event, before, was_discharged)
        if unknown and unknown != now and unknown not in left:
            left.append(unknown)
            passage.from_location = passage.from_location or unknown
        if event.kind not in CANCELS:
            found.stays += [
                Stay(place, self._since if place == before else None, event) for place in left
            ]
        if now != before:
            self._since = event.occurred_at if now else None

    def _left_unknown(self, event: Event, before: int | None, was_discharged: bool) -> int | None:
        """The place that an event says was left, where nothing had told that somebody was there."""
        if event.kind == "transfer" and not before and not was_discharged:
            return event.facts.get("prior_location")
        if event.kind == "discharge" and not was_discharged and event.facts.get("location"):
            return self.found.location
        return None

    def finished(self) -> Standing:
        found = self.found
        if not found.state:
            found.state = CANCELLED if self._was_cancelled else PLANNED
        if not self._has_come:
            found.values = {**self._of_undone, **found.values}
        if found.state in (PRESENT, DISCHARGED):
            found.admitted_at = self._said_admitted or self._first_admission
        if found.state == DISCHARGED:
            found.discharged_at = self._said_discharged or self._left_at
        return found
