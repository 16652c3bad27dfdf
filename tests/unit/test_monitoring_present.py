"""What looks within a minute tell, and what they do not make a noise about."""

import json
import random

import pytest

from tests.unit.load_monitoring import load
from tests.unit.monitoring_looks import OBJECTIVES, Counted, Looks, Minute

burn_rate, indicators, present, watch = map(load, ("burn_rate", "indicators", "present", "watch"))
profiles, hours, slo = load("traffic_profile"), load("hours_of_week"), load("slo")
Signal = load("findings").Signal
BEGIN = 29_540_010  # minutes
#: Totals and bad ones of all windows of an interface that is well.
WELL = ([100_000] * len(burn_rate.WINDOWS), [0] * len(burn_rate.WINDOWS))
CALM = 90  # minutes that go well before


def new_watch():
    return watch.Watch(profiles.BLANK, hours.LocalWeek())


def minute_of(second, bad, each=1.0):
    """A minute with a message each so many seconds, of which those within ``bad`` fail."""
    times = [n * each for n in range(round(60 / each))]
    begin, end = bad
    failed = [at for at in times if begin <= second + at < end]
    return Minute(times, failed, [])


def told(bad, each=1.0, every=(15,), minutes=10):
    """Seconds from the beginning of trouble to its alarm; ``None`` without one.

    :param bad: from and until, in seconds after an hour and a half without trouble
    """
    looks = Looks(new_watch(), BEGIN, random.Random(1), every)
    looks.now = BEGIN * 60 + 7
    for number in range(-CALM, minutes):
        drawn = minute_of(number * 60, bad, each)
        for now, changes in looks.minute(BEGIN + CALM + number, drawn):
            for change in changes:
                if change.finding.signal is Signal.AVAILABILITY:
                    return now - (BEGIN + CALM) * 60 - bad[0]
    return None


@pytest.mark.parametrize("begin", range(0, 60, 7))
def test_an_outage_is_told_within_a_minute(begin):
    assert told((begin, begin + 300)) <= 50


@pytest.mark.parametrize("begin", range(0, 60, 7))
@pytest.mark.parametrize("each", [0.5, 1.0, 2.0])
def test_seconds_that_fail_are_no_outage(begin, each):
    assert told((begin, begin + 15), each) is None
    assert told((begin, begin + 20), each) is None


def test_where_looks_come_once_a_minute_two_of_them_do():
    assert told((10, 300), every=(60,)) <= 120
    assert told((10, 25), every=(60,)) is None


def test_what_pauses_is_judged_anew():
    """Something failed, then nothing came: what failed long ago has not lasted since."""
    one = new_watch()
    objective = OBJECTIVES[0]
    one.sums = {objective.kind.value: WELL}

    def look(minute, second, now):
        one.next_minute = minute
        so_far = present.Present(objective, slo.Tally(0, 0), slo.Tally(*now))
        return present.burning(one, minute * 60 + second, [so_far])

    assert look(100, 10, (1, 1)) == []
    assert look(100, 25, (1, 1)) == [], "nothing came"
    assert look(110, 10, (12, 12)) == [], "a burst that begins badly"
    assert look(110, 25, (24, 24)) == []
    assert len(look(110, 40, (36, 36))) == 1


def test_rollups_that_were_counted_anew_may_be_less():
    one = new_watch()
    one.sums = {OBJECTIVES[0].kind.value: WELL}
    one.next_minute = 100
    for second, now in ((10, (20, 10)), (25, (15, 5)), (40, (30, 6))):
        so_far = present.Present(OBJECTIVES[0], slo.Tally(30, 0), slo.Tally(*now))
        assert present.burning(one, 6000 + second, [so_far]) == []


def test_what_is_kept_between_two_looks_survives_storage():
    one = new_watch()
    one.lately = {"availability": [6000, 20, 10, 6010]}
    stored = json.loads(json.dumps(one.to_dict()))
    again = watch.Watch.from_dict(stored, profiles.BLANK, hours.LocalWeek())
    assert again.lately == one.lately
    stored.pop("lately")  # as it was stored before
    assert watch.Watch.from_dict(stored, profiles.BLANK, hours.LocalWeek()).lately == {}


@pytest.mark.parametrize("seed", range(6))
def test_the_simulation_counts_as_rollups_do(seed):
    chance = random.Random(seed)
    begin = 29_540_000 // 60 * 60 + chance.randrange(60)
    counted, rows = Counted(), {}
    for number in range(chance.randrange(100, 6000)):
        failed = [0.0] * (chance.random() < 0.1)
        one = Minute([0.0] * chance.randrange(1, 4), failed, [])
        counted.minute(one)
        rows[(begin + number) * 60] = indicators.Counts(
            0, len(one.all), {"transient": len(failed)} if failed else {}
        )
    until = (begin + len(rows)) * 60
    hourly: dict = {}
    for at, row in rows.items():
        hour = at // 3600 * 3600
        if hour < (until - 1) // 3600 * 3600:
            known = hourly.get(hour, indicators.Counts())
            errors = known.failed + row.failed
            hourly[hour] = indicators.Counts(
                0, known.attempts + row.attempts, {"transient": errors} if errors else {}
            )
    recent = {at: row for at, row in rows.items() if at >= until - 125 * 60}
    expected = indicators.windows(OBJECTIVES[0], recent, hourly, until)
    [available, _latency] = counted.windows(begin)
    assert (list(available.totals), list(available.bads)) == expected
