# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The kinds of credentials: what a person enters, whether it can work, and what it yields.

Each kind is a small class without state. It checks what was entered *when* it is entered, with a
reason that never quotes the secret; makes a new secret where that makes sense; and turns an opened
version into a typed :class:`.http_auth.Proof` for clients and transports. Key material has helpers
of its own in :mod:`.credential_keys`.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final

from . import credential_keys, http_auth
from .credential_keys import InvalidSecret

_MAX_SECRET: Final = 32 * 1024
# RFC 6750, 2.1 (b64token) and RFC 9110, 5.5 (visible characters of a header's value).
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entered:
    """What belongs to one version. ``certificate`` is PEM, our own first."""

    secret: str = field(default="", repr=False)
    login: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all versions of a credential share, none of it secret."""

    client_id: str = ""
    token_url: str = ""
    scope: str = ""
    algorithm: str = "ES384"
    header_name: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is stored of what was entered.

    :param public: what the partner may know: a public key. Empty for shared secrets.
    :param ends: end of a certificate, naive UTC.
    """

    secret: str = field(repr=False)
    public: str = ""
    ends: datetime | None = None


class Kind:
    """What all kinds share. ``needs`` and ``terms`` name the fields that must be filled in: of a
    version, and of the credential."""

    code: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    terms: ClassVar[tuple[str, ...]] = ()
    #: whether a new secret can be made here instead of being entered
    can_generate: ClassVar[bool] = False
    #: whether the secret is entered as several lines
    multiline: ClassVar[bool] = False

    def generate(self, terms: Terms) -> str:
        """A new secret. :raises InvalidSecret: the other side issues secrets of this kind."""
        raise InvalidSecret("Secrets of this kind are issued by the other side: enter it.")

    def accept(self, entered: Entered, terms: Terms) -> Accepted:
        """Check what was entered.

        :raises InvalidSecret: it cannot work; the text says why and never quotes it.
        """
        if not entered.secret:
            raise InvalidSecret("The secret is empty.")
        if len(entered.secret) > _MAX_SECRET:
            raise InvalidSecret(f"A secret has at most {_MAX_SECRET} characters.")
        return self._accept(entered, terms)

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        return Accepted(entered.secret)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.Proof:
        """What clients and transports work with."""
        raise NotImplementedError


class Hmac(Kind):
    """A shared secret that signs, in the form of the Standard Webhooks."""

    code = "hmac"
    can_generate = True

    def generate(self, terms: Terms) -> str:
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        if len(entered.secret) < 16 or _CONTROL.search(entered.secret):
            raise InvalidSecret("A shared secret has at least 16 characters, in one line.")
        return Accepted(entered.secret)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.SharedSecret:
        return http_auth.SharedSecret(entered.secret)


class Ed25519(Kind):
    """A key pair: the private key signs, the partner verifies with the public one (RFC 8032)."""

    code = "ed25519"
    can_generate = True
    multiline = True

    def generate(self, terms: Terms) -> str:
        return credential_keys.new_ed25519()

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        seed = credential_keys.ed25519_seed(entered.secret)
        return Accepted(credential_keys.ed25519_private(seed), credential_keys.ed25519_public(seed))

    def proof(self, entered: Entered, terms: Terms) -> http_auth.SigningKey:
        return http_auth.SigningKey(credential_keys.ed25519_seed(entered.secret))


class BasicLogin(Kind):
    """Login and password (RFC 7617)."""

    code = "basic"
    needs = ("login",)
    can_generate = True

    def generate(self, terms: Terms) -> str:
        return secrets.token_urlsafe(32)

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        if not entered.login:
            raise InvalidSecret("Enter the login that belongs to the password.")
        if ":" in entered.login or _CONTROL.search(entered.login):
            raise InvalidSecret("A login holds neither a colon nor line breaks (RFC 7617).")
        if _CONTROL.search(entered.secret):
            raise InvalidSecret("A password is one line of text.")
        return Accepted(entered.secret)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.Basic:
        return http_auth.Basic(entered.login, entered.secret)


class BearerToken(Kind):
    """A long-lived token (RFC 6750)."""

    code = "bearer"
    can_generate = True

    def generate(self, terms: Terms) -> str:
        return secrets.token_urlsafe(32)

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        if not _TOKEN.fullmatch(entered.secret):
            raise InvalidSecret(
                "A bearer token has letters, digits and -._~+/ only. Enter the token alone, "
                "without “Bearer”."
            )
        return Accepted(entered.secret)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.Bearer:
        return http_auth.Bearer(entered.secret)


class HeaderKey(Kind):
    """A key in a header that the partner names."""

    code = "header"
    terms = ("header_name",)
    can_generate = True

    def generate(self, terms: Terms) -> str:
        return secrets.token_urlsafe(32)

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        if not _HEADER_NAME.fullmatch(terms.header_name):
            raise InvalidSecret("Enter the name of the header first, such as X-API-Key.")
        if not _VISIBLE.fullmatch(entered.secret):
            raise InvalidSecret("A key in a header is one line of plain characters.")
        return Accepted(entered.secret)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.ApiKey:
        return http_auth.ApiKey(terms.header_name, entered.secret)


class OAuth2(Kind):
    """Client credentials of OAuth 2.0 (RFC 6749, 4.4)."""

    code = "oauth2"
    terms = ("token_url", "client_id")

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        if _CONTROL.search(entered.secret):
            raise InvalidSecret("A client secret is one line of text.")
        return Accepted(entered.secret)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.OAuth2Client:
        return http_auth.OAuth2Client(terms.token_url, terms.client_id, entered.secret, terms.scope)


class PrivateKeyJwt(Kind):
    """A key pair whose private key signs the request for a token (SMART Backend Services)."""

    code = "private_key_jwt"
    terms = ("token_url", "client_id")
    can_generate = True
    multiline = True

    def generate(self, terms: Terms) -> str:
        return credential_keys.new_jwt_key(terms.algorithm)

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        pem, public = credential_keys.jwt_key(entered.secret, terms.algorithm)
        return Accepted(pem, public)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.JwtClient:
        pem, _public = credential_keys.jwt_key(entered.secret, terms.algorithm)
        key_id = credential_keys.jwt_key_id(entered.secret, terms.algorithm)
        return http_auth.JwtClient(
            terms.token_url, terms.client_id, pem, terms.algorithm, key_id, terms.scope
        )


class MutualTls(Kind):
    """A client certificate that the partner, or an authority it trusts, has signed."""

    code = "mtls"
    needs = ("certificate",)
    multiline = True

    def _accept(self, entered: Entered, terms: Terms) -> Accepted:
        if not entered.certificate:
            raise InvalidSecret("Paste the certificate that belongs to the key.")
        key, ends = credential_keys.certificate_with_key(entered.certificate, entered.secret)
        return Accepted(key, ends=ends)

    def proof(self, entered: Entered, terms: Terms) -> http_auth.ClientCertificate:
        return http_auth.ClientCertificate(entered.certificate, entered.secret)


#: All kinds by code.
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            Hmac(),
            Ed25519(),
            BasicLogin(),
            BearerToken(),
            HeaderKey(),
            OAuth2(),
            PrivateKeyJwt(),
            MutualTls(),
        )
    }
)
