"""When PostgreSQL itself becomes the trouble."""

import pytest

from tests.unit.load_monitoring import load

database_state = load("database_state")
findings = load("findings")
State, judge = database_state.State, database_state.judge


@pytest.mark.parametrize(
    ("state", "what", "grade"),
    [
        (State(connections=90, allowed=100), "connections", findings.Grade.PAGE),
        (State(oldest=3600.0), "oldest", findings.Grade.TICKET),
        (State(table="integration_message", dead=0.5), "dead", findings.Grade.TICKET),
        (State(disk=0.9), "disk", findings.Grade.PAGE),
    ],
)
def test_each_limit_is_told_when_it_is_reached(state, what, grade):
    found = judge(state)
    assert found.level >= 1
    assert (found.facts["what"], found.grade) == (what, grade)


@pytest.mark.parametrize(
    "state",
    [
        State(),
        State(connections=89, allowed=100),
        State(oldest=3599.0),
        State(table="integration_message", dead=0.49),
        State(disk=0.89),
        State(connections=0, allowed=0),
    ],
)
def test_below_the_limits_nothing_is_said(state):
    found = judge(state)
    assert found.level < 1
    assert not found.facts


def test_the_nearest_limit_speaks():
    found = judge(State(connections=95, allowed=100, disk=0.99))
    assert found.facts == {"what": "disk", "percent": 99}
