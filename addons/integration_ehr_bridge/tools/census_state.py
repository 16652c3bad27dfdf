# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A visit as it stands, read as the events that it tells.

Some systems tell events (who came, is moved, leaves), others the state of a visit with its times,
again and again. The census knows events alone, so a state is compared with what the versions of it
before it had told: what is new is an event, and what it does not tell any more is cancelled, as if
somebody had said so when the state was written. So the same visit, told in either way or in both,
comes to the same.

>>> day = datetime(2026, 3, 2)
>>> def state(status, hour, *stays, **times):
...     return State(status, day.replace(hour=hour), stays=stays, **times)
>>> came = day.replace(hour=8)
>>> first, told = events(state("present", 9, Stay(1, came), start=came), NOTHING)
>>> [(one.kind, one.facts["location"]) for one in first]
[('admit', 1)]
>>> moved = state("present", 11, Stay(1, came), Stay(2, day.replace(hour=10)), start=came)
>>> then, told = events(moved, told)
>>> [(one.kind, one.occurred_at.hour) for one in then]
[('transfer', 10)]
>>> back, told = events(state("present", 12, Stay(1, came), start=came), told)
>>> [(one.kind, one.occurred_at.hour, one.recorded_at.hour) for one in back]
[('cancel_transfer', 10, 12)]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from .census_events import ADMISSIONS, ATTRIBUTES, CLASS_CHANGES, INPATIENT, Event

#: What becomes of a visit, as states say it. Values of the contract.
PLANNED: Final = "planned"
PRESENT: Final = "present"
FINISHED: Final = "finished"
CANCELLED: Final = "cancelled"
MISTAKEN: Final = "mistaken"
UNKNOWN: Final = "unknown"

_CANCELLING: Final = {
    "admit": "cancel_admit",
    "register": "cancel_admit",
    "transfer": "cancel_transfer",
    "discharge": "cancel_discharge",
}
#: In the place of all that was told of a visit that turned out to be none.
_VOID: Final = "void"
_OVER: Final = (CANCELLED, MISTAKEN)
_SAID: Final = frozenset({*ATTRIBUTES, "admitted_at"})
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Stay:
    """A time in one place.

    :ivar since: ``None`` if it is not said
    :ivar planned: where the patient is to be, but is not
    """

    place: int
    since: datetime | None = None
    until: datetime | None = None
    planned: bool = False


