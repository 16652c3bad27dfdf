# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rate limiting by token buckets.

:class:`TokenBucket` lives in the memory of one process. The sum over several processes is right if
each gets its share of the limit: divide ``rate`` and ``burst`` by the number of workers. Times are
seconds on any clock that does not jump, normally :func:`time.monotonic`.

:class:`Allowance` is a value, to be kept in a database row that all workers share; its times are
those of the database.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

#: What floating point may take off a bucket: a caller that waited as told must not be told again.
_ROUNDING: Final = 1e-9


class TokenBucket:
    """Allows ``rate`` units a second on average, and up to ``burst`` units at once.

    Starts full. Not thread-safe by itself; :class:`KeyedLimiter` locks around it.

    :param rate: units a second, above 0.
    :param burst: capacity in units, at least 1.
    """

    __slots__ = ("_tokens", "_updated", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float | None = None) -> None:
        _check(rate, burst)
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._updated = now

    def take(self, n: float, now: float) -> bool:
        """Take ``n`` units if they are there; all or nothing."""
        self._refill(now)
        if n > self._tokens + _ROUNDING:
            return False
        self._tokens = max(self._tokens - n, 0.0)
        return True

    def charge(self, n: float, now: float) -> None:
        """Take ``n`` units although they may not be there: a cost that is known afterwards only.

        The debt is at most one burst, so that one large unit is not paid for ever.
        """
        self._refill(now)
        self._tokens = max(self._tokens - n, -self.burst)

    def wait(self, n: float, now: float) -> float:
        """Seconds until ``n`` units will be there; 0 if they are, infinite if they never will."""
        self._refill(now)
        if n <= self._tokens + _ROUNDING:
            return 0.0
        if n > self.burst:
            return math.inf
        return (n - self._tokens) / self.rate

    def configure(self, rate: float, burst: float, now: float) -> None:
        """Change the limit from ``now`` on, keeping what was saved up (within the new burst)."""
        _check(rate, burst)
        self._refill(now)
        self.rate, self.burst = rate, burst
        self._tokens = min(self._tokens, burst)

    def _refill(self, now: float) -> None:
        # A clock that steps back neither grants nor takes anything.
        if self._updated is not None and now > self._updated:
            self._tokens = min(self.burst, self._tokens + (now - self._updated) * self.rate)
        self._updated = now


class KeyedLimiter:
    """One bucket a key (interface and source, say), at most ``max_keys`` of them. Thread-safe.

    When it is full, the bucket that was not used for longest is forgotten and would start full
    again. So a flood of invented keys can reset old buckets but never fill the memory: use as
    keys what cannot be invented cheaply, above all a registered interface.
    """

    def __init__(self, max_keys: int = 10_000) -> None:
        if max_keys < 1:
            raise ValueError("a limiter holds at least one key")
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, rate: float, burst: float, now: float, n: float = 1.0) -> float:
        """Take ``n`` units from the key's bucket.

        :return: 0.0 if allowed, else the seconds after which to try again (for Retry-After).
        """
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = TokenBucket(rate, burst, now)
                if len(self._buckets) > self._max_keys:
                    self._buckets.popitem(last=False)
            else:
                self._buckets.move_to_end(key)
                if bucket.rate != rate or bucket.burst != burst:
                    bucket.configure(rate, burst, now)
            return 0.0 if bucket.take(n, now) else bucket.wait(n, now)

    def charge(self, key: str, n: float, now: float) -> None:
        """Take ``n`` units more from a bucket, into debt if need be; a forgotten key owes none."""
        with self._lock:
            if bucket := self._buckets.get(key):
                bucket.charge(n, now)

    def __len__(self) -> int:
        return len(self._buckets)


@dataclass(frozen=True)
class Allowance:
    """What a token bucket holds: ``tokens`` at the moment ``at`` (seconds).

    Every method takes the present limit, so that a changed one counts at once: ``rate`` in units a
    second, ``burst`` the capacity in units.
    """

    tokens: float
    at: float

    def refilled(self, rate: float, burst: float, now: float) -> "Allowance":
        """The bucket at ``now``. A clock that steps back neither grants nor takes anything."""
        _check(rate, burst)
        gained = max(now - self.at, 0.0) * rate
        return Allowance(min(burst, self.tokens + gained), max(now, self.at))

    def take(self, wanted: int, rate: float, burst: float, now: float) -> tuple[int, "Allowance"]:
        """Take up to ``wanted`` whole units: how many there were, and what is left."""
        full = self.refilled(rate, burst, now)
        granted = max(0, min(wanted, math.floor(full.tokens + _ROUNDING)))
        return granted, replace(full, tokens=max(full.tokens - granted, 0.0))

    def wait(self, wanted: int, rate: float, burst: float, now: float) -> float:
        """Seconds until ``wanted`` units, or as many as the bucket holds, will be there."""
        full = self.refilled(rate, burst, now)
        missing = min(wanted, math.floor(burst)) - full.tokens
        return max(missing, 0.0) / rate if missing > _ROUNDING else 0.0


def _check(rate: float, burst: float) -> None:
    if not (0 < rate < math.inf and 1 <= burst < math.inf):
        raise ValueError("a rate is above 0, and a burst at least 1")
