"""A partner's endpoint in a process of its own, which notes when each delivery was complete."""

import json
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection

#: Path of deliveries whose arrival is noted; others are only counted.
NOTED = "/noted"
COUNTED = "/counted"
_ANSWER = b'{"accepted": true}'


class Partner:
    """The other end of the process.

    :ivar url: address of the endpoint, without a path
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.url = f"http://127.0.0.1:{connection.recv()}"

    def arrivals(self) -> dict[str, float]:
        """Seconds since the epoch at which an order arrived first, by its number."""
        self._connection.send("arrivals")
        return self._connection.recv()

    def counted(self) -> int:
        """Number of all other deliveries so far."""
        self._connection.send("counted")
        return self._connection.recv()


@contextmanager
def running() -> Iterator[Partner]:
    """Give a partner and end its process afterwards."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Partner(ours)
    finally:
        process.kill()
        process.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrivals: dict[str, float] = {}
        self.counted = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    wbufsize = -1  # an answer is one packet
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived = time.time()
        if self.path == NOTED:
            number = json.loads(body)["data"]["order_number"]
            self.server.arrivals.setdefault(number, arrived)
        else:
            self.server.counted += 1
        self.send_response(202)
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _serve(connection: Connection) -> None:
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection.send(server.server_port)
        while True:
            name = connection.recv()
            connection.send(getattr(server, name))
