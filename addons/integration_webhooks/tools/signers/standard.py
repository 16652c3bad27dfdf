"""Standard Webhooks 1.0.0: ``v1`` with shared secrets, ``v1a`` with Ed25519 keys, or both.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

While keys are rotated, or while receivers change from one scheme to the other, the header lists one
signature a key; a receiver takes any that it can verify and passes over the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_core.tools.http_auth import Proof, SharedSecret, SigningKey

from .. import standard_webhooks
from ..signature import SignatureInvalid
from .base import Delivery, Signer, base64_text


class Ed25519Key:
    """A private key of the asymmetric scheme ``v1a``."""

    __slots__ = ("_key",)

    def __init__(self, seed: bytes) -> None:
        """:raises ValueError: the seed has not 32 bytes (RFC 8032)."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def sign(self, content: bytes) -> bytes:
        """The signature of ``content`` (64 bytes)."""
        return self._key.sign(content)

    def __repr__(self) -> str:
        return "Ed25519Key('whsk_***')"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not to be pickled")


class StandardSigner(Signer):
    """Signs with each of its keys.

    :param keys: 1 to 16, the newest first.
    """

    def __init__(self, keys: Sequence[standard_webhooks.Secret | Ed25519Key]) -> None:
        if not 1 <= len(keys) <= standard_webhooks.MAX_SIGNATURES:
            raise ValueError(
                f"a delivery is signed with 1 to {standard_webhooks.MAX_SIGNATURES} keys"
            )
        self._keys = tuple(keys)

    @classmethod
    def from_proofs(cls, proofs: Sequence[Proof]) -> StandardSigner:
        """With the keys of one or several credentials; proofs of other kinds are left out.

        :raises CredentialError: none of them signs, or a secret is not fit for this standard.
        """
        keys: list[standard_webhooks.Secret | Ed25519Key] = []
        try:
            for proof in proofs:
                if isinstance(proof, SharedSecret):
                    keys.append(standard_webhooks.Secret.parse(proof.secret))
                elif isinstance(proof, SigningKey):
                    keys.append(Ed25519Key(proof.seed))
            return cls(keys)
        except ValueError as error:
            # These texts quote nothing.
            raise CredentialError(
                f"The credential cannot sign Standard Webhooks: {error}", code="cannot_sign"
            ) from None

    def headers(self, delivery: Delivery) -> dict[str, str]:
        content = standard_webhooks.signed_content(
            delivery.message_id, delivery.timestamp, delivery.body
        )
        headers = {
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(delivery.timestamp),
            "webhook-signature": " ".join(_token(key, content) for key in self._keys),
        }
        try:
            standard_webhooks.read_envelope(headers)
        except SignatureInvalid as error:
            raise ValueError(f"a receiver would refuse this delivery: {error.reason}") from None
        return headers


def _token(key: standard_webhooks.Secret | Ed25519Key, content: bytes) -> str:
    if isinstance(key, Ed25519Key):
        return f"v1a,{base64_text(key.sign(content))}"
    return f"{standard_webhooks.VERSION},{base64_text(key.digest(content))}"
