"""Storing what was received: deduplicated, in one statement, before it is acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import jmespath

from odoo.sql_db import BaseCursor

from ..tools import canonical_json, data_classes, simple_path
from ..tools.codecs import Codec
from ..tools.errors import ContractError, IntegrationError
from ..tools.keyring import KeyRing, KeyRingMissing
from ..tools.partition import partition_hash
from ..tools.states import State
from . import (
    acknowledgements,
    discretion,
    intake_expiry,
    intake_function,
    ledger,
    message_keys,
    payloads,
    repeats,
)
from .acknowledgements import Acknowledgement

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


class Outcome(StrEnum):
    """What storing a message came to."""

    STORED = "stored"  #: it is new
    DUPLICATE = "duplicate"  #: it was stored before
    CONFLICT = "conflict"  #: it is new, and uses the id of an earlier message for another content


# Not frozen, though nothing changes it: that costs more, and there is one for each message.
@dataclass(slots=True)
class Incoming:
    """A message as its transport hands it over, verified.

    :ivar partition_key: what it is about, as it is stored, if that is known without its body
    :ivar value: the value of a JSON body, if the transport had to read it anyway
    :ivar compared: what tells whether two messages of one id are the same, where that is not the
        whole body: a sender may state anew when it sends
    :ivar error: why nobody can handle it; it is stored as evidence, quarantined with this error
    :ivar acknowledgement: what its sender is answered, kept for repetitions of the message
    :ivar conflict_acknowledgement: the same if it turns out to be a conflict, and is told so
    :ivar further_keys: what else it is about, as ``partition_key`` is stored
    """

    external_key: str
    message_type: str | None
    body: bytes
    content_type: str
    correlation_id: str
    trace_parent: str
    partition_key: str | None = None
    value: Any = field(default=NOT_READ, repr=False)
    compared: bytes | None = field(default=None, repr=False)
    error: IntegrationError | None = None
    acknowledgement: Acknowledgement | None = None
    conflict_acknowledgement: Acknowledgement | None = None
    further_keys: tuple[str, ...] = ()

    @property
    def identity(self) -> bytes:
        """The bytes that are the same in a repetition."""
        return self.body if self.compared is None else self.compared

    @property
    def state(self) -> State:
        """In which state it is stored."""
        return State.QUARANTINED if self.error else State.QUEUED


@dataclass(slots=True)  # as above
class Receipt:
    """What the sender may keep: the id of the stored message.

    ``lane`` is the lane to wake, ``None`` when there is nothing to do: a duplicate, a conflict, or
    what arrived with an error.
    """

    uuid: str
    lane: int | None
    outcome: Outcome = Outcome.STORED


def store(
    cr: BaseCursor, spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None
) -> Receipt:
    """Store a message once per idempotency key, in the transaction of ``cr``.

    The same key with the same body gets the first receipt. The same key with another body is
    stored as a conflict, quarantined, and gets a receipt of its own (the same one each time).

    :param spec: specification of the interface (``integration.interface._inbound_spec``). Keys
        older than its ``dedupe_seconds``, if it has any, are free again.
    :raises tools.keyring.KeyRingMissing: a confidential or clinical interface and no key ring;
        nothing is stored
    """
    with discretion.private_content(spec["data_class"] in data_classes.PRIVATE):
        receipt = _store(cr, spec, incoming, ring)
    repeats.told(cr, spec["id"], int(receipt.outcome is Outcome.DUPLICATE))
    return receipt


def _store(
    cr: BaseCursor, spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None
) -> Receipt:
    key = stored_key(spec, incoming.external_key, ring)
    # From before the interface was clinical, or before keys were stored as pseudonyms.
    in_clear = key != incoming.external_key
    seconds = spec.get("dedupe_seconds")
    intake_expiry.expire(cr, spec["id"], [key, incoming.external_key], seconds)
    known = _known(cr, spec["id"], incoming.external_key) if in_clear else None
    if known is None:
        receipt = _insert(cr, spec, incoming, key, Outcome.STORED, ring)
        if receipt:
            return receipt
        known = _known(cr, spec["id"], key)
    if known is None:
        # It was there when we inserted and is gone now: only retention does that, between the
        # two statements. Storing it anew is what its sender asks for.
        raise RuntimeError("idempotency key vanished")
    digest = payloads.digest(incoming.identity, spec["data_class"], ring)
    if known[0] in (digest, canonical_json.sha256_hex(incoming.identity)):
        return Receipt(known[1], None, Outcome.DUPLICATE)
    key = stored_key(spec, f"{incoming.external_key}#{digest}", ring)
    intake_expiry.expire(cr, spec["id"], [key], seconds)
    conflict = _insert(cr, spec, incoming, key, Outcome.CONFLICT, ring)
    if conflict:
        return conflict
    known = _known(cr, spec["id"], key)
    return Receipt(known[1] if known else "", None, Outcome.DUPLICATE)


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
    outcome: Outcome,
    ring: KeyRing | None,
) -> Receipt | None:
    """Insert key, message and payload; ``None`` when the key is taken.

    Two senders of one key at once: the second waits for the first and then finds the key taken,
    or, being REPEATABLE READ, gets a serialization failure and is run again by Odoo.
    """
    row = _columns(spec, incoming, ring) | {"key": key}
    acknowledgement = incoming.acknowledgement
    if outcome == Outcome.CONFLICT:
        row |= _KEY_REUSED | {"state": str(State.QUARANTINED)}
        acknowledgement = incoming.conflict_acknowledgement or acknowledgement
    stored = intake_function.call(cr, row)
    if not stored:
        return None
    message_keys.keep(cr, spec["id"], {stored: row["keys"]})
    if row["error_class"]:
        ledger.classify_errors(cr, [stored])
    if acknowledgement:
        sealed = acknowledgements.seal(acknowledgement, row["uuid"], spec["data_class"], ring)
        ledger.insert_payloads(cr, [(stored, sealed)])
    lane = row["hash"] % spec["lanes"] if row["state"] == State.QUEUED else None
    return Receipt(row["uuid"], lane, outcome)


def _columns(spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None) -> dict[str, Any]:
    """What is stored of a message, unless it is a conflict."""
    uuid = ledger.new_uuid()
    keys = keys_of(spec, incoming, ring)
    partition = keys[0] if keys else None
    payload = payloads.seal(
        incoming.body, uuid, "received", ring, spec["data_class"], incoming.content_type
    )
    digest = payload.sha256
    if incoming.compared is not None:
        digest = payloads.digest(incoming.compared, spec["data_class"], ring)
    return {
        "interface": spec["id"],
        "company": spec["company_id"],
        "external_key": stored_key(spec, incoming.external_key, ring),
        "uuid": uuid,
        "type": incoming.message_type or spec["message_type"],
        "partition": partition,
        # of a message with one key nothing needs to be remembered beside it
        "keys": keys if len(keys) > 1 else (),
        "hash": partition_hash(partition or uuid),
        "correlation": incoming.correlation_id,
        "trace": incoming.trace_parent,
        "priority": NORMAL_PRIORITY,
        "state": str(incoming.state),
        "digest": digest,
        "body": payload.stored,
        "encoding": payload.encoding,
        "size": payload.size,
        "body_digest": payload.sha256,
        "content_type": payload.content_type,
        "data_class": payload.data_class,
        **error_of(incoming.error),
    }


def error_of(error: IntegrationError | None) -> dict[str, str | None]:
    """Class, code and text of an error, as they are stored."""
    if error is None:
        return _NO_ERROR
    return {
        "error_class": str(error.error_class),
        "error_code": error.code,
        "error_message": ledger.error_text(error),
    }


def keys_of(spec: Mapping[str, Any], incoming: Incoming, ring: KeyRing | None) -> tuple[str, ...]:
    """All that a message is about, as it is stored; the first is its ordering key."""
    partition = incoming.partition_key or partition_of(spec, incoming, ring)
    if not incoming.further_keys:
        return (partition,) if partition else ()
    return tuple(dict.fromkeys(key for key in (partition, *incoming.further_keys) if key))


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
