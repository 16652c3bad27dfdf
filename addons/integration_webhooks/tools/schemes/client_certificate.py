"""A client certificate that a proxy in front of Odoo has asked for and verified.

TLS ends at the proxy, which tells of the certificate in headers. Anybody can write such headers,
so they count only if the other end of the connection is one of the trusted proxies, and only if
the proxy replaces what a client sends under these names (Envoy: ``SANITIZE_SET``; nginx:
``proxy_set_header``). Forms:

``xfcc``
    Envoy's ``X-Forwarded-Client-Cert``: ``Hash=``, ``Cert=``, ``Subject=``, one element
``certificate``
    the certificate itself: PEM, percent-encoded or with blanks for line breaks (nginx, HAProxy), or
    base64 of its DER form between colons (``Client-Cert`` of RFC 9440) or bare
``fingerprint``
    its SHA-256 in hexadecimal digits
``subject``
    its subject (RFC 4514). Names only mean something through the authority that the proxy trusts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import unquote

from cryptography import x509

from odoo.addons.integration_core.tools import net_guard

from ..encodings import decode_base64, decode_hex
from ..options import Naming, OptionsInvalid, check_choice, check_header
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery
from . import certificates
from .base import Needs, Scheme, SecretInvalid, delivery, first_proof, is_among, names_of

#: Forms, with the header that usually holds each.
_FORMS: Final[Mapping[str, str]] = {
    "xfcc": "X-Forwarded-Client-Cert",
    "certificate": "X-SSL-Client-Cert",
    "fingerprint": "X-SSL-Client-SHA256",
    "subject": "X-SSL-Client-S-DN",
}
_FINGERPRINT: Final = re.compile(r"(?:sha256[:=])?((?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2})", re.I)
_BLANKS: Final = re.compile(r"\s+")
# key=value, the value bare or in double quotes with backslashes (Envoy's documentation).
_XFCC: Final = re.compile(r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(?:;|\Z)')


@dataclass(frozen=True)
class ClientCertificateOptions(Naming):
    """:param trusted_networks: networks of the proxies.
    :param form: ``xfcc``, ``certificate``, ``fingerprint`` or ``subject``.
    :param header: where it is; the usual one of the form if empty.
    :param verify_header: header in which the proxy says that it has verified the certificate;
        empty if it passes on verified ones only.
    :param verify_value: what it says then.
    """

    trusted_networks: tuple[str, ...] = ()
    form: str = "certificate"
    header: str = ""
    verify_header: str = ""
    verify_value: str = "SUCCESS"

    def _check(self) -> None:
        check_choice("form", self.form, _FORMS)
        check_header("header", self.header, optional=True)
        check_header("verify_header", self.verify_header, optional=True)
        try:
            networks = _networks(self.trusted_networks)
        except ValueError as error:
            raise OptionsInvalid(f"trusted_networks: {error}.") from None
        if not networks:
            raise OptionsInvalid("trusted_networks: name the networks of the proxies.")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a proxy tells of a certificate; empty or ``None`` where it does not tell."""

    fingerprint: bytes = b""
    subject: x509.Name | None = None


class ClientCertificate(Scheme[ClientCertificateOptions]):
    """See the module."""

    code = "client_certificate"
    options = ClientCertificateOptions
    needs = (Needs.CERTIFICATE,)

    def check_secret(self, text: str) -> None:
        read_pin(text)

    def warnings(self, options: ClientCertificateOptions) -> tuple[str, ...]:
        return (
            "The certificate counts as far as the proxies do: they must replace these headers when "
            "a client sends them.",
        )

    def verify(
        self,
        request: InboundRequest,
        secrets: Sequence[str],
        options: ClientCertificateOptions,
        now: float,
    ) -> VerifiedDelivery:
        _check_peer(request.peer, options.trusted_networks)
        if options.verify_header:
            verdict = request.headers.required(options.verify_header)
            if verdict != options.verify_value:
                raise SignatureInvalid(Reason.BAD_CERTIFICATE)
        value = request.headers.required(options.header or _FORMS[options.form])
        presented = _READERS[options.form](value, now)
        index = first_proof(secrets, lambda text: _fits(read_pin(text), presented))
        return delivery(names_of(request, options), None, index, body_signed=False)


