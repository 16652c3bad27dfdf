"""MedSupply's memory: orders and confirmations in a SQLite file that survives restarts."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    number TEXT NOT NULL,
    body BLOB NOT NULL,
    correlation_id TEXT,
    traceparent TEXT,
    received_at REAL NOT NULL,
    deliveries INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS sendings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders,
    webhook_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    status INTEGER,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sendings_due ON sendings (due_at) WHERE state = 'pending';
"""
_ORDER_COLUMNS = (
    "id, webhook_id, sha256, number, body, correlation_id, traceparent, received_at, deliveries"
)
_SENDING_COLUMNS = "id, order_id, webhook_id, kind, body, state, attempts, due_at, status, note"


@dataclass(frozen=True)
class StoredOrder:
    """An order as it was received; ``deliveries`` counts how often the same message arrived."""

    id: int
    webhook_id: str
    sha256: str
    number: str
    body: bytes
    correlation_id: str | None
    traceparent: str | None
    received_at: float
    deliveries: int

    @property
    def supplier_ref(self) -> str:
        """MedSupply's own order number."""
        return f"SO-{100000 + self.id}"


@dataclass(frozen=True)
class Sending:
    """A confirmation to send or already sent.

    :ivar kind: ``confirmation``, ``duplicate`` or ``conflict``
    :ivar state: ``pending``, ``accepted`` (Odoo answered 2xx) or ``given_up``
    :ivar due_at: of a pending one the next attempt, else the last; seconds since the epoch
    :ivar status: HTTP status of the last attempt, None when there was no answer
    :ivar note: what Odoo answered, or why there was no answer
    """

    id: int
    order_id: int
    webhook_id: str
    kind: str
    body: bytes
    state: str
    attempts: int
    due_at: float
    status: int | None
    note: str


class Store:
    """All access to the file; safe for several threads of one process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what happens inside, or roll it back on an exception; an inner one joins in."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def add_order(
        self,
        webhook_id: str,
        number: str,
        body: bytes,
        received_at: float,
        correlation_id: str | None = None,
        traceparent: str | None = None,
    ) -> tuple[StoredOrder, bool]:
        """Keep an order unless its message is known, and count the delivery.

        :return: the stored order and whether it is new; the caller compares ``sha256``
        """
        digest = hashlib.sha256(body).hexdigest()
        with self.transaction() as db:
            found = db.execute(
                "INSERT INTO orders (webhook_id, sha256, number, body, correlation_id,"
                " traceparent, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (webhook_id) DO UPDATE SET deliveries = deliveries + 1"
                f" RETURNING {_ORDER_COLUMNS}",
                (webhook_id, digest, number, body, correlation_id, traceparent, received_at),
            ).fetchall()
        order = StoredOrder(*found[0])
        return order, order.deliveries == 1

    def order(self, order_id: int) -> StoredOrder:
        """:raises KeyError: there is no such order"""
        return StoredOrder(*self._one("orders", _ORDER_COLUMNS, order_id))

    def orders(self, limit: int = 50) -> list[StoredOrder]:
        """Return the latest orders, newest first."""
        query = f"SELECT {_ORDER_COLUMNS} FROM orders ORDER BY id DESC LIMIT ?"
        return [StoredOrder(*row) for row in self._all(query, limit)]

    def add_sending(
        self, order_id: int, webhook_id: str, kind: str, body: bytes, due_at: float
    ) -> Sending:
        with self.transaction() as db:
            found = db.execute(
                "INSERT INTO sendings (order_id, webhook_id, kind, body, due_at)"
                f" VALUES (?, ?, ?, ?, ?) RETURNING {_SENDING_COLUMNS}",
                (order_id, webhook_id, kind, body, due_at),
            ).fetchall()
        return Sending(*found[0])

    def sending(self, sending_id: int) -> Sending:
        """:raises KeyError: there is no such sending"""
        return Sending(*self._one("sendings", _SENDING_COLUMNS, sending_id))

    def sendings(self, limit: int = 200) -> list[Sending]:
        """Return the latest sendings, newest first."""
        query = f"SELECT {_SENDING_COLUMNS} FROM sendings ORDER BY id DESC LIMIT ?"
        return [Sending(*row) for row in self._all(query, limit)]

    def next_pending(self) -> Sending | None:
        """Return the pending sending that is due first, which may still be in the future."""
        query = (
            f"SELECT {_SENDING_COLUMNS} FROM sendings WHERE state = 'pending'"
            " ORDER BY due_at, id LIMIT ?"
        )
        return next((Sending(*row) for row in self._all(query, 1)), None)

    def record_attempt(
        self, sending: Sending, state: str, due_at: float, status: int | None, note: str
    ) -> None:
        """Write the outcome of one attempt."""
        with self.transaction() as db:
            db.execute(
                "UPDATE sendings SET state = ?, attempts = attempts + 1, due_at = ?, status = ?,"
                " note = ? WHERE id = ?",
                (state, due_at, status, note, sending.id),
            )

    def _one(self, table: str, columns: str, record_id: int) -> tuple:
        rows = self._all(f"SELECT {columns} FROM {table} WHERE id = ?", record_id)
        if not rows:
            raise KeyError(record_id)
        return rows[0]

    def _all(self, query: str, parameter: int) -> list[tuple]:
        with self._lock:
            return self._db.execute(query, (parameter,)).fetchall()
