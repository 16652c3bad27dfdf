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
    # Locked in one order, so that two batches with the same keys do not wait for each other.
    return f"""
        WITH expired AS MATERIALIZED (
            SELECT id FROM integration_idempotency
             WHERE interface_id = {interface} AND key = ANY({keys})
               AND created_at < now() AT TIME ZONE 'UTC' - {seconds} * interval '1 second'
             ORDER BY key FOR UPDATE
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
