"""A page ends when the fault is over, and what it has told is not told again, but what is new is.

Minute by minute through the watch and the incidents, as the suite does it, for much traffic and for
little.
"""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

burn, detector, incidents, severity = map(load, ("burn_rate", "detector", "incidents", "severity"))
slo, sums, watches = load("slo"), load("window_sums"), load("watch")
Grade, Signal = load("findings").Grade, load("findings").Signal
BLANK = load("traffic_profile").BLANK
WEEK = load("hours_of_week").LocalWeek()
Step, Told = detector.Step, incidents.Told
PROMISE = slo.Objective(slo.Kind.LATENCY, 0.995, 5.0)
LENGTHS = [seconds // 60 for seconds in burn.WINDOWS]
START = 29_540_000
HOUR, DAY = 60, 1440
#: Minutes that the longest short window of a page and its quiet time take.
OVER = 30 + 10
#: Events of a minute, on and on: a thousand an hour, one a minute, a dozen an hour, five an hour.
TRAFFIC = {"busy": [17], "steady": [1], "low": [1, 0, 0, 0, 0], "rare": [1] + [0] * 11}


@dataclass
class Played:
    """What became of some minutes."""

    changes: list[tuple[int, str, int]] = field(default_factory=list)
    told: list[tuple[int, str]] = field(default_factory=list)

    def minutes(self, step, grade=None):
        return [at for at, one, level in self.changes if one is step and grade in (None, level)]

    def notices(self, kind):
        return [at for at, one in self.told if one is kind]


class Player:
    """One objective that is watched."""

    def __init__(self, objective=PROMISE):
        self.objective, self.at, self.played = objective, 0, Played()
        self.watch = watches.Watch(BLANK, WEEK)
        self.totals, self.bads = sums.WindowSums(LENGTHS), sums.WindowSums(LENGTHS)
        self.incident = None

    def play(self, minutes):
        """Events, and bad ones, of each minute."""
        for total, bad in minutes:
            self.totals.push(total)
            self.bads.push(bad)
            self._minute(total)
        return self.played

    def _minute(self, total):
        tallies = watches.Tallies(self.objective, self.totals.sums, self.bads.sums)
        minute, self.at = self.at, self.at + 1
        moment = (START + self.at) * 60
        for change in self.watch.minute(START + minute, total, (tallies,)):
            grade = change.finding.grade
            self.played.changes.append((minute, change.step, grade))
            harm = severity.of("high", change.finding.signal, grade)
            self._told(minute, *incidents.take(self.incident, change, harm))
        self._told(minute, *incidents.settle(self.incident, moment))

    def _told(self, minute, incident, notice):
        self.incident = incident
        if notice:
            self.played.told.append((minute, notice.told))


def traffic(kind, count, bad=False):
    pattern = TRAFFIC[kind]
    return [
        (total, total if bad else 0)
        for total in (pattern[at % len(pattern)] for at in range(count))
    ]


def outage(kind, lasts):
    """A day that is well, an outage, and three days that are well."""
    return Player().play(traffic(kind, DAY) + traffic(kind, lasts, True) + traffic(kind, 3 * DAY))


@pytest.mark.parametrize(
    ("kind", "lasts", "over"),
    [
        ("busy", 10, OVER),
        ("busy", 180, OVER),
        ("steady", 10, OVER + 2),
        ("steady", 45, OVER),
        ("low", 45, OVER + 10),
        ("low", 180, OVER),
        # Six bad ones within half an hour: seven more are to be missed.
        ("low", 30, 7 * 10),
        ("rare", 180, 7 * 12),
    ],
)
def test_a_page_ends_with_its_fault_and_is_not_told_again(kind, lasts, over):
    """It took six hours when a dozen messages came in an hour."""
    played = outage(kind, lasts)
    healed = DAY + lasts
    (paged,) = played.notices(Told.START)
    assert DAY <= paged < healed
    (ended,) = played.minutes(Step.ENDED)
    assert healed < ended <= healed + over
    assert played.notices(Told.END) == [ended + incidents.CALM // 60]
    assert played.minutes(Step.STARTED) == [paged], "no slower rule tells it again"


def test_without_much_traffic_it_takes_as_long_as_without_any():
    """Nothing comes any more: that there is nothing bad is enough."""
    played = Player().play(traffic("steady", DAY) + [(1, 1)] * 30 + [(0, 0)] * DAY)
    (ended,) = played.minutes(Step.ENDED)
    assert ended <= DAY + 30 + OVER


@pytest.mark.parametrize("kind", ["busy", "steady"])
def test_what_goes_wrong_again_is_paged_as_soon_as_the_first_time(kind):
    minutes = traffic(kind, DAY) + traffic(kind, 30, True)
    first = Player().play(minutes).notices(Told.START)[0] - DAY
    healed = traffic(kind, 2 * HOUR)
    player = Player()
    played = player.play(minutes + healed + traffic(kind, 30, True))
    again = played.notices(Told.START)[1] - len(minutes + healed)
    assert 0 <= again <= first
    assert played.minutes(Step.STARTED, Grade.PAGE) == [DAY + first, len(minutes + healed) + again]


@pytest.mark.parametrize(("events", "apart"), [(2, 25), (10, 5), (100, 1)])
def test_a_leak_that_remains_after_a_page_is_a_ticket_of_its_own(events, apart):
    """Not worth a page, but more than was promised: known no later than without the page."""
    leak = [(events, 1 if not at % apart else 0) for at in range(DAY)]
    before = traffic("busy", DAY)
    alone = Player().play(before + leak).minutes(Step.STARTED, Grade.TICKET)
    played = Player().play(before + traffic("busy", 20, True) + leak)
    (ticket,) = played.minutes(Step.STARTED, Grade.TICKET)
    (ended,) = played.minutes(Step.ENDED)
    # The window of six hours begins with an hour: it may reach back for nearly seven.
    assert ended < ticket <= ended + 7 * HOUR
    assert ticket - 20 <= min(alone, default=ticket)


@pytest.mark.parametrize(("rate", "share"), [(0.25, 0.25), (0.25, 0.5), (3, 0.05), (10, 0.05)])
def test_a_page_does_not_end_while_it_goes_on(rate, share):
    """A part fails, for two days in all, and may spare half an hour by chance."""
    begun = 0
    for seed in range(6):
        chance = random.Random(seed)
        events = [int(rate) + (chance.random() < rate % 1) for _minute in range(8 * HOUR)]
        fault = [(total, sum(chance.random() < share for _one in range(total))) for total in events]
        played = Player().play(traffic("steady", DAY) + fault)
        begun += len(played.notices(Told.START))
    assert begun <= 7, "once in fifty hours may be"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.1, 0.5, 3.0]), st.floats(0.05, 1.0))
