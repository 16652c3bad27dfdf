"""Value maps with dates: a day and a source never have two meanings."""

from datetime import date, timedelta

import pytest
from core_tools.value_maps import Entry, ValueMapSet, first_overlap
from hypothesis import given
from hypothesis import strategies as st

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(12)]
ends = st.none() | st.sampled_from(DAYS)
entries = st.builds(Entry, st.sampled_from("ab"), st.sampled_from("xyz"), ends, ends).filter(
    lambda e: not (e.valid_from and e.valid_to and e.valid_to < e.valid_from)
)


@given(st.lists(entries, max_size=6))
def test_an_overlap_is_a_day_with_two_entries(found):
    """The fast check agrees with trying every day (and the two open ends)."""
    days = [date.min, *DAYS, date.max]
    doubled = any(
        sum(e.source == source and e.holds_on(day) for e in found) > 1
        for day in days
        for source in "ab"
    )
    pair = first_overlap(found)
    assert (pair is not None) == doubled
    if pair:
        assert pair[0].overlaps(pair[1])


@given(st.lists(entries, max_size=6), st.sampled_from(DAYS))
def test_a_day_sees_the_entries_that_hold_on_it(found, day):
    if first_overlap(found):
        return
    expected = {e.source: e.target for e in found if e.holds_on(day)}
    maps = ValueMapSet({"units": found, "empty": []})
    assert maps.on(day) == {"units": expected, "empty": {}}
    assert maps.on(day) is maps.on(day), "a drain asks for each message"


def test_an_entry_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        first_overlap([Entry("a", "x", DAYS[3], DAYS[1])])


def test_days_are_forgotten():
    maps = ValueMapSet({"units": [Entry("a", "x", DAYS[0])]})
    for number in range(1000):
        assert maps.on(DAYS[0] + timedelta(days=number)) == {"units": {"a": "x"}}
    assert len(maps._days) < 10
