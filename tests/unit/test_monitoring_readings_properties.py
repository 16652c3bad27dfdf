"""Plain readings become findings: level 1 is exactly at the limit, and numbers say so."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

readings, findings, slo = load("readings"), load("findings"), load("slo")
detector, objectives = load("detector"), load("objectives")
Signal, Grade = findings.Signal, findings.Grade
DAY = 86400
counts = st.integers(0, 100_000)
seconds = st.floats(0, 1e7)
KEPT = slo.Objective(slo.Kind.DURABILITY, 0.999)

made = st.one_of(
    st.builds(readings.queue_age, seconds, st.floats(1, 1e5)),
    st.builds(readings.dead_letters, counts, seconds, st.floats(0, 100)),
    st.builds(readings.duplicates, counts, counts, st.floats(0, 100)),
    st.builds(readings.recovery, seconds, st.floats(1, 1e5)),
    st.builds(readings.durability, st.just(KEPT), counts, counts),
    st.builds(
        readings.breaker_open,
        st.sampled_from(["closed", "open", "half_open", "forced_open", "disabled"]),
    ),
    st.builds(
        readings.part_down,
        st.sampled_from([Signal.RUNNER_DOWN, Signal.LISTENER_DOWN]),
        seconds,
        st.floats(0, 1e4),
    ),
    st.builds(readings.probe_failed, st.builds(readings.Probe, counts, counts)),
    st.builds(
        readings.expiry,
        st.none() | st.floats(-1e7, 1e8),
        st.sampled_from(["secret", "certificate"]),
        st.floats(0, 60),
    ),
    st.builds(
        readings.retention,
        st.builds(readings.Retention, counts, counts, counts, st.booleans()),
    ),
    st.builds(
        readings.audit_chain, st.sampled_from(["intact", "broken", "failed"]), counts, counts
    ),
    st.builds(readings.error_groups, st.builds(readings.ErrorGroups, counts, counts, counts)),
)


@given(made)
def test_numbers_stand_in_a_finding_that_is_at_its_limit_and_nowhere_else(finding):
    assert finding.level >= 0
    assert bool(finding.facts) == (finding.level >= 1)
    assert json.loads(json.dumps(finding.to_dict()))["signal"] == finding.signal


@given(made)
def test_a_reading_that_is_at_its_limit_starts_at_once_and_once(finding):
    state, told = {}, []
    for at in range(1, 6):
        rule = readings.hysteresis(finding.signal)
        state, change = detector.observe(state, at, finding, rule)
        told += [change] if change else []
    assert [one.step for one in told] == ([detector.Step.STARTED] if finding.level >= 1 else [])


@given(made)
def test_a_reading_that_is_well_again_ends_what_was_started(finding):
    rule = readings.hysteresis(finding.signal)
    state, change = detector.observe({}, 0, finding, rule)
    for at in range(1, rule.end_after + 1):
        well = findings.Finding(finding.signal, 0.0)
        state, change = detector.observe(state, at * 60, well, rule)
    assert not detector.is_open(state)
    assert (change is not None) == (finding.level >= 1)


def test_queues_wait_by_latency_class_recovery_time_and_setting():
    allowed = readings.queue_allowed
    assert [allowed(name) for name in ("realtime", "near_realtime", "batch")] == [60, 300, 14400]
    assert allowed("batch", rto_minutes=10) == 600
    assert allowed("realtime", rto_minutes=10) == 60
    assert allowed("realtime", rto_minutes=1, limit=900) == 900
    assert readings.queue_age(300, 300).level == 1
    assert readings.queue_age(299, 300).level < 1


def test_dead_letters_get_urgent_when_they_are_many():
    assert readings.dead_letters(1).grade is Grade.TICKET
    assert readings.dead_letters(10).grade is Grade.PAGE
    assert readings.dead_letters(4, limit=5).level < 1
    assert readings.dead_letters(12, limit=20).grade is Grade.TICKET


def test_a_partner_may_repeat_itself_but_not_mostly():
    assert readings.duplicates(19, 0).level < 1
    assert readings.duplicates(20, 0).level == 1
    assert readings.duplicates(200, 1000).level < 1
    assert readings.duplicates(1000, 1000).level == 1


def test_ends_are_told_two_weeks_before_and_urgent_two_days_before():
    told = [readings.expiry(days * DAY) for days in (20, 14, 3, 2, -1)]
    assert [one.level >= 1 for one in told] == [False, True, True, True, True]
    assert [one.grade for one in told[1:]] == [Grade.TICKET, Grade.TICKET, Grade.PAGE, Grade.PAGE]
    assert told[-1].facts["ended"] == 1
    assert readings.expiry(20 * DAY, limit=30).level >= 1
    assert readings.expiry(None).level == 0


def test_what_may_be_lost_is_a_share_of_what_was_acknowledged():
    assert readings.durability(KEPT, 100, 1).level == 1
    assert readings.durability(KEPT, 10_000, 5).level == pytest.approx(0.5)
    assert readings.durability(KEPT, 10_000, 10).level == pytest.approx(1)


def test_promises_grow_with_the_criticality():
    order = ["low", "medium", "high", "vital"]
    promises = [objectives.defaults(name, "realtime") for name in order]
    for kind in range(4):
        targets = [one[kind].target for one in promises]
        assert targets == sorted(targets)
    heal = [one[2].threshold for one in promises]
    assert heal == sorted(heal, reverse=True)


def test_promises_follow_what_was_agreed():
    latency, _available, recovery, durability = objectives.defaults("medium", "batch", 30, 0)
    assert (latency.threshold, recovery.threshold, durability.target) == (3600, 1800, 0.9999)
    assert objectives.defaults("medium", "batch", 30, 60)[3].target == 0.999
    bounds = load("histogram").BOUNDS
    assert set(objectives.LATENCY_SECONDS.values()) <= set(bounds)
