"""How long the oldest message of an interface has been waiting for its turn.

Asked by the HTTP door before it accepts more: one look at the head of the queue's index, at most
once a second for each worker and interface.
"""

from __future__ import annotations

import time

from odoo.sql_db import BaseCursor

#: Seconds for which a worker believes what it has seen.
SECONDS = 1.0
#: Of how many interfaces a worker remembers it; more are looked up anew.
_MOST = 1000

_seen: dict[tuple[str, int], tuple[float, float]] = {}


def age(cr: BaseCursor, interface_id: int) -> float:
    """Seconds for which the first message of the queue has been due; 0 if there is none.

    A message that waited for its retry counts from the moment it was due.
    """
    key = (cr.dbname, interface_id)
    known = _seen.get(key)
    now = time.monotonic()
    if known and now - known[0] < SECONDS:
        return known[1]
    cr.execute(
        """
        SELECT extract(epoch FROM now() AT TIME ZONE 'UTC' - greatest(available_at, created_at))
          FROM integration_message WHERE interface_id = %s AND state = 'queued'
         ORDER BY priority, id LIMIT 1
        """,
        [interface_id],
    )
    row = cr.fetchone()
    found = max(float(row[0]), 0.0) if row else 0.0
    if len(_seen) >= _MOST:
        _seen.clear()
    _seen[key] = (now, found)
    return found


def forget() -> None:
    """Look anew next time; for tests."""
    _seen.clear()
