"""The client program of mllp_durable and a trivial receiver for it, each in a process of its own.

One thread serves all connections: on each of them the next message leaves when the last one was
acknowledged, as MLLP senders do. What comes back is checked: it must accept the message that was
sent.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

START, END = b"\x0b", b"\x1c\r"
_TIMEOUT = 120
_SINK_ANSWER = START + b"MSH|^~\\&|SINK\rMSA|AA|%s\r" + END


@dataclass(frozen=True)
class Load:
    """What a round found.

    :ivar latencies: seconds from the last byte of a message to its acknowledgement, all of them
    :ivar seconds: from the first message to the last acknowledgement
    """

    latencies: tuple[float, ...]
    seconds: float

    @property
    def rate(self) -> float:
        """Acknowledged messages a second."""
        return len(self.latencies) / self.seconds


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, int(share * len(ordered) + 0.999999) - 1))]


def send(port: int, messages: Sequence[tuple[bytes, bytes]], connections: int) -> Load:
    """Send each message once from another process; wait for all acknowledgements.

    :param messages: control id and content
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send, (port, messages, connections))


def probe(port: int) -> None:
    """:raises ConnectionError: nobody listens on a port"""
    socket.create_connection(("127.0.0.1", port), _TIMEOUT).close()


@contextmanager
def sink() -> Iterator[int]:
    """Run a receiver that accepts at once and keeps nothing; gives its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_sink, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


@dataclass(slots=True)
class _Client:
    """One connection."""

    connection: socket.socket
    messages: list[tuple[bytes, bytes]]
    received: bytes = b""
    expected: bytes = b""
    sent_at: float = 0.0

    def next(self) -> bool:
        """Send the next message; false when there are no more."""
        if not self.messages:
            return False
        self.expected, content = self.messages.pop()
        self.connection.sendall(START + content + END)
        self.sent_at = time.perf_counter()
        return True

    def read(self) -> bool:
        """Read what came; whether it completed an acknowledgement."""
        data = self.connection.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection before it acknowledged")
        self.received += data
        if not self.received.endswith(END):
            return False
        answer, self.received = self.received, b""
        if b"MSA|AA|" + self.expected not in answer or answer.count(END) != 1:
            raise AssertionError(f"not the acknowledgement of {self.expected!r}: {answer!r}")
        return True


def _send(port: int, messages: Sequence[tuple[bytes, bytes]], connections: int) -> Load:
    selector = selectors.DefaultSelector()
    clients = []
    for number in range(connections):
        connection = socket.create_connection(("127.0.0.1", port), _TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = _Client(connection, list(messages[number::connections])[::-1])
        clients.append(client)
        selector.register(connection, selectors.EVENT_READ, client)
    latencies: list[float] = []
    start = time.perf_counter()
    busy = sum(client.next() for client in clients)
    while busy:
        ready = selector.select(_TIMEOUT)
        if not ready:
            raise TimeoutError("no acknowledgement came")
        for key, _events in ready:
            client = key.data
            if client.read():
                latencies.append(time.perf_counter() - client.sent_at)
                busy -= not client.next()
    seconds = time.perf_counter() - start
    for client in clients:
        client.connection.close()
    return Load(tuple(latencies), seconds)


def _sink(port: Connection) -> None:
    selector = selectors.DefaultSelector()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        port.send(server.getsockname()[1])
        selector.register(server, selectors.EVENT_READ, b"")
        received: dict[socket.socket, bytes] = {}
        while True:
            for key, _events in selector.select():
                if key.fileobj is server:
                    connection, _address = server.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(connection, selectors.EVENT_READ)
                    received[connection] = b""
                else:
                    _serve(selector, key.fileobj, received)


def _serve(
    selector: selectors.BaseSelector,
    connection: socket.socket,
    received: dict[socket.socket, bytes],
) -> None:
    data = connection.recv(65536)
    if not data:
        selector.unregister(connection)
        connection.close()
        del received[connection]
        return
    received[connection] += data
    while END in received[connection]:
        message, _mark, received[connection] = received[connection].partition(END)
        control_id = message.split(b"|", 10)[9]
        connection.sendall(_SINK_ANSWER % control_id)
