# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reading and making the keys and certificates of credentials.

No error of this module quotes what it was given, and none has a cause: the texts of cryptography
libraries may.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from . import jwks

#: Algorithms of SMART Backend Services, which every server must accept one of.
JWT_ALGORITHMS: Final = ("ES384", "RS384")

# Prefixes of the asymmetric scheme v1a of the Standard Webhooks.
_PRIVATE: Final = "whsk_"
_PUBLIC: Final = "whpk_"


class InvalidSecret(ValueError):
    """What was entered cannot work. The text tells a person why, and never quotes it."""


# -- Ed25519 -----------------------------------------------------------------------------------


def new_ed25519() -> str:
    """A new private key as ``whsk_`` and the base64 of its 32 bytes."""
    return ed25519_private(ed25519.Ed25519PrivateKey.generate().private_bytes_raw())


def ed25519_private(seed: bytes) -> str:
    """A private key as it is stored."""
    return _PRIVATE + base64.b64encode(seed).decode()


def ed25519_public(seed: bytes) -> str:
    """The public key of a private one, as ``whpk_`` and the base64 of its 32 bytes."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return _PUBLIC + base64.b64encode(key.public_bytes_raw()).decode()


def ed25519_seed(text: str) -> bytes:
    """The 32 bytes of a private key, from ``whsk_`` (32 bytes, or 64 with the public key) or PEM.

    :raises InvalidSecret: neither of both.
    """
    if text.startswith("-----BEGIN"):
        key = _private_key(text)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise InvalidSecret("This is the private key of another algorithm than Ed25519.")
        return key.private_bytes_raw()
    if text.startswith(_PUBLIC):
        raise InvalidSecret("This is a public key. Enter the private one.")
    try:
        raw = base64.b64decode(text.removeprefix(_PRIVATE).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise InvalidSecret(
            f"A private key is PEM, or “{_PRIVATE}” followed by padded base64."
        ) from None
    if len(raw) not in (32, 64):
        raise InvalidSecret("An Ed25519 private key has 32 bytes, or 64 with its public key.")
    return raw[:32]


# -- keys that sign requests for tokens --------------------------------------------------------


def new_jwt_key(algorithm: str) -> str:
    """A new private key for ``ES384`` or ``RS384``, as PEM (PKCS #8)."""
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if algorithm == "RS384":
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    else:
        key = ec.generate_private_key(ec.SECP384R1())
    return _pem(key)


def jwt_key(text: str, algorithm: str) -> tuple[str, str]:
    """Private key as PEM (PKCS #8), and its public key as a JSON Web Key Set (RFC 7517).

    :raises InvalidSecret: not a private key of this algorithm.
    """
    key = _key_for(text, algorithm)
    published = jwks.public_jwk(key.public_key(), algorithm)
    return _pem(key), json.dumps({"keys": [published]}, indent=2)


def jwt_key_id(text: str, algorithm: str) -> str:
    """Thumbprint of the public key (RFC 7638), by which the partner finds it."""
    return jwks.public_jwk(_key_for(text, algorithm).public_key(), algorithm)["kid"]


def _key_for(text: str, algorithm: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    key = _private_key(text)
    if algorithm == "RS384" and isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < jwks.MIN_RSA_BITS:
            raise InvalidSecret(f"An RSA key needs at least {jwks.MIN_RSA_BITS} bits.")
        if key.key_size > jwks.MAX_RSA_BITS:
            raise InvalidSecret(f"An RSA key has at most {jwks.MAX_RSA_BITS} bits.")
        return key
    if (
        algorithm == "ES384"
        and isinstance(key, ec.EllipticCurvePrivateKey)
        and isinstance(key.curve, ec.SECP384R1)
    ):
        return key
    raise InvalidSecret(f"This private key does not fit the algorithm {algorithm}.")


# -- certificates ------------------------------------------------------------------------------


def certificate_with_key(certificate: str, key: str) -> tuple[str, datetime]:
    """Check that a certificate and a private key belong together.

    :param certificate: PEM, our own certificate first, then those that lead to its authority.
    :return: the key as PEM (PKCS #8), and when the first of them to end ends (naive UTC).
    :raises InvalidSecret: one cannot be read, they do not fit, or it has ended already.
    """
    private = _private_key(key)
    chain = read_certificates(certificate)
    if _public_bytes(chain[0].public_key()) != _public_bytes(private.public_key()):
        raise InvalidSecret("The certificate and the private key do not belong together.")
    ends = min(one.not_valid_after_utc for one in chain)
    if ends <= datetime.now(UTC):
        raise InvalidSecret("The certificate, or one of its chain, has expired.")
    return _pem(private), ends.replace(tzinfo=None)


def read_certificates(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text.

    :raises InvalidSecret: none, or a private key among them.
    """
    if "PRIVATE KEY" in text:
        # It would be stored, and shown, as something that is not secret.
        raise InvalidSecret("Paste the certificate alone here; the private key has its own field.")
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidSecret("The certificate is not valid PEM.") from None


def describe(text: str) -> str:
    """Subject and issuer of the first certificate of a PEM text, for a person; ``""`` if none."""
    try:
        first = read_certificates(text)[0]
    except InvalidSecret:
        return ""
    return f"{first.subject.rfc4514_string()} ({first.issuer.rfc4514_string()})"


# ----------------------------------------------------------------------------------------------


def _private_key(text: str) -> Any:
    """:raises InvalidSecret: not an unencrypted private key in PEM."""
    if "ENCRYPTED" in text:
        raise InvalidSecret("Remove the passphrase of the key first: Odoo encrypts it itself.")
    try:
        return serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidSecret("This is not a private key in PEM.") from None


def _pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public_bytes(key: Any) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
