"""The load generator and a trivial receiver for it, each in a process of its own.

The generator knows just enough HTTP/1.x: it sends ready-made requests over several connections at
once and keeps a connection open for as long as the server does. (Odoo's prefork workers close it
after each answer: a proxy in front of them is what keeps connections open in production.)
"""

import multiprocessing
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SINK_ANSWER = (
    b"HTTP/1.0 202 ACCEPTED\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
_TIMEOUT = 60


@dataclass(frozen=True)
class Load:
    """What became of the requests.

    :ivar statuses: number of answers by HTTP status
    :ivar seconds: from the first request to the last answer
    """

    statuses: Mapping[int, int]
    seconds: float
    connects: int

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds


def request(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a POST that allows the server to keep the connection."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Connection: keep-alive",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send each request once from another process; wait for all answers."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send, (port, requests, connections))


@contextmanager
def sink() -> Iterator[int]:
    """Run a receiver that answers at once and keeps nothing; gives its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_sink, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _send(port: int, requests: Sequence[bytes], connections: int) -> Load:
    clients = [_Client(port, requests[number::connections]) for number in range(connections)]
    start = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - start
    for client in clients:
        if client.error:
            raise client.error
    return Load(
        statuses=sum((client.statuses for client in clients), Counter()),
        seconds=seconds,
        connects=sum(client.connects for client in clients),
    )


class _Client(threading.Thread):
    """One connection: the next request leaves when the last one was answered."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._requests = requests
        self._connection: socket.socket | None = None
        self.statuses: Counter[int] = Counter()
        self.connects = 0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            for content in self._requests:
                self.statuses[self._exchange(content)] += 1
        except Exception as exc:  # told by the thread that waits for us
            self.error = exc
        finally:
            self._close()

    def _exchange(self, content: bytes) -> int:
        connection = self._connection or self._connect()
        connection.sendall(content)
        head, kept = _read_answer(connection)
        if not kept:
            self._close()
        return int(head[9:12])

    def _connect(self) -> socket.socket:
        self._connection = socket.create_connection(("127.0.0.1", self._port), _TIMEOUT)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connects += 1
        return self._connection

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None


def _read_answer(connection: socket.socket) -> tuple[bytes, bool]:
    """Read one answer; return its head and whether the connection may be used again."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive(connection)
    head = data[:end]
    match = _CONTENT_LENGTH.search(head)
    missing = int(match[1]) - (len(data) - end - 4) if match else 0
    while missing > 0:
        missing -= len(_receive(connection))
    closing = b"connection: close" in head.lower()
    return head, bool(match) and head.startswith(b"HTTP/1.1") and not closing


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection within an answer")
    return data


def _sink(port: Connection) -> None:
    """Accept, read one request, answer, close: as a prefork worker does, with nothing inside."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        port.send(server.getsockname()[1])
        while True:
            connection, _address = server.accept()
            with connection, suppress(ConnectionError):
                _read_answer(connection)
                connection.sendall(_SINK_ANSWER)
