"""A partner's endpoint in a process of its own, so that it takes nothing from what is measured."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection


@contextmanager
def running(serve: Callable[[Connection], None]) -> Iterator[Connection]:
    """Run ``serve`` at the other end of a connection, and end its process afterwards.

    :param serve: a function of a module; it sends the port of its server first
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


class NeighbourServer(ThreadingHTTPServer):
    """Answers on a free port."""

    daemon_threads = True
    request_queue_size = 128
    handler: type[BaseHTTPRequestHandler]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.handler)


class NeighbourHandler(BaseHTTPRequestHandler):
    """Reads whole deliveries over connections that stay open."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.received(self.rfile.read(int(self.headers["Content-Length"])))

    def received(self, body: bytes) -> None:
        """Take a delivery, and :meth:`accept` it."""
        raise NotImplementedError

    def accept(self, answer: bytes = b"") -> None:
        self.send_response(202)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
