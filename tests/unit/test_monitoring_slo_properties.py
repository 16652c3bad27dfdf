"""Objectives, their budgets, and when their use is worth an alert."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

slo, burn, sums = load("slo"), load("burn_rate"), load("window_sums")
Grade = load("findings").Grade
Tally, Objective, Kind = slo.Tally, slo.Objective, slo.Kind
PROMISE = Objective(Kind.AVAILABILITY, 0.999)
MINUTES = [seconds // 60 for seconds in burn.WINDOWS]

tallies = st.integers(0, 10_000).flatmap(
    lambda total: st.integers(0, total).map(lambda bad: Tally(total, bad))
)
targets = st.floats(0.5, 0.9999)


def judged(minutes, objective=PROMISE):
    """What is found after these minutes of (events, bad events)."""
    totals, bads = sums.WindowSums(MINUTES), sums.WindowSums(MINUTES)
    for total, bad in minutes:
        totals.push(total)
        bads.push(bad)
    return burn.judge(objective, totals.sums, bads.sums)


@given(targets, tallies)
def test_the_budget_is_kept_as_long_as_some_remains(target, period):
    budget = slo.budget(Objective(Kind.DURABILITY, target), period)
    assert budget.remaining <= 1
    if abs(budget.remaining) > 1e-6:
        assert budget.met is (budget.remaining > 0)


@given(targets, tallies)
def test_a_burn_rate_of_one_uses_the_budget_up_just_by_the_end(target, window):
    objective = Objective(Kind.AVAILABILITY, target)
    rate = slo.burn_rate(objective, window)
    left = slo.exhausted_in(objective, 1.0, window)
    assert (left is None) is (window.bad == 0)
    if left is not None:
        assert left == pytest.approx(objective.period / rate)


def test_targets_and_thresholds_that_make_no_sense_are_refused():
    for wrong in (0.0, 1.0, 1.5):
        with pytest.raises(ValueError, match="100 %"):
            Objective(Kind.AVAILABILITY, wrong)
    with pytest.raises(ValueError, match="threshold"):
        Objective(Kind.LATENCY, 0.99)
    with pytest.raises(ValueError, match="threshold"):
        Objective(Kind.AVAILABILITY, 0.99, threshold=3.0)
    with pytest.raises(ValueError, match="some of all"):
        slo.budget(PROMISE, Tally(3, 4))


def test_an_incident_counts_against_recovery_as_soon_as_it_is_overdue():
    incidents = [(0.0, 50.0), (0.0, 500.0), (0.0, None), (950.0, None)]
    assert slo.recovery(incidents, 100.0, now=1000.0) == Tally(3, 2)
    assert slo.durability(100, 1, 2) == Tally(100, 3)


def test_an_outage_pages_within_a_minute_at_ten_messages_a_minute():
    found = judged([(10, 0)] * 60 + [(10, 10)])
    assert found.level >= 1
    assert found.grade is Grade.PAGE
    facts = found.facts
    assert (facts["long_seconds"], facts["short_seconds"], facts["limit"]) == (3600, 300, 14.4)
    assert (facts["long_total"], facts["long_bad"]) == (600, 10)
    assert facts["long_burn"] == pytest.approx(10 / 600 / 0.001, abs=0.01)


def test_a_slow_leak_asks_for_a_ticket():
    found = judged([(100, 0), (100, 0), (100, 1)] * (3 * 1440 // 3))  # a third of a percent
    assert found.level >= 1
    assert found.grade is Grade.TICKET
    assert found.facts["limit"] == 3.0


def test_it_ends_soon_after_the_trouble():
    assert judged([(10, 10)] * 10 + [(10, 0)] * 5).level >= 1  # the last half hour is bad still
    quiet = judged([(10, 10)] * 10 + [(10, 0)] * 361)
    assert quiet.level < 1


def test_few_events_start_nothing():
    assert judged([(1, 1)] * 4).level < 1
    assert judged([(0, 0)] * 50).level == 0
    # Five in a thousand is what the objective allows: chance.
    assert judged([(340, 5)], Objective(Kind.AVAILABILITY, 0.995)).level < 1


@given(st.lists(st.integers(0, 9), max_size=60), st.sets(st.integers(1, 20), min_size=1))
def test_sums_of_windows_are_sums_of_windows(values, lengths):
    lengths = sorted(lengths)
    moving = sums.WindowSums(lengths)
    for at, value in enumerate(values, 1):
        moving.push(value)
        for length in lengths:
            assert moving.of(length) == sum(values[max(0, at - length) : at])
