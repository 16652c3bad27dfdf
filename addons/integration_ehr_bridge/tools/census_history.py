# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the events of a visit make of it, in whatever order they were told.

A visit is a function of the set of its events: :func:`standing` puts them in the order in which
they happened and goes through them. So an event that is late completes the history and does not
undo what is newer, one that is repeated changes nothing, and one that is cancelled counts as if it
had not happened. Nothing else decides where a patient is.

Times are naive, in UTC. Facts are plain values: ids of places, patients and staff, codes, and
moments as ISO text. A fact that is absent was not said; ``None`` was said to be empty.

>>> at = datetime(2026, 1, 5, 8, 0)
>>> came = Event("admit", at, at, {"location": 1})
>>> left = Event("discharge", at.replace(hour=10), None, {})
>>> found = standing([left, came])
>>> found.state, found.location, [(stay.location, stay.ended_by.kind) for stay in found.stays]
('discharged', 1, [(1, 'discharge')])
>>> back = Event("cancel_discharge", at.replace(hour=10), at.replace(hour=11), {})
>>> standing([back, left, came]).state
'present'
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

PLANNED: Final = "planned"
PRESENT: Final = "present"
DISCHARGED: Final = "discharged"
CANCELLED: Final = "cancelled"

ADMISSIONS: Final = frozenset({"admit", "register"})
CLASS_CHANGES: Final = {"to_inpatient": "inpatient", "to_outpatient": "outpatient"}
#: What each cancelling event undoes.
CANCELS: Final = {
    "cancel_admit": ADMISSIONS,
    "cancel_transfer": frozenset({"transfer"}),
    "cancel_discharge": frozenset({"discharge"}),
}
#: What cannot have happened either if the admission did not.
_AFTER_ADMISSION: Final = {"transfer", "discharge", *CANCELS, *CLASS_CHANGES} - {"cancel_admit"}
#: Kinds of events, in the order in which they happen when they happen at the same time.
KINDS: Final = (
    "pre_admit",
    "register",
    "admit",
    "to_inpatient",
    "to_outpatient",
    "transfer",
    "merge",
    "update",
    "cancel_transfer",
    "discharge",
    "cancel_discharge",
    "cancel_admit",
)
_RANK: Final = {kind: rank for rank, kind in enumerate(KINDS)}
#: Facts that are kept as they were said last.
ATTRIBUTES: Final = (
    "patient",
    "class",
    "service",
    "attending",
    "account",
    "payer",
    "plan",
    "financial_class",
    "disposition",
    "expected_at",
)


@dataclass(frozen=True)
class Event:
    """One event of a visit.

    :ivar kind: one of :data:`KINDS`
    :ivar occurred_at: when it happened; of a cancellation this may be when that happened which it
        cancels
    :ivar recorded_at: when somebody wrote it down, if that is known
    :ivar by_hand: whether a person entered it in Odoo
    """

    kind: str
    occurred_at: datetime
    recorded_at: datetime | None
    facts: Mapping[str, Any]
    by_hand: bool = False

    @property
    def written_at(self) -> datetime:
        """When it became known, as far as that can be told."""
        return self.recorded_at or self.occurred_at

    @property
    def when(self) -> datetime:
        """Where it stands in the history: a cancellation when it was written down."""
        return self.written_at if self.kind in CANCELS else self.occurred_at

    @cached_property
    def digest(self) -> str:
        """Tells a repetition from another event of the same visit: 32 hexadecimal digits."""
        said = [
            self.kind,
            self.occurred_at.isoformat(),
            self.recorded_at.isoformat() if self.recorded_at else None,
            dict(self.facts),
            self.by_hand,
        ]
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @cached_property
    def order(self) -> tuple[datetime, datetime, int, str]:
        """Sorts the events of a visit as they happened; no two of them are equal."""
        return (self.when, self.written_at, _RANK[self.kind], self.digest)


