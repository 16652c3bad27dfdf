"""Backlogs of a size that nobody would click together."""

from tests.harness import Database

_COPIES = """
    INSERT INTO integration_message (
        uuid, interface_id, company_id, direction, state, message_type, external_key,
        partition_key, partition_hash, correlation_id, trace_parent, depth, event_id, priority,
        available_at, created_at, attempts, error_class, error_code, error_message)
    SELECT gen_random_uuid(), interface_id, company_id, direction, %(state)s, message_type,
           'copy-' || lpad(n::text, 6, '0'), 'key-' || n %% %(keys)s, n %% %(keys)s,
           correlation_id, trace_parent, depth, event_id, priority, now() AT TIME ZONE 'UTC',
           created_at, 0, error_class, error_code, error_message
      FROM (SELECT * FROM integration_message
             WHERE interface_id = %(interface)s ORDER BY id DESC LIMIT 1) m,
           generate_series(1, %(count)s) n
     ORDER BY n
"""


def copy_newest(
    database: Database, interface_id: int, count: int, *, state: str = "queued", keys: int = 50
) -> None:
    """Add ``count`` messages like the newest one of an outbound interface.

    Their ids at the partner are ``copy-000001`` and so on; ``keys`` ordering keys take turns.
    """
    database.sql(_COPIES, {"interface": interface_id, "count": count, "state": state, "keys": keys})
