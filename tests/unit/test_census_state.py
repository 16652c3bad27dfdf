"""A visit as it stands, and as events: told in either way, or in both, it comes to the same."""

from __future__ import annotations

import doctest
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
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


# -- what a later version says otherwise -----------------------------------------------------


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute)


def state(status: str, hour: int, *stays: Any, **more: Any) -> Any:
    facts = {"patient": 1, **more.pop("facts", {})}
    classes = more.pop("classes", [("inpatient", None)])
    return State(status, at(hour), stays=stays, classes=classes, facts=facts, **more)


def known(*versions: Any) -> dict[str, Any]:
    return outcome(apply(list(versions)))


BED, OTHER = Stay(1, at(8)), Stay(2, at(8))


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        # Announced and called off, and called off as the first that is heard of it.
        ([state("planned", 7), state("cancelled", 8)], {"state": "cancelled"}),
        ([state("cancelled", 8, start=at(9))], {"state": "cancelled"}),
        # Announced, come, and entered by mistake: nothing is left of it.
        (
            [state("planned", 7), state("present", 9, BED, start=at(8)), state("mistaken", 10)],
            {"state": "cancelled", "location": None},
        ),
        # Not come after all: it is announced still.
        (
            [state("planned", 7), state("present", 9, BED, start=at(8)), state("planned", 10)],
            {"state": "planned"},
        ),
        # Cancelled by mistake.
        (
            [
                state("present", 9, BED, start=at(8)),
                state("cancelled", 10),
                state("present", 11, BED, start=at(8)),
            ],
            {"state": "present", "location": 1},
        ),
        # Another bed from the beginning, with what followed.
        (
            [
                state("present", 9, BED, Stay(3, at(8, 30)), start=at(8)),
                state("present", 10, OTHER, Stay(3, at(8, 30)), start=at(8)),
            ],
            {"state": "present", "location": 3, "stays": [2]},
        ),
        # The bed is known later than the admission.
        (
            [state("present", 9, start=at(8)), state("present", 10, BED, start=at(8))],
            {"state": "present", "location": 1, "admitted_at": at(8)},
        ),
        # Another time of the admission, and of the discharge.
        (
            [
                state("finished", 11, BED, start=at(8), end=at(10)),
                state("finished", 12, Stay(1, at(7)), start=at(7), end=at(10, 30)),
            ],
            {"state": "discharged", "admitted_at": at(7), "discharged_at": at(10, 30)},
        ),
        # A place where he is to be moves nobody.
        (
            [state("present", 9, BED, Stay(2, planned=True), start=at(8))],
            {"state": "present", "location": 1},
        ),
        # What is no longer said is empty.
        (
            [
                state("present", 9, BED, start=at(8), facts={"service": "CAR"}),
                state("present", 10, BED, start=at(8)),
            ],
            {"state": "present", "service": None},
        ),
        # Nobody knows what becomes of it: only what is said besides counts.
        (
            [
                state("present", 9, BED, start=at(8)),
                state("unknown", 10, facts={"service": "SUR"}),
            ],
            {"state": "present", "location": 1, "service": "SUR"},
        ),
    ],
)
def test_later_versions(versions: list[Any], expected: dict[str, Any]) -> None:
    found = known(*versions)
    assert {name: found[name] for name in expected} == expected


def test_a_change_of_class_at_its_time() -> None:
    classes = [("emergency", at(8)), ("inpatient", at(9))]
    events = apply([state("present", 10, BED, start=at(8), classes=classes)])
    assert [(one.kind, one.occurred_at) for one in events] == [
        ("register", at(8)),
        ("to_inpatient", at(9)),
    ]
    assert standing(events).values["class"] == "inpatient"
    assert standing(events).was_inpatient


def test_what_was_told_of_another_visit_is_taken_back() -> None:
    events, told = state_of.events(state("present", 9, BED, start=at(8)), NOTHING)
    events += state_of.withdrawn(told, at(10))
    assert outcome(events)["state"] == "cancelled"


def test_a_version_that_says_the_same_tells_nothing() -> None:
    one = state("finished", 11, BED, start=at(8), end=at(10))
    _events, told = state_of.events(one, NOTHING)
    again = State(**{**vars(one), "recorded_at": at(12)})
    assert state_of.events(again, told) == ([], told)
