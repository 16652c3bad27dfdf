"""What is usual at an hour of the week, and how far from it something has to be."""

import json
import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

hours, robust, tails = load("hours_of_week"), load("robust"), load("tails")
learning, profiles = load("profile_learning"), load("traffic_profile")
silence, volume, watch = load("silence"), load("volume"), load("watch")
Basis, Expectation = profiles.Basis, profiles.Expectation
Signal = load("findings").Signal
DAY = 1440
MONDAY = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp()) // 60
UTC_WEEK = hours.LocalWeek()


def at(*moment):
    return datetime(*moment, tzinfo=UTC).timestamp()


def test_the_hour_of_the_week_is_that_of_the_wall_clock():
    berlin = hours.LocalWeek("Europe/Berlin", [date(2026, 4, 3)])
    assert berlin.slot(at(2026, 3, 23, 7)) == 8  # winter: Monday, eight o'clock
    assert berlin.slot(at(2026, 3, 30, 6)) == 8  # summer
    assert berlin.slot(at(2026, 3, 29, 0, 59)) == 6 * 24 + 1
    assert berlin.slot(at(2026, 3, 29, 1)) == 6 * 24 + 3  # there is no two o'clock
    assert berlin.slot(at(2026, 10, 25, 0)) == berlin.slot(at(2026, 10, 25, 1)) == 6 * 24 + 2
    assert berlin.slot(at(2026, 4, 3, 8)) == 6 * 24 + 10  # Good Friday is like a Sunday
    assert hours.LocalWeek("Asia/Kolkata").half(at(2026, 3, 2, 0)) == 11


def test_modified_z_as_iglewicz_and_hoaglin_have_it():
    values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    centre, deviation = robust.median(values), robust.mad(values)
    outliers = [v for v in values if robust.modified_z(v, centre, deviation) > robust.LIMIT]
    assert outliers == [8.2, 8.3]
    with pytest.raises(ValueError, match="above 0"):
        robust.modified_z(1, 1, 0)
    with pytest.raises(ValueError, match="no values"):
        robust.median([])


@given(st.integers(0, 60), st.floats(0.01, 80), st.floats(0, 1))
def test_tails_add_up_and_rise_with_what_is_unsure(count, mean, spread):
    above, below = tails.at_least(count, mean, spread), tails.at_most(count - 1, mean, spread)
    assert above + below == pytest.approx(1.0, abs=1e-6)
    assert tails.at_least(count + 1, mean, spread) <= above + 1e-12


def test_tails_of_a_poisson_distribution():
    assert tails.at_most(0, 9.21034) == pytest.approx(1e-4, rel=1e-4)
    assert tails.at_least(3, 1.0) == pytest.approx(1 - 2.5 * math.exp(-1))
    assert tails.at_least(60, 20.0) < tails.at_least(60, 20.0, 0.3) < 0.01
    assert tails.at_least(10**5, 1.0) == 0.0