# -- who is trusted ----------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _networks(texts: tuple[str, ...]) -> tuple[net_guard.Network, ...]:
    return net_guard.parse_networks(" ".join(texts))


def _check_peer(peer: str, trusted: tuple[str, ...]) -> None:
    try:
        address = ip_address(peer)
    except ValueError:
        raise SignatureInvalid(Reason.UNTRUSTED_PEER) from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not any(address in network for network in _networks(trusted)):
        raise SignatureInvalid(Reason.UNTRUSTED_PEER)


@lru_cache(maxsize=256)
def read_pin(text: str) -> Presented:
    """What a certificate has to have: a PEM or a SHA-256 pins the one, a subject its owner.

    :raises SecretInvalid: none of these.
    """
    text = text.strip()
    match = _FINGERPRINT.fullmatch(text)
    if match:
        return Presented(bytes.fromhex(match[1].replace(":", "")))
    if text.startswith("-----BEGIN"):
        certificate = certificates.read_pem(text)
        if certificate is None:
            raise SecretInvalid("This is no certificate in PEM.")
        return Presented(certificate.fingerprint)
    subject = _name(text)
    if subject is None:
        raise SecretInvalid(
            "Enter the partner's certificate as PEM, its SHA-256 fingerprint, or its subject such "
            "as CN=orders.example.com,O=Example."
        )
    return Presented(subject=subject)


def _fits(pin: Presented, presented: Presented) -> bool:
    if pin.fingerprint:
        return is_among(pin.fingerprint, [presented.fingerprint])
    return pin.subject is not None and pin.subject == presented.subject


# -- reading what the proxy tells --------------------------------------------------------------


def _from_certificate(value: str, now: float) -> Presented:
    certificate = _read(unquote(value) if "%" in value else value)
    if certificate is None:
        raise SignatureInvalid(Reason.BAD_HEADER)
    if not certificate.is_valid_at(now):
        raise SignatureInvalid(Reason.BAD_CERTIFICATE)
    return Presented(certificate.fingerprint, certificate.subject)


@lru_cache(maxsize=256)
def _read(text: str) -> certificates.Certificate | None:
    """PEM or base64; remembered, since a partner sends the same one with each request."""
    if text.startswith("-----BEGIN"):
        # One certificate: the chain, where a proxy sends it, is in a header of its own.
        return certificates.read_pem(text) if text.count("-----BEGIN") == 1 else None
    raw = decode_base64(_BLANKS.sub("", text.removeprefix(":").removesuffix(":")))
    return certificates.read_der(raw) if raw else None


def _from_fingerprint(value: str, _now: float) -> Presented:
    match = _FINGERPRINT.fullmatch(value)
    if match is None:
        raise SignatureInvalid(Reason.BAD_HEADER)
    return Presented(bytes.fromhex(match[1].replace(":", "")))


def _from_subject(value: str, _now: float) -> Presented:
    subject = _name(value)
    if subject is None:
        raise SignatureInvalid(Reason.BAD_HEADER)
    return Presented(subject=subject)


def _from_xfcc(value: str, now: float) -> Presented:
    """One element. Several mean that the proxy has appended to what a client sent."""
    pairs: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _XFCC.match(value, position)
        if match is None:
            raise SignatureInvalid(Reason.BAD_HEADER)
        key = match[1].lower()
        if key in pairs and key in ("hash", "cert", "subject"):
            raise SignatureInvalid(Reason.AMBIGUOUS_HEADER)
        quoted = match[2]
        pairs[key] = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        position = match.end()
    if "cert" in pairs:
        return _from_certificate(pairs["cert"], now)
    fingerprint = decode_hex(pairs.get("hash", "")) or b""
    subject = _name(pairs.get("subject", ""))
    if len(fingerprint) != 32 and subject is None:
        raise SignatureInvalid(Reason.BAD_HEADER)
    return Presented(fingerprint, subject)


_READERS: Final = {
    "xfcc": _from_xfcc,
    "certificate": _from_certificate,
    "fingerprint": _from_fingerprint,
    "subject": _from_subject,
}


def _name(text: str) -> x509.Name | None:
    try:
        return x509.Name.from_rfc4514_string(text) if text else None
    except ValueError:
        return None
