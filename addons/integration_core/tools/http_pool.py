# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Idle connections, kept for the next request to the same place."""

import select
import time
from collections import deque
from dataclasses import dataclass
from threading import Lock

from .http_proxy import Proxy
from .http_wire import DeadlineSocket, DeadlineSSLSocket
from .tls import TlsOptions

Connection = DeadlineSocket | DeadlineSSLSocket


@dataclass(frozen=True, slots=True)
class PoolKey:
    """Requests share a connection only if all of this is equal.

    :param address: what is connected to: of the host, or of the proxy.
    :param port: of the host, also behind a proxy.
    """

    scheme: str
    address: str
    port: int
    host: str
    tls: TlsOptions
    proxy: Proxy | None = None


class ConnectionPool:
    """At most ``size`` idle connections, at most ``per_key`` of one key. Thread-safe.

    :param max_idle: seconds after which an idle connection is not used again. Short, because a
        request that meets the server's own idle timeout has an unknown outcome; under load
        connections are never idle for long. Common servers close after 5 s.
    """

    def __init__(self, size: int = 64, per_key: int = 16, max_idle: float = 4.0) -> None:
        self._size = size
        self._per_key = per_key
        self._max_idle = max_idle
        # Oldest first, over all keys, so that the limit and the age are kept in one place.
        self._idle: deque[tuple[float, PoolKey, Connection]] = deque()
        self._lock = Lock()

    def take(self, key: PoolKey) -> Connection | None:
        """The most recently used live connection of a key."""
        while True:
            with self._lock:
                self._expire()
                sock = self._pop(key)
            if sock is None or _is_live(sock):
                return sock
            sock.close()

    def give(self, key: PoolKey, sock: Connection) -> None:
        """Keep a connection on which an exchange ended properly."""
        with self._lock:
            self._expire()
            if sum(1 for _, other, _ in self._idle if other == key) < self._per_key:
                self._idle.append((time.monotonic(), key, sock))
                if len(self._idle) > self._size:
                    self._idle.popleft()[2].close()
                return
        sock.close()

    def clear(self) -> None:
        """Close all idle connections."""
        with self._lock:
            while self._idle:
                self._idle.popleft()[2].close()

    def __len__(self) -> int:
        return len(self._idle)

    def _expire(self) -> None:
        limit = time.monotonic() - self._max_idle
        while self._idle and self._idle[0][0] < limit:
            self._idle.popleft()[2].close()

    def _pop(self, key: PoolKey) -> Connection | None:
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index][1] == key:
                sock = self._idle[index][2]
                del self._idle[index]
                return sock
        return None


def _is_live(sock: Connection) -> bool:
    """Whether an idle connection is silent: anything to read is its end, or nonsense."""
    try:
        poll = select.poll()
        poll.register(sock, select.POLLIN | select.POLLERR | select.POLLHUP)
        return not poll.poll(0)
    except (OSError, ValueError):
        return False
