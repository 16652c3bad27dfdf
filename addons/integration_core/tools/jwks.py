# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""JSON Web Key Sets (RFC 7517, RFC 8037): ours to publish, a partner's to read.

Keys are Ed25519, EC on P-256 and P-384, and RSA; their ids are thumbprints (RFC 7638), so that a
key keeps its id wherever it is published. While a key is rotated the set holds the old and the new
one, and a partner picks by id.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from . import canonical_json

PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

CONTENT_TYPE: Final = "application/jwk-set+json"
MAX_BYTES: Final = 64 * 1024
MAX_KEYS: Final = 32
MIN_RSA_BITS: Final = 2048
#: Verifying with a larger key costs the receiver more than a request is worth.
MAX_RSA_BITS: Final = 8192

_MAX_DEPTH: Final = 4
_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
#: Algorithms by key; the first one is assumed where none is named.
_ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "Ed25519": ("EdDSA", "Ed25519"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "RSA": ("RS384", "RS256", "RS512", "PS256", "PS384", "PS512"),
}
#: What only a private or a shared key has (RFC 7518, 6.2.2, 6.3.2 and 6.4.1).
_PRIVATE: Final = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{1,1400}", re.ASCII)
_KID: Final = re.compile(r"[\x20-\x7e]{1,256}")
_ED25519_TEXT: Final = "whpk_"


class InvalidKeySet(ValueError):
    """A key or a set of keys cannot be used. The text says why and quotes nothing."""


# -- publishing --------------------------------------------------------------------------------


def public_jwk(key: PublicKey, algorithm: str = "") -> dict[str, Any]:
    """A public key as it is published.

    :param algorithm: such as ``ES384``; the usual one of the kind of key if it is empty.
    :raises InvalidKeySet: a key or an algorithm that is not supported.
    """
    numbers = _numbers(key)
    known = _ALGORITHMS[numbers.get("crv", "RSA")]
    if algorithm and algorithm not in known:
        raise InvalidKeySet("the key does not fit the algorithm")
    return {
        **numbers,
        "kid": thumbprint(numbers),
        "alg": algorithm or known[0],
        "use": "sig",
        "key_ops": ["verify"],
    }


