"""How partners deliver: signed by the public Standard Webhooks library, or byte by byte."""

import json
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from standardwebhooks import Webhook

TIMEOUT = 120  # seconds, for a machine that is busy with other things


@dataclass
class WebhookSender:
    """A partner that delivers to one inbound interface. Threads may share it.

    :ivar url: address of the interface, token included
    :ivar secret: ``whsec_…``
    """

    url: str
    secret: str = field(repr=False)

    def headers(
        self, body: bytes, message_id: str | None = None, sent_at: datetime | None = None
    ) -> dict[str, str]:
        """Return the headers that make ``body`` an authentic delivery."""
        message_id = message_id or f"msg_{uuid.uuid4().hex}"
        sent_at = sent_at or datetime.now(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, sent_at, body.decode()),
        }

    def deliver(
        self,
        content: Any,
        message_id: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        session: requests.Session | None = None,
    ) -> requests.Response:
        """Deliver a JSON value, or bytes as they are.

        :param headers: replace or add to the signed ones; an empty value removes one
        """
        body = content if isinstance(content, bytes) else encode(content)
        merged = {**self.headers(body, message_id), **(headers or {})}
        merged = {name: value for name, value in merged.items() if value}
        return self.post(body, merged, session)

    def post(
        self, body: bytes, headers: Mapping[str, str], session: requests.Session | None = None
    ) -> requests.Response:
        """Send exactly these headers and bytes."""
        if session is not None:
            return session.post(self.url, data=body, headers=headers, timeout=TIMEOUT)
        with new_session() as own:
            return own.post(self.url, data=body, headers=headers, timeout=TIMEOUT)


def encode(content: Any) -> bytes:
    """Return the JSON bytes of a value."""
    return json.dumps(content, separators=(",", ":")).encode()


def new_session() -> requests.Session:
    """Return a session that ignores the proxies of the environment: all is on this machine."""
    session = requests.Session()
    session.trust_env = False
    return session


def chunked_post(
    url: str, headers: Mapping[str, str], chunks: Iterable[bytes]
) -> tuple[int, bytes]:
    """POST a body of unknown length over a bare socket; return status and body of the answer.

    A server that refuses early may reset the connection while we still send: what it answered
    before is read all the same.
    """
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), TIMEOUT) as connection:
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += ["Transfer-Encoding: chunked", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        try:
            for chunk in chunks:
                connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        return _read_answer(connection)


def _read_answer(connection: socket.socket) -> tuple[int, bytes]:
    received = b""
    try:
        while block := connection.recv(65536):
            received += block
    except ConnectionResetError:
        pass
    head, _separator, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/"), f"no HTTP answer, but {received[:80]!r}"
    return int(head.split(b" ", 2)[1]), body
