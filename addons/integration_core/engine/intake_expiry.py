"""Keys that are older than an interface remembers them are free again.

Some senders count anew when they are restarted. The old entry stays, under another name, for who
asks what was accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from odoo.sql_db import BaseCursor

#: Stands between a key that an interface no longer remembers and the id of its message.
EXPIRED: Final = "~"


def statement(interface: str, keys: str, seconds: str) -> str:
    """The statement, with SQL of the engine for the interface, an array of keys and their age."""
    # Locked in one order, so that two batches with the same keys do not wait for each other. Each
    # key is looked up by itself: of many at once the planner may think that reading all keys of
    # the interface is as cheap, and a plan that was made when there were few is kept.
    return f"""
        WITH wanted AS MATERIALIZED (
            SELECT DISTINCT v.key FROM unnest(({keys})::text[]) v(key) ORDER BY v.key
        ), expired AS MATERIALIZED (
            SELECT old.id FROM wanted CROSS JOIN LATERAL (
                SELECT i.id FROM integration_idempotency i
                 WHERE i.interface_id = {interface} AND i.key = wanted.key
                   AND i.created_at < now() AT TIME ZONE 'UTC' - {seconds} * interval '1 second'
                 LIMIT 1 FOR UPDATE) old
        )
        UPDATE integration_idempotency SET key = key || '{EXPIRED}' || message_uuid
         WHERE id = ANY(ARRAY(SELECT id FROM expired))
        """  # noqa: S608 (built from the engine's own words)


_EXPIRE = statement("%(interface)s", "%(keys)s", "%(seconds)s")


def expire(cr: BaseCursor, interface_id: int, keys: Sequence[str], seconds: int | None) -> None:
    """Free keys of an interface that are older than ``seconds``, for messages that come now."""
    if seconds:
        values = {"interface": interface_id, "keys": list(keys), "seconds": seconds}
        cr.execute(_EXPIRE, values, log_exceptions=False)