@dataclass(frozen=True)
class State:
    """A visit as one version of its record has it.

    :ivar recorded_at: when this version was written
    :ivar classes: with the moment since when, in their order; ``None``: since the beginning
    :ivar facts: attributes that it says, see :data:`.census_events.ATTRIBUTES`; the class apart.
        ``None`` is not said
    """

    status: str
    recorded_at: datetime
    start: datetime | None = None
    end: datetime | None = None
    stays: Sequence[Stay] = ()
    classes: Sequence[tuple[str, datetime | None]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What the versions of a state have told so far, and what still counts of it.

    :ivar events: kind, moment and place of each event
    :ivar facts: marks of the attributes that were said (:func:`mark`): no number stands there
    """

    events: tuple[tuple[str, datetime, int | None], ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The form in which it is kept."""
        return {
            "events": [[kind, at.isoformat(), place] for kind, at, place in self.events],
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Told:
        """The reverse of :meth:`as_json`."""
        kept = kept or {}
        return cls(
            tuple(
                (kind, datetime.fromisoformat(at), place)
                for kind, at, place in kept.get("events", ())
            ),
            kept.get("facts", {}),
        )


def mark(value: Any) -> str:
    """Tells whether an attribute is the same as before, without saying what it is."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


NOTHING: Final = Told()
_Step = tuple[str, datetime, int | None]


def events(state: State, told: Told) -> tuple[list[Event], Told]:
    """The events of a version, beside those that were told before, and what is told by now.

    :param told: by the versions before it
    """
    return _Reading(state, told).events()


def withdrawn(told: Told, recorded_at: datetime) -> list[Event]:
    """What was told turns out to be of another visit: all of it is cancelled."""
    return events(State(MISTAKEN, recorded_at), told)[0]


class _Reading:
    def __init__(self, state: State, told: Told) -> None:
        self.state, self.told = state, told
        self.found: list[Event] = []
        self.facts = {name: value for name, value in state.facts.items() if value is not None}
        if state.classes:
            self.facts["class"] = state.classes[-1][0]
        if state.start and state.status in (PRESENT, FINISHED):
            self.facts["admitted_at"] = state.start.isoformat()

    def events(self) -> tuple[list[Event], Told]:
        if self.state.status == UNKNOWN:
            wanted = self.told.events
        else:
            wanted = tuple(self._steps())
            self._compare(wanted)
        self._attributes()
        return self.found, Told(wanted, {name: mark(value) for name, value in self.facts.items()})

    # -- what happened ---------------------------------------------------------------------

    def _steps(self) -> list[_Step]:
        """What this version tells, as it happened."""
        state = self.state
        if state.status in _OVER:
            came = [one for one in self.told.events if one[0] == _VOID]
            return came or [(_VOID, state.start or state.recorded_at, None)]
        announced = [one for one in self.told.events if one[0] == "pre_admit"]
        if state.status == PLANNED:
            place = next((one.place for one in state.stays), None)
            if not announced or announced[-1][2] != place:
                announced.append(("pre_admit", state.recorded_at, place))
            return announced
        return [*announced, *self._stay()]

    def _stay(self) -> list[_Step]:
        """The admission, moves and changes of class, and the discharge."""
        state = self.state
        stays = [one for one in state.stays if not one.planned]
        stays.sort(key=lambda one: one.since or datetime.min)
        came = self._came(stays)
        # What lies before the admission, or was not timed, is one place: the last of them.
        first = [one for one in stays if one.since is None or one.since <= came]
        steps = self._admission(came, first[-1].place if first else None)
        moves = [one for one in stays if one.since and one.since > came]
        for one in moves:
            if one.place != steps[-1][2]:
                steps.append(("transfer", one.since or came, one.place))
        steps += self._changes_of_class(came)
        steps.sort(key=lambda one: one[1])
        if state.status == FINISHED:
            known = [at for kind, at, _place in self.told.events if kind == "discharge"]
            steps.append(("discharge", state.end or (known or [state.recorded_at])[-1], None))
        return steps

    def _came(self, stays: Sequence[Stay]) -> datetime:
        if self.state.start:
            return self.state.start
        known = [at for kind, at, _place in self.told.events if kind in ADMISSIONS]
        timed = [one.since for one in stays if one.since]
        return min([*known, *timed], default=self.state.recorded_at)

    def _admission(self, came: datetime, place: int | None) -> list[_Step]:
        """The admission as it was told, if it was to the same place.

        Its moment is corrected by a fact, and the place of one that had none by a move: who says
        that it was none, says that of all that followed, too.
        """
        known = [one for one in self.told.events if one[0] in ADMISSIONS]
        if known and known[-1][2] == place:
            return known[-1:]
        if known and known[-1][2] is None:
            return [known[-1], ("transfer", max(came, known[-1][1]), place)]
        first = self.state.classes[0][0] if self.state.classes else None
        return [("register" if first and first not in INPATIENT else "admit", came, place)]

    def _changes_of_class(self, came: datetime) -> list[_Step]:
        found: list[_Step] = []
        before: str | None = None
        for name, since in self.state.classes:
            changes = before is not None and (name in INPATIENT) != (before in INPATIENT)
            if changes and since and since >= came:
                found.append(
                    ("to_inpatient" if name in INPATIENT else "to_outpatient", since, None)
                )
            before = name
        return found

    # -- what is told of it ----------------------------------------------------------------

    def _compare(self, wanted: Sequence[_Step]) -> None:
        """Tell what is new, and cancel what is not told any more."""
        known = self.told.events
        anew = any(one[0] in ADMISSIONS and one not in wanted for one in known)
        for kind, at, place in known:
            # Without the admission nothing happened that followed it: that need not be said.
            gone = (kind, at, place) not in wanted and (kind in ADMISSIONS or not anew)
            if gone and (cancelling := _CANCELLING.get(kind)):
                self._add(cancelling, at, self._patient())
        if self.state.status in _OVER and any(one[0] == "pre_admit" for one in known):
            # A second later: when nothing is left but that it was announced.
            later = self.state.recorded_at + _SECOND
            self.found.append(Event("cancel_admit", later, later, self._patient()))
        for number, step in enumerate(wanted):
            # With the admission everything that followed it was cancelled.
            if step not in known or (anew and step[0] != "pre_admit"):
                self._tell(step, wanted[:number])

    def _add(self, kind: str, at: datetime, facts: Mapping[str, Any]) -> None:
        self.found.append(Event(kind, at, self.state.recorded_at, dict(facts)))

    def _tell(self, step: _Step, before: Sequence[_Step]) -> None:
        kind, at, place = step
        facts: dict[str, Any] = self._patient()
        if kind == _VOID:
            if not any(one.kind == "cancel_admit" for one in self.found):
                self._add("cancel_admit", at, facts)  # whoever else told that he came
            return
        if kind in ADMISSIONS or kind == "pre_admit":
            facts |= self.facts
            if kind != "pre_admit" and self.state.classes:
                facts["class"] = self.state.classes[0][0]
        elif kind in CLASS_CHANGES:
            facts["class"] = next(name for name, since in self.state.classes if since == at)
        elif kind == "discharge" and "disposition" in self.facts:
            facts["disposition"] = self.facts["disposition"]
        if place:
            facts["location"] = place
        prior = next((one[2] for one in reversed(before) if one[2]), None)
        if kind == "transfer" and prior:
            facts["prior_location"] = prior
        self._add(kind, at, facts)

    def _patient(self) -> dict[str, Any]:
        return {"patient": self.facts["patient"]} if self.facts.get("patient") else {}

    # -- attributes ------------------------------------------------------------------------

    def _attributes(self) -> None:
        """What is another fact now than was said before; what is no longer said is empty."""
        if self.state.status in _OVER:
            return
        known = dict(self.told.facts)
        for one in self.found:
            known |= {name: mark(value) for name, value in one.facts.items() if name in _SAID}
        said = {name: self.facts.get(name) for name in {*self.told.facts, *self.facts}}
        changed = {n: v for n, v in said.items() if v is None or mark(v) != known.get(n)}
        if changed.get("patient", True) is None:
            del changed["patient"]  # a visit stays that of whom it was told of
        if changed:
            self._add("update", self.state.recorded_at, {**self._patient(), **changed})
