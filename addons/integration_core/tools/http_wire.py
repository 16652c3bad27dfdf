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
from functools import lru_cache
from http.client import HTTPException, HTTPResponse, UnknownProtocol
from typing import Any, BinaryIO, Final

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
#: Of a response; those of :mod:`http.client`.
_MAX_HEADERS: Final = 100
_MAX_LINE: Final = 65536
_MAX_DIGITS: Final = 19


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
    """A response that skips *all* interim ones, such as 103 (RFC 9110, section 15.2).

    Its headers are a plain mapping, see :func:`read_headers`: the parser for mails that the base
    class uses takes as long as the rest of the exchange.
    """

    fields: dict[str, str]

    def begin(self) -> None:
        """Read status and headers, and find out where the body ends (RFC 9112, section 6.3)."""
        version, self.status, reason = self._read_status()
        self.code, self.reason = self.status, reason.strip()
        if not version.startswith(("HTTP/1.", "HTTP/0.9")):
            raise UnknownProtocol(version)
        self.version = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
        self.fields = read_headers(self.fp)
        self.headers = self.msg = self.fields  # type: ignore[assignment]
        self.chunked = self.fields.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.will_close = self._check_close()  # type: ignore[attr-defined]
        self.length = None if self.chunked else _announced(self.fields)
        if self.status in (204, 304) or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        if not self.chunked and self.length is None:
            self.will_close = True  # the body ends with the connection

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == 101:
                raise HTTPException("switched protocols without being asked")
            if not 100 <= status < 200:
                return version, status, reason
            read_headers(self.fp)


def read_headers(stream: BinaryIO) -> dict[str, str]:
    """The headers that follow, names in lower case, up to the empty line.

    Repeated ones are joined by a comma (RFC 9110, section 5.3), folded lines by a blank (RFC 9112,
    section 5.2). A line that is no header is left out.

    :raises http.client.HTTPException: a line is too long, or there are too many.
    """
    headers: dict[str, str] = {}
    name = ""
    for _number in range(_MAX_HEADERS):
        line = stream.readline(_MAX_LINE + 1)
        if len(line) > _MAX_LINE:
            raise HTTPException("a header is too long")
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return headers
        if text[0] in " \t":
            if name:
                headers[name] = f"{headers[name]} {text.strip()}"
            continue
        raw_name, separator, value = text.partition(":")
        name = raw_name.lower() if separator and _is_token(raw_name) else ""
        if name:
            value = value.strip(" \t")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise HTTPException("too many headers")


def _announced(headers: Mapping[str, str]) -> int | None:
    """Length of the body, ``None`` if it is not told.

    :raises http.client.HTTPException: several that contradict each other.
    """
    told = {part.strip() for part in headers.get("content-length", "").split(",")}
    if len(told) > 1:
        raise HTTPException("two lengths")
    text = told.pop()
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS else None


@lru_cache(maxsize=1024)
def _is_token(name: str) -> bool:
    """Whether a header may have this name (RFC 9110, section 5.6.2)."""
    return bool(_TOKEN.fullmatch(name))


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that could break out of their line, or that the client sets itself.

    :raises ValueError: the text names the header, if its name is harmless, and not the value.
    """
    for name, value in headers.items():
        if not _is_token(name):
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


def read_head(sock: socket.socket, method: str) -> _Response:
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
