"""Deleting one batch: content, messages, idempotency keys, events that nobody subscribed to.

Each function runs in one READ COMMITTED transaction of a tenth of a second or so, together with the
note of how far it came: a process that dies in between leaves nothing half deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from odoo.sql_db import BaseCursor

from . import holds
from .retention_clocks import NOW, TRACKS, UNAPPROVED, Clock


@dataclass
class Batch:
    """What came of a batch.

    ``seen`` is how many rows it looked at, ``removed`` how many of them lost what they had, by
    interface. ``first_at`` and ``last_at`` enclose these, ``reached`` is where it stopped.
    """

    seen: int = 0
    removed: Counter[int | None] = field(default_factory=Counter)
    first_at: datetime | None = None
    last_at: datetime | None = None
    reached: tuple[datetime | None, int] | None = None


def references(cr: BaseCursor, table: str) -> list[tuple[str, str]]:
    """Tables and columns that refer to ``table`` and must not lose what they refer to.

    Read from the database, so that a model of any addon is respected: ``ondelete="restrict"``
    keeps a message for as long as the model refers to it.
    """
    cr.execute(
        """
        SELECT c.conrelid::regclass::text, quote_ident(a.attname)
          FROM pg_constraint c
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.confrelid = %s::regclass AND c.confdeltype IN ('r', 'a')
         ORDER BY 1, 2
        """,
        [table],
    )
    return [(row[0], row[1]) for row in cr.fetchall()]


def _referred(cr: BaseCursor, table: str, ids: Sequence[int]) -> set[int]:
    """Those of ``ids`` that something refers to, by one look into an index for each."""
    found: set[int] = set()
    for referrer, column in references(cr, table):
        cr.execute(
            f"SELECT {column} FROM {referrer} WHERE {column} = ANY(%s)",  # noqa: S608 (catalogue)
            [list(ids)],
        )
        found.update(row[0] for row in cr.fetchall())
    return found


def remove(cr: BaseCursor, clock: Clock, limit: int) -> Batch:
    """Remove what is overdue at ``clock``, at most ``limit`` rows."""
    return _KINDS[clock.kind](cr, clock, limit)


# ------------------------------------------------------------------
# messages
# ------------------------------------------------------------------


def _next_messages(
    cr: BaseCursor, clock: Clock, limit: int
) -> tuple[Batch, Sequence[tuple[int, int | None, datetime]]]:
    """The next finished messages of a clock: ``(id, event id, finished at)``, without the held."""
    held = holds.of_message("m") if holds.any_in_force(cr) else "false"
    cr.execute(
        f"""
        SELECT m.id, m.event_id, m.finished_at, {held} AS held
          FROM integration_message m
         WHERE m.interface_id = %(interface)s AND {TRACKS[clock.track]}
           AND m.finished_at >= coalesce(%(at)s::timestamp, '-infinity')
           AND m.finished_at < %(until)s
           AND (m.finished_at, m.id) > (coalesce(%(at)s::timestamp, '-infinity'), %(id)s)
         ORDER BY m.finished_at, m.id LIMIT %(limit)s
        """,  # noqa: S608 (conditions of this package)
        {
            "interface": clock.interface_id,
            "at": clock.reached_at,
            "id": clock.reached_id,
            "until": clock.until,
            "limit": limit,
        },
    )
    rows = cr.fetchall()
    batch = Batch(seen=len(rows))
    if rows:
        batch.reached = (rows[-1][2], rows[-1][0])
    return batch, [row[:3] for row in rows if not row[3]]


def _note(batch: Batch, clock: Clock, rows: Sequence[tuple[int, int | None, datetime]]) -> None:
    if rows:
        batch.removed[clock.interface_id] = len(rows)
        batch.first_at, batch.last_at = rows[0][2], rows[-1][2]


def _payload(cr: BaseCursor, clock: Clock, limit: int) -> Batch:
    """The content of finished messages, and of events whose messages have all lost theirs."""
    batch, rows = _next_messages(cr, clock, limit)
    if not rows:
        return batch
    cr.execute(
        "DELETE FROM integration_payload WHERE message_id = ANY(%s) RETURNING message_id",
        [[row[0] for row in rows]],
    )
    emptied = {row[0] for row in cr.fetchall()}
    events = _empty_events(cr, sorted({row[1] for row in rows if row[1]}))
    _note(batch, clock, [row for row in rows if row[0] in emptied or row[1] in events])
    return batch


def _empty_events(cr: BaseCursor, event_ids: Sequence[int]) -> set[int]:
    """An event is shared by the messages of several interfaces: the last clock decides."""
    if not event_ids:
        return set()
    # A replay that has just been made of one holds its row. The next statement sees those that
    # are committed.
    cr.execute(
        "SELECT id FROM integration_event WHERE id = ANY(%s) AND purged_at IS NULL "
        "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
        [list(event_ids)],
    )
    event_ids = [row[0] for row in cr.fetchall()]
    held = holds.of_message("o") if holds.any_in_force(cr) else "false"
    # OFFSET 0: a look at the few messages of each event, never a join that statistics plan.
    cr.execute(
        f"""
        UPDATE integration_event e SET data = NULL, body = NULL, subject = NULL, purged_at = {NOW}
         WHERE e.id = ANY(%s) AND e.purged_at IS NULL AND NOT {holds.of_event("e")}
           AND NOT EXISTS (
               SELECT 1 FROM integration_message o
                 JOIN integration_interface i ON i.id = o.interface_id
                 JOIN integration_policy p ON p.id = i.policy_id
                WHERE o.event_id = e.id AND (
                      o.state NOT IN ('done', 'filtered', 'cancelled') OR o.finished_at IS NULL
                      OR o.finished_at >= {NOW} - make_interval(days =>
                         CASE WHEN i.data_class = 'clinical' THEN p.clinical_payload_days
                              ELSE p.payload_days END)
                      OR {held} OR {UNAPPROVED}) OFFSET 0)
        RETURNING e.id
        """,  # noqa: S608
        [list(event_ids)],
    )
    return {row[0] for row in cr.fetchall()}


def _metadata(cr: BaseCursor, clock: Clock, limit: int) -> Batch:
    """Finished messages with all that belongs to them, unless something refers to them."""
    batch, rows = _next_messages(cr, clock, limit)
    if not rows:
        return batch
    # Whoever has one in hand, for a replay perhaps, keeps it; the next look finds it.
    cr.execute(
        "SELECT id FROM integration_message WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED",
        [[row[0] for row in rows]],
    )
    locked = {row[0] for row in cr.fetchall()}
    locked -= _referred(cr, "integration_message", sorted(locked))
    rows = [row for row in rows if row[0] in locked]
    _delete_messages(cr, sorted(locked))
    _delete_events(cr, sorted({row[1] for row in rows if row[1]}))
    _note(batch, clock, rows)
    return batch


def _delete_messages(cr: BaseCursor, ids: Sequence[int]) -> None:
    """Rows of other tables first, all at once: a cascade would look for those of each message."""
    for statement in (
        "DELETE FROM integration_payload WHERE message_id = ANY(%s)",
        "DELETE FROM integration_attempt WHERE message_id = ANY(%s)",
        # The status of a document stays; it only forgets the message that brought it there.
        "UPDATE integration_record_sync SET message_id = NULL WHERE message_id = ANY(%s)",
        "DELETE FROM integration_message WHERE id = ANY(%s)",
    ):
        cr.execute(statement, [list(ids)])


# ------------------------------------------------------------------
# events and keys: walked by id
# ------------------------------------------------------------------


def _delete_events(cr: BaseCursor, ids: Sequence[int]) -> list[int]:
    """Events that were handed out, that nothing refers to and that no hold covers."""
    free = sorted(set(ids) - _referred(cr, "integration_event", ids)) if ids else []
    if not free:
        return []
    cr.execute(
        f"""
        DELETE FROM integration_event e
         WHERE e.id = ANY(%s) AND e.dispatched_at IS NOT NULL AND NOT {holds.of_event("e")}
        RETURNING e.id
        """,  # noqa: S608
        [free],
    )
    return [row[0] for row in cr.fetchall()]


def _walk(
    cr: BaseCursor, clock: Clock, limit: int, table: str, moment: str
) -> tuple[Batch, Mapping[int, datetime]]:
    """The next rows by id; those that are old enough, with their moment.

    The walk ends where nothing is old enough. A young row among old ones is passed by; the clock
    begins anew now and then.
    """
    cr.execute(
        f"SELECT t.id, t.{moment} FROM {table} t WHERE t.id > %s ORDER BY t.id LIMIT %s",  # noqa: S608
        [clock.reached_id, limit],
    )
    old = {row[0]: row[1] for row in cr.fetchall() if row[1] < clock.until}
    batch = Batch(seen=len(old))
    if old:
        last = max(old)
        batch.reached = (old[last], last)
        batch.first_at, batch.last_at = min(old.values()), max(old.values())
    return batch, old


def _events(cr: BaseCursor, clock: Clock, limit: int) -> Batch:
    """Events without a message: nobody subscribed, or their messages are gone."""
    batch, old = _walk(cr, clock, limit, "integration_event", "occurred_at")
    batch.removed[None] = len(_delete_events(cr, sorted(old)))
    return batch


def _keys(cr: BaseCursor, clock: Clock, limit: int) -> Batch:
    """Keys of messages that are gone: as long as the message is there, so is its key."""
    batch, old = _walk(cr, clock, limit, "integration_idempotency", "created_at")
    if old:
        cr.execute(
            f"""
            DELETE FROM integration_idempotency k
             USING integration_interface i, integration_policy p
             WHERE k.id = ANY(%s) AND i.id = k.interface_id AND p.id = i.policy_id
               AND p.key_days = %s AND NOT {UNAPPROVED}
               AND NOT EXISTS (SELECT 1 FROM integration_message m WHERE m.uuid = k.message_uuid
                               OFFSET 0)
            RETURNING k.interface_id
            """,  # noqa: S608
            [sorted(old), clock.days],
        )
        batch.removed.update(row[0] for row in cr.fetchall())
    return batch


_KINDS: Mapping[str, Callable[[BaseCursor, Clock, int], Batch]] = {
    "payload": _payload,
    "metadata": _metadata,
    "keys": _keys,
    "events": _events,
}
