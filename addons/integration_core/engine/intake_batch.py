"""Storing the many messages of one request: all or none, in one call.

What is in the way of a message (a repeated id, an id with another content) is sorted out as for
single messages, which is slower and seldom needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odoo.sql_db import BaseCursor

from ..tools import data_classes
from ..tools.keyring import KeyRing
from ..tools.states import State
from . import acknowledgements, discretion, intake, intake_many, ledger, message_keys, repeats

_NO_ANSWER = dict.fromkeys(
    ("answer", "answer_encoding", "answer_size", "answer_digest", "answer_type")
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
        fresh = intake_many.call(cr, _common(spec), rows)
        keys = {fresh[row["uuid"]]: row["keys"] for row in rows if row["uuid"] in fresh}
        message_keys.keep(cr, spec["id"], keys)
        broken = [row["uuid"] for row in rows if row["error_class"] and row["uuid"] in fresh]
        ledger.classify_errors(cr, [fresh[uuid] for uuid in broken])
        known = _known(cr, spec["id"], [row["key"] for row in rows if row["uuid"] not in fresh])
        receipts = [
            _receipt(cr, spec, one, row, fresh, known, ring)
            for one, row in zip(incoming, rows, strict=True)
        ]
    repeats.told(cr, spec["id"], sum(one.outcome is intake.Outcome.DUPLICATE for one in receipts))
    return receipts


def _common(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "interface": spec["id"],
        "company": spec["company_id"],
        "priority": intake.NORMAL_PRIORITY,
        "data_class": spec["data_class"],
        "dedupe": spec.get("dedupe_seconds") or None,
    }


def _row(
    spec: Mapping[str, Any], incoming: intake.Incoming, ring: KeyRing | None
) -> dict[str, Any]:
    row = intake._columns(spec, incoming, ring)
    key = row["key"] = row["external_key"]
    # From before the interface was clinical, or before keys were stored as pseudonyms.
    row["clear"] = incoming.external_key if key != incoming.external_key else None
    answer = incoming.acknowledgement
    if answer is None:
        row.update(_NO_ANSWER)
        return row
    sealed = acknowledgements.seal(answer, row["uuid"], spec["data_class"], ring)
    row["answer"] = sealed.stored
    row["answer_encoding"] = sealed.encoding
    row["answer_size"] = sealed.size
    row["answer_digest"] = sealed.sha256
    row["answer_type"] = sealed.content_type
    return row


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
