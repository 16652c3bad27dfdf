# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How we prove to a partner who we are: what an opened credential yields.

Objects of this module hold a secret in clear, for immediate use. Neither ``repr`` nor an error text
shows it, and they are not to be pickled, stored or logged.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from .tls import TlsOptions


@dataclass(frozen=True, slots=True)
class Proof:
    """Base: nothing is added to a request."""

    def headers(self) -> Mapping[str, str]:
        """Headers, with lower-case names, that every request carries."""
        return {}

    def tls(self) -> TlsOptions:
        """How the connection is made."""
        return TlsOptions()

    def __reduce__(self) -> str:
        raise TypeError("a credential in clear is not to be pickled")


@dataclass(frozen=True, slots=True)
class SharedSecret(Proof):
    """A secret that both sides know; transports sign with it."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigningKey(Proof):
    """An Ed25519 private key (32 bytes, RFC 8032), whose public key the partner knows."""

    seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Basic(Proof):
    """Basic authentication (RFC 7617), in UTF-8."""

    login: str
    password: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        pair = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
        return {"authorization": f"Basic {pair}"}


@dataclass(frozen=True, slots=True)
class Bearer(Proof):
    """A token in the Authorization header (RFC 6750, 2.1)."""

    token: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class ApiKey(Proof):
    """A key in a header of the partner's choice, such as ``X-API-Key``."""

    name: str
    value: str = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        return {self.name.lower(): self.value}


@dataclass(frozen=True, slots=True)
class ClientCertificate(Proof):
    """Mutual TLS: a certificate (with its chain) and its private key, both PEM."""

    certificate_pem: str
    key_pem: str = field(repr=False)

    def tls(self) -> TlsOptions:
        return TlsOptions(certificate_pem=self.certificate_pem, key_pem=self.key_pem)


@dataclass(frozen=True, slots=True)
class OAuth2Client(Proof):
    """OAuth 2.0 client credentials (RFC 6749, 4.4): what is exchanged for a token."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class JwtClient(Proof):
    """SMART Backend Services: an assertion signed with a private key is exchanged for a token
    (RFC 7523; HL7 SMART App Launch 2, "private_key_jwt").

    :param key_id: ``kid`` of the public key at the partner.
    """

    token_url: str
    client_id: str
    key_pem: str = field(repr=False)
    algorithm: str = "ES384"
    key_id: str = ""
    scope: str = ""
