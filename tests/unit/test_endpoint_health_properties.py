"""An endpoint's life at random: warned in order, never disabled unannounced, never twice."""

from datetime import datetime, timedelta

from core_tools import endpoint_health as health
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

steps = st.integers(0, 40 * 3600).map(lambda seconds: timedelta(seconds=seconds))
limits = st.integers(1, 200).map(lambda hours: timedelta(hours=hours))


class EndpointLife(RuleBasedStateMachine):
    """Keeps an account of its own of one endpoint, and compares."""

    @initialize(limit=limits)
    def begin(self, limit):
        self.limit = limit
        self.now = datetime(2026, 1, 1)
        self.state = health.Health()
        self.forget()

    def forget(self):
        """What is known of the present failure: nothing."""
        self.since = None
        self.told = []
        self.off = None

    @rule(limit=limits)
    def change_limit(self, limit):
        self.limit = limit

    @rule(step=steps)
    def fail(self, step):
        self.now += step
        since = self.since or self.now
        if (
            not self.off
            and self.told
            and self.now - since < self.limit * (self.told[-1][0] - 1) / 100
        ):
            self.told = []  # the limit was raised: everything is announced anew
        verdict = health.after_failure(self.state, self.now, self.limit)
        self.state = verdict.health
        if self.off:
            assert verdict == health.Verdict(self.state)
            return
        self.since = since
        share = (self.now - since) / self.limit * 100
        assert not (verdict.announcement and verdict.disabling)
        if verdict.announcement:
            self.heard(verdict.announcement, share)
        elif verdict.disabling:
            self.disabled(verdict.disabling, share)
        else:
            due = [percent for percent in health.SHARES if percent <= share]
            assert not due or self.told[-1][0] >= due[-1], "a share was passed in silence"

    def heard(self, said, share):
        assert said.percent <= share
        assert not self.told or said.percent > self.told[-1][0]
        assert said.failing_since == self.since
        assert said.disable_at > self.now
        assert said.disable_at >= self.since + self.limit
        if said.percent == health.SHARES[-1]:
            assert said.disable_at - self.now >= self.limit / 10, "time to do something about it"
        assert said.parameters()["hours_left"] >= 0
        self.told.append((said.percent, said.disable_at))

    def disabled(self, said, share):
        assert said.reason == health.Reason.FAILING
        assert share >= 100
        percent, announced_end = self.told[-1]
        assert percent == health.SHARES[-1], "the last announcement is never left out"
        assert self.now >= announced_end, "not before the moment that was announced"
        self.off = self.now

    @rule(step=steps)
    def succeed(self, step):
        self.now += step
        before = self.state
        self.state = health.after_success(before)
        if self.off:
            assert self.state == before
        else:
            self.forget()
            assert self.state == health.Health()

    @rule()
    def gone(self):
        verdict = health.after_gone(self.state, self.now)
        assert bool(verdict.disabling) is not bool(self.off)
        self.state = verdict.health
        self.since = self.since or self.now
        if not self.off:
            assert verdict.disabling.failing_since == self.since
            self.off = self.now

    @precondition(lambda self: self.off)
    @rule()
    def enable(self):
        self.state = health.Health()
        self.forget()

    @invariant()
    def the_state_tells_the_truth(self):
        if hasattr(self, "state"):
            assert self.state.disabled_at == self.off
            assert bool(self.state.disabled_because) is bool(self.off)
            assert self.state.failing_since == self.since
            assert self.state.announced == (self.told[-1][0] if self.told else 0)


TestEndpointLife = EndpointLife.TestCase
TestEndpointLife.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
