# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Connections of a port that are accepted and not made yet.

Over TLS whoever comes has to prove something first, and has no place among the connections till
then: strangers who begin a handshake and do not go on would keep out those who can prove it.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final, Protocol

from .connection import Connection
from .counters import Reason, Tally
from .door import Door, Tls
from .tls import CertificateUnusable

#: TLS handshakes of one port that may be under way, or as many as it may have connections, if that
#: is more. The oldest gives way to one that is new.
MOST_HANDSHAKES: Final = 64
#: Seconds that one may take.
_HANDSHAKE: Final = 15.0
#: A peer that has lost its power, or a firewall that forgot it, is noticed within two minutes.
_PROBES: Final = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))


class Port(Protocol):
    """What is asked of the port that they arrive at."""

    door: Door
    tally: Tally
    finishing: bool


class Arrivals:
    """Connections that arrive at a port, the oldest first.

    :param context: that of TLS by now; ``None`` without it
    """

    def __init__(
        self,
        port: Port,
        loop: asyncio.AbstractEventLoop,
        context: Callable[[Door], ssl.SSLContext | None],
    ) -> None:
        self._port = port
        self._loop = loop
        self._context = context
        self._tasks: dict[Connection, asyncio.Task[None]] = {}

    @property
    def claimed(self) -> int:
        """Places among the connections that are theirs already."""
        return len(self._tasks) if self._port.door.tls is Tls.NONE else 0

    def begin(self, found: socket.socket, connection: Connection) -> None:
        """Let an accepted socket become a connection, after the handshake if there is one."""
        found.setblocking(False)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _PROBES:
            found.setsockopt(socket.IPPROTO_TCP, option, value)
        self._make_room()
        task = self._loop.create_task(self._begin(found, connection))
        self._tasks[connection] = task
        task.add_done_callback(lambda _task: self.made(connection))

    def made(self, connection: Connection) -> None:
        """It does not arrive any more."""
        self._tasks.pop(connection, None)

    def close(self) -> None:
        """Let none of them in."""
        for task in self._tasks.values():
            task.cancel()

    def _make_room(self) -> None:
        door = self._port.door
        if door.tls is Tls.NONE or len(self._tasks) < max(MOST_HANDSHAKES, door.max_connections):
            return
        oldest = next(iter(self._tasks))
        self._port.tally.refuse(Reason.TLS, oldest.peer)
        self._tasks.pop(oldest).cancel()

    async def _begin(self, found: socket.socket, connection: Connection) -> None:
        try:
            context = self._context(self._port.door)
            await self._loop.connect_accepted_socket(
                lambda: connection,
                found,
                ssl=context,
                ssl_handshake_timeout=_HANDSHAKE if context else None,
            )
        except (OSError, CertificateUnusable):  # ssl.SSLError and time-outs are OSErrors
            self._port.tally.refuse(Reason.TLS, connection.peer)
            found.close()
        except asyncio.CancelledError:
            found.close()
        else:
            if self._port.finishing:
                connection.finish()