@dataclass(frozen=True)
class Stay:
    """A time in one place that is over.

    :ivar since: ``None`` if nobody told when it began
    :ivar ended_by: the event with which the patient left
    """

    location: int
    since: datetime | None
    ended_by: Event

    @property
    def key(self) -> tuple[str, int]:
        """Tells a stay from others of the same visit, whatever else becomes known of it."""
        return (self.ended_by.digest, self.location)


@dataclass
class Passage:
    """What one event did in the history."""

    from_location: int | None = None
    to_location: int | None = None
    cancelled_by: Event | None = None


@dataclass
class Standing:
    """What is known of a visit.

    :ivar location: where the patient is, was last, or is to be
    :ivar values: the attributes that were said, see :data:`ATTRIBUTES`
    :ivar stays: times in places that are over, in their order
    :ivar passages: by digest of the event
    """

    state: str = ""
    location: int | None = None
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    last_event_at: datetime | None = None
    values: dict[str, Any] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    passages: dict[str, Passage] = field(default_factory=dict)

    @property
    def occupied(self) -> int | None:
        """The place that the patient occupies now."""
        return self.location if self.state == PRESENT else None


def standing(events: Iterable[Event]) -> Standing:
    """What these events make of a visit."""
    found = sorted({one.digest: one for one in events}.values(), key=lambda one: one.order)
    history = _History(_cancellations(found))
    for event in found:
        history.add(event)
    return history.finished()


def prefixes(events: Iterable[Event], since: datetime) -> list[Standing]:
    """What was known of a visit at ``since``, and after each later event.

    Of events that were cancelled later it is what counts that was known then.
    """
    found = sorted({one.digest: one for one in events}.values(), key=lambda one: one.order)
    first = next((n for n, one in enumerate(found) if one.when > since), len(found))
    return [standing(found[:length]) for length in range(max(first, 1), len(found) + 1)]


def _cancellations(events: Sequence[Event]) -> dict[str, Event]:
    """By digest of the cancelled event, what cancelled it."""
    cancelled: dict[str, Event] = {}
    for event in events:
        kinds = CANCELS.get(event.kind)
        if kinds is None:
            continue
        known = [one for one in events if _before(one, event)]
        meant = [one for one in known if one.kind in kinds]
        if _is_repeated(meant, event, cancelled):
            continue
        target = _target(meant, event, cancelled)
        if event.kind == "cancel_admit":
            announced = [one for one in known if one.kind == "pre_admit"]
            target = target or _target(announced, event, cancelled)
            _cancel_what_followed(known, target, event, cancelled)
        if target:
            cancelled[target.digest] = event
    return cancelled


def _before(one: Event, cancellation: Event) -> bool:
    """Whether a cancellation can mean an event: nobody cancels what is written down later."""
    return one.when <= cancellation.when and one.written_at <= cancellation.written_at


def _is_repeated(
    meant: Sequence[Event], cancellation: Event, cancelled: Mapping[str, Event]
) -> bool:
    """Whether what happened when the cancellation says is cancelled already."""
    exact = [one for one in meant if one.occurred_at == cancellation.occurred_at]
    return bool(exact) and all(one.digest in cancelled for one in exact)


def _target(
    meant: Sequence[Event], cancellation: Event, cancelled: Mapping[str, Event]
) -> Event | None:
    """The one that happened when the cancellation says, else the latest that counts."""
    exact = [one for one in meant if one.occurred_at == cancellation.occurred_at]
    counting = [one for one in exact or meant if one.digest not in cancelled]
    return counting[-1] if counting else None


def _cancel_what_followed(
    known: Sequence[Event], target: Event | None, event: Event, cancelled: dict[str, Event]
) -> None:
    """Without the admission nobody was moved or discharged."""
    if target and target.kind == "pre_admit":
        return
    for one in known:
        if one.kind in _AFTER_ADMISSION and (target is None or one.order > target.order):
            cancelled.setdefault(one.digest, event)


