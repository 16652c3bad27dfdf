"""One look at one interface: what is judged, what is left alone, and when a silence began."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

watching, watch, detector = load("watching"), load("watch"), load("detector")
indicators, slo, burn_rate = load("indicators"), load("slo"), load("burn_rate")
expected_profile, profiles, silence = map(load, ("expected_profile", "traffic_profile", "silence"))
hours, wall, histogram = load("hours_of_week"), load("health_wall"), load("histogram")
Signal, Kind = load("findings").Signal, slo.Kind
Interface, Reading, Minute = watching.Interface, watching.Reading, watching.Minute
WEEK = hours.LocalWeek()
MINUTE, HOUR, DAY = 60, 3600, 86400
START = 29_540_000  # minutes; some hour
AVAILABLE = slo.Objective(Kind.AVAILABILITY, 0.99)
QUICK = slo.Objective(Kind.LATENCY, 0.99, 5.0)
PROMISED = {
    Kind.AVAILABILITY: AVAILABLE,
    Kind.RECOVERY: slo.Objective(Kind.RECOVERY, 0.9, 600.0),
    Kind.DURABILITY: slo.Objective(Kind.DURABILITY, 0.999),
}
BAD = Reading(breaker="open", oldest=4000, dead=3, lost=1, acknowledged=10, ends_in=-1.0)


def flat(per_minute):
    usual = profiles.Expectation(
        per_minute * 5, (per_minute * 5) ** 0.5, per_minute * 5, 8, profiles.Basis.HOUR_OF_WEEK
    )
    return profiles.Profile(5, (usual,) * hours.SLOTS, (per_minute,) * hours.HALVES)


def new_watch(profile=profiles.BLANK):
    return watch.Watch(profile, WEEK)


def steps(changes):
    return [(one.finding.signal, one.step) for one in changes]


def test_all_that_is_wrong_is_told_once():
    one, interface = new_watch(), Interface(objectives=PROMISED)
    found = watching.look(one, interface, BAD, [], (), 1000)
    assert {signal for signal, _step in steps(found)} == {
        Signal.BREAKER_OPEN,
        Signal.QUEUE_AGE,
        Signal.DEAD_LETTER,
        Signal.DURABILITY,
        Signal.EXPIRY,
    }
    assert not watching.look(one, interface, BAD, [], (), 1060)
    late = watching.look(one, interface, BAD, [], (), 1600)
    assert steps(late) == [(Signal.RECOVERY, detector.Step.STARTED)]


@pytest.mark.parametrize(
    "interface",
    [
        Interface(objectives=PROMISED, lifecycle="retired"),
        Interface(objectives=PROMISED, carries=False),
        Interface(objectives=PROMISED, off=frozenset(Signal)),
    ],
)
def test_what_is_not_judged_ends_at_once_and_starts_nothing(interface):
    one = new_watch()
    started = watching.look(one, Interface(objectives=PROMISED), BAD, [], (), 1000)
    ended = watching.look(one, interface, BAD, [], (), 1060)
    assert {signal for signal, _s in steps(started)} == {signal for signal, _s in steps(ended)}
    assert {step for _s, step in steps(ended)} == {detector.Step.ENDED}
    assert not watching.look(one, interface, BAD, [], (), 1120)
    assert one.facts == {}


def test_a_pause_explains_what_waits_but_not_what_was_given_up():
    one, paused = new_watch(), Interface(objectives=PROMISED, paused=True)
    found = {signal for signal, _step in steps(watching.look(one, paused, BAD, [], (), 1000))}
    assert found == {Signal.DEAD_LETTER, Signal.DURABILITY, Signal.EXPIRY}


def test_lights():
    one, interface = new_watch(), Interface(objectives=PROMISED)
    assert watching.light(one, interface, Reading(), 1000).light is wall.Light.OK
    watching.look(one, interface, BAD, [], (), 1000)
    assert watching.light(one, interface, BAD, 1000).light is wall.Light.DOWN
    held = Interface(objectives=PROMISED, carries=False)
    assert watching.light(one, held, BAD, 1000).light is wall.Light.PAUSED


# -- silence ---------------------------------------------------------------------------------


@given(st.floats(0.05, 3.0), st.integers(0, 59))
def test_a_silence_is_found_within_a_minute_of_its_significance(rate, late):
    one = new_watch(flat(rate))
    one.minute(START, 3)
    foreseen = one.significant_at()
    assert foreseen is not None
    minute = START
    while not (found := one.minute(minute := minute + 1, 0)):
        pass
    signals = {change.finding.signal: change for change in found}
    # What is missing in a bucket may be told earlier; the silence is the one that is asked for.
    while Signal.SILENCE not in signals:
        found = one.minute(minute := minute + 1, 0)
        signals = {change.finding.signal: change for change in found}
    change = signals[Signal.SILENCE]
    assert change.finding.facts["significant_at"] == pytest.approx(foreseen, abs=2)
    assert 0 <= change.at - foreseen <= MINUTE + 1e-6
    assert one.significant_at() == pytest.approx(foreseen, abs=2)
    one.minute(minute + 1, 1)
    assert one.significant is None


@given(st.floats(0.05, 3.0))
def test_a_silence_is_told_by_the_second_when_asked_between_minutes(rate):
    one = new_watch(flat(rate))
    one.minute(START, 3)
    foreseen = one.significant_at()
    for minute in range(START + 1, int(foreseen // MINUTE)):
        one.minute(minute, 0)
    if Signal.SILENCE in one.open() or foreseen % MINUTE < 1:
        return
    assert not one.silent_by(int(foreseen) - 1)
    (change,) = one.silent_by(math.ceil(foreseen) + 1)
    assert change.step is detector.Step.STARTED
    assert not one.silent_by(math.ceil(foreseen) + 2)


def test_when_a_feed_with_many_gaps_is_silent_it_takes_more():
    """The limit of the reference is for a feed of ten arrivals a day; see :mod:`silence`."""
    few, many = expected_profile.expected(5000), flat(2.0)
    assert silence.limit(few.arrivals_a_day) == pytest.approx(silence.SIGNIFICANT, abs=0.2)
    assert silence.limit(many.arrivals_a_day) > silence.SIGNIFICANT + 4


def test_nothing_is_foreseen_where_nothing_is_known():
    one = new_watch()
    one.minute(START, 3)
    assert one.significant_at() is None
    assert not one.silent_by((START + 10_000) * MINUTE)


@pytest.mark.parametrize("per_day", [1, 10, 240, 100_000])
def test_an_expected_number_waits_for_a_day_and_judges_no_lack(per_day):
    one = new_watch(expected_profile.expected(per_day))
    one.minute(START, 1)
    foreseen = one.significant_at()
    assert foreseen is None or foreseen - (START + 1) * MINUTE > 20 * HOUR
    for minute in range(START + 1, START + 600):
        assert not one.minute(minute, 0)
    assert expected_profile.expected(0) is profiles.BLANK


# -- storage ---------------------------------------------------------------------------------


def test_a_watch_is_the_same_after_it_was_stored():
    one = new_watch(flat(0.5))
    watching.look(one, Interface(objectives=PROMISED), BAD, [Minute(START, 2)], (), 1000)
    for minute in range(START + 1, START + 100):
        one.minute(minute, 0)
    one.sums = {"latency": ([7, 8], [1, 2])}
    again = watch.Watch.from_dict(json.loads(json.dumps(one.to_dict())), flat(0.5), WEEK)
    assert again.to_dict() == one.to_dict()
    assert again.significant == one.significant
    assert set(again.facts) == set(one.open())
    narrower = watch.Watch.from_dict(one.to_dict(), expected_profile.expected(9), WEEK)
    assert (narrower.bucket, narrower.filled) == (0, 0)


def test_a_watch_of_an_older_version_is_read():
    data = new_watch().to_dict()
    for name in ("facts", "significant", "width", "sums"):
        del data[name]
    assert watch.Watch.from_dict(data, flat(1.0), WEEK).facts == {}


# -- indicators ------------------------------------------------------------------------------


def test_what_a_message_says_is_no_failure_of_the_service():
    counts = indicators.Counts(9, 10, {"transient": 2, "mapping": 3, "contract": 1})
    assert indicators.tally(AVAILABLE, counts) == (10, 2)
    assert counts.failed == 6
    assert indicators.tally(AVAILABLE, indicators.Counts(0, 1, {"permanent": 2})) == (2, 2)


def test_slow_ones_are_counted_by_the_histogram():
    latency = histogram.Histogram.of([1, 2, 9, 30]).to_list()
    assert indicators.tally(QUICK, indicators.Counts(latency=latency)) == (4, 2)
    assert indicators.tally(QUICK, indicators.Counts()) == (0, 0)
    with pytest.raises(ValueError, match="not counted"):
        indicators.tally(slo.Objective(Kind.DURABILITY, 0.9), indicators.Counts())


@given(st.integers(0, 59), st.booleans())
def test_windows_of_hours_count_each_event_once(minute, rolled_up):
    until = START // 60 * HOUR + minute * MINUTE + 10 * DAY
    first = until - 4 * DAY
    one = indicators.Counts(1, 1, {"transient": 1})
    minutes = dict.fromkeys(range(until - 180 * MINUTE, until, MINUTE), one)
    present = (until - 1) // HOUR * HOUR
    whole = range(first // HOUR * HOUR, present, HOUR)
    hourly = {at: indicators.Counts(60, 60, {"transient": 60}) for at in whole}
    if not rolled_up:  # the last hour is not there yet
        hourly.pop(present - HOUR)
    totals, bads = indicators.windows(AVAILABLE, minutes, hourly, until)
    assert totals == bads
    for length, total in zip(burn_rate.WINDOWS, totals, strict=True):
        allowed = 0 if length <= indicators.BY_MINUTE else 60
        assert length // MINUTE <= total <= length // MINUTE + allowed
    # what begins at the moment or later does not count
    minutes[until] = one
    assert indicators.windows(AVAILABLE, minutes, hourly, until)[0] == totals


def test_a_day_is_made_of_its_hours_and_of_minutes_without_one():
    one = indicators.Counts(1, 1, {"transient": 1})
    hourly = {at: indicators.Counts(60, 60) for at in range(-DAY, 5 * HOUR, HOUR)}
    minutes = dict.fromkeys(range(4 * HOUR, 6 * HOUR, MINUTE), one)
    assert indicators.day(AVAILABLE, minutes, hourly, 0) == (360, 60)
    assert indicators.received(minutes, hourly, 0) == 360


# -- the present minute ----------------------------------------------------------------------


def burning(bad, total=30):
    return watch.Tallies(
        AVAILABLE, [total] * len(burn_rate.WINDOWS), [bad] * len(burn_rate.WINDOWS)
    )


def test_a_budget_that_burns_is_told_before_its_minute_is_over():
    one = new_watch()
    one.minute(START, 2, (burning(0),))
    now = (START + 1) * MINUTE
    assert one.so_far(now, [burning(20)]) == [], "this moment belongs to the minute before"
    assert steps(one.so_far(now + 15, [burning(20)])) == [(Signal.AVAILABILITY, "started")]
    assert one.so_far(now + 30, [burning(20)]) == []
    assert one.minute(START + 1, 2, (burning(20),)) == []


@pytest.mark.parametrize(
    ("total", "bad", "told"), [(100, 40, True), (100, 20, False), (8, 8, False), (10, 4, False)]
)
def test_what_began_a_minute_ago_is_not_diluted_by_an_hour_that_was_well(total, bad, told):
    one = new_watch()
    one.minute(START, 50, (burning(0, 100_000),))
    now = (START + 1) * MINUTE + 40
    changes = one.so_far(now, [burning(bad, 100_000)], [(AVAILABLE, slo.Tally(total, bad))])
    assert steps(changes) == ([(Signal.AVAILABILITY, "started")] if told else [])
    for change in changes:
        assert change.finding.facts["long_seconds"] == burn_rate.LATELY


def test_only_whole_minutes_end_what_burns():
    one = new_watch()
    one.minute(START, 2, (burning(20),))
    for second in range(1, 59):
        assert one.so_far((START + 1) * MINUTE + second, [burning(0)]) == []
    ended = [one.minute(START + at, 2, (burning(0),)) for at in range(1, 11)]
    assert [steps(changes) for changes in ended] == [[]] * 9 + [[(Signal.AVAILABILITY, "ended")]]
