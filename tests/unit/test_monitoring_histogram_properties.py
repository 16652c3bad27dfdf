"""Laws of latency histograms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

histogram = load("histogram")
Histogram = histogram.Histogram

durations = st.floats(0, 700_000)
histograms = st.lists(durations, max_size=30).map(Histogram.of)
shares = st.floats(0, 1)


@given(histograms, histograms, histograms)
def test_merging_is_associative_and_commutative(one, two, three):
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert one.merge(two) == two.merge(one)
    assert one.merge(Histogram()) == one
    assert histogram.merge_all([one, two, three]) == one.merge(two).merge(three)


@given(st.lists(durations), st.lists(durations))
def test_merging_is_counting_together(one, two):
    assert Histogram.of(one).merge(Histogram.of(two)) == Histogram.of(one + two)


@given(histograms)
def test_a_row_gives_back_what_it_took(one):
    assert Histogram.from_list(one.to_list()) == one
    assert Histogram.from_list(None) == Histogram()


@given(st.lists(durations, min_size=1), shares, shares)
def test_quantiles_rise_with_the_share(values, one, other):
    of = Histogram.of(values)
    low, high = sorted((one, other))
    assert of.quantile(low).value <= of.quantile(high).value


@given(st.lists(durations, min_size=1), st.sampled_from((0.5, 0.95, 0.99, 0.0, 1.0)))
def test_the_true_value_lies_within_the_stated_error(values, share):
    found = Histogram.of(values).quantile(share)
    true = sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]
    assert found.low <= true <= found.high
    assert abs(true - found.value) <= found.error


@given(st.lists(durations), st.sampled_from(histogram.BOUNDS))
def test_at_a_bound_it_is_exact_who_was_slower(values, bound):
    assert Histogram.of(values).over(bound) == sum(value > bound for value in values)


@given(st.lists(durations), durations, durations)
def test_fewer_are_slower_than_a_higher_threshold(values, one, other):
    low, high = sorted((one, other))
    assert Histogram.of(values).over(low) >= Histogram.of(values).over(high)


def test_bounds_rise_from_a_millisecond_to_a_week():
    assert histogram.BOUNDS[0] == 0.001
    assert histogram.BOUNDS[-1] == 7 * 86400
    pairs = list(zip(histogram.BOUNDS, histogram.BOUNDS[1:], strict=False))
    assert all(1 < high / low <= 2.5 for low, high in pairs)


def test_a_percentile_is_interpolated():
    of = Histogram.of([1.2] * 50 + [1.8] * 50)
    assert histogram.percentiles(of)["p50"] == 1.5
    assert histogram.percentiles(Histogram()) == {"p50": None, "p95": None, "p99": None}


def test_clocks_that_disagree_and_what_is_no_number():
    assert Histogram.of([-3.0]) == Histogram.of([0.0])
    with pytest.raises(ValueError, match="number of seconds"):
        Histogram().add(math.nan)
    with pytest.raises(ValueError, match="share"):
        Histogram().quantile(1.5)
    with pytest.raises(ValueError, match="other bounds"):
        Histogram.from_list([1] * 99)
