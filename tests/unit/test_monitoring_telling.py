"""What is told of an incident: each thing once, whoever asks how often; and who sleeps."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

telling, states, severity = load("telling"), load("incident_states"), load("severity")
escalation, quiet_hours, sign = load("escalation"), load("quiet_hours"), load("sign_of_life")
subjects, causes, findings = load("subjects"), load("causes"), load("findings")
Kind, Standing, State = telling.Kind, telling.Standing, states.State
Severity, Audience = severity.Severity, escalation.Audience
MINUTE, HOUR = 60, 3600


def all_due(standing, now, muted=False):
    """Everything that is told at a moment, and what stands then."""
    told = []
    while found := telling.due(standing, now, muted):
        told.append(found)
        standing = found.following
        assert len(told) < 10, "it does not come to an end"
    return told, standing


def opened(worst=Severity.CRITICAL, now=0):
    _told, standing = all_due(Standing(State.OPEN, worst), now)
    return standing


def test_start_once_then_the_ladder_in_time():
    told, standing = all_due(Standing(State.OPEN, Severity.CRITICAL), 0)
    assert [one.kind for one in told] == [Kind.START]
    assert told[0].audience == (Audience.SUPPORT, Audience.OWNER)
    seen = {}
    for minute in range(120):
        for one in all_due(standing, minute * MINUTE)[0]:
            seen[minute] = (one.kind, one.audience)
            standing = one.following
    assert seen == {
        10: (Kind.STEP, (Audience.BUSINESS,)),
        30: (Kind.STEP, (Audience.MANAGERS,)),
    }
    assert standing.state is State.ESCALATED


def test_who_acknowledges_has_peace_but_not_for_ever():
    standing = replace(opened(), state=State.ACKNOWLEDGED, acknowledged_at=5 * MINUTE)
    assert all_due(standing, 2 * HOUR)[0] == []
    told, standing = all_due(standing, 2 * HOUR + 5 * MINUTE)
    assert [one.audience for one in told] == [(Audience.BUSINESS,)], "one step, not all at once"
    assert all_due(standing, 2 * HOUR + 24 * MINUTE)[0] == []
    told, _standing = all_due(standing, 2 * HOUR + 25 * MINUTE)
    assert [one.audience for one in told] == [(Audience.MANAGERS,)]


def test_worse_is_told_once_and_its_ladder_begins_then():
    standing = replace(opened(Severity.MEDIUM), severity=Severity.CRITICAL)
    told, standing = all_due(standing, 3 * HOUR)
    assert [(one.kind, one.audience) for one in told] == [
        (Kind.WORSE, (Audience.SUPPORT, Audience.OWNER))
    ]
    assert all_due(standing, 3 * HOUR + 9 * MINUTE)[0] == []
    told, _standing = all_due(standing, 3 * HOUR + 10 * MINUTE)
    assert [one.audience for one in told] == [(Audience.BUSINESS,)]


def test_the_end_is_told_to_those_who_know_of_it_and_once():
    _told, standing = all_due(opened(), 10 * MINUTE)
    told, standing = all_due(replace(standing, state=State.CLOSED), HOUR)
    assert [(one.kind, one.audience) for one in told] == [
        (Kind.END, (Audience.SUPPORT, Audience.OWNER, Audience.BUSINESS))
    ]
    assert all_due(standing, 2 * HOUR)[0] == []


def test_maintenance_holds_back_all_but_the_end_of_what_was_told():
    assert all_due(Standing(State.OPEN, Severity.HIGH), 0, muted=True)[0] == []
    assert all_due(opened(), HOUR, muted=True)[0] == []
    told, _standing = all_due(replace(opened(), state=State.CLOSED), HOUR, muted=True)
    assert [one.kind for one in told] == [Kind.END]


def test_what_lasts_is_told_after_maintenance_and_its_ladder_begins_then():
    told, standing = all_due(Standing(State.OPEN, Severity.CRITICAL), 5 * HOUR)
    assert [one.kind for one in told] == [Kind.START]
    assert all_due(standing, 5 * HOUR + 9 * MINUTE)[0] == []


def test_what_ended_within_maintenance_is_never_told():
    quiet = Standing(State.OPEN, Severity.CRITICAL, lasting=False)
    assert all_due(quiet, HOUR)[0] == []
    assert all_due(replace(quiet, state=State.CLOSED), HOUR)[0] == []


def test_nothing_goes_up_while_it_is_quiet():
    assert all_due(replace(opened(), lasting=False), 5 * HOUR)[0] == []


def test_who_asks_for_help_gets_the_next_step_at_once():
    standing = replace(opened(), state=State.ACKNOWLEDGED, acknowledged_at=0)
    told = telling.asked(standing, MINUTE)
    assert told.audience == (Audience.BUSINESS,)
    assert told.following.state is State.ESCALATED
    assert all_due(told.following, MINUTE)[0] == []
    last = telling.asked(telling.asked(told.following, 2 * MINUTE).following, 3 * MINUTE)
    assert last.audience == (Audience.MANAGERS,), "above the ladder there is somebody still"
    with pytest.raises(states.ActRefused):
        telling.asked(replace(standing, state=State.RESOLVED), 0)


def test_opened_again_is_told_and_may_go_up_once_more():
    _told, standing = all_due(opened(), 10 * MINUTE)
    first = {one.key for one in all_due(opened(), 10 * MINUTE)[0]}
    resolved = replace(standing, state=State.RESOLVED, resolved_at=11 * MINUTE)
    told = telling.again(resolved, HOUR)
    assert (told.kind, told.audience) == (Kind.AGAIN, (Audience.SUPPORT, Audience.OWNER))
    assert told.following.state is State.OPEN
    second = {one.key for one in all_due(told.following, HOUR + 10 * MINUTE)[0]}
    assert second
    assert not first & second, "a key names one telling"


def test_opened_again_within_maintenance_is_told_after_it():
    resolved = replace(opened(), state=State.RESOLVED, resolved_at=MINUTE)
    standing = telling.silently_again(resolved)
    assert standing.state is State.OPEN
    assert all_due(standing, HOUR, muted=True)[0] == []
    (told,) = all_due(standing, 2 * HOUR)[0]
    assert told.kind is Kind.START
    assert told.key != "start", "the first start has that key"


def test_after_a_window_there_is_one_step_not_all_that_would_have_been_due():
    told, standing = all_due(opened(), 5 * HOUR)
    assert [one.audience for one in told] == [(Audience.BUSINESS,)]
    assert all_due(standing, 5 * HOUR + 19 * MINUTE)[0] == []
    assert all_due(standing, 5 * HOUR + 20 * MINUTE)[0]


def test_a_word_that_does_not_come_true_lapses():
    standing = replace(opened(), state=State.RESOLVED, resolved_at=0)
    assert not telling.lapsed(standing, 2 * HOUR - 1)
    assert telling.lapsed(standing, 2 * HOUR)
    assert not telling.lapsed(replace(standing, lasting=False), 2 * HOUR)


@given(
    st.lists(
        st.tuples(st.integers(0, 3600), st.booleans(), st.sampled_from(Severity), st.booleans()),
        max_size=30,
    )
)
def test_start_end_and_worse_come_at_most_once(asked):
    """Whatever happens: one start, one end after it, worse only downwards, keys never twice."""
    now, standing, told = 0, Standing(State.OPEN, Severity.LOW), []
    for pause, muted, worst, lasting in asked:
        now += pause
        standing = replace(standing, severity=min(standing.severity, worst), lasting=lasting)
        found, standing = all_due(standing, now, muted)
        told += found
    found, _standing = all_due(replace(standing, state=State.CLOSED), now)
    told += found
    kinds = [one.kind for one in told]
    assert kinds.count(Kind.START) <= 1
    assert kinds.count(Kind.END) == kinds.count(Kind.START)
    assert kinds.count(Kind.WORSE) <= 3
    assert not kinds or (kinds[0], kinds[-1]) == (Kind.START, Kind.END)
    assert len({one.key for one in told}) == len(told)


# -- subjects --------------------------------------------------------------------------------------


def test_signals_of_the_suite_that_are_apart_have_subjects_of_their_own():
    own = {subjects.subject_of_incident(causes.SUITE, signal) for signal in subjects.APART}
    assert len(own) == len(subjects.APART)
    assert causes.SUITE not in own
    for signal in subjects.APART:
        assert subjects.signal_of(subjects.subject_of_incident(causes.SUITE, signal)) is signal
    runner = subjects.subject_of_incident(causes.SUITE, findings.Signal.RUNNER_DOWN)
    assert (runner, subjects.signal_of(runner)) == (causes.SUITE, None)


def test_signals_of_an_interface_belong_together():
    node = causes.Node(causes.Subject.INTERFACE, 2)
    for signal in findings.Signal:
        assert subjects.subject_of_incident(node, signal) == node
    assert subjects.signal_of(node) is None


# -- quiet hours -----------------------------------------------------------------------------------


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_quiet_hours_over_midnight():
    night = quiet_hours.QuietHours(22, 6.5)
    assert night.until(at("2026-03-01T21:59:59")) is None
    assert night.until(at("2026-03-01T22:00:00")) == at("2026-03-02T06:30:00")
    assert night.until(at("2026-03-02T06:29:59")) == at("2026-03-02T06:30:00")
    assert night.until(at("2026-03-02T06:30:00")) is None


def test_quiet_hours_are_those_of_the_people():
    zone = ZoneInfo("America/New_York")
    noon = quiet_hours.QuietHours(12, 13, zone)
    assert noon.until(at("2026-07-01T12:30:00", zone)) == at("2026-07-01T13:00:00", zone)
    assert noon.until(at("2026-07-01T12:30:00")) is None
    # On the night on which the clock jumps they end at the hour of the clock.
    night = quiet_hours.QuietHours(22, 6, ZoneInfo("Europe/Zurich"))
    evening = at("2026-03-28T22:00:00", ZoneInfo("Europe/Zurich"))
    assert night.until(evening) - evening == 7 * HOUR


def test_the_same_hour_twice_is_never_quiet():
    assert quiet_hours.QuietHours(8, 8).until(at("2026-03-01T08:00:00")) is None
    with pytest.raises(ValueError, match="between"):
        quiet_hours.QuietHours(24, 6)


# -- signs of life ---------------------------------------------------------------------------------


def parts(**ago):
    return [sign.Part(kind, seconds, 90) for kind, seconds in ago.items()]


@pytest.mark.parametrize(
    ("seen", "held", "why"),
    [
        ({"job_runner": 10, "rollup": 60}, False, None),
        ({"job_runner": -5, "rollup": 0}, False, None),
        ({"job_runner": 91, "rollup": 60}, False, "job_runner_down"),
        ({"job_runner": 10, "rollup": 91}, False, "rollup_down"),
        ({"job_runner": 10}, False, "rollup_down"),
        ({}, False, "job_runner_down"),
        ({"job_runner": 10, "rollup": 60}, True, "held"),
    ],
)
def test_a_sign_of_life_means_that_everything_works(seen, held, why):
    assert sign.withheld(parts(**seen), held) == why


def test_one_of_several_runners_is_enough():
    assert sign.withheld([*parts(job_runner=500, rollup=1), *parts(job_runner=1)], False) is None
