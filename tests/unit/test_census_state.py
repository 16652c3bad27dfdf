"""A visit as it stands, and as events: told in either way, or in both, it comes to the same."""

from __future__ import annotations

import doctest
import random
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load

state_of = load("census_state")
history = load("census_history")
Event, standing = history.Event, history.standing
State, Stay, Told, NOTHING = state_of.State, state_of.Stay, state_of.Told, state_of.NOTHING

DAY = datetime(2026, 3, 2, 6)
LAG = timedelta(seconds=20)


def test_the_words_of_the_module() -> None:
    assert doctest.testmod(state_of, extraglobs={"datetime": datetime}).failed == 0


class Hospital:
    """One visit as it happens, and what two systems tell of each step.

    :ivar hl7: the event of each step; ``states``: the record after each step
    """

    def __init__(self) -> None:
        self.at = DAY
        self.hl7: list[Any] = []
        self.states: list[Any] = []
        self.status, self.start, self.end = "", None, None
        self.stays: list[tuple[int, datetime]] = []
        self.planned_at: int | None = None
        self.service = "CAR"

    def __repr__(self) -> str:
        return "\n".join([*map(repr, self.hl7), *map(repr, self.states)])

    def _tell(self, kind: str, occurred_at: datetime, **facts: Any) -> None:
        self.at += timedelta(minutes=7)
        said = {"patient": 1, "class": "inpatient", "service": self.service, **facts}
        self.hl7.append(Event(kind, occurred_at, self.at, said, arrived=len(self.hl7) + 1))
        stays = [Stay(place, since) for place, since in self.stays]
        if self.status == "planned":
            stays = [Stay(self.planned_at, planned=True)] if self.planned_at else []
        facts = {"patient": 1, "service": self.service}
        self.states.append(
            State(
                self.status, self.at + LAG, self.start if self.status != "planned" else None,
                self.end, stays, [("inpatient", None)], facts,
            )
        )  # fmt: skip

    def plan(self, place: int) -> None:
        self.status, self.planned_at = "planned", place
        self._tell("pre_admit", self.at, location=place)

    def admit(self, place: int) -> None:
        self.status, self.start = "present", self.at + timedelta(minutes=3)
        self.stays = [(place, self.start)]
        self._tell("admit", self.start, location=place)

    def move(self, place: int) -> None:
        moved = self.at + timedelta(minutes=4)
        prior = self.stays[-1][0]
        self.stays.append((place, moved))
        self._tell("transfer", moved, location=place, prior_location=prior)

    def move_back(self) -> None:
        """The last move was none."""
        _place, moved = self.stays.pop()
        self._tell("cancel_transfer", moved, location=self.stays[-1][0])

    def leave(self) -> None:
        self.status, self.end = "finished", self.at + timedelta(minutes=2)
        self._tell("discharge", self.end, location=self.stays[-1][0])

    def stay(self) -> None:
        """The discharge was none."""
        self.status, left, self.end = "present", self.end, None
        self._tell("cancel_discharge", left, location=self.stays[-1][0])

    def change(self, service: str) -> None:
        self.service = service
        self._tell("update", self.at, location=self.stays[-1][0])

    def cancel(self) -> None:
        self.status = "cancelled"
        self._tell("cancel_admit", self.start)


@st.composite
def visits(draw: Any) -> Hospital:
    found = Hospital()
    planned = draw(st.booleans())
    if planned:
        found.plan(draw(st.integers(1, 3)))
    found.admit(draw(st.integers(1, 3)))
    for _number in range(draw(st.integers(0, 5))):
        acts = ["change"]
        if found.status == "present":
            acts += ["move", "leave"] + ["move_back"] * (len(found.stays) > 1)
        else:
            acts += ["stay"]
        act = draw(st.sampled_from(acts))
        if act == "move":
            others = [one for one in (1, 2, 3) if one != found.stays[-1][0]]
            found.move(draw(st.sampled_from(others)))
        elif act == "change":
            found.change(draw(st.sampled_from(["CAR", "SUR", "MED"])))
        else:
            getattr(found, act)()
    if not planned and found.status == "present" and draw(st.booleans()):
        found.cancel()
    return found


def apply(versions: list[Any]) -> list[Any]:
    """The events of versions in the order in which they arrive: an older one tells nothing."""
    told, newest, found = NOTHING, datetime.min, []
    for one in versions:
        if one.recorded_at <= newest:
            continue
        newest = one.recorded_at
        events, told = state_of.events(one, Told.from_json(told.as_json()))
        found += events
    return found


def outcome(events: list[Any]) -> dict[str, Any]:
    known = standing(events)
    return {
        "state": known.state,
        "location": known.location if known.state in ("present", "discharged") else None,
        "admitted_at": known.admitted_at,
        "discharged_at": known.discharged_at,
        # Of a visit that is none, nobody need have said more than that.
        "service": known.state != "cancelled" and known.values.get("service"),
        "patient": known.values.get("patient"),
        "stays": [one.location for one in known.stays],
    }


@given(visits(), st.integers(0, 2**16))
@settings(max_examples=80, deadline=None)
def test_both_ways_come_to_the_same(visit: Hospital, seed: int) -> None:
    turn = random.Random(seed)
    alone = outcome(visit.hl7)
    assert outcome(apply(visit.states)) == alone
    assert outcome([*visit.hl7, *apply(visit.states)]) == alone
    # In any order, and repeated.
    shuffled = turn.sample(visit.states, len(visit.states)) + turn.choices(visit.states, k=2)
    assert outcome(apply(shuffled)) == {**alone, "stays": outcome(apply(shuffled))["stays"]}
    both = [*visit.hl7, *apply(shuffled), *turn.choices(visit.hl7, k=2)]
    turn.shuffle(both)
    assert outcome(both) == alone
