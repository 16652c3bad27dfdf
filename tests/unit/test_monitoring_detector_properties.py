"""Starts and ends alternate, whatever is found."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.load_monitoring import load

detector, findings = load("detector"), load("findings")
Step, Hysteresis = detector.Step, detector.Hysteresis
Finding, Signal, Grade = findings.Finding, findings.Signal, findings.Grade

levels = st.floats(0, 3)
grades = st.sampled_from(Grade)
rules = st.builds(
    Hysteresis,
    start_after=st.integers(1, 4),
    end_after=st.integers(1, 4),
    end_below=st.floats(0.1, 1),
    calm=st.integers(0, 5),
)


def run(found, rule, twice=False):
    """The changes of a series of (level, grade), with states as a row would keep them."""
    state, changes = {}, []
    for at, (level, grade) in enumerate(found):
        for _ in range(1 + twice):
            finding = Finding(Signal.SILENCE, level, grade)
            state, change = detector.observe(json.loads(json.dumps(state)), at, finding, rule)
            changes += [change] if change else []
            assert len(json.dumps(state)) < 200
    return changes


@given(st.lists(st.tuples(levels, grades)), rules)
def test_starts_and_ends_alternate(found, rule):
    steps = [change.step for change in run(found, rule) if change.step is not Step.RAISED]
    assert steps == [Step.STARTED, Step.ENDED] * (len(steps) // 2) + [Step.STARTED] * (
        len(steps) % 2
    )


@given(st.lists(st.tuples(levels, grades)), rules)
def test_the_same_findings_give_the_same_changes_also_when_told_twice(found, rule):
    assert run(found, rule) == run(found, rule, twice=True)


@given(st.lists(st.tuples(levels, grades)), rules)
def test_nothing_starts_before_its_time(found, rule):
    """A start is the last of so many successive findings at the limit."""
    for change in run(found, rule):
        if change.step is Step.STARTED:
            last = found[change.at - rule.start_after + 1 : change.at + 1]
            assert len(last) == rule.start_after
            assert all(level >= 1 for level, _ in last)
            assert change.since == change.at - rule.start_after + 1
        elif change.step is Step.ENDED:
            last = found[change.at - rule.end_after + 1 : change.at + 1]
            assert all(level < rule.end_below for level, _ in last)


@given(st.lists(levels, min_size=1), st.integers(1, 3))
def test_a_level_between_both_limits_changes_nothing(found, times):
    rule = Hysteresis(start_after=1, end_after=1, end_below=0.5)
    swaying = [(2.0, Grade.PAGE)] + [(0.5 + level / 6.1, Grade.PAGE) for level in found] * times
    assert [change.step for change in run(swaying, rule)] == [Step.STARTED]


def test_a_higher_grade_is_told_once():
    ticket, page = (1.5, Grade.TICKET), (1.5, Grade.PAGE)
    changes = run([ticket, page, ticket, page, page], Hysteresis(start_after=1))
    assert [change.step for change in changes] == [Step.STARTED, Step.RAISED]


def test_what_is_switched_off_ends():
    finding = Finding(Signal.SILENCE, 2.0)
    state, _ = detector.observe({}, 1, finding, Hysteresis(start_after=1))
    state, change = detector.forget(state, 2, finding)
    assert change.step is Step.ENDED
    assert not detector.is_open(state)
    assert detector.forget(state, 3, finding) == ({}, None)
