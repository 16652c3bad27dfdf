"""A partner that answers at once and keeps connections open, or one that never answers.

A process of its own with one thread, so that it takes as little as possible of the machine that
it shares with what is measured.
"""

import multiprocessing
import re
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"\r\nwebhook-id: *([^\r\n]+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Sink:
    """The other end of the process.

    :ivar url: address of the endpoint
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.port: int = connection.recv()
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def received(self) -> tuple[int, int]:
        """Number of requests so far, and of different ``webhook-id`` among them."""
        self._connection.send("received")
        return self._connection.recv()


@contextmanager
def running(*, answers: bool = True) -> Iterator[Sink]:
    """Give a sink and end its process afterwards.

    :param answers: False takes requests and lets the sender wait
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, answers), daemon=True)
    process.start()
    try:
        yield Sink(ours)
    finally:
        process.kill()
        process.join()


@dataclass
class _Loop:
    """All connections of one sink."""

    answers: bool
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    count: int = 0
    ids: set[bytes] = field(default_factory=set)

    def run(self, control: Connection, server: socket.socket) -> None:
        self.selector.register(server, selectors.EVENT_READ)
        self.selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _events in self.selector.select():
                if key.fileobj is control:
                    control.recv()
                    control.send((self.count, len(self.ids)))
                elif key.fileobj is server:
                    self._accept(server)
                else:
                    self._read(key)

    def _accept(self, server: socket.socket) -> None:
        connection, _address = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, selectors.EVENT_READ, bytearray())

    def _read(self, key: selectors.SelectorKey) -> None:
        connection, buffer = key.fileobj, key.data
        assert isinstance(connection, socket.socket)
        data = b""
        with suppress(ConnectionError):
            data = connection.recv(65536)
        if not data:
            self.selector.unregister(connection)
            connection.close()
            return
        buffer += data
        while (size := _complete(buffer)) is not None:
            self._note(bytes(buffer[:size]))
            del buffer[:size]
            if self.answers:
                with suppress(ConnectionError):
                    connection.sendall(_ANSWER)

    def _note(self, request: bytes) -> None:
        self.count += 1
        if found := _ID.search(request):
            self.ids.add(found[1])


def _complete(buffer: bytearray) -> int | None:
    """Length of the first request in the buffer; ``None`` as long as it is not there whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    found = _LENGTH.search(buffer, 0, end)
    size = end + 4 + (int(found[1]) if found else 0)
    return size if len(buffer) >= size else None


def _serve(control: Connection, answers: bool) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        control.send(server.getsockname()[1])
        _Loop(answers).run(control, server)
