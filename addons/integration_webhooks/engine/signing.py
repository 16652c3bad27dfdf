"""Signatures of requests: the scheme that an interface has chosen, with the secrets in force.

While a secret is rotated, schemes that can carry several signatures carry one of each secret; the
others sign with the version in use. Every request tells ``webhook-id`` and ``webhook-timestamp``,
signed or not, so that a receiver recognises a repetition.

The key of a shared secret is what the scheme says: its base64 part for Standard Webhooks, and the
text as it was entered for all others, which know nothing of prefixes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.addons.integration_core.tools import http_auth, jwks
from odoo.addons.integration_core.tools.errors import ConfigurationError

from ..tools import extra_headers, standard_webhooks

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Unsigned:
    """What is to be signed: one request, but for the headers that this adds.

    :ivar headers: by lower-case name
    """

    id: str
    timestamp: int
    method: str
    url: str
    headers: Headers
    body: bytes

    def told(self) -> dict[str, str]:
        """What every request tells."""
        return {"webhook-id": self.id, "webhook-timestamp": str(self.timestamp)}


#: Gives the headers of a signature. Thread safe.
Signer = Callable[[Unsigned], Headers]


@dataclass(frozen=True)
class Template:
    """A scheme of the administrator's own.

    :raises ValueError: it cannot work; the text tells why
    """

    signed: str
    algorithm: str
    encoding: str
    prefix: str
    signature_header: str
    timestamp_header: str

    def __post_init__(self) -> None:
        names = re.findall(r"\{([^{}]*)\}", self.signed)
        unknown = sorted(set(names) - {"id", "ts", "method", "url", "body"})
        if unknown:
            raise ValueError(f"there is no “{{{unknown[0]}}}”")
        if names.count("body") != 1:
            raise ValueError("{body} must be there, once: what is not signed can be changed")
        if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", self.signed)):
            raise ValueError("a brace is not closed")
        if not self.signature_header:
            raise ValueError("name the header of the signature")
        for name in filter(None, (self.signature_header, self.timestamp_header)):
            extra_headers.check_signature_name(name)
        if self.signature_header.lower() == self.timestamp_header.lower():
            raise ValueError("signature and time need headers of their own")
        if not re.fullmatch(r"[\x21-\x7e]{0,40}", self.prefix):
            raise ValueError("the prefix is plain ASCII without spaces")

    def content(self, request: Unsigned) -> bytes:
        """The bytes that are signed."""
        values = {
            "id": request.id.encode(),
            "ts": str(request.timestamp).encode(),
            "method": request.method.encode(),
            "url": request.url.encode(),
            "body": request.body,
        }
        # In one pass: what stands in a value is not looked at again.
        return b"".join(
            values[part[1:-1]] if part.startswith("{") else part.encode()
            for part in re.split(r"(\{[a-z]+\})", self.signed)
        )


def signer(
    scheme: str, proofs: Sequence[http_auth.Proof], template: Template | None = None
) -> Signer:
    """What signs by ``scheme`` with ``proofs``, the version in use first.

    A credential that does not sign leaves requests unsigned: the partner knows us by it.

    :raises ConfigurationError: the secrets cannot sign like this
    """
    if not isinstance(proofs[0], (http_auth.SharedSecret, http_auth.SigningKey)):
        return Unsigned.told
    try:
        if scheme == "standard":
            return _standard(proofs)
        if scheme == "rfc9421":
            return _message_signature(proofs)
        return _shared(scheme, [_text(proof) for proof in proofs], template)
    except ValueError as exc:
        raise ConfigurationError(
            f"The credential cannot sign as the interface asks for: {exc}", code="cannot_sign"
        ) from None


def _text(proof: http_auth.Proof) -> bytes:
    if not isinstance(proof, http_auth.SharedSecret):
        raise ValueError("this signature takes a shared secret")
    return proof.secret.encode()


# -- Standard Webhooks -------------------------------------------------------------------------


def _standard(proofs: Sequence[http_auth.Proof]) -> Signer:
    """``v1`` with shared secrets, ``v1a`` with key pairs (Standard Webhooks 1.0.0)."""
    digests: list[tuple[str, Callable[[bytes], bytes]]] = []
    for proof in proofs:
        if isinstance(proof, http_auth.SharedSecret):
            digests.append(("v1", standard_webhooks.Secret.parse(proof.secret).digest))
        elif isinstance(proof, http_auth.SigningKey):
            digests.append(("v1a", Ed25519PrivateKey.from_private_bytes(proof.seed).sign))

    def sign(request: Unsigned) -> Headers:
        content = standard_webhooks.signed_content(request.id, request.timestamp, request.body)
        signatures = (f"{version},{_base64(digest(content))}" for version, digest in digests)
        return {**request.told(), "webhook-signature": " ".join(signatures)}

    return sign


# -- a shared secret, in many spellings --------------------------------------------------------


def _shared(scheme: str, secrets: Sequence[bytes], template: Template | None) -> Signer:
    if scheme == "stripe":
        return lambda request: {**request.told(), "stripe-signature": _stripe(request, secrets)}
    if scheme == "template":
        if template is None:
            raise ValueError("it has no template")
        return lambda request: {**request.told(), **_templated(request, secrets[0], template)}
    form = _FORMS[scheme]
    return lambda request: {**request.told(), **form(request, secrets[0])}


def _github(request: Unsigned, key: bytes) -> Headers:
    return {"x-hub-signature-256": f"sha256={hmac.digest(key, request.body, 'sha256').hex()}"}


def _shopify(request: Unsigned, key: bytes) -> Headers:
    return {"x-shopify-hmac-sha256": _base64(hmac.digest(key, request.body, "sha256"))}


def _slack(request: Unsigned, key: bytes) -> Headers:
    content = b"v0:%d:%s" % (request.timestamp, request.body)
    return {
        "x-slack-request-timestamp": str(request.timestamp),
        "x-slack-signature": f"v0={hmac.digest(key, content, 'sha256').hex()}",
    }


_FORMS: Mapping[str, Callable[[Unsigned, bytes], Headers]] = {
    "github": _github,
    "shopify": _shopify,
    "slack": _slack,
}


def _stripe(request: Unsigned, secrets: Sequence[bytes]) -> str:
    content = b"%d.%s" % (request.timestamp, request.body)
    signatures = (f"v1={hmac.digest(key, content, 'sha256').hex()}" for key in secrets)
    return ",".join((f"t={request.timestamp}", *signatures))


def _templated(request: Unsigned, key: bytes, template: Template) -> Headers:
    digest = hmac.digest(key, template.content(request), template.algorithm)
    if template.encoding == "hex":
        text = digest.hex()
    elif template.encoding == "base64url":
        text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    else:
        text = _base64(digest)
    found = {template.signature_header.lower(): f"{template.prefix}{text}"}
    if template.timestamp_header:
        found[template.timestamp_header.lower()] = str(request.timestamp)
    return found


# -- HTTP Message Signatures (RFC 9421) --------------------------------------------------------

#: What is signed; the body through its digest (RFC 9530).
_COMPONENTS = ("@method", "@target-uri", "content-type", "content-digest", "webhook-id")


@dataclass(frozen=True)
class _Key:
    id: str
    algorithm: str
    sign: Callable[[bytes], bytes]


def _message_signature(proofs: Sequence[http_auth.Proof]) -> Signer:
    keys = [_key(proof) for proof in proofs]

    def sign(request: Unsigned) -> Headers:
        digest = _base64(hashlib.sha256(request.body).digest())
        headers = {**request.told(), "content-digest": f"sha-256=:{digest}:"}
        values = {
            "@method": request.method,
            "@target-uri": request.url,
            **request.headers,
            **headers,
        }
        inputs, signatures = [], []
        for number, key in enumerate(keys, 1):
            names = " ".join(f'"{name}"' for name in _COMPONENTS)
            parameters = (
                f'({names});created={request.timestamp};keyid="{key.id}";alg="{key.algorithm}"'
            )
            lines = [f'"{name}": {values[name]}' for name in _COMPONENTS]
            base = "\n".join((*lines, f'"@signature-params": {parameters}'))
            inputs.append(f"sig{number}={parameters}")
            signatures.append(f"sig{number}=:{_base64(key.sign(base.encode()))}:")
        return {
            **headers,
            "signature-input": ", ".join(inputs),
            "signature": ", ".join(signatures),
        }

    return sign


def _key(proof: http_auth.Proof) -> _Key:
    if isinstance(proof, http_auth.SigningKey):
        private = Ed25519PrivateKey.from_private_bytes(proof.seed)
        # As in the key set that we publish.
        return _Key(jwks.public_jwk(private.public_key())["kid"], "ed25519", private.sign)
    secret = _text(proof)
    name = hmac.digest(secret, b"keyid", "sha256").hex()[:16]
    return _Key(name, "hmac-sha256", lambda content: hmac.digest(secret, content, "sha256"))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
