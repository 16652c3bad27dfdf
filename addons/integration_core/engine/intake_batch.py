"""Storing the many messages of one request: all or none, in one statement.

What is in the way of a message (a repeated id, an id with another content) is sorted out as for
single messages, which is slower and seldom needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from odoo.sql_db import BaseCursor

from ..tools import data_classes
from ..tools.keyring import KeyRing
from ..tools.states import State
from . import acknowledgements, discretion, intake, ledger, message_keys

#: Columns that may differ between the messages of a request, with their types.
_COLUMNS = {
    "key": "text",
    "digest": "text",
    "uuid": "text",
    "type": "text",
    "external_key": "text",
    "partition": "text",
    "hash": "integer",
    "correlation": "text",
    "trace": "text",
    "state": "text",
    "error_class": "text",
    "error_code": "text",
    "error_message": "text",
    "body": "bytea",
    "encoding": "text",
    "size": "integer",
    "body_digest": "text",
    "content_type": "text",
}
#: Columns of the answers, where there are answers.
_ANSWER = {
    "answer": "bytea",
    "answer_encoding": "text",
    "answer_size": "integer",
    "answer_digest": "text",
    "answer_type": "text",
}
#: What the messages of a request may have in common.
_MAY_BE_ALIKE = frozenset(
    {
        "type",
        "partition",
        "hash",
        "correlation",
        "state",
        "error_class",
        "error_code",
        "error_message",
        "encoding",
        "content_type",
        "answer_encoding",
        "answer_type",
    }
)
# A key that comes twice in one request is stored once: its first message has the key's row.
_TEMPLATE = """
WITH incoming AS (
    SELECT v.*{alike} FROM unnest({arrays}) WITH ORDINALITY AS v({names}, position)
), moment AS (
    SELECT now() AT TIME ZONE 'UTC' AS now
), fresh AS (
    INSERT INTO integration_idempotency (interface_id, key, body_sha256, message_uuid, created_at)
    SELECT %(interface)s, key, digest, uuid, moment.now FROM incoming, moment ORDER BY position
    ON CONFLICT (interface_id, key) DO NOTHING
    RETURNING message_uuid
), message AS (
    INSERT INTO integration_message (
        uuid, interface_id, company_id, direction, state, message_type, external_key,
        partition_key, partition_hash, correlation_id, trace_parent, depth, priority,
        available_at, created_at, attempts, error_class, error_code, error_message)
    SELECT v.uuid, %(interface)s, %(company)s, 'inbound', v.state, v.type, v.external_key,
           v.partition, v.hash, v.correlation, v.trace, 0, %(priority)s, moment.now, moment.now, 0,
           v.error_class, v.error_code, v.error_message
      FROM incoming v JOIN fresh ON fresh.message_uuid = v.uuid, moment ORDER BY v.position
    RETURNING id, uuid
), payload AS (
    INSERT INTO integration_payload (
        message_id, kind, body, encoding, size, sha256, content_type, data_class, created_at)
    SELECT message.id, 'received', v.body, v.encoding, v.size, v.body_digest, v.content_type,
           %(data_class)s, moment.now
      FROM message JOIN incoming v ON v.uuid = message.uuid, moment
{answers})
SELECT uuid, id FROM message
"""
_ANSWERS = f"""
    UNION ALL
    SELECT message.id, '{acknowledgements.KIND}', v.answer, v.answer_encoding, v.answer_size,
           v.answer_digest, v.answer_type, %(data_class)s, moment.now
      FROM message JOIN incoming v ON v.uuid = message.uuid, moment
     WHERE v.answer IS NOT NULL
