"""Appointments are the same at the end, in whatever order their events are handled."""

import itertools
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


def tick(minute, arrived=0):
    return schedule.tick(BEGIN + timedelta(minutes=minute), arrived)


#: How many minutes later than the one that arrived before it an event happened: often none.
LATER = st.sampled_from([0, 0, 1])


def timed(events, steps):
    """Events with their times, as they happened; of those of one time, as they arrived.

    :param steps: how many minutes after the one before it each happened
    """
    minutes = itertools.accumulate(steps)
    return [
        (*head, tick(minute, arrived), said)
        for arrived, ((*head, said), minute) in enumerate(zip(events, minutes, strict=False), 1)
    ]


def apply(events):
    """What an appointment is after events ``(event, named status, now, facts)``."""
    known, clocks = {}, {}
    for event, named, now, facts in events:
        schedule.require_open(event, named, now, known.get("status"), clocks)
        status = schedule.meant_status(event, named)
        said = {**facts, **({"status": status} if status else {})}
        fresh, clocks = schedule.news(said, now, clocks)
        known.setdefault("status", Status.BOOKED)
        known.update(fresh)
    return known


@given(
    st.lists(st.tuples(EVENTS, st.none() | st.sampled_from(list(Status)), FACTS), max_size=4),
    st.lists(LATER, min_size=4, max_size=4),
)
def test_the_order_of_handling_does_not_matter(events, steps):
    told = timed(events, steps)
    expected = narrated_facts(told)
    for order in permutations(told):
        assert apply(order) == expected


def narrated_facts(told):
    """What an appointment is after events in their order, as anybody would tell it."""
    known = {}
    for event, named, _now, facts in told:
        known.setdefault("status", Status.BOOKED)
        known.update(facts)
        if status := schedule.meant_status(event, named):
            known["status"] = status
    return known


@given(
    st.lists(st.tuples(EVENTS, st.none(), FACTS), min_size=1, max_size=4),
    st.lists(LATER, min_size=4, max_size=4),
    st.data(),
)
def test_the_same_event_again_changes_nothing(events, steps, data):
    told = timed(events, steps)
    again = data.draw(st.sampled_from(told))
    assert apply([*told, again]) == apply(told)


def test_of_two_events_of_one_moment_the_later_to_arrive_wins():
    cancelled, booked = ("cancel", None, tick(0, 1), {}), ("book", None, tick(0, 2), {"start": 1})
    for order in ([cancelled, booked], [booked, cancelled]):
        assert apply(order) == {"status": Status.BOOKED, "start": 1}


def test_what_was_stored_without_an_order_of_arrival_goes_before():
    """Clocks of before, which are moments alone, and those of the same and of other moments."""
    old = BEGIN.isoformat(timespec="milliseconds")
    clocks = {"type": old, "resources": old}
    assert schedule.news({"type": 2}, tick(0, 1), clocks)[0] == {"type": 2}
    assert schedule.news({"type": 2}, tick(-1, 9), clocks)[0] == {}
    assert schedule.needs([(None, resource("A"))], tick(0), clocks)[0]
    assert not schedule.needs([(None, resource("A"))], tick(-1, 9), clocks)[0]


@pytest.mark.parametrize("status", sorted(schedule.OVER))
def test_what_is_over_gets_no_new_time(status):
    clocks = {"status": tick(0, 5)}
    for now in (tick(1), tick(0, 6)):
        with pytest.raises(schedule.AppointmentOverError) as caught:
            schedule.require_open("reschedule", None, now, status, clocks)
        assert caught.value.status == status
        # it is booked again
        schedule.require_open("reschedule", "booked", now, status, clocks)
    # the new time was given before it ended
    for now in (tick(-1, 9), tick(0, 4)):
        schedule.require_open("reschedule", None, now, status, clocks)


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
    """The resources after events ``(now, said)``, by code."""
    known, clocks = {}, {}
    for now, said in events:
        needs, clocks = schedule.needs(said, now, clocks)
        if needs:
            present = changed(dict(enumerate(known.values())), needs)
            known = {code: resource(code, minutes) for code, minutes in present.items()}
    return {code: one.minutes for code, one in known.items()}


def narrated(events):
    """The same for events in their order, as anybody would tell it."""
    known = {}
    for _now, said in events:
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


@given(
    st.lists(WHOLE | SINGLE, max_size=5),
    st.lists(LATER, min_size=5, max_size=5),
    st.permutations(range(5)),
)
def test_resources_do_not_depend_on_the_order_of_handling(lists, steps, order):
    told = timed([(said,) for said in lists], steps)
    handled = [told[n] for n in order if n < len(told)]
    assert needed(handled) == narrated(told)
    assert needed([*handled, *handled[:1]]) == narrated(told)


def test_clocks_of_single_resources_end_with_the_next_whole_list():
    clocks = {}
    for minute, said in enumerate([[("add", resource("A"))], [(None, resource("B"))]]):
        _needs, clocks = schedule.needs(said, tick(minute), clocks)
    assert list(clocks) == ["resources"]
