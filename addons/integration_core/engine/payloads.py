"""From bytes in hand to content as the database stores it, and back.

What is confidential or clinical is encrypted, bound to its message (or event) and stage. The class
is stored along: content stays what it was when the class of its interface is lowered later.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..tools import canonical_json, data_classes, errors, payload_codec
from ..tools.keyring import KeyRing, KeyRingMissing
from .ledger import Payload

#: Stage of what an event carries, in the place of a message's stage.
EVENT = "event"
# A partner may write anything behind the type, even what it was sent.
_CONTENT_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}(?:\s*;\s*charset=[\w-]{1,30})?", re.ASCII)


def seal(
    raw: bytes,
    message_uuid: str,
    kind: str,
    ring: KeyRing | None,
    data_class: str,
    content_type: str,
) -> Payload:
    """Compress, encrypt if it is private, and measure ``raw``.

    :param data_class: one of :data:`tools.data_classes.ORDER`
    :raises tools.keyring.KeyRingMissing: private content and no key ring.
    """
    private = data_class in data_classes.PRIVATE
    stored, encoding = payload_codec.encode(raw, message_uuid, kind, ring, encrypt=private)
    return Payload(
        kind,
        stored,
        encoding,
        len(raw),
        digest(raw, data_class, ring),
        known_type(content_type),
        data_class,
    )


def encode_all(
    raws: Sequence[bytes],
    uuids: Sequence[str],
    kind: str,
    ring: KeyRing | None,
    data_class: str,
) -> list[tuple[bytes, str]]:
    """Bytes and encoding of the content of several messages, as :func:`seal` has them stored.

    :raises tools.keyring.KeyRingMissing: private content and no key ring.
    """
    private = data_class in data_classes.PRIVATE
    encode = payload_codec.encode
    return [
        encode(raw, uuid, kind, ring, encrypt=private)
        for raw, uuid in zip(raws, uuids, strict=True)
    ]


@lru_cache(maxsize=64)
def known_type(content_type: str) -> str:
    """What is kept of a content type; nothing of what is none."""
    known = _CONTENT_TYPE.match(content_type)
    return known[0] if known else ""


def digest(raw: bytes, data_class: str, ring: KeyRing | None) -> str:
    """What tells whether two contents are equal.

    SHA-256; for private content keyed, so that nobody can check a guess against it.

    :raises tools.keyring.KeyRingMissing: private content and no key ring.
    """
    plain = canonical_json.sha256_hex(raw)
    if data_class not in data_classes.PRIVATE:
        return plain
    if ring is None:
        raise KeyRingMissing(f"The digest of {data_class} content needs a key ring.")
    return keyed_digest(plain, ring)


def keyed_digest(plain: str, ring: KeyRing) -> str:
    """The digest of private content, made of its SHA-256."""
    return ring.pseudonym(plain, "integration.payload|digest")


# -- what events carry -------------------------------------------------------------------------


@dataclass(frozen=True)
class EventContent:
    """The snapshot of an event as it is stored: ``data`` in clear, or ``body`` in ``encoding``."""

    data: str | None
    body: bytes | None
    encoding: str | None
    data_class: str


def seal_event(
    snapshot: Any, event_uuid: str, data_class: str, ring: KeyRing | None
) -> EventContent:
    """Store a snapshot, encrypted if it is private.

    :raises tools.keyring.KeyRingMissing: private content and no key ring.
    """
    raw = canonical_json.dumps(snapshot)
    if data_class not in data_classes.PRIVATE:
        return EventContent(raw.decode(), None, None, data_class)
    body, encoding = payload_codec.encode(raw, event_uuid, EVENT, ring, encrypt=True)
    return EventContent(None, body, encoding, data_class)


def open_event(
    data: str | None,
    body: bytes | None,
    encoding: str | None,
    event_uuid: str,
    ring: KeyRing | None,
) -> bytes:
    """The canonical JSON of a stored snapshot.

    :raises errors.PermanentError: there is none (any more).
    :raises tools.keyring.KeyRingError: it cannot be decrypted.
    """
    if body is not None:
        return payload_codec.decode(bytes(body), encoding, event_uuid, EVENT, ring)
    if data is None:
        raise errors.PermanentError("The content of the event is gone.", code="event_missing")
    return data.encode()
