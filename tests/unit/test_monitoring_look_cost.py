"""A look of the watch costs little, and finds the same as one that takes its time."""

import random
from datetime import date

import pytest

from tests.unit.load_monitoring import load

hours_of_week = load("hours_of_week")
indicators = load("indicators")
silence = load("silence")
slo = load("slo")
burn_rate = load("burn_rate")

FOUR_WEEKS = 28 * 86400
#: Before the change of summer time of 2026 in Berlin.
START = 1_773_000_000


class Counted(hours_of_week.LocalWeek):
    """A week that counts how often it is asked."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = 0

    def half(self, moment):
        self.asked += 1
        return super().half(moment)


def test_a_feed_that_seldom_speaks_is_not_walked_through():
    week = Counted("Europe/Berlin")
    gap = silence.Gap(START, START, 0.0)
    assert silence.significant_at(gap, [1e-5] * 336, week) is None
    assert week.asked == 0


def test_with_holidays_it_is_for_they_may_be_busier():
    week = Counted("Europe/Berlin", [date(2026, 3, 19)])
    gap = silence.Gap(START, START, 0.0)
    assert silence.significant_at(gap, [1e-5] * 336, week) is None
    assert week.asked > 2000


@pytest.mark.parametrize("seed", range(40))
def test_never_is_said_only_of_what_never_comes(seed):
    chance = random.Random(seed)
    week = hours_of_week.LocalWeek("Europe/Berlin")
    rates = [chance.random() ** 8 * 1e-3 for _ in range(336)]
    gap = silence.Gap(START, START, 0.0)
    comes = silence.integral(START, START + FOUR_WEEKS, rates, week)
    assert silence.significant_at(gap, rates, week, comes * 1.001) is None
    assert silence.significant_at(gap, rates, week, comes * 0.999) is not None


@pytest.mark.parametrize("seed", range(10))
def test_windows_are_the_sums_of_what_began_within(seed):
    chance = random.Random(seed)
    until = START // 3600 * 3600 + chance.randrange(60) * 60
    objective = slo.Objective(slo.Kind.AVAILABILITY, 0.99)

    def counts():
        return indicators.Counts(10, 10, {"transient": chance.randrange(5)})

    minutes = {until - 60 * n: counts() for n in range(-2, 125) if chance.random() < 0.8}
    hours = {until // 3600 * 3600 - 3600 * n: counts() for n in range(80) if chance.random() < 0.8}
    totals, bads = indicators.windows(objective, minutes, hours, until)
    for length, total, bad in zip(burn_rate.WINDOWS, totals, bads, strict=True):
        parts = {at: one for at, one in minutes.items() if until - length <= at < until}
        if length > indicators.BY_MINUTE:
            first, present = (until - length) // 3600 * 3600, (until - 1) // 3600 * 3600
            whole = {at: one for at, one in hours.items() if at < present}
            parts = {
                at: one
                for at, one in minutes.items()
                if first <= at < until and at // 3600 * 3600 not in whole
            }
            parts |= {at: one for at, one in whole.items() if at >= first}
        assert (total, bad) == (
            10 * len(parts),
            sum(one.errors["transient"] for one in parts.values()),
        )
