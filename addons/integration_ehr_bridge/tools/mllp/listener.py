# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Ports: opened and closed as interfaces change, and who may come in.

Whoever is not admitted is closed without a byte, so connections are accepted by hand and TLS begins
afterwards.
"""

import asyncio
import errno
import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from odoo.addons.integration_core.tools.rate import TokenBucket
from odoo.addons.integration_core.tools.source_address import in_networks, parse_address

from .addresses import LOOPBACK, why
from .arrivals import Arrivals
from .committer import Answered, Job, Result
from .connection import Connection
from .counters import Reason, Refusal, Tally
from .door import Door
from .tls import CertificateUnusable, ServerCertificate

_logger = logging.getLogger(__name__)

_BACKLOG: Final = 128
#: Connections accepted at once, before others have their turn.
_AT_ONCE: Final = 32
#: Seconds between two looks at connections on which nothing happens, and at closed ports.
_SWEEP: Final = 1.0
_OPEN_AGAIN: Final = 5.0
#: Evidence that nobody answers, of one port: at once, and a second. The rest is only counted.
_EVIDENCE: Final = (20.0, 0.1)

#: Bytes on their way to the ledger, of all ports, at which nothing more is read; and what a message
#: counts for besides its body.
MOST_FLYING: Final = 64 * 1024 * 1024
_OVERHEAD: Final = 4096

Submit = Callable[[Job], None]
Wait = Callable[[Job, str], None]


@dataclass(frozen=True)
class PortStatus:
    """What operators see of a port.

    :ivar error: why it is not open; empty: it is
    """

    interface: int
    port: int
    error: str
    connections: int
    tally: Tally


class OpenPort:
    """One port and its connections."""

    def __init__(self, listener: "Listener", door: Door, tally: Tally) -> None:
        self.door = door
        self.tally = tally
        self.error = ""
        self.tried = -_OPEN_AGAIN
        self.connections: set[Connection] = set()
        self._arrivals = Arrivals(self, listener.loop, listener.certificate.context)
        self._listener = listener
        self._sockets: list[socket.socket] = []
        self._evidence = TokenBucket(_EVIDENCE[1], _EVIDENCE[0])
        self._bucket = self._rated(door)
        self.finishing = False

    # -- opening and closing -----------------------------------------------------------------

    def open(self) -> None:
        """Listen, or note why that cannot be."""
        self.tried = self._listener.loop.time()
        before, self.error = self.error, ""
        try:
            self._listener.certificate.context(self.door)
            for address in self._listener.bind if self.door.everywhere else LOOPBACK:
                self._listen(address)
        except CertificateUnusable as exc:
            self.error = str(exc)
        except OSError as exc:
            self.error = why(exc, self.door.port)
        if self.error:
            self._close_sockets()
            if self.error != before:
                _logger.error("Port %s of “%s”: %s", self.door.port, self.door.name, self.error)
        else:
            _logger.info("Port %s of “%s” is open", self.door.port, self.door.name)

    @property
    def is_open(self) -> bool:
        """Whether it accepts connections."""
        return bool(self._sockets)

    def close(self) -> None:
        """Accept no more; connections end when what they have delivered is answered."""
        self._close_sockets()
        self.finishing = True
        self._arrivals.close()
        for connection in list(self.connections):
            connection.finish()

    def abort(self) -> None:
        """End connections that did not end by themselves."""
        for connection in list(self.connections):
            connection.abort()

    def change(self, door: Door) -> None:
        """Go on under other terms, which do not decide who comes in."""
        if (door.rate, door.burst) != (self.door.rate, self.door.burst):
            self._bucket = self._rated(door)
        self.door = door

    def sweep(self) -> None:
        """Open what could not be opened, and end connections on which nothing happens."""
        now = self._listener.loop.time()
        if not self._sockets and not self.finishing and now - self.tried >= _OPEN_AGAIN:
            self.open()
        for connection in list(self.connections):
            connection.sweep(now)

    def _listen(self, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            found = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            if address in LOOPBACK and family == socket.AF_INET6:
                return  # a machine without IPv6
            raise
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            found.setblocking(False)
            found.bind((address, self.door.port))
            found.listen(_BACKLOG)
        except OSError as exc:
            found.close()
            if family == socket.AF_INET6 and exc.errno == errno.EADDRNOTAVAIL and self._sockets:
                return  # IPv6 is switched off
            raise
        self._sockets.append(found)
        self._listener.loop.add_reader(found, self._arrive, found)

    def _close_sockets(self) -> None:
        for one in self._sockets:
            self._listener.loop.remove_reader(one)
            one.close()
        self._sockets.clear()

    # -- who comes in ------------------------------------------------------------------------

    def _arrive(self, listening: socket.socket) -> None:
        for _number in range(_AT_ONCE):
            try:
                found, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as exc:
                # Too many files, say: those that wait are looked at again a moment later.
                _logger.warning("A connection could not be accepted: %s", exc.strerror)
                self._rest(listening)
                return
            self._admit(found, str(address[0]))

    def _rest(self, listening: socket.socket) -> None:
        loop = self._listener.loop
        loop.remove_reader(listening)
        loop.call_later(_SWEEP, self._wake, listening)

    def _wake(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._listener.loop.add_reader(listening, self._arrive, listening)

    def _admit(self, found: socket.socket, peer: str) -> None:
        door = self.door
        if door.networks and not in_networks(parse_address(peer), door.networks):
            reason = Reason.ADDRESS
        elif len(self.connections) + self._arrivals.claimed >= door.max_connections:
            reason = Reason.CONNECTIONS
        else:
            self._arrivals.begin(found, Connection(self, peer, self._listener.loop))
            return
        self.tally.refuse(reason, peer)
        found.close()

    def go_on(self) -> None:
        """Read on: there is room for more."""
        for connection in list(self.connections):
            connection.go_on()

    # -- what connections ask ----------------------------------------------------------------

    def submit(self, job: Job) -> None:
        """Store a message; the connection is told of the result."""
        self._listener.submit(job)

    def wait(self, job: Job, uuid: str) -> None:
        """Tell the connection when a stored message was handled."""
        self._listener.wait(job, uuid)

    def allows(self, count: int) -> float:
        """Take from the rate: seconds to wait first, 0 if it may go on."""
        if self._bucket is None:
            return 0.0
        now = time.monotonic()
        return 0.0 if self._bucket.take(count, now) else self._bucket.wait(count, now)

    def charge(self, count: int) -> None:
        """Take more from the rate, for a frame that held more messages than one."""
        if self._bucket and count > 0:
            self._bucket.charge(count, time.monotonic())

    def is_full(self) -> bool:
        """Whether so much is on its way to the ledger that nothing more may be taken."""
        return self._listener.is_full

    def keeps_evidence(self) -> bool:
        """Whether bytes that nobody answers are still to be kept, or were often enough."""
        return self._evidence.take(1, time.monotonic())

    def takes(self, connection: Connection) -> bool:
        """Give the connection a place, now that it is made; ``False`` if there is none."""
        self._arrivals.made(connection)
        if len(self.connections) >= self.door.max_connections:
            return False
        self.connections.add(connection)
        return True

    def gone(self, connection: Connection) -> None:
        """The connection has ended."""
        self.connections.discard(connection)

    @staticmethod
    def _rated(door: Door) -> TokenBucket | None:
        return TokenBucket(door.rate, max(1.0, door.burst)) if door.rate > 0 else None


class Listener:
    """All ports of a process. Everything here runs in its event loop.

    :param bind: addresses on which ports listen that may be reached from other machines
    :param submit: stores a message
    :param wait: is asked to call back when a message was handled
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        bind: Sequence[str],
        certificate: ServerCertificate,
        submit: Submit,
        wait: Wait,
    ) -> None:
        self.loop = loop
        self.bind = bind
        self.certificate = certificate
        self.wait = wait
        self._submit = submit
        self._flying = 0
        self._ports: dict[int, OpenPort] = {}
        self._tallies: dict[int, Tally] = {}
        self._leaving: set[OpenPort] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False

    def apply(self, doors: Mapping[int, Door]) -> None:
        """Open, change and close ports, so that they are those of the interfaces of now."""
        if self._stopping:
            return
        for interface, port in list(self._ports.items()):
            door = doors.get(interface)
            if door is None or door.lock != port.door.lock:
                self._leave(self._ports.pop(interface))
            elif door != port.door:
                port.change(door)
        for interface, door in doors.items():
            if interface not in self._ports:
                tally = self._tallies.setdefault(interface, Tally())
                port = self._ports[interface] = OpenPort(self, door, tally)
                port.open()
        if self._timer is None:
            self._sweep()

    @property
    def is_full(self) -> bool:
        """Whether no more may be on its way to the ledger."""
        return self._flying >= MOST_FLYING

    def submit(self, job: Job) -> None:
        """Store a message; its connection is told of the result."""
        job.flying = len(job.part.body) + _OVERHEAD
        self._flying += job.flying
        self._submit(job)

    def deliver(self, results: Sequence[tuple[Job, Result]]) -> None:
        """Tell connections what became of their messages."""
        was_full = self.is_full
        for job, result in results:
            self._flying -= job.flying
            # One whose answer waits comes by a second time.
            job.flying = 0
            if isinstance(result, Answered) and job.part.error is None:
                self._tallies[job.door.interface].acknowledge()
            if job.owner is not None:
                self._settle(job.owner[0], job, result)
        if was_full and not self.is_full:
            for port in (*self._ports.values(), *self._leaving):
                port.go_on()

    @staticmethod
    def _settle(connection: Connection, job: Job, result: Result) -> None:
        try:
            connection.settle(job, result)
        except Exception as exc:  # results of other connections stand behind this one
            _logger.error("A connection of “%s” fails: %s", job.door.name, type(exc).__name__)
            connection.abort()

    def statuses(self) -> list[PortStatus]:
        """All ports, for operators."""
        return [
            PortStatus(interface, port.door.port, port.error, len(port.connections), port.tally)
            for interface, port in self._ports.items()
        ]

    def take_refusals(self) -> dict[int, dict[Reason, Refusal]]:
        """Refusals since the last time, by interface."""
        found = {one: tally.take_refusals() for one, tally in self._tallies.items()}
        return {one: refusals for one, refusals in found.items() if refusals}

    async def stop(self, seconds: float) -> None:
        """Close all ports; return when what was read is answered, or the time is over."""
        self._stopping = True
        for port in list(self._ports.values()):
            self._leave(port)
        end = self.loop.time() + seconds
        while any(port.connections for port in self._leaving) and self.loop.time() < end:
            await asyncio.sleep(0.02)
        for port in self._leaving:
            port.abort()
        if self._timer:
            self._timer.cancel()
        await asyncio.sleep(0)

    def _leave(self, port: OpenPort) -> None:
        port.close()
        self._leaving.add(port)
        _logger.info("Port %s of “%s” is closed", port.door.port, port.door.name)

    def _sweep(self) -> None:
        for port in list(self._ports.values()):
            port.sweep()
        for port in [port for port in self._leaving if not port.connections]:
            self._leaving.discard(port)
        self._timer = self.loop.call_later(_SWEEP, self._sweep)
