"""From bytes in hand to a payload as the ledger stores it."""

from __future__ import annotations

from ..tools import canonical_json, payload_codec
from ..tools.keyring import KeyRing
from .ledger import Payload


def seal(
    raw: bytes,
    message_uuid: str,
    kind: str,
    ring: KeyRing | None,
    clinical: bool,
    content_type: str,
) -> Payload:
    """Compress, encrypt if clinical, and measure ``raw``.

    :raises tools.keyring.KeyRingMissing: clinical content and no key ring.
    """
    stored, encoding = payload_codec.encode(raw, message_uuid, kind, ring, encrypt=clinical)
    return Payload(
        kind, stored, encoding, len(raw), canonical_json.sha256_hex(raw), content_type[:100]
    )
