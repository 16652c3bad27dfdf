"""Events of equal times: what the places tell of their order, else what arrived first.

The properties let a patient walk through a hospital whose clock stands still, so that nothing but
the places, or the arrival, tells what came first.
"""

import random
from collections import Counter
from datetime import datetime
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_ehr import load, load_scenarios
from tests.unit.test_census_scenarios import check, event

history = load("census_history")
order = load("census_order")
ties = load_scenarios("census_ties")
NOON = datetime(2026, 3, 2, 12)


@pytest.mark.parametrize("name", ties.CHAINS)
def test_places_tell_the_order(name):
    """Whatever arrived first: the messages themselves may have come in the wrong order."""
    lines = ties.CHAINS[name][0]
    for arrival in list(permutations(range(1, len(lines) + 1)))[:: 1 if len(lines) < 4 else 5]:
        told = [event(one, number) for one, number in zip(lines, arrival, strict=True)]
        check(told, ties.CHAINS[name])


@pytest.mark.parametrize("name", ties.ARRIVALS)
def test_arrival_tells_the_order(name):
    lines = ties.ARRIVALS[name][0]
    check([event(one, number) for number, one in enumerate(lines, 1)], ties.ARRIVALS[name])


def walked(places, arrivals, *, told=True):
    """The moves of a patient from place to place, within a moment; no two of them alike."""
    found = [history.Event("admit", NOON.replace(hour=8), None, {"location": places[0]})]
    for number, ((origin, to), arrived) in enumerate(zip(pairwise(places), arrivals, strict=True)):
        facts = {"location": to, "attending": number}
        if told:
            facts["prior_location"] = origin
        found.append(history.Event("transfer", NOON, NOON, facts, arrived=arrived))
    return found


# Nobody is transferred to where he is already.
walks = (
    st.lists(st.integers(1, 5), min_size=1, max_size=9)
    .map(lambda places: [one for n, one in enumerate(places) if n == 0 or one != places[n - 1]])
    .filter(lambda places: len(places) > 1)
)


@given(walks, st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_a_walk_ends_where_it_ended(places, chance):
    arrivals = list(range(1, len(places)))
    chance.shuffle(arrivals)
    told = walked(places, arrivals)
    chance.shuffle(told)
    found = history.standing(told)
    assert found.occupied == places[-1]
    assert Counter(stay.location for stay in found.stays) == Counter(places[:-1])
    # Each move began where it says.
    for one in told:
        assert found.passages[one.digest].from_location == one.facts.get("prior_location")


@given(walks, st.booleans(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_what_arrived_in_order_happened_in_order(places, tells_origin, chance):
    told = walked(places, range(1, len(places)), told=tells_origin)
    handled = list(told)
    chance.shuffle(handled)
    assert order.in_order(handled) == told
    assert [stay.location for stay in history.standing(handled).stays] == places[:-1]


_EVENTS = st.builds(
    lambda kind, arrived, facts: history.Event(kind, NOON, NOON, facts, arrived=arrived),
    st.sampled_from(history.KINDS),
    st.integers(0, 6),
    st.fixed_dictionaries(
        {},
        optional={
            "location": st.sampled_from([None, 1, 2, 3]),
            "prior_location": st.sampled_from([None, 1, 2, 3]),
            "attending": st.integers(1, 2),
        },
    ),
)


@given(st.lists(_EVENTS, min_size=1, max_size=9), st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_the_same_events_make_the_same_visit(told, chance):
    """Whatever they say, and in whatever order they are read again, some of them twice."""
    again = [*told, *told[::2]]
    chance.shuffle(again)
    ordered = order.in_order(told)
    assert Counter(one.digest for one in ordered) == Counter({one.digest for one in told})
    assert order.in_order(again) == ordered
    assert history.standing(again) == history.standing(told)


def test_many_moves_of_a_moment_take_no_time():
    chance = random.Random(3)
    places = [chance.randrange(1, 30) * 100 + n % 2 for n in range(600)]
    arrivals = list(range(1, len(places)))
    chance.shuffle(arrivals)
    told = walked(places, arrivals)
    assert order.in_order(told)[-1].facts["location"] == places[-1]
