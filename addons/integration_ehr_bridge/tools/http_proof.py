# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a partner proves itself when it posts HL7: a login, a token, a key, or a certificate.

TLS ends at the proxy in front of Odoo. What it tells of a client certificate counts only if the
other end of the connection is a trusted proxy, which replaces that header when a client sends it.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from odoo.addons.integration_core.tools.net_guard import Network
from odoo.addons.integration_core.tools.source_address import in_networks, parse_address

CERTIFICATE: Final = "certificate"
#: Kinds of credentials with which a partner may prove itself.
KINDS: Final = ("basic", "bearer", "header")
_FINGERPRINT: Final = re.compile(r"(?:sha256[:=])?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.I)
_PEM: Final = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Proof:
    """What an interface asks for.

    :ivar kind: one of :data:`KINDS`, or :data:`CERTIFICATE`
    :ivar header: with the key, or with the certificate or its fingerprint
    :ivar fingerprints: SHA-256 in lower-case hexadecimal digits, of the certificates that may come
    """

    kind: str
    header: str = ""
    fingerprints: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Secret:
    """One of the secrets that are valid now; ``login`` belongs to a password."""

    secret: str = field(repr=False)
    login: str = ""


def prove(
    proof: Proof,
    headers: Mapping[str, str],
    secrets: Sequence[Secret],
    peer: str,
    proxies: Sequence[Network],
) -> int | None:
    """Which of the secrets a request proves to know; -1 for a certificate, ``None`` if nothing.

    :param headers: of the request, whatever the case of their names
    :param peer: the address at the other end of the connection
    :param proxies: networks of trusted proxies
    """
    if proof.kind == CERTIFICATE:
        shown = headers.get(proof.header) or ""
        trusted = in_networks(parse_address(peer), proxies)
        return -1 if trusted and fingerprint_of(shown) in proof.fingerprints else None
    given = _given(proof, headers)
    found = None
    for index, secret in enumerate(secrets):
        wanted = f"{secret.login}:{secret.secret}" if proof.kind == "basic" else secret.secret
        # All of them are compared, so that the time tells nothing.
        if hmac.compare_digest(given, wanted.encode()) and found is None:
            found = index
    return found


def _given(proof: Proof, headers: Mapping[str, str]) -> bytes:
    """What a request shows; nothing is no secret's equal."""
    if proof.kind == "header":
        return (headers.get(proof.header) or "").encode()
    scheme, _blank, value = (headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != proof.kind:
        return b""
    if proof.kind == "bearer":
        return value.strip().encode()
    try:
        return base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def fingerprint_of(shown: str) -> str:
    """The SHA-256 of a certificate as proxies show it: hexadecimal, PEM (percent-encoded or with
    blanks for its line ends), or base64 (RFC 9440); empty if it is none of these."""
    text = shown.strip()
    match = _FINGERPRINT.fullmatch(text)
    if match:
        return match[1].replace(":", "").lower()
    if "%" in text:
        text = unquote(text)
    if text.startswith(_PEM):
        # One certificate: a chain would say nothing of which of them was verified.
        if text.count(_PEM) != 1:
            return ""
        text = text.removeprefix(_PEM).partition("-----END")[0]
    try:
        raw = base64.b64decode("".join(text.strip(":").split()), validate=True)
        certificate = x509.load_der_x509_certificate(raw)
    except (binascii.Error, ValueError):
        return ""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
