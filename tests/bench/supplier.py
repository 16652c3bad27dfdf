"""A supplier in a process of its own, which confirms each order that it is sent.

It answers a delivery at once, and posts its confirmation, signed, over a few threads of its own: as
a partner does that works through a queue.
"""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing.connection import Connection

from standardwebhooks import Webhook

from tests.bench import neighbour

_SENDERS = 2
_PROMISED = "2030-05-10"
_ACCEPTED = 202


@dataclass(frozen=True)
class Door:
    """Where confirmations go: port and path of the inbound interface, and its secret."""

    port: int
    path: str
    secret: str


class Supplier:
    """The other end of the process.

    :ivar url: where orders are delivered to
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.url = f"http://127.0.0.1:{connection.recv()}/orders"

    def confirm_to(self, door: Door) -> None:
        """Say where the confirmations go; orders that arrived before are not confirmed."""
        self._connection.send(door)
        self._connection.recv()

    def refused(self) -> int:
        """How many confirmations were not accepted."""
        self._connection.send("refused")
        return self._connection.recv()


@contextmanager
def running() -> Iterator[Supplier]:
    """Give a supplier and end its process afterwards."""
    with neighbour.running(_serve) as connection:
        yield Supplier(connection)


def confirmation(order: dict) -> dict:
    """All of an order, promised for a fixed day, in canonical JSON."""
    return {
        "order_number": order["order_number"],
        "supplier_reference": f"SO-{order['order_number']}",
        "lines": [
            {
                "line_reference": line["line_reference"],
                "quantity": line["quantity"],
                "unit": line["unit"],
                "promised_date": _PROMISED,
            }
            for line in order["lines"]
        ],
    }


class _Handler(neighbour.NeighbourHandler):
    server: "_Server"

    def received(self, body: bytes) -> None:
        self.server.orders.put(json.loads(body)["data"])
        self.accept()


class _Server(neighbour.NeighbourServer):
    handler = _Handler

    def __init__(self) -> None:
        super().__init__()
        self.orders: queue.SimpleQueue[dict] = queue.SimpleQueue()
        self.refused = 0
        self.door: Door | None = None

    def send(self) -> None:
        """Confirm one order after the other."""
        assert self.door
        webhook = Webhook(self.door.secret)
        while True:
            order = self.orders.get()
            body, now = json.dumps(confirmation(order)), datetime.now(UTC)
            key = f"confirmation-{order['order_number']}"
            # Prefork workers close the connection after each answer.
            connection = HTTPConnection("127.0.0.1", self.door.port, timeout=30)
            connection.request(
                "POST",
                self.door.path,
                body,
                {
                    "content-type": "application/json",
                    "webhook-id": key,
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": webhook.sign(key, now, body),
                },
            )
            if connection.getresponse().status != _ACCEPTED:
                self.refused += 1
            connection.close()


def _serve(connection: Connection) -> None:
    with _Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection.send(server.server_port)
        while True:
            said = connection.recv()
            if said == "refused":
                connection.send(server.refused)
                continue
            server.door = said
            while not server.orders.empty():
                server.orders.get()
            for _number in range(_SENDERS):
                threading.Thread(target=server.send, daemon=True).start()
            connection.send(None)