"""  # noqa: S608 (a constant)


@lru_cache(maxsize=64)
def _statement(alike: frozenset[str], answers: bool) -> str:
    """The statement for messages of which some columns are alike, and therefore sent once.

    Quoting the values of a batch takes a fifth of the time of a worker.
    """
    columns = _COLUMNS | _ANSWER if answers else _COLUMNS
    differ = {name: type_ for name, type_ in columns.items() if name not in alike}
    return _TEMPLATE.format(
        answers=_ANSWERS if answers else "",
        alike="".join(f", %({name})s::{columns[name]} AS {name}" for name in sorted(alike)),
        arrays=", ".join(f"%({name})s::{type_}[]" for name, type_ in differ.items()),
        names=", ".join(differ),
    )


def store(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    ring: KeyRing | None,
) -> list[intake.Receipt]:
    """Store messages as :func:`intake.store` does, in their order, in the transaction of ``cr``.

    :return: a receipt for each of ``incoming``, in the same order
    :raises tools.keyring.KeyRingMissing: as :func:`intake.store`; nothing is stored
    """
    if not incoming:
        return []
    with discretion.private_content(spec["data_class"] in data_classes.PRIVATE):
        rows = [_row(spec, one, ring) for one in incoming]
        intake.expire(cr, spec, [row["key"] for row in rows] + [row["external"] for row in rows])
        older = _known_in_clear(cr, spec, incoming, rows)
        fresh = _insert(cr, spec, [row for row in rows if row["external"] not in older])
        keys = {fresh[row["uuid"]]: row["keys"] for row in rows if row["uuid"] in fresh}
        message_keys.keep(cr, spec["id"], keys)
        broken = [row["uuid"] for row in rows if row["error_class"] and row["uuid"] in fresh]
        ledger.classify_errors(cr, [fresh[uuid] for uuid in broken])
        known = _known(cr, spec["id"], [row["key"] for row in rows if row["uuid"] not in fresh])
        return [
            _receipt(cr, spec, one, row, fresh, known, ring)
            for one, row in zip(incoming, rows, strict=True)
        ]


def _row(
    spec: Mapping[str, Any], incoming: intake.Incoming, ring: KeyRing | None
) -> dict[str, Any]:
    row = intake._columns(spec, incoming, ring) | {
        "key": intake.stored_key(spec, incoming.external_key, ring),
        "external": incoming.external_key,
    }
    answer = incoming.acknowledgement
    if answer is None:
        return row | dict.fromkeys(_ANSWER)
    sealed = acknowledgements.seal(answer, row["uuid"], spec["data_class"], ring)
    return row | {
        "answer": sealed.stored,
        "answer_encoding": sealed.encoding,
        "answer_size": sealed.size,
        "answer_digest": sealed.sha256,
        "answer_type": sealed.content_type,
    }


def _known_in_clear(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    rows: Sequence[Mapping[str, Any]],
) -> set[str]:
    """Keys from before the interface was clinical, which are not stored as pseudonyms."""
    if all(row["key"] == row["external"] for row in rows):
        return set()
    return set(_known(cr, spec["id"], [one.external_key for one in incoming]))


def _insert(
    cr: BaseCursor, spec: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Insert what is new; return its ids by uuid."""
    if not rows:
        return {}
    answers = any(row["answer"] is not None for row in rows)
    values: dict[str, Any] = {}
    alike = set()
    for name in _COLUMNS | _ANSWER if answers else _COLUMNS:
        column = [row[name] for row in rows]
        if name in _MAY_BE_ALIKE and column.count(column[0]) == len(column):
            alike.add(name)
            values[name] = column[0]
        else:
            values[name] = column
    values |= {
        "interface": spec["id"],
        "company": spec["company_id"],
        "priority": intake.NORMAL_PRIORITY,
        "data_class": spec["data_class"],
    }
    # Content must not reach the log, not even when two deliveries of one id collide.
    cr.execute(_statement(frozenset(alike), answers), values, log_exceptions=False)
    return dict(cr.fetchall())


def _known(cr: BaseCursor, interface_id: int, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """``{key: (digest, message id)}`` of keys that are taken."""
    if not keys:
        return {}
    cr.execute(
        "SELECT key, body_sha256, message_uuid FROM integration_idempotency "
        "WHERE interface_id = %s AND key = ANY(%s)",
        [interface_id, list(keys)],
        log_exceptions=False,
    )
    return {key: (digest, uuid) for key, digest, uuid in cr.fetchall()}


def _receipt(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    incoming: intake.Incoming,
    row: Mapping[str, Any],
    fresh: Mapping[str, int],
    known: Mapping[str, tuple[str, str]],
    ring: KeyRing | None,
) -> intake.Receipt:
    if row["uuid"] in fresh:
        lane = row["hash"] % spec["lanes"] if row["state"] == State.QUEUED else None
        return intake.Receipt(row["uuid"], lane)
    digest, uuid = known.get(row["key"], ("", ""))
    if digest == row["digest"]:
        return intake.Receipt(uuid, None, intake.Outcome.DUPLICATE)
    return intake._store(cr, spec, incoming, ring)
