# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Asking a partner's authorisation server for a token.

Two ways to prove who asks: a client secret (RFC 6749, 4.4 and 2.3.1), and an assertion that a
private key signs (RFC 7523; HL7 SMART App Launch 2, "Backend Services"). What comes back is a
bearer token (RFC 6750) that lives for some minutes; :mod:`.token_cache` keeps it.

A refusal of our client concerns every message of the interface, so it holds them. Neither tokens
nor anything that the server says about an error stands in an exception: only error codes that the
standards define.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from urllib.parse import quote_plus, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from . import canonical_json, retry_after
from .errors import (
    ConfigurationError,
    IntegrationError,
    ThrottledError,
    TransientError,
    UnknownOutcomeError,
)
from .http_auth import JwtClient, OAuth2Client
from .http_client import HttpRequest, HttpResponse

#: Longest life of an assertion in seconds (SMART App Launch 2, "exp"). Ours is shorter, because a
#: server whose clock is behind ours would see a longer one.
MAX_ASSERTION_SECONDS: Final = 300
ASSERTION_SECONDS: Final = 240
#: Life of a token whose server does not tell (RFC 6749, 5.1: it should).
DEFAULT_SECONDS: Final = 300
#: A typing error on the other side must not keep a token for a year.
MAX_SECONDS: Final = 86400
#: Clocks that differ by less do not explain why an assertion is refused.
SKEW_SECONDS: Final = 30
MAX_TOKEN: Final = 16 * 1024
MAX_ANSWER: Final = 64 * 1024

