"""The deliveries that reached Flaky Logistics, in a SQLite file that survives restarts."""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id TEXT NOT NULL,
    received_at REAL NOT NULL,
    attempt INTEGER NOT NULL,
    since_previous REAL,
    mode TEXT NOT NULL,
    result TEXT NOT NULL,
    signature TEXT NOT NULL,
    subject TEXT NOT NULL,
    correlation_id TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_webhook_id ON deliveries (webhook_id, id);
"""
_COLUMNS = (
    "webhook_id, received_at, attempt, since_previous, mode, result, signature, subject,"
    " correlation_id"
)


@dataclass(frozen=True)
class Delivery:
    """One attempt of a sender.

    :ivar received_at: seconds since the epoch
    :ivar attempt: 1 for the first arrival of this webhook-id, then counting on
    :ivar since_previous: seconds since the attempt before, None for the first
    :ivar result: what was answered: a status, ``garbage`` or ``reset``
    :ivar signature: ``valid``, ``invalid`` or ``not checked``
    :ivar subject: event type and document number, as far as they could be read
    """

    webhook_id: str
    received_at: float
    attempt: int
    since_previous: float | None
    mode: str
    result: str
    signature: str
    subject: str
    correlation_id: str | None


class DeliveryLog:
    """Append-only log; safe for several threads of one process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add(
        self,
        webhook_id: str,
        received_at: float,
        mode: str,
        result: str,
        signature: str,
        subject: str,
        correlation_id: str | None = None,
    ) -> Delivery:
        """Write down one attempt; its number and the interval follow from what is there."""
        with self._lock:
            previous = self._db.execute(
                "SELECT attempt, received_at FROM deliveries WHERE webhook_id = ?"
                " ORDER BY id DESC LIMIT 1",
                (webhook_id,),
            ).fetchone()
            attempt, since = 1, None
            if previous:
                attempt, since = previous[0] + 1, received_at - previous[1]
            values = (webhook_id, received_at, attempt, since, mode, result, signature, subject)
            self._db.execute(
                f"INSERT INTO deliveries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, correlation_id),
            )
        return Delivery(*values, correlation_id)

    def latest(self, limit: int = 100) -> list[Delivery]:
        """Return the latest attempts, newest first."""
        query = f"SELECT {_COLUMNS} FROM deliveries ORDER BY id DESC LIMIT ?"
        with self._lock:
            return [Delivery(*row) for row in self._db.execute(query, (limit,)).fetchall()]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._db.execute("DELETE FROM deliveries")