def test_nothing_flaps(seed, rate, share):
    """Whatever the traffic and the fault: starts and ends take turns, and a fault is told once."""
    chance = random.Random(seed)

    def minute(bad):
        whole, part = divmod(rate, 1)
        total = int(whole) + (chance.random() < part)
        return total, sum(chance.random() < bad for _event in range(total))

    well = [minute(0.0) for _at in range(2 * HOUR)]
    played = Player().play(
        well + [minute(share) for _at in range(4 * HOUR)] + [minute(0.0) for _at in range(DAY)]
    )
    steps = [step for _at, step, _grade in played.changes if step is not Step.RAISED]
    assert steps == [Step.STARTED, Step.ENDED] * (len(steps) // 2)
    assert len(played.notices(Told.START)) == len(played.notices(Told.END))
    if rate * share >= 0.25:
        assert len(played.notices(Told.START)) == 1
        assert not [at for at in played.minutes(Step.STARTED, Grade.PAGE) if at > 6 * HOUR]


@given(
    st.lists(st.integers(0, 300), min_size=7, max_size=7),
    st.lists(st.floats(0, 1), min_size=7, max_size=7),
)
def test_first_alerts_are_what_they_were(events, shares):
    """With nothing told before, all rules count with all of their windows."""
    totals = [sum(events[: at + 1]) for at in range(7)]
    bads = [
        sum(int(n * s) for n, s in zip(events[: at + 1], shares, strict=False)) for at in range(7)
    ]
    plain = burn.judge(PROMISE, totals, bads)
    assert burn.judge(PROMISE, totals, bads, told=burn.Told(ended=7 * 3600)) == plain
    paging = burn.judge(PROMISE, totals, bads, told=burn.Told(True))
    assert paging.level <= plain.level
    if plain.grade is Grade.PAGE:
        assert (paging.grade, paging.facts) == (plain.grade, plain.facts)


@pytest.mark.parametrize(
    ("bad", "pace", "over"), [(1, 0.15, False), (0, 0.15, True), (1, 0.5, True)]
)
def test_a_few_bad_ones_may_be_those_of_a_fault_that_goes_on(bad, pace, over):
    """Half an hour of ninety events, after a fault of so many bad ones a minute."""
    totals = [15, 90, 180, 360, 1080, 4320, 12960]
    bads = [0, bad, 9 + bad, 18 + bad, 54 + bad, 54 + bad, 54 + bad]
    level = burn.judge(PROMISE, totals, bads, told=burn.Told(True, pace)).level
    assert (level < watches.STEADY.end_below) is over
    assert level < 1


def test_what_was_told_is_kept():
    player = Player()
    player.play(traffic("busy", DAY) + traffic("busy", 20, True) + traffic("busy", HOUR))
    assert player.watch.settled
    again = watches.Watch.from_dict(player.watch.to_dict(), BLANK, WEEK)
    assert again.settled == player.watch.settled
    data = player.watch.to_dict()
    del data["settled"]
    assert watches.Watch.from_dict(data, BLANK, WEEK).settled == {}
