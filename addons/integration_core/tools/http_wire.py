# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One HTTP/1.1 exchange over a connected socket, against a deadline.

The standard library's timeouts are per read: a server that sends one byte every few seconds keeps a
worker for hours. The sockets here know the moment at which the exchange must be over, and every
read and write gets only what is left.
"""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse, parse_headers
from typing import Any, Final

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
#: Headers that belong to the connection and are not the caller's to set.
_OWN_HEADERS: Final = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "expect",
        # Meant for a proxy: a partner that is reached directly must not learn it.
        "proxy-authorization",
        "proxy-connection",
    }
)
_CHUNK: Final = 16 * 1024


class _Deadline:
    """Limits a socket's operations. ``deadline`` is a :func:`time.monotonic` time."""

    deadline = 0.0
    read_timeout = 0.0

    def limit(self, read_timeout: float, deadline: float) -> None:
        """Set the limits of the exchange that follows."""
        self.read_timeout = read_timeout
        self.deadline = deadline

    def _left(self, at_most: float) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        return min(left, at_most)


class DeadlineSocket(_Deadline, socket.socket):
    """A plain socket with a deadline."""

    def recv_into(self, *args: Any) -> int:
        """Receive within what is left."""
        self.settimeout(self._left(self.read_timeout))
        return super().recv_into(*args)

    def sendall(self, *args: Any) -> None:
        """Send everything within what is left (the timeout covers the whole call)."""
        self.settimeout(self._left(self.read_timeout))
        return super().sendall(*args)


class DeadlineSSLSocket(_Deadline, ssl.SSLSocket):
    """A TLS socket with a deadline. Made by a context with it as ``sslsocket_class``."""

    def recv_into(self, *args: Any) -> int:
        """Receive within what is left."""
        self.settimeout(self._left(self.read_timeout))
        return super().recv_into(*args)

    def send(self, *args: Any) -> int:
        """Send one piece within what is left; ``sendall`` is made of these."""
        self.settimeout(self._left(self.read_timeout))
        return super().send(*args)


class _Response(HTTPResponse):
    """A response that skips *all* interim ones, such as 103 (RFC 9110, section 15.2)."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == 101:
                raise HTTPException("switched protocols without being asked")
            if not 100 <= status < 200:
                return version, status, reason
            parse_headers(self.fp)


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that could break out of their line, or that the client sets itself.

    :raises ValueError: the text names the header, if its name is harmless, and not the value.
    """
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ValueError("a header's name holds a character that is not allowed")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"the header {name} is set by the client itself")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the value of the header {name} holds a character not allowed")


def encode_request(
    method: str, target: str, host: str, headers: Mapping[str, str], body: bytes
) -> bytes:
    """The bytes of a whole request: one write, and for small ones one packet."""
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {host}",
        # No compression: a small answer must not unfold into a huge one.
        "Accept-Encoding: identity",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body or method not in ("GET", "HEAD", "DELETE"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def read_head(sock: socket.socket, method: str) -> HTTPResponse:
    """Read the final status line and headers.

    :raises OSError: timed out, closed or reset.
    :raises http.client.HTTPException: not HTTP/1.
    """
    response = _Response(sock, method=method)
    try:
        response.begin()
    except BaseException:
        response.close()
        raise
    return response


def read_body(response: HTTPResponse, limit: int) -> tuple[bytes, bool]:
    """At most ``limit`` bytes of the body, and whether that is all of it.

    Once there is a status, the answer is known: a body that breaks off, or does not come in time,
    is an incomplete body and not a failed exchange.
    """
    chunks: list[bytes] = []
    size = 0
    complete = False
    try:
        # One byte more than allowed, to learn whether there is more.
        while size <= limit:
            chunk = response.read1(min(_CHUNK, limit + 1 - size))
            if not chunk:
                # read1 does not tell an early end from the announced one.
                complete = not response.length
                break
            chunks.append(chunk)
            size += len(chunk)
    except (OSError, HTTPException, ValueError):
        complete = False
    return b"".join(chunks)[:limit], complete and size <= limit


def header_dict(message: HTTPMessage) -> dict[str, str]:
    """Headers with lower-case names; repeated ones joined by a comma (RFC 9110, section 5.3)."""
    result: dict[str, str] = {}
    for name, value in message.items():
        key = name.lower()
        result[key] = f"{result[key]}, {value}" if key in result else value
    return result
