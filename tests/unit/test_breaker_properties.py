"""The breaker against a model: workers that ask, answer late, die, and clocks that differ."""

import json

from core_tools.breaker import Breaker, BreakerConfig, Circuit
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

configs = st.builds(
    BreakerConfig,
    min_calls=st.integers(1, 20),
    failure_ratio=st.sampled_from([0.1, 0.5, 1.0]),
    open_seconds=st.sampled_from([5.0, 30.0]),
    max_open_seconds=st.sampled_from([30.0, 600.0]),
    probes=st.integers(1, 3),
    probe_lease=st.sampled_from([10.0, 60.0]),
)


class BreakerMachine(RuleBasedStateMachine):
    """Holds what a database row and a set of workers would hold."""

    @initialize(config=configs)
    def start(self, config):
        self.now = 1_000_000.0
        self.config = config
        self.breaker = Breaker(config)
        self.calls = []  # generation and end of the lease of each call that is out
        self.opened_at = None

    def store(self, breaker):
        """What goes into the database must come back equal."""
        text = json.dumps(breaker.to_dict())
        stored = Breaker.from_dict(json.loads(text), self.config)
        assert stored == breaker
        if breaker.state is Circuit.OPEN and breaker.generation != self.breaker.generation:
            self.opened_at = self.now
        assert breaker.generation >= self.breaker.generation
        changed = breaker.state is not self.breaker.state
        assert not changed or breaker.generation > self.breaker.generation
        self.breaker = stored

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 11.0, 31.0, 120.0, 700.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(wanted=st.integers(0, 30))
    def ask(self, wanted):
        before = self.breaker
        granted, after = before.permits(self.now, wanted)
        assert 0 <= granted <= wanted
        if before.state in (Circuit.CLOSED, Circuit.DISABLED):
            assert granted == wanted
            assert after is before
        if before.state is Circuit.FORCED_OPEN:
            assert granted == 0
        if before.state is Circuit.OPEN and granted:
            assert self.now >= self.opened_at + before.open_seconds
            assert after.state is Circuit.HALF_OPEN
        self.store(after)
        lease = self.now + self.config.probe_lease
        self.calls += [(after.generation, lease)] * granted

    @rule(good=st.integers(0, 30), bad=st.integers(0, 30))
    def answer(self, good, bad):
        """The oldest outstanding calls answer, whatever generation they belong to."""
        batch, self.calls = self.calls[: good + bad], self.calls[good + bad :]
        results = [True] * min(good, len(batch))
        results += [False] * (len(batch) - len(results))
        for generation in sorted({g for g, _ in batch}):
            mine = [ok for (g, _), ok in zip(batch, results, strict=True) if g == generation]
            before = self.breaker
            after = before.record(self.now, mine.count(True), mine.count(False), generation)
            if generation != before.generation:
                assert after is before, "a late result must change nothing"
            if before.state is Circuit.HALF_OPEN and generation == before.generation:
                assert not mine.count(False) or after.state is Circuit.OPEN
            self.store(after)

    @rule()
    def workers_die(self):
        """Their calls never answer."""
        self.calls = []

    @rule(count=st.integers(1, 3))
    def give_back(self, count):
        mine = [c for c in self.calls if c[0] == self.breaker.generation][:count]
        for call in mine:
            self.calls.remove(call)
        self.store(self.breaker.release(len(mine), self.breaker.generation))

    @rule(what=st.sampled_from(["force_open", "disable", "reset"]))
    def operator(self, what):
        self.store(getattr(self.breaker, what)())

    @invariant()
    def probes_stay_within_the_limit(self):
        if getattr(self, "breaker", None) is None or self.breaker.state is not Circuit.HALF_OPEN:
            return
        mine = [g for g, lease in self.calls if g == self.breaker.generation and lease > self.now]
        assert len(mine) <= self.config.probes

    @invariant()
    def it_is_never_stuck(self):
        """From an open circuit there is always a moment at which somebody may probe."""
        if getattr(self, "breaker", None) is None:
            return
        when = self.breaker.next_probe_at(self.now)
        if self.breaker.state in (Circuit.OPEN, Circuit.HALF_OPEN):
            assert when is not None
            assert when <= self.now + max(self.config.max_open_seconds, self.config.probe_lease)
            granted, _ = self.breaker.permits(max(when, self.now), 1)
            assert granted == 1
        else:
            assert when is None


TestBreaker = BreakerMachine.TestCase


@given(st.integers(1, 12))
def test_open_time_doubles_up_to_the_limit(failures):
    breaker = Breaker().record(0.0, 0, 10, 0)
    now = 0.0
    for _ in range(failures):
        expected = breaker.open_seconds
        now = breaker.next_probe_at(now)
        granted, breaker = breaker.permits(now, 5)
        assert granted == 1
        breaker = breaker.record(now, 0, 1, breaker.generation)
        assert breaker.open_seconds == min(2 * expected, 600.0)


@given(st.lists(st.tuples(st.floats(0, 600), st.integers(0, 9), st.integers(0, 9)), max_size=50))
def test_opens_exactly_when_the_window_says_so(calls):
    """Against a direct count over the same buckets."""
    config = BreakerConfig()
    breaker = Breaker(config)
    seen = []
    for now, good, bad in sorted(calls):
        seen.append((int(now // 10), good, bad))
        breaker = breaker.record(now, good, bad, 0)
        window = [c for c in seen if c[0] > int(now // 10) - 6]
        failed = sum(c[2] for c in window)
        total = failed + sum(c[1] for c in window)
        should_open = bool(bad) and total >= 10 and failed >= 0.5 * total
        assert (breaker.state is Circuit.OPEN) is should_open
        if should_open:
            return
        assert len(breaker.buckets) <= 7


def test_a_clock_that_jumped_does_not_keep_it_open_for_ever():
    opened = Breaker().record(10.0**12, 0, 10, 0)
    assert opened.state is Circuit.OPEN
    assert opened.next_probe_at(1000.0) == 1600.0
