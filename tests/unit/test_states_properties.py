"""The transition table as a whole, and a message that wanders through it."""

import pytest
from core_tools import errors, states
from core_tools.states import State
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

some_state = st.sampled_from(list(State))


def reachable(starts):
    """Every state that can be reached from any of ``starts``."""
    seen, todo = set(starts), list(starts)
    while todo:
        new = states.TRANSITIONS[todo.pop()] - seen
        seen |= new
        todo += new
    return seen


def test_the_groups_divide_the_states():
    groups = (states.TERMINAL, states.LIVE, states.ATTENTION)
    assert set().union(*groups) == set(State) == set(states.TRANSITIONS)
    assert sum(map(len, groups)) == len(State)


def test_only_terminal_states_have_no_way_out():
    assert {s for s in State if not states.TRANSITIONS[s]} == set(states.TERMINAL)


def test_every_state_can_be_reached_and_every_message_can_end():
    assert reachable(states.INITIAL) == set(State)
    for state in set(State) - states.TERMINAL:
        assert State.DONE in reachable([state]), f"{state} can never be done"
        assert State.CANCELLED in reachable([state]), f"{state} can never be resolved"


def test_only_a_claim_leads_to_an_effect():
    """Nothing becomes done without having been claimed or sent."""
    assert states.sources_of(State.DONE) == ("processing", "waiting")
    assert set(states.sources_of(State.WAITING)) == {"processing"}
    assert set(states.sources_of(State.PROCESSING)) == {"queued", "retry"}


@given(some_state, some_state)
def test_sources_and_check_agree_with_the_table(old, new):
    allowed = new in states.TRANSITIONS[old]
    assert (old.value in states.sources_of(new)) is allowed
    if allowed:
        states.check(old.value, new)
    else:
        with pytest.raises(states.IllegalTransition) as caught:
            states.check(old, new.value)
        assert (caught.value.old, caught.value.new) == (old, new)


@given(
    st.sampled_from(list(errors.ErrorClass)),
    st.integers(1, 50),
    st.none() | st.integers(1, 50),
    st.booleans(),
)
def test_a_failed_attempt_leads_to_a_legal_state(error_class, attempts, limit, idempotent):
    new = errors.next_state(error_class, attempts, limit, idempotent=idempotent)
    states.check(State.PROCESSING, new)
    if new is State.RETRY:
        assert limit is None or attempts < limit


class Ledger(RuleBasedStateMachine):
    """Applies ``UPDATE ... WHERE state = ANY(sources)`` with any target, as racing workers do."""

    def __init__(self):
        super().__init__()
        self.state = State.QUEUED
        self.history = [State.QUEUED]

    @rule(target_state=some_state)
    def update(self, target_state):
        if self.state.value in states.sources_of(target_state):
            self.state = target_state
            self.history.append(target_state)

    @invariant()
    def nothing_follows_the_end(self):
        assert all(state not in states.TERMINAL for state in self.history[:-1])

    @invariant()
    def attempts_begin_with_a_claim(self):
        for old, new in zip(self.history, self.history[1:], strict=False):
            if new in (State.DONE, State.WAITING, State.RETRY, State.DEAD):
                assert old in (State.PROCESSING, State.WAITING)


TestLedger = Ledger.TestCase
