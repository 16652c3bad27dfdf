# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A circuit breaker as a value: every operation returns the next breaker.

Workers share one breaker through a database row, so nothing here keeps time or locks: the caller
reads the row, asks, and writes back what it got (the very same object if nothing changed). Each
change of circuit starts a new *generation*; a result that was permitted under an older one changes
nothing, so that calls which hung for a minute cannot reopen a circuit that has recovered.

Circuits::

    closed ──(enough failures)──> open ──(time passes)──> half_open
      ^                            ^                          │
      │                            └──(a probe fails: twice as long)
      └──────────────────────────────(all probes succeed)─────┘

and, by hand, ``forced_open`` (nothing passes) and ``disabled`` (everything passes, nothing counts).
All times are seconds on one clock, normally the database's epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple


class Circuit(StrEnum):
    """What the breaker lets pass. Values are what the database stores."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """When a circuit opens and how it is tried again.

    :param window: seconds over which calls are counted.
    :param bucket: seconds of one bucket of the window.
    :param min_calls: calls in the window below which the circuit never opens.
    :param failure_ratio: share of failures, above 0 to 1, that opens it.
    :param open_seconds: how long it stays open the first time; doubles with each failed probe.
    :param max_open_seconds: longest time that it stays open.
    :param probes: calls that may be out at once while half open; as many must succeed to close.
    :param probe_lease: seconds after which a probe without a result no longer counts as out (its
        worker may have died).
    """

    window: float = 60.0
    bucket: float = 10.0
    min_calls: int = 10
    failure_ratio: float = 0.5
    open_seconds: float = 30.0
    max_open_seconds: float = 600.0
    probes: int = 1
    probe_lease: float = 60.0

    def __post_init__(self) -> None:
        if not 0 < self.bucket <= self.window or self.window / self.bucket > 100:
            raise ValueError("a window is made of 1 to 100 buckets")
        if self.min_calls < 1 or not 0 < self.failure_ratio <= 1:
            raise ValueError("at least one call, and a failure ratio above 0 up to 1")
        if not 0 < self.open_seconds <= self.max_open_seconds:
            raise ValueError("open_seconds is positive and not above max_open_seconds")
        if not 1 <= self.probes <= 3 or self.probe_lease <= 0:
            raise ValueError("1 to 3 probes with a positive lease")


class Bucket(NamedTuple):
    """Results of one slice of time; ``number`` is ``floor(now / bucket seconds)``."""

    number: int
    successes: int
    failures: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """The breaker of one interface.

    :param generation: grows with each change of circuit; store it with each permit.
    :param opened_until: while open, when the first probe may leave.
    :param open_seconds: how long the latest opening lasts; 0 after a recovery.
    :param buckets: counts of the window, oldest first, while closed.
    :param probes: while half open, when the lease of each outstanding probe ends.
    :param probe_successes: while half open, probes that succeeded.
    """

    config: BreakerConfig = field(default_factory=BreakerConfig)
    state: Circuit = Circuit.CLOSED
    generation: int = 0
    opened_until: float = 0.0
    open_seconds: float = 0.0
    buckets: tuple[Bucket, ...] = ()
    probes: tuple[float, ...] = ()
    probe_successes: int = 0

    # -- storage ---------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Everything but the configuration, fit for JSON."""
        return {
            "state": self.state.value,
            "generation": self.generation,
            "opened_until": self.opened_until,
            "open_seconds": self.open_seconds,
            "buckets": [list(bucket) for bucket in self.buckets],
            "probes": list(self.probes),
            "probe_successes": self.probe_successes,
        }

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any] | None, config: BreakerConfig | None = None
    ) -> "Breaker":
        """What :meth:`to_dict` gave, under the present configuration; ``None`` is a new breaker.

        :raises ValueError, KeyError, TypeError: not such a mapping.
        """
        config = config or BreakerConfig()
        if not data:
            return cls(config)
        return cls(
            config=config,
            state=Circuit(data["state"]),
            generation=int(data["generation"]),
            opened_until=float(data["opened_until"]),
            open_seconds=float(data["open_seconds"]),
            buckets=tuple(Bucket(*map(int, bucket)) for bucket in data["buckets"]),
            probes=tuple(map(float, data["probes"])),
            probe_successes=int(data["probe_successes"]),
        )

    # -- asking ----------------------------------------------------------------------------

    def permits(self, now: float, wanted: int) -> "tuple[int, Breaker]":
        """How many of the ``wanted`` calls may leave, and the breaker to store.

        Calls are granted under the returned breaker's ``generation``. A half-open circuit
        leases its few probes; give back what is not used with :meth:`release`.
        """
        if wanted < 0:
            raise ValueError("a caller wants 0 calls or more")
        if self.state in (Circuit.CLOSED, Circuit.DISABLED):
            return wanted, self
        if self.state is Circuit.FORCED_OPEN or not wanted:
            return 0, self
        if self.state is Circuit.OPEN:
            if now < self._probe_time(now):
                return 0, self
            return self._change(Circuit.HALF_OPEN)._lease(now, wanted)
        return self._lease(now, wanted)

    def record(self, now: float, successes: int, failures: int, generation: int) -> "Breaker":
        """Count results of calls that were permitted under ``generation``.

        Count as failures what says that the other side is unwell (timeouts, refused
        connections, 5xx, 429), not what is wrong with one message.
        """
        if successes < 0 or failures < 0:
            raise ValueError("counts are not negative")
        if generation != self.generation or not successes + failures:
            return self
        if self.state is Circuit.CLOSED:
            return self._count(now, successes, failures)
        if self.state is Circuit.HALF_OPEN:
            return self._judge_probes(now, successes, failures)
        return self

    def release(self, count: int, generation: int) -> "Breaker":
        """Give back permits that were not used, so that another worker may probe."""
        if generation != self.generation or self.state is not Circuit.HALF_OPEN or count < 1:
            return self
        return replace(self, probes=self.probes[: max(len(self.probes) - count, 0)])

    def next_probe_at(self, now: float) -> float | None:
        """When it is worth asking again; ``None`` if calls pass anyway, or never will."""
        if self.state is Circuit.OPEN:
            return self._probe_time(now)
        if self.state is Circuit.HALF_OPEN:
            live = sorted(lease for lease in self.probes if lease > now)
            free = self.config.probes - self.probe_successes - len(live)
            return now if free > 0 or not live else live[0]
        return None

    # -- by hand ---------------------------------------------------------------------------

    def force_open(self) -> "Breaker":
        """Let nothing pass until :meth:`reset`."""
        return self._change(Circuit.FORCED_OPEN)

    def disable(self) -> "Breaker":
        """Let everything pass and count nothing until :meth:`reset`."""
        return self._change(Circuit.DISABLED)

    def reset(self) -> "Breaker":
        """Close the circuit and forget what happened."""
        return self._change(Circuit.CLOSED, open_seconds=0.0)

    # -- inner workings --------------------------------------------------------------------

    def _change(
        self, state: Circuit, opened_until: float = 0.0, open_seconds: float | None = None
    ) -> "Breaker":
        """Another circuit: a new generation with nothing counted and nothing leased."""
        return Breaker(
            config=self.config,
            state=state,
            generation=self.generation + 1,
            opened_until=opened_until,
            open_seconds=self.open_seconds if open_seconds is None else open_seconds,
        )

    def _open(self, now: float) -> "Breaker":
        config = self.config
        seconds = 2 * self.open_seconds if self.open_seconds else config.open_seconds
        seconds = min(seconds, config.max_open_seconds)
        return self._change(Circuit.OPEN, opened_until=now + seconds, open_seconds=seconds)

    def _probe_time(self, now: float) -> float:
        # A clock that was wrong for a moment must not keep the circuit open for a year.
        return min(self.opened_until, now + self.config.max_open_seconds)

    def _lease(self, now: float, wanted: int) -> "tuple[int, Breaker]":
        horizon = now + self.config.probe_lease
        live = tuple(lease for lease in self.probes if now < lease <= horizon)
        free = max(self.config.probes - self.probe_successes - len(live), 0)
        granted = min(wanted, free)
        if not granted and live == self.probes:
            return 0, self
        return granted, replace(self, probes=live + (horizon,) * granted)

    def _judge_probes(self, now: float, successes: int, failures: int) -> "Breaker":
        if failures:
            return self._open(now)
        total = self.probe_successes + successes
        if total >= self.config.probes:
            return self.reset()
        # The oldest leases end first: which probe answered does not matter.
        return replace(self, probes=self.probes[successes:], probe_successes=total)

    def _count(self, now: float, successes: int, failures: int) -> "Breaker":
        config = self.config
        current = int(now // config.bucket)
        oldest = current - round(config.window / config.bucket) + 1
        # Up to one bucket ahead: another machine's clock may be a little fast.
        kept = {b.number: b for b in self.buckets if oldest <= b.number <= current + 1}
        bucket = kept.get(current, Bucket(current, 0, 0))
        kept[current] = Bucket(current, bucket.successes + successes, bucket.failures + failures)
        buckets = tuple(kept[number] for number in sorted(kept))
        failed = sum(b.failures for b in buckets)
        calls = failed + sum(b.successes for b in buckets)
        if failures and calls >= config.min_calls and failed >= config.failure_ratio * calls:
            return self._open(now)
        return replace(self, buckets=buckets)
