# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Name resolution that keeps to a deadline and remembers its answers for a few seconds.

``getaddrinfo`` cannot be interrupted and may take as long as the resolver's configuration says. It
runs in a helper thread, for which the caller waits only as long as it has time; an answer that
comes too late still serves the next caller.
"""

import socket
import time
from collections import OrderedDict
from threading import BoundedSemaphore, Event, Lock, Thread

from .errors import IntegrationError, TransientError, classify
from .net_guard import Resolver, resolve


class _Lookup:
    """One resolution under way, awaited by any number of callers."""

    def __init__(self) -> None:
        self.done = Event()
        self.addresses: list[str] = []
        self.error: IntegrationError | None = None


class ResolverCache:
    """Resolves hosts. Thread-safe.

    :param resolver: has the signature of :func:`socket.getaddrinfo`.
    :param ttl: seconds for which an answer is used again. Failures are not remembered.
    :param size: largest number of hosts remembered.
    :param threads: resolutions that may be under way at once; more wait.
    """

    def __init__(
        self,
        resolver: Resolver = socket.getaddrinfo,
        ttl: float = 30.0,
        size: int = 1024,
        threads: int = 8,
    ) -> None:
        self._resolver = resolver
        self._ttl = ttl
        self._size = size
        self._answers: OrderedDict[tuple[str, int], tuple[float, list[str]]] = OrderedDict()
        self._lookups: dict[tuple[str, int], _Lookup] = {}
        self._lock = Lock()
        self._slots = BoundedSemaphore(threads)

    def lookup(self, host: str, port: int, timeout: float) -> list[str]:
        """All addresses of a host; they are not checked yet.

        :raises TransientError: ``dns_failed``, ``dns_timeout``.
        """
        key = (host, port)
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None and answer[0] > time.monotonic():
                return answer[1]
            lookup = self._lookups.get(key)
            if lookup is None:
                lookup = self._start(key)
        if not lookup.done.wait(max(timeout, 0.0)):
            raise TransientError("the host name was not resolved in time", code="dns_timeout")
        if lookup.error is not None:
            raise TransientError(lookup.error.message, code=lookup.error.code)
        return lookup.addresses

    def _start(self, key: tuple[str, int]) -> _Lookup:
        if not self._slots.acquire(blocking=False):
            raise TransientError("too many host names are being resolved", code="dns_timeout")
        lookup = self._lookups[key] = _Lookup()
        # A daemon, so that a hanging resolver does not delay the end of the process.
        Thread(target=self._run, args=(key, lookup), daemon=True, name="resolver").start()
        return lookup

    def _run(self, key: tuple[str, int], lookup: _Lookup) -> None:
        try:
            lookup.addresses = resolve(*key, resolver=self._resolver)
        except Exception as error:  # whatever it is, the callers are waiting for it
            lookup.error = classify(error)
        with self._lock:
            del self._lookups[key]
            if lookup.error is None:
                self._answers[key] = (time.monotonic() + self._ttl, lookup.addresses)
                self._answers.move_to_end(key)
                if len(self._answers) > self._size:
                    self._answers.popitem(last=False)
        self._slots.release()
        lookup.done.set()
