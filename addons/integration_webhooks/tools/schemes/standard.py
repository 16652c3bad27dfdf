"""Standard Webhooks 1.0.0 (and Svix): ``v1`` with a shared secret, ``v1a`` with a public key.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

The kind of key decides which signatures count: ``whsec_`` secrets verify ``v1`` and ``whpk_`` keys
verify ``v1a``, so that a public key never serves as a shared secret. Both kinds may be valid at
once, while a sender changes from one to the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..encodings import decode_base64
from ..options import Freshness, TypeNaming
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery, check_age
from ..standard_webhooks import VERSION, Envelope, Secret, read_envelope, signed_content
from .base import Needs, Scheme, SecretInvalid, first_proof, is_among, names_of

VERSION_PUBLIC: Final = "v1a"
PUBLIC_PREFIX: Final = "whpk_"
_LENGTHS: Final = {VERSION: 32, VERSION_PUBLIC: 64}


@dataclass(frozen=True)
class StandardOptions(TypeNaming, Freshness):
    """The id is the standard's own, and signed. Bodies should have a ``type``, which is looked at
    if ``type_path`` says so: what reads no body is faster."""


class StandardWebhooks(Scheme[StandardOptions]):
    """See the module."""

    code = "standard_webhooks"
    options = StandardOptions
    needs = (Needs.HMAC, Needs.PUBLIC_KEY)

    def check_secret(self, text: str) -> None:
        _key(text)

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: StandardOptions, now: float
    ) -> VerifiedDelivery:
        envelope = read_envelope(request.headers)
        signatures = _signatures(envelope)
        content = signed_content(envelope.id, envelope.timestamp, request.body)
        index = first_proof(secrets, lambda text: _proves(_key(text), content, signatures))
        check_age(envelope.timestamp, now, options.max_age, options.max_skew)
        kind = names_of(request, options).message_type
        return VerifiedDelivery(envelope.id, envelope.timestamp, index, kind)


def _signatures(envelope: Envelope) -> dict[str, list[bytes]]:
    """The signatures of a usable length, by version."""
    found: dict[str, list[bytes]] = {version: [] for version in _LENGTHS}
    for version, text in envelope.signatures:
        raw = decode_base64(text) if version in found else None
        if raw is not None and len(raw) == _LENGTHS[version]:
            found[version].append(raw)
    if not any(found.values()):
        raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
    return found


def _key(text: str) -> Secret | Ed25519PublicKey:
    if text.startswith(PUBLIC_PREFIX):
        raw = decode_base64(text.removeprefix(PUBLIC_PREFIX))
        if raw is None or len(raw) != 32:
            raise SecretInvalid(f"A public key is “{PUBLIC_PREFIX}” and the base64 of 32 bytes.")
        return Ed25519PublicKey.from_public_bytes(raw)
    try:
        return Secret.parse(text)
    except ValueError as error:
        raise SecretInvalid(str(error)) from None


def _proves(
    key: Secret | Ed25519PublicKey, content: bytes, signatures: dict[str, list[bytes]]
) -> bool:
    if isinstance(key, Secret):
        return is_among(key.digest(content), signatures[VERSION])
    return any(_is_of(key, raw, content) for raw in signatures[VERSION_PUBLIC])


def _is_of(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
