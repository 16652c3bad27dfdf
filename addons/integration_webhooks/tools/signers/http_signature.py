"""HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530).

The part of the standard that a sender needs, over a request whose headers each occur once: derived
components and header fields without parameters, several labelled signatures during a rotation, and
the algorithms of :class:`SignatureKey`. What is covered by default binds the signature to this
method, this address and this body, and to the id by which receivers deduplicate.

The receiver finds the key by ``keyid``; for key pairs that is the thumbprint under which the key
set publishes the public key (:mod:`odoo.addons.integration_core.tools.jwks`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from odoo.addons.integration_core.tools import jwks
from odoo.addons.integration_core.tools.errors import CredentialError
from odoo.addons.integration_core.tools.http_auth import (
    JwtClient,
    Proof,
    SharedSecret,
    SigningKey,
)
from odoo.addons.integration_core.tools.net_guard import CheckedUrl, check_url

from .base import Delivery, KeyEncoding, Signer, base64_text, key_bytes

COVERED: Final = ("@method", "@target-uri", "content-digest", "content-type", "webhook-id")
MAX_KEYS: Final = 8
DIGESTS: Final[Mapping[str, str]] = {"sha-256": "sha256", "sha-512": "sha512"}

#: RFC 9421, 2.2. ``@request-target`` is missing because a proxy changes it, ``@query-param``
#: because nobody has asked for it.
_DERIVED: Final[Mapping[str, Callable[[str, CheckedUrl], str]]] = {
    "@method": lambda method, url: method,
    "@target-uri": lambda method, url: f"{url.scheme}://{url.host_header}{url.target}",
    "@authority": lambda method, url: url.host_header,
    "@scheme": lambda method, url: url.scheme,
    "@path": lambda method, url: url.target.partition("?")[0],
    "@query": lambda method, url: "?" + url.target.partition("?")[2],
}
_FIELD: Final = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
_LABEL: Final = re.compile(r"[a-z*][a-z0-9_.*-]{0,30}")  # a key of RFC 8941, 3.1.2
_TEXT: Final = re.compile(r"[\x20-\x7e]{0,500}")  # a string of RFC 8941, 3.3.3
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
#: Name, hash and bytes of each half of the signature, by curve (RFC 9421, 3.3.4 and 3.3.5).
_CURVES: Final[Mapping[str, tuple[str, hashes.HashAlgorithm, int]]] = {
    "secp256r1": ("ecdsa-p256-sha256", hashes.SHA256(), 32),
    "secp384r1": ("ecdsa-p384-sha384", hashes.SHA384(), 48),
}


@dataclass(frozen=True, slots=True)
class SignatureKey:
    """A key that signs; made by one of the class methods.

    :param key_id: by which the receiver finds its counterpart.
    :param algorithm: name in the registry of RFC 9421.
    """

    key_id: str
    algorithm: str
    _sign: Callable[[bytes], bytes] = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.key_id or not _TEXT.fullmatch(self.key_id):
            raise ValueError("the id of a signing key is 1 to 500 plain characters")

    @classmethod
    def hmac_sha256(cls, key_id: str, secret: bytes) -> SignatureKey:
        """A shared secret. :raises ValueError: it is empty."""
        if not secret:
            raise ValueError("the secret is empty")
        return cls(key_id, "hmac-sha256", lambda base: hmac.digest(secret, base, "sha256"))

    @classmethod
    def ed25519(cls, seed: bytes, key_id: str = "") -> SignatureKey:
        """A private key of 32 bytes, under its thumbprint unless another id is given."""
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(key_id or jwks.public_jwk(key.public_key())["kid"], "ed25519", key.sign)

    @classmethod
    def ecdsa(cls, pem: str, key_id: str = "") -> SignatureKey:
        """A private key on P-256 or P-384 in PEM, under its thumbprint unless another id is given.

        :raises ValueError: another key, or none; the text quotes nothing.
        """
        try:
            key = serialization.load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError):
            raise ValueError("this is not a private key in PEM") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _CURVES:
            raise ValueError("this is not a private key on P-256 or P-384")
        name, algorithm, size = _CURVES[key.curve.name]

        def sign(base: bytes) -> bytes:
            r, s = decode_dss_signature(key.sign(base, ec.ECDSA(algorithm)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        return cls(key_id or jwks.public_jwk(key.public_key())["kid"], name, sign)

    @classmethod
    def of(
        cls, proof: Proof, key_id: str = "", encoding: KeyEncoding = KeyEncoding.TEXT
    ) -> SignatureKey:
        """The key of a credential's version.

        :param key_id: a shared secret needs one, other than that of the version before.
        :param encoding: of a shared secret.
        :raises CredentialError: the proof is of another kind, or not fit for it.
        """
        try:
            if isinstance(proof, SharedSecret):
                return cls.hmac_sha256(key_id, key_bytes(proof.secret, encoding))
            if isinstance(proof, SigningKey):
                return cls.ed25519(proof.seed, key_id)
            if isinstance(proof, JwtClient):
                return cls.ecdsa(proof.key_pem, key_id)
            raise ValueError("credentials of this kind do not sign")
        except ValueError as error:
            # These texts quote nothing.
            raise CredentialError(
                f"The credential cannot sign HTTP messages: {error}", code="cannot_sign"
            ) from None

    def sign(self, base: bytes) -> bytes:
        """The signature of a signature base."""
        return self._sign(base)

    def __reduce__(self) -> str:
        raise TypeError("a signing key is not to be pickled")


class HttpSignatureSigner(Signer):
    """Adds a signature of each key, and the digest and the id that they cover.

    :param keys: 1 to 8 with different ids, the newest first.
    :param covered: names of derived components and of headers, the latter in lower case. The
        method, the target (or authority and path) and the digest belong into it.
    :param label: of the first signature; the others get a number behind it.
    :param digest: one of :data:`DIGESTS`.
    :param tag: names the application, for receivers who demand it; empty for none.
    :param with_algorithm: whether ``alg`` is sent. Receivers know it from the key, and some
        refuse to be told.
    :raises ValueError: one of them is not usable.
    """

    def __init__(
        self,
        keys: Sequence[SignatureKey],
        covered: Sequence[str] = COVERED,
        label: str = "sig",
        digest: str = "sha-256",
        tag: str = "",
        with_algorithm: bool = True,
    ) -> None:
        if not 1 <= len(keys) <= MAX_KEYS or len({key.key_id for key in keys}) < len(keys):
            raise ValueError(f"a delivery is signed with 1 to {MAX_KEYS} keys of different ids")
        if not _LABEL.fullmatch(label) or not _TEXT.fullmatch(tag) or digest not in DIGESTS:
            raise ValueError("the label, the tag or the digest of the signature is not usable")
        _check_covered(covered)
        self._keys = tuple(keys)
        self._covered = tuple(covered)
        self._label = label
        self._digest = digest
        self._tag = tag
        self._with_algorithm = with_algorithm

    def headers(self, delivery: Delivery) -> dict[str, str]:
        added = {
            "webhook-id": delivery.message_id,
            "content-digest": content_digest(delivery.body, self._digest),
        }
        lines = self._lines(delivery, {**delivery.headers, **added})
        inputs, signatures = [], []
        for number, key in enumerate(self._keys, 1):
            label = self._label if number == 1 else f"{self._label}{number}"
            parameters = self._parameters(key, delivery.timestamp)
            base = f'{lines}"@signature-params": {parameters}'.encode("ascii")
            inputs.append(f"{label}={parameters}")
            signatures.append(f"{label}=:{base64_text(key.sign(base))}:")
        return {
            **added,
            "signature-input": ", ".join(inputs),
            "signature": ", ".join(signatures),
        }

    def _lines(self, delivery: Delivery, headers: Mapping[str, str]) -> str:
        """The part of the signature base (RFC 9421, 2.5) that all signatures share."""
        url = check_url(delivery.url, allow_plaintext=True)
        lines = []
        for name in self._covered:
            if name in _DERIVED:
                value = _DERIVED[name](delivery.method, url)
            elif name in headers:
                value = headers[name].strip(" \t")
            else:
                raise ValueError(f"the header {name}, which is to be signed, is not there")
            if not _VALUE.fullmatch(value):
                raise ValueError(f"the header {name}, which is to be signed, is not plain ASCII")
            lines.append(f'"{name}": {value}\n')
        return "".join(lines)

    def _parameters(self, key: SignatureKey, created: int) -> str:
        names = " ".join(f'"{name}"' for name in self._covered)
        text = f"({names});created={created:d};keyid={_quoted(key.key_id)}"
        if self._with_algorithm:
            text += f';alg="{key.algorithm}"'
        return text + (f";tag={_quoted(self._tag)}" if self._tag else "")


def content_digest(body: bytes, algorithm: str = "sha-256") -> str:
    """The value of a Content-Digest header (RFC 9530, 2)."""
    return f"{algorithm}=:{base64_text(hashlib.new(DIGESTS[algorithm], body).digest())}:"


def _check_covered(covered: Sequence[str]) -> None:
    if len(set(covered)) < len(covered) or not covered:
        raise ValueError("what is signed is named once each")
    for name in covered:
        if name not in _DERIVED and not _FIELD.fullmatch(name):
            raise ValueError(f"{name[:40]!r} is neither a header in lower case nor a component")
        if name in ("signature", "signature-input"):
            raise ValueError("a signature does not cover signatures")


def _quoted(text: str) -> str:
    """A string as structured fields write it (RFC 8941, 4.1.6)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
