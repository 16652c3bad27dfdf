"""Public keys of a sender, and what they verify.

A text that is a key set (RFC 7517), a PEM or ``whpk_…`` is always a public key and never a shared
secret, whatever the sender's header says; and no public key verifies an HMAC. That is what keeps
somebody from signing with a public key as if it were a secret.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from odoo.addons.integration_core.tools import jwks

from ..encodings import encode_text
from .base import SecretInvalid

_SHA: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The keys of one text.

    :ivar named: whether the ids are the sender's own. A key that was entered alone has none.
    """

    key_set: jwks.KeySet
    named: bool

    def candidates(self, key_id: str, algorithm: str) -> list[jwks.Jwk]:
        """The keys that a signature may be of; all that fit, if it names none."""
        return self.key_set.find(key_id if self.named else "", algorithm)


def is_public(text: str) -> bool:
    """Whether a text is meant to be a public key, usable or not."""
    return text.lstrip().startswith(("{", "whpk_", "-----BEGIN"))


@lru_cache(maxsize=256)
def read_public_keys(text: str) -> PublicKeys:
    """Read a key set, or one key as PEM or ``whpk_…``. Remembered: they are not secret.

    :raises SecretInvalid: neither, or no key in it is of a supported kind.
    """
    named = text.lstrip().startswith("{")
    try:
        if named:
            key_set = jwks.parse(encode_text(text) or b"")
        else:
            # Without the algorithm, which for a key that is entered alone would be a guess.
            found = [{**jwk, "alg": ""} for jwk in jwks.read_public(text)]
            key_set = jwks.parse(jwks.document(found))
    except (jwks.InvalidKeySet, UnicodeError) as error:
        reason = "" if isinstance(error, UnicodeError) else f" ({error})"
        raise SecretInvalid(f"This is no public key or key set{reason}.") from None
    if not key_set.keys:
        raise SecretInvalid("There is no key of a supported kind in the key set.")
    return PublicKeys(key_set, named)


def key_verdict(
    text: str, key_id: str, algorithms: Sequence[str], signature: bytes, content: bytes
) -> bool | None:
    """Whether ``signature`` over ``content`` is of one of the keys of a text.

    :param key_id: as the sender names the key; empty if it does not.
    :param algorithms: as JOSE names them (RFC 7518, RFC 8037), such as ``ES256``.
    :return: ``None`` if none of the keys can have made it.
    :raises SecretInvalid: the text holds no keys.
    """
    keys = read_public_keys(text)
    found = [(jwk, name) for name in algorithms for jwk in keys.candidates(key_id, name)]
    if not found:
        return None
    return any(is_signature(jwk.key, name, signature, content) for jwk, name in found)


def is_signature(key: jwks.PublicKey, algorithm: str, signature: bytes, content: bytes) -> bool:
    """Whether a signature is of a key, which has to fit the algorithm."""
    try:
        _VERIFIERS[algorithm[:2]](key, algorithm, signature, content)
    except InvalidSignature:
        return False
    return True


def _verify_ed(key: jwks.PublicKey, algorithm: str, signature: bytes, content: bytes) -> None:
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise InvalidSignature
    key.verify(signature, content)


def _verify_ec(key: jwks.PublicKey, algorithm: str, signature: bytes, content: bytes) -> None:
    """Both numbers of the signature one behind the other (RFC 7518, 3.4; RFC 9421, 3.3.4)."""
    size = {"ES256": 32, "ES384": 48}[algorithm]
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 2 * size:
        raise InvalidSignature
    numbers = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    key.verify(encode_dss_signature(*numbers), content, ec.ECDSA(_SHA[algorithm[2:]]))


def _verify_rsa(key: jwks.PublicKey, algorithm: str, signature: bytes, content: bytes) -> None:
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidSignature
    sha = _SHA[algorithm[2:]]
    # The salt is as long as the hash, and no other length is accepted (RFC 7518, 3.5).
    scheme: padding.AsymmetricPadding = (
        padding.PSS(padding.MGF1(sha), sha.digest_size)
        if algorithm.startswith("PS")
        else padding.PKCS1v15()
    )
    key.verify(signature, content, scheme, sha)


_VERIFIERS: Final[Mapping[str, Callable[[jwks.PublicKey, str, bytes, bytes], None]]] = {
    "Ed": _verify_ed,
    "ES": _verify_ec,
    "RS": _verify_rsa,
    "PS": _verify_rsa,
}
