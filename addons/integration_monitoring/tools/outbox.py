# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A queue in the memory of a process, and a thread that hands over what stands in it.

For what must not make anybody wait: whoever puts something in goes on at once, whatever becomes of
those who take it. The queue has an end. What does not fit any more is dropped and counted, and the
loss is told as soon as something gets out again.

A process that is forked begins with an empty queue: what stands in it is the parent's, which hands
it over. Threads are not inherited either; each process has one of its own, from its first item on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

_logger = logging.getLogger(__name__)

T = TypeVar("T")

#: Items that wait at most, and that are handed over together.
MOST: Final = 5_000
BATCH: Final = 200
#: Seconds of rest after a failure, doubled with each further one up to the second.
REST: Final = (1.0, 60.0)
#: Seconds between two lines of the log about what is dropped.
TOLD_EVERY: Final = 60.0

_known: WeakSet[Outbox[Any]] = WeakSet()


class Outbox(Generic[T]):
    """Items on their way out.

    :param name: how it is called in the log
    :param deliver: hands over some items in their order, and raises if it cannot. It is called in
        the thread of the outbox, one call at a time; what failed comes again, so that some items
        may be handed over twice.
    :param loss: makes of a number of dropped items the item that tells of them
    :param most: items that wait at most
    """

    def __init__(
        self,
        name: str,
        deliver: Callable[[Sequence[T]], None],
        loss: Callable[[int], T],
        *,
        most: int = MOST,
        rest: tuple[float, float] = REST,
    ) -> None:
        self._name, self._deliver, self._loss = name, deliver, loss
        self._most, self._rest = most, rest
        self._begin()
        _known.add(self)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[T] = deque()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._told_at: float | None = None
        self._hurry = False

    def put(self, item: T) -> bool:
        """Let an item go out; whether there was room for it."""
        with self._changed:
            kept = len(self._waiting) < self._most
            if kept:
                self._waiting.append(item)
                self._start()
                self._changed.notify_all()
            else:
                self._dropped += 1
            tell = not kept and self._is_to_be_told()
        if tell:
            _logger.warning(
                "%s: %s wait and cannot be delivered; further ones are dropped and counted.",
                self._name,
                self._most,
            )
        return kept

    def flush(self, seconds: float) -> int:
        """Wait until everything has gone out, some seconds at most.

        :return: how many still wait, or were dropped and not told of
        """
        until = time.monotonic() + seconds
        with self._changed:
            self._hurry = True
            if self._waiting:
                self._start()
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: not self._waiting or time.monotonic() >= until, timeout=seconds
            )
            self._hurry = False
            return len(self._waiting) + self._dropped

    def _start(self) -> None:
        """Let there be a thread; when the process ends there may be none any more."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._thread = None

    def _is_to_be_told(self) -> bool:
        now = time.monotonic()
        if self._told_at is not None and now - self._told_at < TOLD_EVERY:
            return False
        self._told_at = now
        return True

    def _run(self) -> None:
        least, longest = self._rest
        rest = least
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                batch = list(islice(self._waiting, BATCH))
            try:
                self._deliver(batch)
            except Exception as exc:  # a thread of its own: nobody else would hear of it
                _logger.info("%s: not delivered, tried again: %s", self._name, exc)
                self._pause(rest)
                rest = min(2 * rest, longest)
            else:
                rest = least
                self._done(len(batch))

    def _pause(self, seconds: float) -> None:
        """Rest; whoever ends the process does not wait for that."""
        until = time.monotonic() + seconds
        with self._changed:
            while not self._hurry and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
        if self._hurry:
            time.sleep(min(seconds, 0.2))

    def _done(self, count: int) -> None:
        with self._changed:
            for _item in range(count):
                self._waiting.popleft()
            lost, self._dropped = self._dropped, 0
            if lost:
                self._waiting.append(self._loss(lost))
                self._told_at = None
            self._changed.notify_all()
        if lost:
            _logger.warning("%s: delivered again; %s were dropped meanwhile.", self._name, lost)


def _forked() -> None:
    """Nothing of the parent's queues is the child's, their locks least of all."""
    for one in list(_known):
        one._begin()


os.register_at_fork(after_in_child=_forked)
