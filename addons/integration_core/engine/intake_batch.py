"""Storing the many messages of one request: all or none, in one call.

What is in the way of a message (a repeated id, an id with another content) is sorted out as for
single messages, which is slower and seldom needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from odoo.sql_db import BaseCursor

from ..tools import data_classes
from ..tools.keyring import KeyRing
from ..tools.partition import partition_hash
from . import (
    acknowledgements,
    discretion,
    intake,
    intake_many,
    ledger,
    message_keys,
    payloads,
    repeats,
)

_ERROR = ("error_class", "error_code", "error_message")
_SEALED = attrgetter("stored", "encoding", "size", "sha256", "content_type")
_NO_ANSWER = (None,) * 5


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
        about = [intake.keys_of(spec, one, ring) for one in incoming]
        columns = _columns(spec, incoming, about, ring)
        ids = intake_many.call(cr, _common(spec), columns)
        several = {id_: keys for id_, keys in zip(ids, about, strict=True) if id_ and len(keys) > 1}
        message_keys.keep(cr, spec["id"], several)
        broken = [id_ for id_, one in zip(ids, incoming, strict=True) if id_ and one.error]
        ledger.classify_errors(cr, broken)
        receipts = _receipts(cr, spec, incoming, columns, ids, ring)
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


def _columns(
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    about: Sequence[tuple[str, ...]],
    ring: KeyRing | None,
) -> dict[str, Sequence[Any]]:
    """What is stored of messages, as :mod:`.intake_many` takes it.

    By columns, not by messages: where there are a hundred of them, what is common is done once.
    """
    uuids = ledger.new_uuids(len(incoming))
    partitions = [keys[0] if keys else None for keys in about]
    columns: dict[str, Sequence[Any]] = {
        "uuid": uuids,
        "key": _keys(spec, incoming, ring),
        "partition": partitions,
        "hash": [partition_hash(key or id_) for key, id_ in zip(partitions, uuids, strict=True)],
        "correlation": [one.correlation_id for one in incoming],
        "trace": [one.trace_parent for one in incoming],
        "type": [one.message_type or spec["message_type"] for one in incoming],
        **_contents(spec, incoming, uuids, ring),
    }
    if spec["data_class"] == data_classes.CLINICAL:
        # From before the interface was clinical, or before keys were stored as pseudonyms.
        columns["clear"] = [one.external_key for one in incoming]
    if any(one.compared is not None for one in incoming):
        columns["body_digest"] = columns["digest"]
        columns["digest"] = [
            payloads.digest(one.identity, spec["data_class"], ring) for one in incoming
        ]
    if any(one.error for one in incoming):
        columns["state"] = [str(one.state) for one in incoming]
        errors = [intake.error_of(one.error) for one in incoming]
        columns |= {name: [error[name] for error in errors] for name in _ERROR}
    if any(one.acknowledgement for one in incoming):
        columns |= _answers(spec, incoming, uuids, ring)
    return columns


def _keys(
    spec: Mapping[str, Any], incoming: Sequence[intake.Incoming], ring: KeyRing | None
) -> list[str]:
    if spec["data_class"] != data_classes.CLINICAL:
        return [one.external_key for one in incoming]
    return [intake.stored_key(spec, one.external_key, ring) for one in incoming]


def _contents(
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    uuids: Sequence[str],
    ring: KeyRing | None,
) -> dict[str, Sequence[Any]]:
    data_class = spec["data_class"]
    raws = [one.body for one in incoming]
    sealed = payloads.encode_all(raws, uuids, "received", ring, data_class)
    bodies, encodings = zip(*sealed, strict=True)
    return {
        "body": bodies,
        "encoding": encodings,
        "size": [
            len(raw) if encoding else None for raw, encoding in zip(raws, encodings, strict=True)
        ],
        "digest": [payloads.digest(raw, data_class, ring) for raw in raws],
        "content_type": [payloads.known_type(one.content_type) for one in incoming],
    }


def _answers(
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    uuids: Sequence[str],
    ring: KeyRing | None,
) -> dict[str, Sequence[Any]]:
    sealed = [
        _SEALED(acknowledgements.seal(one.acknowledgement, uuid, spec["data_class"], ring))
        if one.acknowledgement
        else _NO_ANSWER
        for one, uuid in zip(incoming, uuids, strict=True)
    ]
    names = ("answer", "answer_encoding", "answer_size", "answer_digest", "answer_type")
    return dict(zip(names, zip(*sealed, strict=True), strict=True))


def _receipts(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    columns: Mapping[str, Sequence[Any]],
    ids: Sequence[int | None],
    ring: KeyRing | None,
) -> list[intake.Receipt]:
    lanes, digests = spec["lanes"], columns["digest"]
    taken = [key for key, id_ in zip(columns["key"], ids, strict=True) if id_ is None]
    known = _known(cr, spec["id"], taken)
    receipts = []
    for place, one in enumerate(incoming):
        if ids[place] is not None:
            lane = None if one.error else columns["hash"][place] % lanes
            receipts.append(intake.Receipt(columns["uuid"][place], lane))
            continue
        digest, uuid = known.get(columns["key"][place], ("", ""))
        same = digest == digests[place]
        receipts.append(
            intake.Receipt(uuid, None, intake.Outcome.DUPLICATE)
            if same
            else intake._store(cr, spec, one, ring)
        )
    return receipts


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