def history(days, by_hour, by_day=(1, 1, 1, 1, 1, 0.25, 0.25)):
    """Counts of each minute, from a Monday, the same every week."""
    return [round(by_hour[at // 60 % 24] * by_day[at // DAY % 7]) for at in range(days * DAY)]


RHYTHM = [2] * 6 + [8] * 14 + [4] * 4


def test_each_hour_of_the_week_is_learnt_for_itself():
    profile = learning.learn(history(28, RHYTHM), MONDAY, UTC_WEEK)
    monday, sunday = profile.buckets[9], profile.buckets[6 * 24 + 9]
    assert monday.median == 4 * sunday.median
    assert (monday.basis, monday.occurrences) == (Basis.HOUR_OF_WEEK, 4)
    assert profile.clumping == 1
    stored = json.loads(json.dumps(profile.to_dict()))
    assert profiles.Profile.from_dict(stored).buckets[9] == monday
    with pytest.raises(ValueError, match="learn it anew"):
        profiles.Profile.from_dict({**stored, "version": 0})


@pytest.mark.parametrize(
    ("days", "basis"),
    [
        (28, Basis.HOUR_OF_WEEK),
        (8, Basis.SIMILAR_DAYS),
        (1, Basis.OVERALL),
        (0, Basis.NOTHING),
    ],
)
def test_with_little_history_it_borrows_and_says_so(days, basis):
    tuesday = learning.learn(history(days, RHYTHM), MONDAY, UTC_WEEK).buckets[24 + 9]
    assert tuesday.basis is basis
    surest = learning.learn(history(28, RHYTHM), MONDAY, UTC_WEEK).buckets[24 + 9]
    assert (tuesday.sureness < surest.sureness) is (days < 28)


def test_a_kind_of_day_that_was_never_seen_is_not_too_quiet():
    profile = learning.learn(history(4, RHYTHM), MONDAY, UTC_WEEK)
    saturday = profile.buckets[5 * 24 + 9]
    assert saturday.basis is Basis.HOUR_OF_DAY
    _, low = volume.judge(0, [saturday], profile.width)
    assert low.level == 0


def test_one_wild_week_of_four_changes_what_is_usual_little():
    clean, wild = history(28, RHYTHM), history(28, RHYTHM)
    wild[: 7 * DAY] = [9 * count for count in wild[: 7 * DAY]]
    one, other = (learning.learn(counts, MONDAY, UTC_WEEK).buckets[9] for counts in (clean, wild))
    assert other.median == one.median
    assert other.mean <= 1.6 * one.mean
    none = learning.learn(wild, MONDAY, UTC_WEEK, [(MONDAY, MONDAY + 7 * DAY)]).buckets[9]
    assert none.occurrences == 3


@given(st.integers(0, 3000), st.integers(0, 2000), st.floats(0, 200), st.sampled_from(Basis))
def test_nothing_is_too_much_and_too_little(count, median, mad, basis):
    usual = Expectation(median, mad, float(median), 4, basis)
    high, low = volume.judge(count, [usual], 5)
    assert not (high.level >= 1 and low.level >= 1)
    assert high.level < 1 or count > median
    assert low.level < 1 or count < median
    further, _ = volume.judge(count + 100, [usual], 5)
    assert further.level >= high.level - 1e-9


def test_the_kinder_of_two_hours_counts_and_the_finding_explains_itself():
    night, day = (Expectation(m, 3.0, float(m), 4, Basis.HOUR_OF_WEEK) for m in (20, 100))
    assert volume.judge(100, [night, day], 5)[0].level < 1
    high = volume.judge(100, [night], 5)[0]
    assert high.level > 1
    assert high.facts["usual"] == 20
    assert high.facts["test"] == "modified_z"
    assert high.facts["basis"] == "hour_of_week"
    few = volume.judge(30, [Expectation(3, 1.0, 3.0, 4, Basis.HOUR_OF_WEEK)], 60)[0]
    assert few.facts["test"] == "poisson"


def test_silence_is_significant_when_it_was_said_to_be():
    rates = (0.5,) * 168 + (0.05,) * 168
    begin = at(2026, 3, 2)
    gap = silence.Gap().arrived(begin)
    due = silence.significant_at(gap, rates, UTC_WEEK)
    assert due == pytest.approx(begin + silence.SIGNIFICANT / 0.5 * 60)
    assert silence.integral(begin, due, rates, UTC_WEEK) == pytest.approx(silence.SIGNIFICANT)
    minutes = 0
    while silence.judge(gap).level < 1:
        gap = gap.grown(60, rates[UTC_WEEK.half(gap.until)])
        minutes += 1
    assert minutes == math.ceil((due - begin) / 60)
    assert silence.judge(gap).facts["chance"] < 1e-4
    assert silence.judge(gap.arrived(gap.until)).level == 0


def test_silence_needs_a_first_message_a_rate_and_some_minutes():
    begin = at(2026, 3, 2)
    assert silence.judge(silence.Gap().grown(1e6, 5.0)).level == 0
    assert silence.significant_at(silence.Gap(), (1.0,) * 336, UTC_WEEK) is None
    assert silence.significant_at(silence.Gap(begin, begin), (0.0,) * 336, UTC_WEEK) is None
    busy = silence.Gap(begin, begin).grown(240, 100.0)
    assert silence.judge(busy).level < 1
    assert silence.judge(busy.grown(60, 100.0)).level > 1
    assert silence.limit(10**6) > silence.limit(10) >= silence.SIGNIFICANT


def test_bursts_are_one_arrival_each():
    counts = [30 if minute % 60 == 5 else 0 for minute in range(28 * DAY)]
    profile = learning.learn(counts, MONDAY, UTC_WEEK)
    assert profile.clumping > 3
    due = silence.significant_at(
        silence.Gap(0.0, 0.0), profile.rates, UTC_WEEK, silence.limit(profile.arrivals_a_day)
    )
    assert due > 90 * 60  # one burst alone may fail to come


def test_a_watch_goes_on_from_its_row_and_knows_what_it_has_seen():
    profile = learning.learn(history(28, RHYTHM), MONDAY, UTC_WEEK)
    counts = [*history(1, RHYTHM)[: 9 * 60], *[0] * 60, *[60] * 90]
    kept = watch.Watch(profile, UTC_WEEK)
    rows, told, again = None, [], []
    for minute, count in enumerate(counts, MONDAY + 28 * DAY):
        told += kept.minute(minute, count)
        stored = watch.Watch.from_dict(rows, profile, UTC_WEEK)
        again += stored.minute(minute, count)
        assert stored.minute(minute, count) == []
        rows = json.loads(json.dumps(stored.to_dict()))
    assert told == again
    signals = {change.finding.signal for change in told}
    assert {Signal.SILENCE, Signal.VOLUME_HIGH} <= signals


def test_minutes_in_which_nobody_counted_are_no_silence():
    profile = learning.learn(history(28, RHYTHM), MONDAY, UTC_WEEK)
    kept = watch.Watch(profile, UTC_WEEK)
    begin = MONDAY + 28 * DAY + 9 * 60
    assert kept.minute(begin, 8) == []
    assert kept.minute(begin + 300, 0) == []
    assert kept.gap.expected < 10
