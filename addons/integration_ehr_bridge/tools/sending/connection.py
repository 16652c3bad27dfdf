# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One connection to an MLLP listener: a message goes out, its acknowledgement comes back.

An acknowledgement is that of a message if it names its control id (MSA-2), and never otherwise: the
late answer to an earlier message, or the second one to it, is handed to whoever it may concern and
does not count as this one's.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from odoo.addons.integration_core.tools import net_guard
from odoo.addons.integration_core.tools.errors import TransientError, UnknownOutcomeError
from odoo.addons.integration_core.tools.http_connect import connect
from odoo.addons.integration_core.tools.http_pool import PoolKey
from odoo.addons.integration_core.tools.http_wire import DeadlineSocket, DeadlineSSLSocket
from odoo.addons.integration_core.tools.resolver_cache import ResolverCache
from odoo.addons.integration_core.tools.tls import TlsOptions, context_for

from ..hl7 import mllp
from . import answers
from .address import Address
from .answers import Answer

#: Most bytes of an answer.
MAX_ANSWER: Final = 1024 * 1024
#: What a look at an idle connection takes at most, give or take a chunk: a partner that never stops
#: must not keep who looks, who has other connections to look after.
_MOST_HEARD: Final = 50
_MOST_BYTES: Final = 256 * 1024
_CHUNK: Final = 16 * 1024
#: An idle connection is probed, so that a firewall keeps it and a peer that is gone is noticed:
#: seconds until the first probe and between probes, and how many.
_PROBES: Final = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4))

Stray = Callable[[Answer], None]
_resolver = ResolverCache()


@dataclass(frozen=True, slots=True)
class Target:
    """What is connected to, and how long may be waited.

    :ivar read_timeout: seconds without a byte of the answer
    :ivar total_timeout: seconds for the whole exchange
    """

    address: Address
    tls: TlsOptions = field(default_factory=TlsOptions)
    networks: tuple[net_guard.Network, ...] = ()
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 30.0


class ConnectionEnded(Exception):
    """The partner has closed an idle connection."""


class MllpConnection:
    """A connection. Used by one thread at a time, but :meth:`close` may come from any."""

    def __init__(self, sock: DeadlineSocket | DeadlineSSLSocket) -> None:
        self._sock = sock
        # Some listeners leave out the CR behind FS.
        self._decoder = mllp.Decoder(MAX_ANSWER, strict=False)

    def close(self) -> None:
        """End it; an exchange under way fails."""
        with suppress(OSError):  # it has ended already
            # A thread that waits for bytes does not notice that its socket was closed.
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def send(self, message: bytes, target: Target) -> float:
        """Send a message.

        :return: :func:`time.monotonic` time by which its answer must be there
        :raises TransientError: ``send_failed`` or ``send_timeout``: it did not leave as a whole, so
            that no listener can have taken it for a message
        """
        deadline = time.monotonic() + target.total_timeout
        self._sock.limit(target.read_timeout, deadline)
        try:
            self._sock.sendall(mllp.encode(message))
        except TimeoutError:
            raise TransientError(
                "The message was not taken in time.", code="send_timeout"
            ) from None
        except OSError:
            raise TransientError(
                "The connection broke while the message was sent.", code="send_failed"
            ) from None
        return deadline

    def answer(self, control_id: str, deadline: float, target: Target, stray: Stray) -> Answer:
        """Wait for the acknowledgement of a message.

        :param stray: gets acknowledgements of other messages
        :raises UnknownOutcomeError: ``ack_timeout``, ``ack_mismatch`` or ``no_ack``: nobody knows
            whether the partner took the message
        """
        self._sock.limit(target.read_timeout, deadline)
        others = 0
        while True:
            found = None
            for answer in self._answers(self._received(others)):
                if answer.control_id != control_id or not _says_more(answer, found):
                    others += 1
                    stray(answer)
                else:
                    found = answer
            if found:
                return found

    def _received(self, others: int) -> bytes:
        """The next bytes, as :meth:`answer` waits for them.

        :param others: how many answers to other messages came meanwhile
        """
        buffer = bytearray(_CHUNK)
        try:
            size = self._sock.recv_into(buffer)
        except TimeoutError:
            raise _silence(others) from None
        except (OSError, ValueError):
            size = 0
        if not size:
            raise UnknownOutcomeError(
                "The connection ended before the message was acknowledged.", code="no_ack"
            )
        return bytes(memoryview(buffer)[:size])

    def strays(self) -> list[Answer]:
        """What has come without being waited for; at once. If it is much, the next look goes on.

        :raises ConnectionEnded: the other side has closed it
        """
        found: list[Answer] = []
        size = 0
        while len(found) < _MOST_HEARD and size < _MOST_BYTES:
            try:
                self._sock.settimeout(0)
                data = self._sock.recv(_CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError):
                return found
            except (OSError, ValueError):
                data = b""
            if not data:
                if found:
                    return found  # the next look finds the end again
                raise ConnectionEnded
            size += len(data)
            found += self._answers(data)
        return found

    def _answers(self, data: bytes) -> Iterator[Answer]:
        """Acknowledgements that bytes completed. Whatever else a listener sends is dropped."""
        for item in self._decoder.feed(data):
            if isinstance(item, mllp.Frame):
                answer = answers.read(item.data)
                if answer:
                    yield answer


def _silence(others: int) -> UnknownOutcomeError:
    if others:
        return UnknownOutcomeError(
            "The partner answered within the time limit, but not to this message: MSA-2 of its "
            "acknowledgements names others. Ask it to return the control id (MSH-10).",
            code="ack_mismatch",
        )
    return UnknownOutcomeError(
        "No acknowledgement of this message came within the time limit.", code="ack_timeout"
    )


def _says_more(answer: Answer, found: Answer | None) -> bool:
    """Whether an answer counts, of several to one message: the first, and what became of a message
    counts more than that it was stored."""
    return found is None or (found.code == answers.STORED and answer.code != answers.STORED)


def open_connection(target: Target) -> MllpConnection:
    """Connect to a partner; its addresses are checked, and only a checked one is connected to.

    :raises AddressRefused: an address is not allowed
    :raises TransientError: as of :func:`~odoo.addons.integration_core.tools.http_connect.connect`,
        and ``dns_failed``
    :raises TlsUnusable: our certificate or the authority cannot be used
    """
    address = target.address
    if address.secure:
        context_for(target.tls)  # a faulty authority is our mistake, not the partner's
    connect_by = time.monotonic() + target.connect_timeout
    found = _resolver.lookup(address.host, address.port, target.connect_timeout)
    net_guard.check_addresses(found, target.networks)
    return MllpConnection(_first(found, target, connect_by))


def _first(
    addresses: Sequence[str], target: Target, connect_by: float
) -> DeadlineSocket | DeadlineSSLSocket:
    """A connection to the first address that answers."""
    address, failure = target.address, None
    scheme = "https" if address.secure else "http"  # with TLS, or without
    for one in addresses:
        key = PoolKey(scheme, one, address.port, address.host, target.tls)
        try:
            sock = connect(key, connect_by)
        except TransientError as error:
            failure = failure or error
            continue
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _PROBES:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        return sock
    raise failure or TransientError("no address to connect to", code="connect_failed")