def thumbprint(numbers: Mapping[str, Any]) -> str:
    """Thumbprint (RFC 7638, SHA-256) of the members that a kind of key requires, and no others."""
    text = json.dumps(numbers, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def read_public(text: str) -> list[dict[str, Any]]:
    """The public keys of a text, each as :func:`public_jwk` returns it.

    :param text: ``whpk_`` and the base64 of 32 bytes, PEM, or a key set in JSON: what credentials
        keep as the public part of their versions. Empty for none.
    :raises InvalidKeySet: none of these.
    """
    text = text.strip()
    if not text:
        return []
    if text.startswith("{"):
        return [public_jwk(jwk.key, jwk.algorithm) for jwk in parse(text.encode()).keys]
    return [public_jwk(_read_one(text))]


def document(jwks: Iterable[Mapping[str, Any]]) -> bytes:
    """The set to publish as :data:`CONTENT_TYPE`: each key once, in the order of their ids.

    Equal sets have equal bytes, so that they can be cached and compared by hash.
    """
    by_id = {jwk["kid"]: dict(jwk) for jwk in jwks}
    return canonical_json.dumps({"keys": [by_id[kid] for kid in sorted(by_id)]})


def _read_one(text: str) -> PublicKey:
    if text.startswith(_ED25519_TEXT):
        try:
            raw = base64.b64decode(text.removeprefix(_ED25519_TEXT), validate=True)
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise InvalidKeySet("an Ed25519 public key has 32 bytes, in base64") from None
    try:
        key = serialization.load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKeySet("this is not a public key in PEM") from None
    _numbers(key)
    return key  # type: ignore[return-value]  # _numbers() refuses other types


def _numbers(key: Any) -> dict[str, str]:
    """The required members of a key (RFC 7638, 3.2; RFC 8037, 2)."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(key.public_bytes_raw())}
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise InvalidKeySet(f"an RSA key has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
        public = key.public_numbers()
        return {"e": _integer(public.e), "kty": "RSA", "n": _integer(public.n)}
    if isinstance(key, ec.EllipticCurvePublicKey):
        for name, curve in _CURVES.items():
            if key.curve.name == curve.name:
                point, size = key.public_numbers(), curve.key_size // 8
                x, y = _integer(point.x, size), _integer(point.y, size)
                return {"crv": name, "kty": "EC", "x": x, "y": y}
    raise InvalidKeySet("keys of this kind are not supported")


def _integer(value: int, size: int | None = None) -> str:
    return _base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# -- reading a partner's -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Jwk:
    """A key that verifies.

    :param kid: the partner's id of it; empty if it gave none.
    :param algorithm: the only one that the partner signs with; empty if it did not say.
    """

    key: PublicKey = field(repr=False)
    thumbprint: str
    kid: str = ""
    algorithm: str = ""

    def fits(self, algorithm: str) -> bool:
        """Whether a signature of ``algorithm`` can be this key's."""
        known = _ALGORITHMS[_numbers(self.key).get("crv", "RSA")]
        return algorithm in known and self.algorithm in ("", algorithm)


@dataclass(frozen=True, slots=True)
class KeySet:
    """A partner's keys.

    :param ignored: why keys were left out, such as ``key 2: keys of this kind are not supported``.
        One odd key must not make the others useless (RFC 7517, 5).
    """

    keys: tuple[Jwk, ...]
    ignored: tuple[str, ...] = ()

    def find(self, kid: str, algorithm: str) -> list[Jwk]:
        """The keys that a signature may be of.

        :param kid: as the signature names it; empty for none, when every fitting key is tried.
        """
        return [jwk for jwk in self.keys if jwk.fits(algorithm) and (not kid or jwk.kid == kid)]


def parse(raw: bytes) -> KeySet:
    """Read a key set, strictly and within limits.

    :raises InvalidKeySet: not a key set; more than :data:`MAX_KEYS` keys or :data:`MAX_BYTES`;
        two keys with one id; or a private key in it, which everybody can sign with by now.
    """
    try:
        value = canonical_json.loads(raw, _MAX_DEPTH, MAX_BYTES)
    except canonical_json.JsonError as error:
        raise InvalidKeySet(f"the key set is not acceptable JSON: {error}") from None
    entries = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidKeySet('a key set is an object with a list "keys" of objects')
    if len(entries) > MAX_KEYS:
        raise InvalidKeySet(f"a key set has at most {MAX_KEYS} keys")
    if any(_PRIVATE & entry.keys() for entry in entries):
        raise InvalidKeySet("the key set holds a private or shared key; its owner must replace it")
    keys: list[Jwk] = []
    ignored: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            keys.append(_read_jwk(entry))
        except InvalidKeySet as error:
            ignored.append(f"key {number}: {error}")
    return KeySet(_unique(keys), tuple(ignored))


def _unique(keys: list[Jwk]) -> tuple[Jwk, ...]:
    by_id: dict[str, Jwk] = {}
    for jwk in keys:
        first = by_id.setdefault(jwk.kid or jwk.thumbprint, jwk)
        if first.thumbprint != jwk.thumbprint:
            raise InvalidKeySet("two keys of the key set have the same id")
    return tuple(by_id.values())


def _read_jwk(entry: Mapping[str, Any]) -> Jwk:
    operations = entry.get("key_ops", ["verify"])
    if entry.get("use", "sig") != "sig" or not (
        isinstance(operations, list) and "verify" in operations
    ):
        raise InvalidKeySet("it is not for signatures")
    kid, algorithm = entry.get("kid", ""), entry.get("alg", "")
    if kid != "" and not (isinstance(kid, str) and _KID.fullmatch(kid)):
        raise InvalidKeySet("its id is not 1 to 256 plain characters")
    key = _read_numbers(entry)
    numbers = _numbers(key)
    if algorithm != "" and algorithm not in _ALGORITHMS[numbers.get("crv", "RSA")]:
        raise InvalidKeySet("its algorithm is not supported or does not fit it")
    return Jwk(key, thumbprint(numbers), kid, algorithm)


def _read_numbers(entry: Mapping[str, Any]) -> PublicKey:
    kind, curve = entry.get("kty"), entry.get("crv")
    try:
        if kind == "OKP" and curve == "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(_decode(entry, "x", 32))
        if kind == "EC" and isinstance(curve, str) and curve in _CURVES:
            size = _CURVES[curve].key_size // 8
            x, y = (int.from_bytes(_decode(entry, name, size), "big") for name in ("x", "y"))
            return ec.EllipticCurvePublicNumbers(x, y, _CURVES[curve]).public_key()
        if kind == "RSA":
            n, e = (int.from_bytes(_decode(entry, name), "big") for name in ("n", "e"))
            # Before the library sees it: an exponent as long as the modulus is a denial of service.
            if not 3 <= e < 2**32 or n.bit_length() > MAX_RSA_BITS:
                raise InvalidKeySet("its numbers are out of range")
            return rsa.RSAPublicNumbers(e, n).public_key()
    except InvalidKeySet:
        raise
    except (ValueError, UnsupportedAlgorithm):
        # "from None": the library's texts may quote what it was given.
        raise InvalidKeySet("its numbers make no key") from None
    raise InvalidKeySet("keys of this kind are not supported")


def _decode(entry: Mapping[str, Any], name: str, size: int | None = None) -> bytes:
    """The bytes of a member: base64url without padding, in its one canonical spelling."""
    text = entry.get(name)
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise InvalidKeySet("its numbers are not base64url without padding")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raw = b""
    if _base64url(raw) != text or (size is not None and len(raw) != size):
        raise InvalidKeySet("its numbers have a wrong length")
    return raw
