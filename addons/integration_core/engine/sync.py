"""Sync status of business records: what became of a record at an interface."""

from __future__ import annotations

from collections.abc import Sequence

from odoo.sql_db import BaseCursor

NOW = "(now() AT TIME ZONE 'UTC')"
#: What the names of our own models begin with.
MACHINERY = "integration."


def upsert(cr: BaseCursor, rows: Sequence[tuple[str, int, int, str, str | None, int]]) -> None:
    """Set the status of ``(model, record id, interface, state, reason, message)`` rows.

    A row speaks for the newest message of its record: results of older messages do not change
    it. The partner's confirmation may overtake the 2xx of the request that it confirms, so a
    synchronised row is not set back by its own message.

    What the engine tells of itself concerns no document, and leaves no status.
    """
    rows = [row for row in rows if not row[0].startswith(MACHINERY)]
    if not rows:
        return
    cr.execute_values(
        """
        INSERT INTO integration_record_sync AS s (res_model, res_id, interface_id, state, reason,
                                                  message_id, changed_at)
        VALUES %s
        ON CONFLICT (res_model, res_id, interface_id) DO UPDATE
           SET state = EXCLUDED.state, reason = EXCLUDED.reason,
               message_id = EXCLUDED.message_id, changed_at = EXCLUDED.changed_at
         WHERE s.message_id IS NULL OR s.message_id < EXCLUDED.message_id
            OR (s.message_id = EXCLUDED.message_id AND s.state <> 'synchronised')
        """,
        # one row a key: ON CONFLICT may not touch a row twice in one statement
        list({row[:3]: row for row in sorted(rows, key=lambda row: row[5])}.values()),
        template=f"(%s, %s, %s, %s, %s, %s, {NOW})",
        page_size=len(rows),
    )


def confirm(cr: BaseCursor, model: str, res_id: int, system_id: int) -> int:
    """The system confirmed a record by a message of its own: its rows become synchronised.

    Only rows whose message has left at least once: a confirmation of an earlier state of the
    record says nothing about a change that is still queued. A cancelled message waits for
    nothing any more: the system learnt of the record in another way.
    """
    cr.execute(
        """
        UPDATE integration_record_sync s
           SET state = 'synchronised', reason = NULL, changed_at = now() AT TIME ZONE 'UTC'
          FROM integration_interface i, integration_message m
         WHERE i.id = s.interface_id AND m.id = s.message_id AND i.system_id = %s
           AND i.awaits_confirmation
           AND (m.attempts > 0 OR m.original_id IS NOT NULL OR m.state = 'cancelled')
           AND s.res_model = %s AND s.res_id = %s AND s.state <> 'synchronised'
        """,
        [system_id, model, res_id],
    )
    return cr.rowcount


def settle(cr: BaseCursor, model: str, res_id: int, interface_id: int) -> None:
    """What contradicted a record at an interface has been decided."""
    cr.execute(
        """
        UPDATE integration_record_sync
           SET state = 'synchronised', reason = NULL, changed_at = now() AT TIME ZONE 'UTC'
         WHERE res_model = %s AND res_id = %s AND interface_id = %s AND state = 'conflict'
        """,
        [model, res_id, interface_id],
    )


def of_results(cr: BaseCursor, written: Sequence[tuple[int, str, str | None]]) -> None:
    """Tell the records of outbound messages ``(message id, message state, reason)``.

    A replay is heard only while the record's row speaks of it: it repeats something that may be
    older than what the row is about.
    """
    outcomes = {"done": None, "retry": "pending", "dead": "failed", "quarantined": "failed"}
    told = {mid: (state, reason) for mid, state, reason in written if state in outcomes}
    if not told:
        return
    cr.execute(
        """
        SELECT m.id, m.res_model, m.res_id, m.interface_id, i.awaits_confirmation
          FROM integration_message m JOIN integration_interface i ON i.id = m.interface_id
         WHERE m.id = ANY(%s) AND m.direction = 'outbound' AND m.res_id IS NOT NULL
           AND (m.original_id IS NULL OR EXISTS (
                   SELECT 1 FROM integration_record_sync s WHERE s.message_id = m.id))
        """,
        [list(told)],
    )
    rows = []
    for message_id, model, res_id, interface_id, awaits in cr.fetchall():
        state, reason = told[message_id]
        status = outcomes[state] or ("waiting" if awaits else "synchronised")
        rows.append((model, res_id, interface_id, status, reason, message_id))
    upsert(cr, rows)


def withdraw(
    cr: BaseCursor, model: str, res_id: int, interface_ids: Sequence[int], reason: str
) -> None:
    """What an interface was to tell of a record reached the partner in another way."""
    cr.execute(
        """
        UPDATE integration_record_sync
           SET state = 'cancelled', reason = %s, changed_at = now() AT TIME ZONE 'UTC'
         WHERE res_model = %s AND res_id = %s AND interface_id = ANY(%s)
           AND state <> 'synchronised'
        """,
        [reason, model, res_id, list(interface_ids)],
    )


def restore(cr: BaseCursor, model: str, res_id: int, interface_ids: Sequence[int]) -> None:
    """Undo :func:`withdraw` where the message had been delivered all the same."""
    cr.execute(
        """
        UPDATE integration_record_sync s
           SET state = CASE WHEN i.awaits_confirmation THEN 'waiting' ELSE 'synchronised' END,
               reason = NULL, changed_at = now() AT TIME ZONE 'UTC'
          FROM integration_interface i, integration_message m
         WHERE i.id = s.interface_id AND m.id = s.message_id AND m.state = 'done'
           AND s.res_model = %s AND s.res_id = %s AND s.interface_id = ANY(%s)
           AND s.state = 'cancelled'
        """,
        [model, res_id, list(interface_ids)],
    )


def forget(cr: BaseCursor, message_ids: Sequence[int]) -> None:
    """Take back what was said of records because of messages that were filtered after all."""
    if message_ids:
        cr.execute(
            "DELETE FROM integration_record_sync WHERE message_id = ANY(%s)", [list(message_ids)]
        )


def mark(cr: BaseCursor, message_ids: Sequence[int], state: str, reason: str | None) -> None:
    """Set the status of the records whose row speaks of one of these messages."""
    cr.execute(
        """
        UPDATE integration_record_sync
           SET state = %s, reason = %s, changed_at = now() AT TIME ZONE 'UTC'
         WHERE message_id = ANY(%s)
        """,
        [state, reason, list(message_ids)],
    )
