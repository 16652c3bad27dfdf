"""Incidents: one start, one end, one cause, told to those whom it concerns."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

incidents, states, severity = load("incidents"), load("incident_states"), load("severity")
escalation, maintenance, causes = load("escalation"), load("maintenance"), load("causes")
detector, findings = load("detector"), load("findings")
Signal, Step, Told = findings.Signal, detector.Step, incidents.Told
Severity, State, Act = severity.Severity, states.State, states.Act


def change(signal, step, at):
    return detector.Change(step, at, at, findings.Finding(signal, 2.0), 2.0)


signals = st.sampled_from([Signal.SILENCE, Signal.VOLUME_LOW, Signal.BREAKER_OPEN])
steps = st.tuples(
    signals,
    st.sampled_from([Step.STARTED, Step.ENDED]),
    st.integers(1, 3000),
    st.sampled_from(Severity),
)


@given(st.lists(steps, max_size=40))
def test_starts_and_ends_of_incidents_alternate(events):
    now, incident, told = 0, None, []
    for signal, step, seconds, how in events:
        now += seconds
        incident, notice = incidents.settle(incident, now)
        told += [notice] if notice else []
        incident, notice = incidents.take(incident, change(signal, step, now), how)
        told += [notice] if notice else []
    ends = [one.told for one in told if one.told is not Told.WORSE]
    assert all(a != b for a, b in itertools.pairwise(ends))
    assert not ends or ends[0] is Told.START
    for before, after in itertools.pairwise(told):
        if after.told is Told.WORSE:
            assert after.severity < before.severity


def test_several_signals_are_one_incident_and_its_end_is_told_when_it_is_sure():
    incident, start = incidents.take(
        None, change(Signal.SILENCE, Step.STARTED, 100), Severity.MEDIUM
    )
    assert (start.told, start.at) == (Told.START, 100)
    incident, none = incidents.take(
        incident, change(Signal.VOLUME_LOW, Step.STARTED, 200), Severity.LOW
    )
    assert none is None
    incident, worse = incidents.take(
        incident, change(Signal.BREAKER_OPEN, Step.STARTED, 300), Severity.HIGH
    )
    assert worse.told is Told.WORSE
    for at, signal in enumerate((Signal.SILENCE, Signal.VOLUME_LOW, Signal.BREAKER_OPEN), 400):
        assert incident.quiet_since is None
        incident, none = incidents.take(incident, change(signal, Step.ENDED, at), Severity.LOW)
        assert none is None
    assert incidents.settle(incident, 402 + incidents.CALM - 1)[1] is None
    incident, end = incidents.settle(incident, 402 + incidents.CALM)
    assert incident is None
    assert (end.told, end.at, end.severity) == (Told.END, 402, Severity.HIGH)


def test_the_table_is_closed_and_every_state_can_end():
    assert set(states.TRANSITIONS) == set(State)
    for state, acts in states.TRANSITIONS.items():
        assert set(acts) <= set(Act)
        assert set(acts.values()) <= set(State)
        assert (state in states.TERMINAL) is (not acts)
        assert state in states.TERMINAL or acts[Act.CLOSE] is State.CLOSED
    for act in Act:
        for state in State:
            if state.value in states.sources_of(act):
                assert states.after(state, act) is states.TRANSITIONS[state][act]
            else:
                with pytest.raises(states.ActRefused):
                    states.after(state, act)


def test_severity_rises_with_criticality():
    order = ["low", "medium", "high", "vital"]
    assert set(severity.HARMS) == set(Signal)
    for signal in Signal:
        found = [severity.of(criticality, signal) for criticality in order]
        assert found == sorted(found, reverse=True)
        ticket = severity.of("vital", signal, findings.Grade.TICKET)
        assert ticket >= severity.of("vital", signal)
    assert severity.of("vital", Signal.BREAKER_OPEN) is Severity.CRITICAL
    assert severity.worst([Severity.LOW, Severity.HIGH]) is Severity.HIGH


@pytest.mark.parametrize("how", Severity)
def test_the_ladder_goes_up_in_time_to_others_and_ends(how):
    ladder = escalation.LADDERS[how]
    assert ladder[0].after == 0
    assert list(ladder) == sorted(ladder, key=lambda level: level.after)
    due = [escalation.due_at(State.OPEN, how, 1000, n) for n in range(1, len(ladder))]
    assert all(moment > 1000 for moment in due)
    assert due == sorted(due)
    assert escalation.due_at(State.OPEN, how, 1000, len(ladder)) is None
    for state in (State.RESOLVED, State.CLOSED):
        assert escalation.due_at(state, how, 1000, 1) is None
    everybody = escalation.everybody(how, len(ladder))
    assert len(everybody) == len(set(everybody))
    assert set(escalation.audience(how, 1)) <= set(everybody)


def test_what_is_acknowledged_waits_longer_but_not_for_ever():
    how = Severity.CRITICAL
    unattended = escalation.due_at(State.OPEN, how, 0, 1)
    looked_after = escalation.due_at(State.ACKNOWLEDGED, how, 0, 1, acknowledged_at=60)
    assert unattended < looked_after == 60 + escalation.PATIENCE[how]
    told = escalation.when_worse(Severity.LOW, how, 1)
    assert set(told) == {escalation.Audience.SUPPORT, escalation.Audience.OWNER}


def test_nobody_is_woken_in_a_maintenance_window():
    windows = [
        maintenance.Window(0, 100, systems=frozenset({7})),
        maintenance.Window(100, 200),
        maintenance.Window(500, 600),
    ]
    assert maintenance.muted_until(windows, 50, system=7, interface=1) == 200
    assert maintenance.muted_until(windows, 50, system=8, interface=1) is None
    assert maintenance.muted_until(windows, 200, system=7, interface=1) is None
    with pytest.raises(ValueError, match="ends after"):
        maintenance.Window(5, 5)


def test_a_stopped_runner_is_one_incident_and_not_twenty():
    wrong = [
        causes.Cause(causes.SUITE, Signal.RUNNER_DOWN, 1000),
        causes.Cause(causes.Node(causes.Subject.LISTENER, 3), Signal.LISTENER_DOWN, 1000),
    ]
    places = [causes.Place(n, n % 4, "inbound", listener=3) for n in range(20)]
    found = {causes.subject_of(Signal.SILENCE, place, 1100, wrong) for place in places}
    assert found == {causes.SUITE}
    only_listener = wrong[1:]
    found = {causes.subject_of(Signal.SILENCE, place, 1100, only_listener) for place in places}
    assert found == {causes.Node(causes.Subject.LISTENER, 3)}


def test_what_began_before_has_another_cause_as_has_what_does_not_follow():
    down = [causes.Cause(causes.Node(causes.Subject.LISTENER, 3), Signal.LISTENER_DOWN, 9000)]
    place = causes.Place(5, 1, "inbound", listener=3)
    own = causes.Node(causes.Subject.INTERFACE, 5)
    assert causes.subject_of(Signal.SILENCE, place, 5000, down) == own
    assert causes.subject_of(Signal.EXPIRY, place, 9100, down) == own
    outbound = causes.Place(5, 1, "outbound", listener=3)
    assert causes.subject_of(Signal.SILENCE, outbound, 9100, down) == own
