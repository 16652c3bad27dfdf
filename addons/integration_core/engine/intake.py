"""Storing what was received: deduplicated, in one statement, before it is acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jmespath

from odoo.sql_db import BaseCursor

from ..tools import canonical_json, data_classes, simple_path
from ..tools.codecs import Codec
from ..tools.errors import ContractError
from ..tools.keyring import KeyRing, KeyRingMissing
from ..tools.partition import partition_hash
from ..tools.states import State
from . import discretion, intake_function, ledger, payloads

NORMAL_PRIORITY = 10
KEY_LENGTH = 255
JSON = Codec()
#: Begins the pseudonym of a key.
PSEUDONYM = "p:"
#: Begins the key of a message whose sender gave it no id.
CONTENT_KEY = "sha256:"
#: In the place of a value: the body was not read yet.
NOT_READ: Final = object()

_KEY_REUSED = {
    "error_class": "conflict",
    "error_code": "key_reused",
    "error_message": "The sender used the id of an earlier message for another content. "
    "Ask the sender which of the two is right.",
}
_NO_ERROR = dict.fromkeys(_KEY_REUSED)


@dataclass(frozen=True)
class Incoming:
    """A message as its transport hands it over, verified.

    :ivar partition_key: what it is about, as it is stored, if that is known without its body
    :ivar value: the value of a JSON body, if the transport had to read it anyway
    """

    external_key: str
    message_type: str | None
    body: bytes
    content_type: str
    correlation_id: str
    trace_parent: str
    partition_key: str | None = None
    value: Any = field(default=NOT_READ, repr=False)


@dataclass(frozen=True)
class Receipt:
    """What the sender may keep: the id of the stored message.

    ``lane`` is the lane to wake, ``None`` when there is nothing to do: a duplicate or a conflict.
    """

    uuid: str
    lane: int | None


def store(
    cr: BaseCursor, spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None
) -> Receipt:
    """Store a message once per idempotency key, in the transaction of ``cr``.

    The same key with the same body gets the first receipt. The same key with another body is
    stored as a conflict, quarantined, and gets a receipt of its own (the same one each time).

    :param spec: specification of the interface (``integration.interface._inbound_spec``)
    :raises tools.keyring.KeyRingMissing: a confidential or clinical interface and no key ring;
        nothing is stored
    """
    with discretion.private_content(spec["data_class"] in data_classes.PRIVATE):
        return _store(cr, spec, incoming, ring)


def _store(
    cr: BaseCursor, spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None
) -> Receipt:
    key = stored_key(spec, incoming.external_key, ring)
    # From before the interface was clinical, or before keys were stored as pseudonyms.
    in_clear = key != incoming.external_key
    known = _known(cr, spec["id"], incoming.external_key) if in_clear else None
    if known is None:
        receipt = _insert(cr, spec, incoming, key, State.QUEUED, ring)
        if receipt:
            return receipt
        known = _known(cr, spec["id"], key)
    if known is None:
        # It was there when we inserted and is gone now: only retention does that, between the
        # two statements. Storing it anew is what its sender asks for.
        raise RuntimeError("idempotency key vanished")
    digest = payloads.digest(incoming.body, spec["data_class"], ring)
    if known[0] in (digest, canonical_json.sha256_hex(incoming.body)):
        return Receipt(known[1], None)
    key = stored_key(spec, f"{incoming.external_key}#{digest}", ring)
    conflict = _insert(cr, spec, incoming, key, State.QUARANTINED, ring)
    if conflict:
        return Receipt(conflict.uuid, None)
    known = _known(cr, spec["id"], key)
    return Receipt(known[1] if known else "", None)


def _known(cr: BaseCursor, interface_id: int, key: str) -> tuple[str, str] | None:
    cr.execute(
        "SELECT body_sha256, message_uuid FROM integration_idempotency "
        "WHERE interface_id = %s AND key = %s",
        [interface_id, key],
    )
    return cr.fetchone()


def stored_key(spec: Mapping[str, Any], key: str, ring: KeyRing | None) -> str:
    """How the sender's id of a message is stored: as it is, or as a pseudonym if it is clinical.

    Senders make such ids of what they have at hand, a patient's or a visit's number for example.

    :raises tools.keyring.KeyRingMissing: a clinical interface and no key ring
    """
    if spec["data_class"] != data_classes.CLINICAL:
        return key
    return PSEUDONYM + _ring(ring).pseudonym(key, f"integration.interface|{spec['id']}|key")


def content_key(spec: Mapping[str, Any], body: bytes, ring: KeyRing | None) -> str:
    """The id of a message that its sender gave none: what is equal in every byte is one message.

    :raises tools.keyring.KeyRingMissing: a confidential or clinical interface and no key ring
    """
    return CONTENT_KEY + payloads.digest(body, spec["data_class"], ring)


def partition_pseudonym(interface_id: int, key: str, ring: KeyRing | None) -> str:
    """How the ordering key of a private message is stored.

    :raises tools.keyring.KeyRingMissing: no key ring
    """
    return PSEUDONYM + _ring(ring).pseudonym(key, f"integration.interface|{interface_id}")


def _ring(ring: KeyRing | None) -> KeyRing:
    if ring is None:
        raise KeyRingMissing("Confidential and clinical messages need a key ring.")
    return ring


def ordering_key(
    path: str | None, body: bytes, codec: Codec = JSON, content_type: str = ""
) -> str | None:
    """The value at JMESPath ``path`` of a body, if it is a short scalar.

    What cannot be read has no key: the drain will quarantine the message with a reason.
    """
    if not path:
        return None
    try:
        return _key_at(path, codec.decode(body, content_type))
    except ContractError:
        return None


def _key_at(path: str | None, content: Any) -> str | None:
    if not path:
        return None
    names = simple_path.names_of(path)
    try:
        value = simple_path.walk(names, content) if names else jmespath.search(path, content)
    except jmespath.exceptions.JMESPathError:
        return None
    if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        return str(value)[:KEY_LENGTH]
    return None


def _insert(
    cr: BaseCursor,
    spec: Mapping[str, Any],
    incoming: Incoming,
    key: str,
    state: State,
    ring: KeyRing | None,
) -> Receipt | None:
    """Insert key, message and payload; ``None`` when the key is taken.

    Two senders of one key at once: the second waits for the first and then finds the key taken,
    or, being REPEATABLE READ, gets a serialization failure and is run again by Odoo.
    """
    row = _columns(spec, incoming, ring) | {
        "key": key,
        "state": str(state),
        **(_KEY_REUSED if state == State.QUARANTINED else _NO_ERROR),
    }
    stored = intake_function.call(cr, row)
    if stored and state == State.QUARANTINED:
        ledger.classify_errors(cr, [stored])
    return Receipt(row["uuid"], row["hash"] % spec["lanes"]) if stored else None


def _columns(spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None) -> dict[str, Any]:
    """What is stored of a message, whatever becomes of it."""
    uuid = ledger.new_uuid()
    partition = partition_of(spec, incoming, ring)
    payload = payloads.seal(
        incoming.body, uuid, "received", ring, spec["data_class"], incoming.content_type
    )
    return {
        "interface": spec["id"],
        "company": spec["company_id"],
        "external_key": stored_key(spec, incoming.external_key, ring),
        "uuid": uuid,
        "type": incoming.message_type or spec["message_type"],
        "partition": partition,
        "hash": partition_hash(partition or uuid),
        "correlation": incoming.correlation_id,
        "trace": incoming.trace_parent,
        "priority": NORMAL_PRIORITY,
        "body": payload.stored,
        "encoding": payload.encoding,
        "size": payload.size,
        "digest": payload.sha256,
        "content_type": payload.content_type,
        "data_class": payload.data_class,
    }


def partition_of(spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None) -> str | None:
    """What a message is about, as it is stored.

    Of private content it may identify a person, and observers see this column: a pseudonym, then.
    """
    if incoming.partition_key:
        return incoming.partition_key
    if incoming.value is not NOT_READ and spec["codec"].is_json:
        key = _key_at(spec["key_path"], incoming.value)
    else:
        key = ordering_key(spec["key_path"], incoming.body, spec["codec"], incoming.content_type)
    if key and spec["data_class"] in data_classes.PRIVATE:
        return partition_pseudonym(spec["id"], key, ring)
    return key
