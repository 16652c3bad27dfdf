"""A partner's endpoint in a process of its own, which notes when each delivery was complete."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.bench import neighbour

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
    with neighbour.running(_serve) as connection:
        yield Partner(connection)


class _Handler(neighbour.NeighbourHandler):
    server: "_Server"

    def received(self, body: bytes) -> None:
        arrived = time.time()
        if self.path == NOTED:
            number = json.loads(body)["data"]["order_number"]
            self.server.arrivals.setdefault(number, arrived)
        else:
            self.server.counted += 1
        self.accept(_ANSWER)


class _Server(neighbour.NeighbourServer):
    handler = _Handler

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: dict[str, float] = {}
        self.counted = 0


def _serve(connection: Connection) -> None:
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection.send(server.server_port)
        while True:
            name = connection.recv()
            connection.send(getattr(server, name))
