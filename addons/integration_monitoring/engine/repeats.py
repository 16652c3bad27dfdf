"""Counts of messages that were recognised as known already, which leave no row in the ledger.

The core tells of each once its request is committed (its ``engine.repeats``). They are added up in
the memory of the process and written every few seconds as new rows: no row is shared with other
processes, and no request waits. A process that is killed takes the counts of its last seconds with
it; nothing else is lost, because the messages themselves are in the ledger.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter

from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine import repeats as told
from odoo.addons.integration_core.engine.cursors import own_cursor

_logger = logging.getLogger(__name__)

#: Seconds between the first repetition that is not written yet and its row.
DELAY = 2.0
TABLE = "integration_rollup_repeat"


class Tally:
    """What this process has counted and not written yet, by database and interface."""

    def __init__(self, delay: float = DELAY) -> None:
        self._delay = delay
        self._counts: Counter[tuple[str, int]] = Counter()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def add(self, dbname: str, interface_id: int, times: int) -> None:
        """Count; the first count since the last writing starts the clock of the next."""
        with self._lock:
            self._counts[dbname, interface_id] += times
            if self._timer is None:
                self._timer = threading.Timer(self._delay, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what was counted; what cannot be written is told in the log and given up."""
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
        by_database: dict[str, list[tuple[int, int]]] = {}
        for (dbname, interface_id), times in counts.items():
            by_database.setdefault(dbname, []).append((interface_id, times))
        for dbname, rows in by_database.items():
            try:
                write(Registry(dbname), rows)
            except Exception:  # a thread of its own: nobody else would hear of it
                _logger.exception("Repeated messages could not be counted")


def write(registry: Registry, rows: list[tuple[int, int]]) -> None:
    """Add rows of interfaces and how often a message was repeated there."""
    if "integration.rollup.repeat" not in registry:
        return  # another database of this server, without this addon
    with own_cursor(registry) as cr:
        # A machine that fails within a second loses a count, not a message.
        cr.execute("SET LOCAL synchronous_commit TO off")
        cr.execute_values(
            "INSERT INTO integration_rollup_repeat (interface_id, times, seen_at) "
            "SELECT v.id, v.times, clock_timestamp() AT TIME ZONE 'UTC' "
            "FROM (VALUES %s) AS v(id, times) "
            "WHERE EXISTS (SELECT 1 FROM integration_interface i WHERE i.id = v.id)",
            rows,
        )


_TALLY = Tally()


def listen() -> None:
    """Let the core tell this process of what is repeated; doing so twice is harmless."""
    if _TALLY.add not in told.listeners:
        told.listeners.append(_TALLY.add)
