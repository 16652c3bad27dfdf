"""Encrypting content that is stored in clear although its interface is private by now.

In windows of ids, each in a READ COMMITTED transaction of its own that also notes how far it came:
``kill -9`` repeats one window at most, and finds nothing to do in it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping

from odoo import api
from odoo.sql_db import BaseCursor

from ..tools import canonical_json, data_classes, payload_codec
from ..tools.keyring import KeyRing
from ..tools.partition import partition_hash
from . import intake, payloads, triggers
from .drain import fault_point
from .intake_expiry import EXPIRED
from .pieces import UNREADABLE

_logger = logging.getLogger(__name__)

_FORMER_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
# Hexadecimal digits of a SHA-256; keyed digests are shorter.
_PLAIN_DIGEST = 64
#: Ids looked at in one transaction.
WINDOW = 500
PRIVATE = sorted(data_classes.PRIVATE)


def request(cr: BaseCursor) -> None:
    """Begin anew with all three tables."""
    cr.execute(
        """
        INSERT INTO integration_content_sweep (kind, position, last, requested_at)
        SELECT kind, 0, last, now() AT TIME ZONE 'UTC'
          FROM (SELECT 'event' AS kind, max(id) AS last FROM integration_event
                UNION ALL SELECT 'message', max(id) FROM integration_message
                UNION ALL SELECT 'payload', max(id) FROM integration_payload) tables
         WHERE last IS NOT NULL
        ON CONFLICT (kind) DO UPDATE
           SET position = 0, last = EXCLUDED.last, requested_at = EXCLUDED.requested_at
        """
    )


def rekey_live(cr: BaseCursor, ring: KeyRing) -> None:
    """Ordering keys of messages that are still to be handled, at once: new ones wait behind them.
    And all keys of messages that have several, of which there are few.

    To be called in the transaction in which their interfaces become private.
    """
    cr.execute(
        """
        SELECT m.id, m.interface_id, m.partition_key
          FROM integration_message m JOIN integration_interface i ON i.id = m.interface_id
         WHERE i.data_class = ANY(%s) AND m.direction = 'inbound'
           AND m.partition_key NOT LIKE 'p:%%'
           AND m.state IN ('received', 'queued', 'processing', 'waiting', 'retry', 'held',
                           'quarantined', 'dead')
        """,
        [PRIVATE],
    )
    for id_, interface_id, key in cr.fetchall():
        _rekey(cr, id_, interface_id, key, ring)
    cr.execute(
        """
        SELECT k.id, k.interface_id, k.key
          FROM integration_message_key k JOIN integration_interface i ON i.id = k.interface_id
         WHERE i.data_class = ANY(%s) AND k.key NOT LIKE 'p:%%'
        """,
        [PRIVATE],
    )
    for id_, interface_id, key in cr.fetchall():
        cr.execute(
            "UPDATE integration_message_key SET key = %s WHERE id = %s",
            [intake.partition_pseudonym(interface_id, key, ring), id_],
        )


def _rekey(cr: BaseCursor, id_: int, interface_id: int, key: str, ring: KeyRing) -> None:
    # Clinical ordering keys were pseudonyms before, without the prefix.
    new = f"{intake.PSEUDONYM}{key}"
    if not _FORMER_PSEUDONYM.fullmatch(key):
        new = intake.partition_pseudonym(interface_id, key, ring)
    cr.execute(
        "UPDATE integration_message SET partition_key = %s, partition_hash = %s WHERE id = %s",
        [new, partition_hash(new), id_],
    )


def step(env: api.Environment, ring: KeyRing) -> bool:
    """Do one window; return whether there may be more to do.

    Two at once exclude each other by the row that they lock.
    """
    env.cr.execute(
        "SELECT kind, position, last FROM integration_content_sweep "
        "ORDER BY kind LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    row = env.cr.fetchone()
    if row is None:
        return False
    kind, position, last = row
    end = min(position + WINDOW, last)
    _STEPS[kind](env, ring, position, end)
    fault_point(f"content_swept_{kind}")
    if end >= last:
        env.cr.execute("DELETE FROM integration_content_sweep WHERE kind = %s", [kind])
    else:
        env.cr.execute(
            "UPDATE integration_content_sweep SET position = %s WHERE kind = %s", [end, kind]
        )
    return True


def _payloads(env: api.Environment, ring: KeyRing, start: int, end: int) -> None:
    env.cr.execute(
        """
        SELECT p.id, m.uuid, p.kind, p.body, p.encoding, p.content_type, p.data_class, i.data_class
          FROM integration_payload p
          JOIN integration_message m ON m.id = p.message_id
          JOIN integration_interface i ON i.id = m.interface_id
         WHERE p.id > %s AND p.id <= %s AND i.data_class = ANY(%s)
           AND (p.data_class IS NULL OR coalesce(p.encoding, '') NOT LIKE '%%aes256gcm%%')
           FOR UPDATE OF p
        """,
        [start, end, PRIVATE],
    )
    for id_, uuid, kind, body, encoding, content_type, *classes in env.cr.fetchall():
        data_class = data_classes.strictest(classes)
        if "aes256gcm" in (encoding or ""):
            env.cr.execute(
                "UPDATE integration_payload SET data_class = %s WHERE id = %s", [data_class, id_]
            )
            continue
        raw = _opened(body, encoding, uuid, kind, ring)
        if raw is None:
            continue
        sealed = payloads.seal(raw, uuid, kind, ring, data_class, content_type or "")
        env.cr.execute(
            """
            UPDATE integration_payload
               SET body = %s, encoding = %s, sha256 = %s, content_type = %s, data_class = %s
             WHERE id = %s
            """,
            [sealed.stored, sealed.encoding, sealed.sha256, sealed.content_type, data_class, id_],
            log_exceptions=False,
        )


def _opened(
    body: bytes | None, encoding: str | None, uuid: str, kind: str, ring: KeyRing
) -> bytes | None:
    """Stored bytes as they came; nothing if they are purged, damaged or under a key we lack."""
    try:
        return body and payload_codec.decode(bytes(body), encoding, uuid, kind, ring)
    except UNREADABLE as exc:
        _logger.warning("Content of %s (%s) cannot be read: %s", uuid, kind, type(exc).__name__)
        return None


def _messages(env: api.Environment, ring: KeyRing, start: int, end: int) -> None:
    """Keys and digests of received messages: pseudonyms in place of a clinical sender's ids."""
    env.cr.execute(
        """
        SELECT m.id, m.uuid, m.interface_id, m.external_key, m.partition_key, i.data_class,
               p.body, p.encoding, p.content_type
          FROM integration_message m
          JOIN integration_interface i ON i.id = m.interface_id
          LEFT JOIN integration_payload p ON p.message_id = m.id AND p.kind = 'received'
         WHERE m.id > %s AND m.id <= %s AND i.data_class = ANY(%s) AND m.direction = 'inbound'
           FOR UPDATE OF m
        """,
        [start, end, PRIVATE],
    )
    for id_, uuid, interface_id, key, partition, data_class, *payload in env.cr.fetchall():
        if partition and not partition.startswith(intake.PSEUDONYM):
            _rekey(env.cr, id_, interface_id, partition, ring)
        if not key or key.startswith(intake.PSEUDONYM):
            continue
        spec = {"id": interface_id, "data_class": data_class}
        body, encoding, content_type = payload
        raw = _opened(body, encoding, uuid, "received", ring)
        if raw is not None:
            codec = env["integration.interface"].browse(interface_id)._codec()
            raw = codec.identity(raw, content_type or "")
        _rename(env.cr, spec, key, uuid, raw, ring)
        new = intake.stored_key(spec, key, ring)
        if new != key:
            env.cr.execute(
                "UPDATE integration_message SET external_key = %s WHERE id = %s", [new, id_]
            )


