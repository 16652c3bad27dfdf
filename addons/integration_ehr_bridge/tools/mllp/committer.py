# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Group commit: what all connections delivered is stored in one transaction after another.

While one transaction is written to the disk, the next one gathers. So the more connections deliver
at once, the less each message costs. Those that were answered a moment ago are about to send again:
the next transaction waits for them, for a millisecond; a lone one waits for nobody.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .door import Door
from .reception import Part

_logger = logging.getLogger(__name__)

#: Most of one transaction: messages, and bytes of their bodies.
MOST: Final = 200
MOST_BYTES: Final = 16 * 1024 * 1024
#: Seconds for which a transaction waits for connections that took part in the last ones.
LINGER: Final = 0.001
#: Seconds for which a message waits for a database that is away, before its sender has to come
#: again: less than senders usually wait for an answer.
PATIENCE: Final = 20.0
#: Seconds for which further messages of a connection that lost one are dropped as well.
_FORGOTTEN: Final = 60.0
_PAUSES: Final = (0.05, 0.2, 0.5, 1.0)


class Unavailable(Exception):
    """Nothing can be stored now, or it is not known whether it was; it is to be tried again."""


@dataclass(slots=True)
class Job:
    """A message on its way into the ledger.

    :ivar owner: whoever is told the result, and which part of his it is
    :ivar flying: bytes that it counts for while it is on its way
    """

    door: Door
    part: Part
    owner: Any = None
    index: int = 0
    since: float = field(default_factory=time.monotonic)
    flying: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """It is stored, or was before; ``content`` is its answer, None if it gets none.

    :ivar new: whether it was stored now
    """

    content: bytes | None
    new: bool = True


@dataclass(frozen=True, slots=True)
class Waits:
    """It is stored, and its answer is known when it was handled."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """It is not stored: its sender must not be answered, so that he keeps it."""


Result = Answered | Waits | Dropped
#: Stores jobs and commits; a result for each, in order. Raises :class:`Unavailable`.
Store = Callable[[Sequence[Job]], Sequence[Result]]
Deliver = Callable[[Sequence[tuple[Job, Result]]], None]


class Committer(threading.Thread):
    """The one thread that stores. It ends after :meth:`finish`, when all is done.

    :param deliver: is told results, in this thread
    :param failed: is told, in this thread, that it ends although nobody asked for it
    """

    def __init__(
        self,
        store: Store,
        deliver: Deliver,
        patience: float = PATIENCE,
        failed: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(name="mllp-committer", daemon=True)
        self._store = store
        self._deliver = deliver
        self._patience = patience
        self._failed = failed
        #: Connections that lost a message, and when. What they sent after it comes again as well:
        #: stored now, it would be ahead of it.
        self._lost: dict[int, tuple[Any, float]] = {}
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        #: Owners of the jobs of the last transaction, and of the one before.
        self._last: set[int] = set()
        self._before: set[int] = set()

    def submit(self, job: Job) -> None:
        """Store a message with the next transaction. Any thread may call it."""
        self._queue.put(job)

    def finish(self) -> None:
        """End after what was submitted so far."""
        self._queue.put(None)

    def run(self) -> None:
        """Store until :meth:`finish`."""
        more = True
        try:
            while more:
                jobs, more = self._gathered()
                if jobs:
                    self._settle(jobs)
        except (
            Exception
        ) as exc:  # ports that are open and store nothing look alive: the process ends
            _logger.critical("Nothing can be stored any more: %s", type(exc).__name__)
            if self._failed is None:
                raise
            self._failed()

    def _gathered(self) -> tuple[list[Job], bool]:
        """All that waits or is about to come, and whether there will be more."""
        jobs: list[Job] = []
        owners: set[int] = set()
        size, end = 0, 0.0
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            owners.add(_owner(job))
            size += len(job.part.body)
            if len(jobs) >= MOST or size >= MOST_BYTES:
                break
            end = end or time.monotonic() + LINGER
            try:
                job = self._next(owners, end)
            except queue.Empty:
                break
        self._before, self._last = self._last, owners
        return jobs, job is not None

    def _next(self, owners: set[int], end: float) -> Job | None:
        """:raises queue.Empty: nobody is worth waiting for any more"""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            left = end - time.monotonic()
            if left <= 0 or (self._last | self._before) <= owners:
                raise
            return self._queue.get(timeout=left)

    def _settle(self, jobs: list[Job]) -> None:
        """Store jobs, trying again while the database is away."""
        tried = 0
        while jobs := self._kept(jobs):
            try:
                results = self._store(jobs)
            except Unavailable as exc:
                if not tried:
                    _logger.warning("The database cannot store messages now: %s", exc)
                jobs = self._patient(jobs)
                time.sleep(_PAUSES[min(tried, len(_PAUSES) - 1)])
                tried += 1
                continue
            if tried:
                _logger.info("Messages are stored again")
            self._deliver(list(zip(jobs, results, strict=True)))
            return

    def _patient(self, jobs: list[Job]) -> list[Job]:
        """Jobs that may still wait; the others are given up."""
        now = time.monotonic()
        over = [job for job in jobs if job.since < now - self._patience]
        for job in over:
            if isinstance(job.owner, tuple):
                self._lost[_owner(job)] = (job.owner[0], now)
        if over:
            self._deliver([(job, Dropped()) for job in over])
        return [job for job in jobs if job.since >= now - self._patience]

    def _kept(self, jobs: list[Job]) -> list[Job]:
        """Jobs without those that follow one that was given up."""
        if not self._lost:
            return jobs
        latest = time.monotonic() - _FORGOTTEN
        self._lost = {one: entry for one, entry in self._lost.items() if entry[1] > latest}
        lost = [job for job in jobs if _owner(job) in self._lost]
        if lost:
            self._deliver([(job, Dropped()) for job in lost])
        return [job for job in jobs if _owner(job) not in self._lost]


def _owner(job: Job) -> int:
    """Whose job it is: a connection, or nobody."""
    return id(job.owner[0]) if isinstance(job.owner, tuple) else 0
