"""Appointments are the same at the end, in whatever order their events arrive."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_ehr import load

schedule = load("schedule")
Status, Planned = schedule.Status, schedule.Planned
BEGIN = datetime(2026, 3, 1, 8)

EVENTS = st.sampled_from(["book", "modify", "cancel", "discontinue", "delete", "no_show"])
FACTS = st.dictionaries(st.sampled_from(["start", "end", "type"]), st.integers(0, 3))


def apply(events):
    """What an appointment is after events ``(event, named status, at, facts)``."""
    known, clocks = {}, {}
    for event, named, at, facts in events:
        schedule.require_open(event, named, at, known.get("status"), clocks)
        status = schedule.meant_status(event, named)
        said = {**facts, **({"status": status} if status else {})}
        fresh, clocks = schedule.news(said, at, clocks)
        known.setdefault("status", Status.BOOKED)
        known.update(fresh)
    return known


@given(st.lists(st.tuples(EVENTS, st.none() | st.sampled_from(list(Status)), FACTS), max_size=4))
def test_the_order_of_arrival_does_not_matter(events):
    timed = [
        (event, named, BEGIN + timedelta(minutes=minute), facts)
        for minute, (event, named, facts) in enumerate(events)
    ]
    expected = apply(timed)
    for order in permutations(timed):
        assert apply(order) == expected


@given(st.lists(st.tuples(EVENTS, st.none(), FACTS), min_size=1, max_size=4), st.data())
def test_the_same_event_again_changes_nothing(events, data):
    timed = [
        (event, named, BEGIN + timedelta(minutes=minute), facts)
        for minute, (event, named, facts) in enumerate(events)
    ]
    again = data.draw(st.sampled_from(timed))
    assert apply([*timed, again]) == apply(timed)


def test_of_two_events_of_one_moment_the_later_to_arrive_wins():
    known = apply([("cancel", None, BEGIN, {}), ("book", None, BEGIN, {"start": 1})])
    assert known == {"status": Status.BOOKED, "start": 1}


@pytest.mark.parametrize("status", sorted(schedule.OVER))
def test_what_is_over_gets_no_new_time(status):
    clocks = {"status": schedule.tick(BEGIN)}
    with pytest.raises(schedule.AppointmentOverError) as caught:
        schedule.require_open("reschedule", None, BEGIN + timedelta(1), status, clocks)
    assert caught.value.status == status
    # it is booked again, or the new time was given before it ended
    schedule.require_open("reschedule", "booked", BEGIN + timedelta(1), status, clocks)
    schedule.require_open("reschedule", None, BEGIN - timedelta(1), status, clocks)


def test_an_event_decides_against_the_status_that_it_names():
    assert schedule.meant_status("cancel", "booked") == Status.CANCELLED
    assert schedule.meant_status("book", "pending") == Status.PENDING
    assert schedule.meant_status("book", None) == Status.BOOKED
    assert schedule.meant_status("modify", None) is None


# -- resources -------------------------------------------------------------------------------------


def resource(code, minutes=0, kind="equipment"):
    return Planned(kind, code, 0, 0, None, minutes)


def planned(known, said):
    """The resources after a message, by code."""
    return changed(known, schedule.Needs(tuple(said)))


def changed(known, needs):
    plan = schedule.plan(known, needs)
    left = {id_: one for id_, one in known.items() if id_ not in plan.unlink}
    left.update(plan.write)
    return {one.code: one.minutes for one in [*left.values(), *plan.create]}


def test_a_list_without_actions_is_the_whole_list():
    known = {1: resource("A", 10), 2: resource("B")}
    assert planned(known, [(None, resource("B", 5)), (None, resource("C"))]) == {"B": 5, "C": 0}
    assert planned(known, []) == {}


def test_with_actions_only_what_is_named_changes():
    known = {1: resource("A", 10), 2: resource("B")}
    said = [("delete", resource("A")), ("add", resource("C")), (None, resource("B", 5))]
    assert planned(known, said) == {"B": 5, "C": 0}
    assert planned(known, [("update", resource("A", 20))]) == {"A": 20, "B": 0}
    assert planned(known, [("delete", resource("X"))]) == {"A": 10, "B": 0}


def test_replaced_by_itself_is_kept():
    known = {1: resource("A", 10)}
    said = (("delete", resource("A")), ("add", resource("A", 20)))
    plan = schedule.plan(known, schedule.Needs(said))
    assert (plan.unlink, plan.create, plan.write) == ((), (), ((1, resource("A", 20)),))


def test_what_is_the_same_is_not_written():
    known = {1: resource("A", 10), 2: resource("B")}
    plan = schedule.plan(known, schedule.Needs(tuple((None, one) for one in known.values())))
    assert (plan.create, plan.write, plan.unlink) == ((), (), ())


def test_the_same_code_of_another_kind_is_another_resource():
    known = {1: resource("A")}
    said = ((None, resource("A")), (None, resource("A", kind="service")))
    plan = schedule.plan(known, schedule.Needs(said))
    assert [one.kind for one in plan.create] == ["service"]
    assert plan.unlink == ()


def needed(events):
    """The resources after events ``(at, said)``, by code."""
    known, clocks = {}, {}
    for at, said in events:
        needs, clocks = schedule.needs(said, at, clocks)
        if needs:
            present = changed(dict(enumerate(known.values())), needs)
            known = {code: resource(code, minutes) for code, minutes in present.items()}
    return {code: one.minutes for code, one in known.items()}


def narrated(events):
    """The same for events in their order, as anybody would tell it."""
    known = {}
    for _at, said in events:
        if all(action is None for action, _one in said):
            known = {}
        for action, one in said:
            if action == "delete":
                known.pop(one.code, None)
            else:
                known[one.code] = one.minutes
    return known


NAMED = st.builds(resource, st.sampled_from("ABC"), st.integers(0, 2))
WHOLE = st.lists(st.tuples(st.none(), NAMED), max_size=3)
SINGLE = st.lists(
    st.tuples(st.sampled_from(["add", "update", "delete"]), NAMED), min_size=1, max_size=2
)


@given(st.lists(WHOLE | SINGLE, max_size=5), st.permutations(range(5)))
def test_resources_do_not_depend_on_the_order_of_arrival(lists, order):
    timed = [(BEGIN + timedelta(minutes=minute), said) for minute, said in enumerate(lists)]
    arrived = [timed[n] for n in order if n < len(timed)]
    assert needed(arrived) == narrated(timed)
    assert needed([*arrived, *arrived[:1]]) == narrated(timed)


def test_clocks_of_single_resources_end_with_the_next_whole_list():
    clocks = {}
    for minute, said in enumerate([[("add", resource("A"))], [(None, resource("B"))]]):
        _needs, clocks = schedule.needs(said, BEGIN + timedelta(minutes=minute), clocks)
    assert list(clocks) == ["resources"]