def _rename(
    cr: BaseCursor,
    spec: Mapping[str, object],
    key: str,
    uuid: str,
    raw: bytes | None,
    ring: KeyRing,
) -> None:
    """The entries of a key that tell a repeated delivery: its own, and that of a conflict.

    :param raw: what a repetition of the message has in common with it
    """
    renamed = [(key, intake.stored_key(spec, key, ring))]
    if raw is not None:
        plain = canonical_json.sha256_hex(raw)
        conflict = f"{key}#{payloads.keyed_digest(plain, ring)}"
        renamed.append((f"{key}#{plain}", intake.stored_key(spec, conflict, ring)))
    renamed += [(f"{old}{EXPIRED}{uuid}", f"{new}{EXPIRED}{uuid}") for old, new in renamed]
    for old, new in renamed:
        cr.execute(
            "SELECT id, body_sha256 FROM integration_idempotency "
            "WHERE interface_id = %s AND key = %s",
            [spec["id"], old],
        )
        for id_, digest in cr.fetchall():
            # That of a message which is gone meanwhile is made anew as well.
            if digest and len(digest) == _PLAIN_DIGEST:
                digest = payloads.keyed_digest(digest, ring)
            cr.execute(
                "UPDATE integration_idempotency SET key = %s, body_sha256 = %s WHERE id = %s",
                [new, digest, id_],
            )


def _events(env: api.Environment, ring: KeyRing, start: int, end: int) -> None:
    env.cr.execute(
        "SELECT DISTINCT type_id FROM integration_event "
        "WHERE id > %s AND id <= %s AND (data IS NOT NULL OR subject IS NOT NULL)",
        [start, end],
    )
    classes = {row[0]: triggers.of_type(env, row[0]).data_class for row in env.cr.fetchall()}
    private = [type_id for type_id, found in classes.items() if found in data_classes.PRIVATE]
    env.cr.execute(
        """
        SELECT id, uuid, type_id, data FROM integration_event
         WHERE id > %s AND id <= %s AND type_id = ANY(%s)
           AND (data IS NOT NULL OR subject IS NOT NULL)
           FOR UPDATE
        """,
        [start, end, private],
    )
    for id_, uuid, type_id, data in env.cr.fetchall():
        content = payloads.EventContent(None, None, None, classes[type_id])
        if data is not None:
            snapshot = canonical_json.loads(data.encode())
            content = payloads.seal_event(snapshot, uuid, classes[type_id], ring)
        env.cr.execute(
            """
            UPDATE integration_event
               SET data = NULL, subject = NULL, body = coalesce(%s::bytea, body),
                   encoding = coalesce(%s, encoding), data_class = %s
             WHERE id = %s
            """,
            [content.body, content.encoding, content.data_class, id_],
            log_exceptions=False,
        )


_STEPS: Mapping[str, Callable[[api.Environment, KeyRing, int, int], None]] = {
    "event": _events,
    "message": _messages,
    "payload": _payloads,
}
