# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The pace of bulk work: so many messages a minute, in gulps and not one by one.

A task remembers until when it has used up its rate, its ``paid`` time. What has passed since then
is what it may spend. Seconds count, so that a rate of one a minute works like one of thousands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: Seconds between two gulps, if the rate allows one message in so short a time.
INTERVAL: Final = 5.0
#: What was not spent for longer than so many seconds is lost: no burst after a standstill.
LONGEST: Final = 15.0
#: Messages of one transaction.
BATCH: Final = 200
#: Rates that may be chosen, in messages a minute.
SLOWEST: Final = 1
FASTEST: Final = 100_000


@dataclass(frozen=True)
class Pace:
    """How fast a task may work. ``rate`` is in messages a minute, at least 1."""

    rate: int

    @property
    def _gulp(self) -> int:
        """Messages that must have become due before a worker comes for them."""
        return max(1, min(BATCH, int(self.rate * INTERVAL / 60)))

    def allowance(self, paid: datetime, now: datetime) -> int:
        """Messages that may be taken now: a gulp, at most :data:`BATCH`, or none yet."""
        # a clock that was set back must not add to it, and rounding must not cost a message
        seconds = max((now - self._since(paid, now)).total_seconds(), 0.0)
        due = int(self.rate * seconds / 60 + 1e-6)
        return min(due, BATCH) if due >= self._gulp else 0

    def spend(self, paid: datetime, now: datetime, count: int) -> datetime:
        """The new paid time, after ``count`` messages were taken at ``now``."""
        return self._since(paid, now) + timedelta(seconds=count * 60 / self.rate)

    def due(self, paid: datetime) -> datetime:
        """When the next gulp is due."""
        return paid + timedelta(seconds=self._gulp * 60 / self.rate)

    def start(self, now: datetime) -> datetime:
        """The paid time of a task that begins: its first gulp is due at once."""
        return now - timedelta(seconds=self._gulp * 60 / self.rate)

    def minutes(self, count: int) -> int:
        """Minutes for ``count`` messages, rounded up."""
        return -(-count // self.rate)

    def _since(self, paid: datetime, now: datetime) -> datetime:
        # a slow rate must be able to save up for its single message
        longest = max(LONGEST, self._gulp * 60 / self.rate)
        return max(paid, now - timedelta(seconds=longest))
