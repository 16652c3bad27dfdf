# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sends single messages to syslog, and tells when that fails.

Messages have the form of RFC 5424; over UDP one datagram each (RFC 5426), over TCP with octet
counting (RFC 6587, 3.4.1). Python's own ``SysLogHandler`` has neither a time limit nor a header of
RFC 5424. UDP, and a local socket whose reader is slow, may lose a message without a sign.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_SECONDS: Final = 5.0
_PORTS: Final = {"udp": 514, "tcp": 601}
# Facility "log audit" (13), severity "notice" (5).
_PRIORITY: Final = 13 * 8 + 5


@dataclass(frozen=True)
class Destination:
    """Where messages go.

    :ivar kind: ``udp``, ``tcp`` or ``unix``
    :ivar host: of ``unix``: the path of the socket
    """

    kind: str
    host: str
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> Destination:
        """Read ``udp://host:514``, ``tcp://host:601`` or the path of a local socket.

        >>> Destination.parse("udp://loghost")
        Destination(kind='udp', host='loghost', port=514)
        >>> Destination.parse("/dev/log")
        Destination(kind='unix', host='/dev/log', port=0)

        :raises ValueError: it is none of them
        """
        if text.startswith("/"):
            return cls("unix", text)
        parts = urlsplit(text)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
            raise ValueError("syslog is udp://host:port, tcp://host:port or a path as /dev/log")
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])

    def __str__(self) -> str:
        return self.host if self.kind == "unix" else f"{self.kind}://{self.host}:{self.port}"


def message(text: str, *, time: str, name: str, kind: str) -> bytes:
    """A message of RFC 5424.

    :param time: RFC 3339, as the header wants it
    :param name: name of the program
    :param kind: what the message is (MSGID)
    """
    host = _word(socket.gethostname(), 255)
    head = f"<{_PRIORITY}>1 {time} {host} {_word(name, 48)} {os.getpid()} {_word(kind, 32)} -"
    return f"{head} {text}".encode()


def send(destination: Destination, content: bytes) -> None:
    """Hand over one message.

    :raises OSError: it cannot be handed over
    """
    send_all(destination, [content])


def send_all(destination: Destination, contents: Iterable[bytes]) -> None:
    """Hand over messages in their order, over one connection.

    :raises OSError: one of them cannot be handed over; those before it may have been
    """
    if destination.kind == "tcp":
        address = (destination.host, destination.port)
        with socket.create_connection(address, timeout=_SECONDS) as stream:
            for content in contents:
                stream.sendall(b"%d %s" % (len(content), content))
    elif destination.kind == "udp":
        _send_datagrams(destination, contents)
    else:
        _send_local(destination.host, contents)


def _send_datagrams(destination: Destination, contents: Iterable[bytes]) -> None:
    found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_DGRAM)
    family, kind, protocol, _name, address = found[0]
    with socket.socket(family, kind, protocol) as datagrams:
        datagrams.settimeout(_SECONDS)
        for content in contents:
            datagrams.sendto(content, address)


def _send_local(path: str, contents: Iterable[bytes]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local:
        local.settimeout(_SECONDS)
        local.connect(path)
        for content in contents:
            local.send(content)


def _word(text: str, length: int) -> str:
    """Visible ASCII without spaces, as the header wants it."""
    kept = "".join(one for one in text if "!" <= one <= "~")
    return kept[:length] or "-"
