"""The census of a visit against people who keep it in their heads.

``census_scenarios`` of the addon's tests says what is right for cases that go wrong in practice.
The properties play a ward with a chart (:mod:`.census_ward`): whatever the engine makes of the
messages has to be what the chart holds in the end.
"""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.census_ward import wards
from tests.unit.load_ehr import load, load_scenarios

history = load("census_history")
scenarios = load_scenarios()
SCENARIOS, clock = scenarios.SCENARIOS, scenarios.clock


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


@given(wards(coarse=True), st.randoms(use_true_random=False))
@settings(max_examples=800, deadline=None)
def test_the_chart_is_right_by_a_clock_that_knows_no_seconds(ward, random):
    """What has equal times is told apart by places and arrival, in whatever order it is handled."""
    told = list(ward.told)
    random.shuffle(told)
    found = history.standing(told)
    assert (found.state, found.location) == (ward.state, ward.place)
    assert found.values["class"] == ward.klass


@given(wards(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_told_again_changes_nothing(ward, data):
    told = list(ward.told)
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    assert history.standing(told) == history.standing([*again, *told])