_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
#: RFC 6749, 5.2 and 4.1.2.1. Other codes are the server's own text, and are not repeated.
_REFUSALS: Final = frozenset(
    {
        "access_denied",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
_TEMPORARY: Final = frozenset({"server_error", "temporarily_unavailable", "slow_down"})


class ClientAuth(StrEnum):
    """Where a client secret stands. Values are the names of RFC 7591, 2."""

    BASIC = "client_secret_basic"  #: in the Authorization header, which every server must take
    POST = "client_secret_post"  #: in the body, which some servers insist on


class TokenRefused(ConfigurationError):
    """The authorisation server does not accept our client, or what it asks for.

    :ivar skew: by how many seconds its clock is ahead of ours, if its answer tells.
    """

    default_code = "token_refused"
    holds = True
    skew: float | None = None


class Client(Protocol):
    """What sends a request: :class:`.http_client.HttpClient`."""

    def send(self, request: HttpRequest) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. Neither ``repr`` nor a pickle shows it.

    :param issued_at: when it was asked for, whole seconds since the epoch.
    :param expires_at: when it ends, likewise.
    """

    value: str = field(repr=False)
    issued_at: int
    expires_at: int

    def headers(self) -> dict[str, str]:
        """What a request carries."""
        return {"authorization": f"Bearer {self.value}"}

    def serialise(self) -> bytes:
        """The token in clear, to be encrypted and stored; :meth:`parse` reads it."""
        return canonical_json.dumps(
            {"expires_at": self.expires_at, "issued_at": self.issued_at, "token": self.value}
        )

    @classmethod
    def parse(cls, raw: bytes) -> Token:
        """What :meth:`serialise` returned.

        :raises ValueError: it is something else; the text quotes nothing.
        """
        value = canonical_json.loads(raw, 1, MAX_ANSWER)
        try:
            token, *times = value["token"], value["issued_at"], value["expires_at"]
        except (KeyError, TypeError):
            raise ValueError("not a stored token") from None
        if not isinstance(token, str) or not all(type(moment) is int for moment in times):
            raise ValueError("not a stored token")
        return cls(token, *times)

    def __reduce__(self) -> str:
        raise TypeError("a token in clear is not to be pickled")


# -- asking ------------------------------------------------------------------------------------


def token_request(
    proof: OAuth2Client | JwtClient,
    now: float,
    *,
    style: ClientAuth = ClientAuth.BASIC,
    **options: Any,
) -> HttpRequest:
    """The request for a token.

    :param now: seconds since the epoch.
    :param style: where the secret of an :class:`.OAuth2Client` stands.
    :param options: time limits, networks, TLS and proxy of the :class:`.HttpRequest`.
    """
    headers = {
        "accept": "application/json",
        "cache-control": "no-store",
        "content-type": "application/x-www-form-urlencoded",
    }
    form = {"grant_type": "client_credentials"}
    if proof.scope:
        form["scope"] = proof.scope
    if isinstance(proof, JwtClient):
        form["client_assertion_type"] = _ASSERTION_TYPE
        form["client_assertion"] = assertion(proof, now)
    elif style is ClientAuth.POST:
        form["client_id"], form["client_secret"] = proof.client_id, proof.client_secret
    else:
        # Each half is encoded first (RFC 6749, 2.3.1): a secret may hold anything.
        pair = f"{quote_plus(proof.client_id)}:{quote_plus(proof.client_secret)}"
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    options = {"max_response_bytes": MAX_ANSWER, **options}
    return HttpRequest("POST", proof.token_url, headers, urlencode(form).encode(), **options)


def assertion(
    proof: JwtClient, now: float, lifetime: int = ASSERTION_SECONDS, jti: str | None = None
) -> str:
    """A signed JWT that proves who asks (RFC 7523, 3), good for one request.

    :param lifetime: seconds, at most :data:`MAX_ASSERTION_SECONDS`.
    :param jti: its id; a random one if it is not given.
    :raises ConfigurationError: the key does not fit the algorithm.
    """
    if not 0 < lifetime <= MAX_ASSERTION_SECONDS:
        raise ValueError(f"an assertion lives for 1 to {MAX_ASSERTION_SECONDS} seconds")
    header = {"alg": proof.algorithm, "typ": "JWT"}
    if proof.key_id:
        header["kid"] = proof.key_id
    claims = {
        "iss": proof.client_id,
        "sub": proof.client_id,
        "aud": proof.token_url,
        "exp": int(now) + lifetime,
        "jti": jti or secrets.token_urlsafe(24),
    }
    signed = b".".join(_base64url(canonical_json.dumps(part)) for part in (header, claims))
    return (signed + b"." + _base64url(_signature(proof, signed))).decode()


def _signature(proof: JwtClient, content: bytes) -> bytes:
    key = serialization.load_pem_private_key(proof.key_pem.encode(), password=None)
    if proof.algorithm == "RS384" and isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), hashes.SHA384())
    if (
        proof.algorithm == "ES384"
        and isinstance(key, ec.EllipticCurvePrivateKey)
        and isinstance(key.curve, ec.SECP384R1)
    ):
        # As two numbers of fixed length (RFC 7518, 3.4) instead of DER.
        r, s = decode_dss_signature(key.sign(content, ec.ECDSA(hashes.SHA384())))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")
    raise TokenRefused("the private key does not fit the algorithm", code="token_configuration")


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


# -- the answer --------------------------------------------------------------------------------


def obtain(client: Client, proof: OAuth2Client | JwtClient, now: float, **options: Any) -> Token:
    """Ask for a token, and once more by the server's clock if ours may be why we are refused.

    Whether an assertion is still, or already, good is judged by the clock of the server, which its
    answer tells (RFC 9110, 6.6.1). The life of a token is counted from our own ``now`` anyway.

    :param options: of :func:`token_request`.
    :raises TokenRefused, ThrottledError, TransientError: see :func:`fetch`.
    """
    try:
        return fetch(client, token_request(proof, now, **options), now)
    except TokenRefused as refused:
        skew = refused.skew
        if not isinstance(proof, JwtClient) or skew is None or abs(skew) < SKEW_SECONDS:
            raise
    try:
        return fetch(client, token_request(proof, now + skew, **options), now)
    except TokenRefused as refused:
        place = "ahead of" if skew > 0 else "behind"
        raise TokenRefused(
            f"{refused.message}. Its clock is {abs(skew):.0f} seconds {place} ours; have one of "
            "them set right",
            code=refused.code,
        ) from None


def fetch(client: Client, request: HttpRequest, now: float) -> Token:
    """Ask for a token.

    :raises TokenRefused: the request cannot be sent, or the server refuses our client.
    :raises ThrottledError: it asks for less.
    :raises TransientError: it was not reached, failed or did not answer. Never an unknown outcome:
        the message for which the token was wanted has not left.
    """
    try:
        response = client.send(request)
    except UnknownOutcomeError as error:
        raise TransientError(f"the token address: {error.message}", code="token_failed") from None
    except ConfigurationError as error:
        raise TokenRefused(f"the token address: {error.message}", code=error.code) from None
    except TransientError as error:
        raise TransientError(f"the token address: {error.message}", code="token_failed") from None
    return read_token(response, now)


def read_token(response: HttpResponse, now: float) -> Token:
    """The token of an answer (RFC 6749, 5.1).

    :param now: when it was asked for, seconds since the epoch.
    :raises TokenRefused, ThrottledError, TransientError: see :func:`fetch`.
    """
    if response.status != 200:
        raise _refusal(response, now)
    answer = None if response.truncated else _read_json(response.body)
    if not isinstance(answer, dict):
        raise _invalid("it is not a JSON object of an acceptable size")
    value, kind = answer.get("access_token"), answer.get("token_type")
    if not isinstance(value, str) or len(value) > MAX_TOKEN or not _VISIBLE.fullmatch(value):
        raise _invalid("it has no usable access_token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise _invalid("its token_type is not Bearer")
    return Token(value, int(now), int(now) + _lifetime(answer.get("expires_in")))


def _lifetime(value: Any) -> int:
    """Seconds. Some servers write the number as text."""
    if value is None:
        return DEFAULT_SECONDS
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 1:
        raise _invalid("its expires_in is not a number of seconds")
    return int(min(value, MAX_SECONDS))


def _refusal(response: HttpResponse, now: float) -> IntegrationError:
    status = response.status
    answer = _read_json(response.body)
    word = answer.get("error") if isinstance(answer, dict) else None
    wait = retry_after.parse(response.headers.get("retry-after"), datetime.fromtimestamp(now, UTC))
    if status == 429 or (status == 503 and wait is not None):
        return ThrottledError(
            f"the token address asks to come later (HTTP {status})", wait, code="token_throttled"
        )
    if status >= 500 or status in (408, 425) or (isinstance(word, str) and word in _TEMPORARY):
        return TransientError(f"the token address failed (HTTP {status})", code="token_failed")
    if isinstance(word, str) and word in _REFUSALS:
        refused = TokenRefused(f"the token address refuses us: {word}", code=f"token_{word}")
        refused.skew = _skew(response, now)
        return refused
    if status < 300:
        return _invalid(f"HTTP {status} is no answer to a request for a token")
    if status < 400:
        return TokenRefused(f"the token address redirects (HTTP {status}); enter the new one")
    return TokenRefused(f"the token address refuses us (HTTP {status})")


def _skew(response: HttpResponse, now: float) -> float | None:
    """By how many seconds the server's clock is ahead of ours."""
    try:
        told = parsedate_to_datetime(response.headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return None if told.tzinfo is None else told.timestamp() - now


def _read_json(body: bytes) -> Any:
    try:
        return canonical_json.loads(body, max_bytes=MAX_ANSWER)
    except canonical_json.JsonError:
        return None


def _invalid(reason: str) -> TransientError:
    """Somebody over there has to mend it, and may do so any moment: no message is lost to it."""
    return TransientError(
        f"the answer of the token address is not usable: {reason}", code="token_invalid"
    )
