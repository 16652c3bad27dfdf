"""Rollups: minutes to hours to days, computed as often as one likes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

rollup = load("rollup")
resolution = load("resolution")
Histogram = load("histogram").Histogram
Rollup, Step = rollup.Rollup, rollup.Step

counts = st.integers(0, 50)
rollups = st.builds(
    Rollup,
    received=st.dictionaries(st.sampled_from(["inbound", "outbound"]), counts),
    finished=st.dictionaries(st.sampled_from(["done", "dead"]), counts),
    errors=st.dictionaries(st.sampled_from(["transient", "contract"]), counts),
    attempts=counts,
    duplicates=counts,
    bytes=counts,
    latency=st.lists(st.floats(0, 100), max_size=5).map(Histogram.of),
    depth=counts,
    depth_peak=counts,
    oldest=st.floats(0, 1000),
    held=counts,
)
minutes = st.dictionaries(st.integers(0, 2 * 1440 - 1).map(lambda m: m * 60), rollups, max_size=12)


def hours_of(rows, until=2 * 86400):
    hours = {at: rollup.roll_up(rows, at, Step.HOUR) for at in range(0, until, 3600)}
    return {at: one for at, one in hours.items() if one != rollup.EMPTY}


@given(rollups)
def test_a_row_gives_back_what_it_took(one):
    assert Rollup.from_dict(json.loads(json.dumps(one.to_dict()))) == one


@given(minutes)
def test_nothing_is_lost_or_counted_twice_on_the_way_to_days(rows):
    days = [rollup.roll_up(hours_of(rows), at, Step.DAY) for at in (0, 86400)]
    whole, parts = rollup.combine(days), rollup.combine([rows[at] for at in sorted(rows)])
    for name in ("attempts", "duplicates", "bytes", "latency", "failed", "oldest"):
        assert getattr(whole, name) == getattr(parts, name)
    assert {k: v for k, v in whole.finished.items() if v} == {
        k: v for k, v in parts.finished.items() if v
    }


@given(minutes, st.integers(0, 2 * 1440 - 1).map(lambda m: m * 60), rollups)
def test_what_comes_late_changes_its_own_windows_alone(rows, at, late):
    """Computing those anew gives the same as computing all anew."""
    stored = hours_of(rows)
    rows = {**rows, at: late}
    stale = rollup.stale([at + 30], 2 * 86400)
    assert stale[Step.MINUTE] == (at,)
    again = {begin: rollup.roll_up(rows, begin, Step.HOUR) for begin in stale[Step.HOUR]}
    assert {k: v for k, v in {**stored, **again}.items() if v != rollup.EMPTY} == hours_of(rows)
    day = stale[Step.DAY][0]
    assert day <= at < day + 86400


def test_what_is_not_closed_yet_is_not_stale():
    assert rollup.stale([100.0], 60) == {Step.MINUTE: (), Step.HOUR: (), Step.DAY: ()}


def test_gaps_are_zero_not_missing():
    rows = {60: Rollup(attempts=3)}
    assert [one.attempts for one in rollup.series(rows, 0, 240, Step.MINUTE)] == [0, 3, 0, 0]


def test_a_queue_that_emptied_is_not_shown_as_waiting():
    rows = {0: Rollup(depth=7, depth_peak=9, oldest=60.0, held=2)}
    hour = rollup.roll_up(rows, 0, Step.HOUR)
    assert (hour.depth, hour.depth_peak, hour.oldest, hour.held) == (0, 9, 60.0, 0)
    rows[3540] = Rollup(held=5)
    assert rollup.roll_up(rows, 0, Step.HOUR).held == 5
    with pytest.raises(ValueError, match="from its beginning"):
        rollup.roll_up(rows, 60, Step.HOUR)
    with pytest.raises(ValueError, match="rolled up"):
        rollup.roll_up(rows, 0, Step.MINUTE)


@given(st.floats(0, 2e9), st.floats(60, 3 * 365 * 86400))
def test_a_chart_covers_its_range_with_few_points(begin, length):
    chosen = resolution.choose(begin, begin + length)
    assert chosen.begin <= begin
    assert chosen.end >= begin + length
    assert chosen.width % chosen.step == 0
    assert 1 <= chosen.points <= resolution.MOST
    assert (chosen.end - chosen.begin) / chosen.step <= 1600 or chosen.step is Step.DAY


def test_a_chart_of_old_days_is_drawn_from_what_is_still_there():
    assert resolution.choose(0, 3600).step is Step.MINUTE
    assert resolution.choose(0, 3600, minutes_kept_since=1).step is Step.HOUR
    assert resolution.choose(0, 3600, 1, 1).step is Step.DAY
    assert resolution.choose(0, 86400).width == 300
