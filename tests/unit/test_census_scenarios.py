"""The census of a visit against people who keep it in their heads.

``census_scenarios`` of the addon's tests says what is right for cases that go wrong in practice.
The property plays a ward with a chart: a pile of what is true by now. It is charted late,
corrected, taken back and redone, and each message repeats what the chart held when it was written.
Whatever the engine makes of the messages has to be what the chart holds in the end.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load, load_scenarios

history = load("census_history")
scenarios = load_scenarios()
SCENARIOS, clock = scenarios.SCENARIOS, scenarios.clock
START = datetime(2026, 3, 2, 8)


def event(told, arrived=0):
    facts = dict(told.facts)
    if told.place is not None:
        facts["location"] = told.place
    return history.Event(
        told.kind, clock(told.at), clock(told.written or told.at), facts, arrived=arrived
    )


def check(told, scenario):
    """What events make of a visit, in whatever order they are handled."""
    _lines, state, place, left, values = scenario
    for order in list(permutations(told))[:: 1 if len(told) < 5 else 7]:
        found = history.standing([*order, order[0]])
        assert (found.state, found.location) == (state, place)
        assert [stay.location for stay in found.stays] == left
        for attribute, value in values.items():
            said = getattr(found, attribute, None) or found.values.get(attribute)
            assert said == value, attribute


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_people_say(name):
    check([event(one) for one in SCENARIOS[name][0]], SCENARIOS[name])


# -- a ward with a chart ---------------------------------------------------------------------


ARRIVALS = ("register", "admit", "to_inpatient")


@dataclass
class Act:
    """Something that is true as far as the chart knows."""

    kind: str
    at: datetime
    place: int | None
    klass: str | None = None


@dataclass
class Ward:
    """What was done with one patient, and the messages that told of it."""

    now: datetime = START
    chart: list[Act] = field(default_factory=list)
    told: list = field(default_factory=list)

    @property
    def state(self):
        if not self.chart:
            return "cancelled"
        return "discharged" if self.chart[-1].kind == "discharge" else "present"

    @property
    def place(self):
        return next((one.place for one in reversed(self.chart) if one.place), None)

    @property
    def klass(self):
        return next((one.klass for one in reversed(self.chart) if one.klass), None)

    @property
    def left(self):
        """The places that the patient has been in, but for the one where he is."""
        found, here = [], None
        for act in self.chart:
            if here and act.place != here:
                found.append(here)
            here = act.place
        return found

    def tell(self, kind, at, **facts):
        # What the message repeats, and something that tells it from all others.
        said = {"location": self.place, "class": self.klass, "attending": len(self.told), **facts}
        said = {name: value for name, value in said.items() if value is not None}
        self.told.append(history.Event(kind, at, self.now, said))

    def act(self, kind, late, place, klass=None):
        """Chart what happened by now, some minutes ago."""
        at = self.now - timedelta(minutes=late)
        after = [one for one in self.chart if kind != "transfer" or one.kind in ARRIVALS]
        at = max([at, *(one.at + timedelta(seconds=7) for one in after)])
        if any(one.at == at for one in self.chart):
            return
        gone = self.state == "discharged" and kind == "transfer"
        if gone and at > self.chart[-1].at:
            return
        said = self.place if kind == "discharge" else place
        self.chart.append(Act(kind, at, None if kind == "discharge" else place, klass))
        self.chart.sort(key=lambda one: one.at)
        self.tell(kind, at, location=said)

    def take_back(self, exact, redo, late, place):
        """What was charted last by its time was wrong: take it back, and often chart it anew."""
        act, klass = self.chart[-1], self.klass
        if act.kind == "register":
            return
        self.chart.pop()
        if act.kind in ARRIVALS:  # the message repeats the admission that it cancels
            facts = {"location": act.place, "class": klass}
        else:
            facts = {"location": self.place}
        kind = "admit" if act.kind in ARRIVALS else act.kind
        self.tell(f"cancel_{kind}", act.at if exact else self.now, **facts)
        if redo and (self.chart or act.kind == "admit"):
            self.now += timedelta(minutes=3)
            self.act(act.kind, late, place, act.klass)

    def admission_was_none(self, exact):
        """Take back the admission of an emergency patient, with all that followed."""
        number = next(n for n, one in enumerate(self.chart) if one.kind in ARRIVALS[1:])
        admission = self.chart[number]
        facts = {"location": self.place, "class": self.klass}
        del self.chart[number:]
        self.tell("cancel_admit", admission.at if exact else self.now, **facts)


@st.composite
def wards(draw):
    ward = Ward()
    emergency = draw(st.booleans())
    first = ("register", 9, "emergency") if emergency else ("admit", 9, "inpatient")
    ward.act(first[0], draw(st.integers(0, 5)), *first[1:])
    for _number in range(draw(st.integers(1, 9))):
        ward.now += timedelta(minutes=draw(st.integers(2, 15)))
        late, place = draw(st.integers(0, 30)), draw(st.integers(1, 4))
        inside = ward.state == "present"
        kinds = [one.kind for one in ward.chart]
        doing = draw(
            st.sampled_from(
                ["move", "move", "admit", "leave", "update", "back", "again", "none", "late"]
            )
        )
        if inside if doing == "move" else doing == "late" and ward.state == "discharged":
            ward.act("transfer", late, place)
        elif doing == "admit" and set(kinds) in ({"register"}, {"register", "transfer"}):
            ward.act(draw(st.sampled_from(ARRIVALS[1:])), late, place, "inpatient")
        elif doing == "admit" and ward.state == "discharged" and not emergency:
            ward.act("admit", late, place, "inpatient")
        elif doing == "leave" and inside:
            ward.act("discharge", late, None)
        elif doing == "update" and ward.chart:
            ward.tell("update", ward.now)
        elif doing == "back" and len(ward.chart) > 1:
            ward.take_back(draw(st.booleans()), draw(st.booleans()), late, place)
        elif doing == "none" and emergency and inside and set(kinds) & set(ARRIVALS[1:]):
            ward.admission_was_none(draw(st.booleans()))
        elif doing == "again" and inside:
            act = ward.chart[-1]
            ward.tell(act.kind, act.at, location=act.place)
    return ward


@given(wards(), st.randoms(use_true_random=False))
@settings(max_examples=800, deadline=None)
def test_the_chart_is_right(ward, random):
    told = list(ward.told)
    random.shuffle(told)
    found = history.standing(told)
    assert (found.state, found.location) == (ward.state, ward.place)
    assert found.occupied == (ward.place if ward.state == "present" else None)
    assert found.values["class"] == ward.klass
    assert [stay.location for stay in found.stays] == ward.left


@given(wards(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_told_again_changes_nothing(ward, data):
    told = list(ward.told)
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    assert history.standing(told) == history.standing([*again, *told])
