"""Replays: a new message that sends or handles once more what an earlier one brought.

A replay keeps the original's event, idempotency key and content, so that a partner recognises what
it has, and stands at the end of its queue like any new message. All replays of a message point to
the first original; at most one of them is open at a time (a unique index sees to it).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..tools import data_classes, payload_codec
from ..tools.keyring import KeyRing, KeyRingError
from ..tools.states import State
from . import ledger, message_keys, payloads

#: New traffic of the interface goes first (see :mod:`.claims`).
PRIORITY = 20
# Encrypted contents in memory at once.
CHUNK = 200


def create(messages: BaseModel, originals: Sequence[int]) -> dict[int, int]:
    """Create a replay of each of ``originals``, oldest first: ``{original id: replay id}``.

    Runs in the caller's transaction, as superuser. Whether each may be replayed is the caller's
    question; two transactions that replay one message at once collide on its row, so that Odoo runs
    the second one again, and it sees what the first one did.

    :raises UserError: the content of a message can no longer be read
    """
    cr = messages.env.cr
    cr.execute(
        "UPDATE integration_message SET replayed_at = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
        [list(originals)],
        log_exceptions=False,  # a collision is expected, and no failure
    )
    # Retention must not take the content from under a new message, nor may it have done so since
    # this transaction began: then it is run again, and finds that there is nothing to replay.
    cr.execute(
        "SELECT e.id FROM integration_event e JOIN integration_message m ON m.event_id = e.id "
        "WHERE m.id = ANY(%s) ORDER BY e.id FOR NO KEY UPDATE OF e",
        [list(originals)],
        log_exceptions=False,
    )
    replays = _insert(cr, originals)
    _copy_content(messages, replays)
    message_keys.copy(cr, replays)
    _tell_records(cr, replays)
    return replays


def give_way(cr: BaseCursor, message_ids: Sequence[int]) -> None:
    """Let messages that are retried in bulk yield to new traffic, as replays do.

    Later messages of the same ordering key stay behind them (see :mod:`.claims`). Where the whole
    interface is one queue, they keep their place.
    """
    cr.execute(
        """
        UPDATE integration_message m SET priority = %s
          FROM integration_interface i JOIN integration_policy p ON p.id = i.policy_id
         WHERE m.id = ANY(%s) AND i.id = m.interface_id AND p.ordering <> 'strict'
           AND m.priority < %s
        """,
        [PRIORITY, list(message_ids), PRIORITY],
    )


def _insert(cr: BaseCursor, originals: Sequence[int]) -> dict[int, int]:
    """Where the whole interface is one queue, a lower priority would be an overtaking."""
    rows = cr.execute_values(
        """
        INSERT INTO integration_message (
            uuid, interface_id, company_id, direction, state, message_type, external_key,
            partition_key, partition_hash, correlation_id, trace_parent, causation_id, depth,
            event_id, res_model, res_id, priority, available_at, created_at, attempts, original_id,
            sequence_number)
        SELECT v.uuid, m.interface_id, m.company_id, m.direction, v.state, m.message_type,
               m.external_key, m.partition_key, m.partition_hash, m.correlation_id, m.trace_parent,
               m.causation_id, m.depth, m.event_id, m.res_model, m.res_id,
               CASE WHEN p.ordering = 'strict' THEN m.priority ELSE v.priority END,
               now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 0, m.id,
               m.sequence_number
          FROM (VALUES %s) AS v(uuid, original, state, priority)
          JOIN integration_message m ON m.id = v.original
          JOIN integration_interface i ON i.id = m.interface_id
          JOIN integration_policy p ON p.id = i.policy_id
         ORDER BY m.id
        RETURNING original_id, id
        """,
        [(ledger.new_uuid(), original, str(State.QUEUED), PRIORITY) for original in originals],
        page_size=max(len(originals), 1),
        fetch=True,
    )
    return dict(rows)


def _copy_content(messages: BaseModel, replays: Mapping[int, int]) -> None:
    """Give each replay the received bytes of its original.

    Bytes in clear are copied inside the database. Encrypted ones are bound to their message, and
    what has become private since must not stay in clear: these go through the codec.
    """
    cr = messages.env.cr
    cr.execute(
        """
        INSERT INTO integration_payload (message_id, kind, body, encoding, size, sha256,
                                         content_type, data_class, created_at)
        SELECT r.id, p.kind, p.body, p.encoding, p.size, p.sha256, p.content_type, p.data_class,
               now() AT TIME ZONE 'UTC'
          FROM integration_message r
          JOIN integration_interface i ON i.id = r.interface_id
          JOIN integration_payload p ON p.message_id = r.original_id AND p.kind = 'received'
         WHERE r.id = ANY(%s) AND i.data_class <> ALL(%s)
           AND coalesce(p.encoding, '') NOT LIKE '%%aes256gcm%%'
        """,
        [list(replays.values()), list(data_classes.PRIVATE)],
        log_exceptions=False,  # the log must not get the content
    )
    if cr.rowcount < len(replays):
        ring = messages.env["integration.credential"]._key_ring()
        for chunk in _chunks(sorted(replays.values())):
            _copy_sealed(messages, chunk, ring)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _copy_sealed(messages: BaseModel, replays: Sequence[int], ring: KeyRing | None) -> None:
    cr = messages.env.cr
    cr.execute(
        """
        SELECT r.id, r.uuid, o.uuid, p.body, p.encoding, p.content_type, p.data_class,
               i.data_class
          FROM integration_message r
          JOIN integration_interface i ON i.id = r.interface_id
          JOIN integration_message o ON o.id = r.original_id
          JOIN integration_payload p ON p.message_id = o.id AND p.kind = 'received'
         WHERE r.id = ANY(%s) AND NOT EXISTS (
               SELECT 1 FROM integration_payload c
                WHERE c.message_id = r.id AND c.kind = 'received')
        """,
        [list(replays)],
    )
    copies = []
    for replay_id, uuid, original, body, encoding, content_type, *classes in cr.fetchall():
        try:
            raw = payload_codec.decode(bytes(body), encoding, original, "received", ring)
            data_class = data_classes.strictest(classes)
            sealed = payloads.seal(raw, uuid, "received", ring, data_class, content_type or "")
        except (KeyRingError, ValueError, zlib.error) as exc:
            raise UserError(
                messages.env._(
                    "The content of message %s cannot be read with the keys of this server, so "
                    "nothing was replayed. Give the server its key ring, or leave this message "
                    "out.",
                    original,
                )
            ) from exc
        copies.append((replay_id, sealed))
    ledger.insert_payloads(cr, copies)


def _tell_records(cr: BaseCursor, replays: Mapping[int, int]) -> None:
    """Let the sync status follow the replay, where it spoke of the original.

    A status that has moved on to a later message stays there: the replay repeats something older.
    What the partner has confirmed stays synchronised.
    """
    cr.execute(
        """
        UPDATE integration_record_sync s
           SET message_id = r.id, changed_at = now() AT TIME ZONE 'UTC',
               reason = CASE WHEN s.state = 'synchronised' THEN s.reason END,
               state = CASE WHEN s.state = 'synchronised' THEN s.state ELSE 'pending' END
          FROM integration_message r, integration_message f
         WHERE r.id = ANY(%s) AND s.message_id = f.id
           AND (f.id = r.original_id OR f.original_id = r.original_id)
        """,
        [list(replays.values())],
    )