class _History:
    """Goes through the events of a visit in their order."""

    def __init__(self, cancelled: Mapping[str, Event]) -> None:
        self.found = Standing()
        self.cancelled = cancelled
        self._since: datetime | None = None
        self._first_admission: datetime | None = None
        self._left_at: datetime | None = None
        self._said_admitted: datetime | None = None
        self._said_discharged: datetime | None = None
        self._was_cancelled = False
        # Nobody said that the patient came; an update spoke of him as if he had.
        self._only_implied = False

    def add(self, event: Event) -> None:
        found = self.found
        found.last_event_at = max(found.last_event_at or event.when, event.when)
        passage = found.passages[event.digest] = Passage()
        passage.from_location = found.occupied
        cancellation = self.cancelled.get(event.digest)
        if cancellation:
            passage.cancelled_by = cancellation
            passage.to_location = event.facts.get("location")
            self._told(event, ATTRIBUTES if event.kind in ADMISSIONS else ("patient",))
            return
        before, was_discharged = found.occupied, found.state == DISCHARGED
        self._told(event, ATTRIBUTES)
        self._times(event)
        self._turn(event)
        self._place(event)
        self._stay(event, before, was_discharged, passage)
        passage.to_location = found.location if found.state != DISCHARGED else None

    def _told(self, event: Event, names: Iterable[str]) -> None:
        self.found.values.update((name, event.facts[name]) for name in names if name in event.facts)

    def _times(self, event: Event) -> None:
        facts = event.facts
        if facts.get("admitted_at"):
            self._said_admitted = datetime.fromisoformat(facts["admitted_at"])
        if "discharged_at" in facts:
            said = facts["discharged_at"]
            self._said_discharged = datetime.fromisoformat(said) if said else None

    def _turn(self, event: Event) -> None:
        """The state after an event."""
        implied, self._only_implied = self._only_implied, False
        kind = event.kind
        if kind in ADMISSIONS:
            self._admit(event)
        elif kind == "pre_admit":
            self._announce()
        elif kind == "discharge":
            self._discharge(event)
        elif kind == "cancel_discharge":
            self.found.state = PRESENT
        elif kind == "cancel_admit":
            if implied or not self.found.state:
                self.found.state, self._was_cancelled = "", True
        elif kind in ("update", "merge"):
            self._only_implied = implied
            if kind == "update" and not self.found.state and not self._was_cancelled:
                self.found.state, self._only_implied = self._implied(event), True
        else:
            self._arrive(event)

    def _discharge(self, event: Event) -> None:
        if not event.facts.get("discharged_at"):
            self._said_discharged = None  # that of a former discharge
        self.found.state, self._left_at = DISCHARGED, event.occurred_at

    def _admit(self, event: Event) -> None:
        again = self.found.state == DISCHARGED
        if again or self._first_admission is None:
            self._first_admission = event.occurred_at
        if again and not event.facts.get("admitted_at"):
            self._said_admitted = None  # that of the former admission
        self.found.state, self._was_cancelled = PRESENT, False

    def _announce(self) -> None:
        if self.found.state not in (PRESENT, DISCHARGED):
            self.found.state, self._was_cancelled = PLANNED, False

    def _arrive(self, event: Event) -> None:
        """Who is moved is there, unless he has left: then he is not called back by that.

        Who is moved after his admission was cancelled has come after all.
        """
        if event.kind in CLASS_CHANGES and "class" not in event.facts:
            self.found.values["class"] = CLASS_CHANGES[event.kind]
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

    def _place(self, event: Event) -> None:
        found = self.found
        if "location" not in event.facts or event.kind == "merge":
            return
        moved_after = found.state == DISCHARGED and event.kind != "discharge"
        if not moved_after or found.location is None:
            found.location = event.facts["location"]

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
        if event.kind == "discharge" and not was_discharged:
            return event.facts.get("location")
        return None

    def finished(self) -> Standing:
        found = self.found
        if not found.state:
            found.state = CANCELLED if self._was_cancelled else PLANNED
        if found.state in (PRESENT, DISCHARGED):
            found.admitted_at = self._said_admitted or self._first_admission
        if found.state == DISCHARGED:
            found.discharged_at = self._said_discharged or self._left_at
        return found
