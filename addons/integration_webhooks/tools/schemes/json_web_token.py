"""A signed JSON Web Token in a header (RFC 7515, 7519): compact form, public keys only.

Algorithms are an allow-list that knows neither ``none`` nor an HMAC; the key comes from the
partner's key set and from nowhere that the token names (``jku``, ``jwk``, ``x5u`` are not looked
at). ``exp`` and ``iat`` have to be there, issuer and audience have to be those that are expected.

A token says who sends, not what: unless a claim holds the body's hash, whoever gets hold of a token
can send another body with it until it expires.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from odoo.addons.integration_core.tools import canonical_json

from ..encodings import decode_base64, decode_base64url, decode_hex
from ..identity import check_name
from ..options import (
    Freshness,
    Naming,
    OptionsInvalid,
    check_choice,
    check_choices,
    check_header,
)
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery, check_age
from .base import Needs, Scheme, first_proof, is_among, names_of
from .public_keys import key_verdict, read_public_keys

ALGORITHMS: Final = (
    "EdDSA", "Ed25519", "ES256", "ES384", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
)  # fmt: skip

_MAX_DEPTH: Final = 8
_LAST_MOMENT: Final = 10**11
_ENCODINGS: Final = {"hex": decode_hex, "base64": decode_base64, "base64url": decode_base64url}


@dataclass(frozen=True)
class JwtOptions(Naming, Freshness):
    """:param header: where the token is.
    :param prefix: what stands before it, as ``Bearer`` and a space.
    :param algorithms: those of :data:`ALGORITHMS` that are accepted.
    :param issuers: accepted values of ``iss``.
    :param audiences: accepted values of ``aud``.
    :param id_claim: claim that names the message. Leave it empty where one token serves several
        messages: they would count as one.
    :param body_hash_claim: claim with the SHA-256 of the body; a dot leads into an object.
    :param body_hash_encoding: ``hex``, ``base64`` or ``base64url``.
    :param max_age: counts from ``iat``.
    """

    header: str = "Authorization"
    prefix: str = "Bearer "
    algorithms: tuple[str, ...] = ("EdDSA", "ES256", "RS256")
    issuers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    id_claim: str = "jti"
    body_hash_claim: str = ""
    body_hash_encoding: str = "hex"

    def _check(self) -> None:
        check_header("header", self.header)
        check_choices("algorithms", self.algorithms, ALGORITHMS)
        check_choice("body_hash_encoding", self.body_hash_encoding, _ENCODINGS)
        if not (self.issuers and all(self.issuers)):
            raise OptionsInvalid("issuers: name the issuer of the tokens (their claim “iss”).")
        if not (self.audiences and all(self.audiences)):
            raise OptionsInvalid("audiences: say for whom the tokens are (their claim “aud”).")


class JsonWebToken(Scheme[JwtOptions]):
    """See the module."""

    code = "jwt"
    options = JwtOptions
    needs = (Needs.PUBLIC_KEY,)

    def check_secret(self, text: str) -> None:
        read_public_keys(text)

    def warnings(self, options: JwtOptions) -> tuple[str, ...]:
        if options.body_hash_claim:
            return ()
        return (
            "The token does not cover the body: whoever gets hold of one can send another body "
            "with it until it expires.",
        )

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: JwtOptions, now: float
    ) -> VerifiedDelivery:
        token = _token(request, options)
        header, claims, signature, content = _parts(token)
        algorithm, key_id = header.get("alg"), header.get("kid", "")
        # "crit" names extensions that must be understood; none is (RFC 7515, 4.1.11).
        if "crit" in header or not isinstance(key_id, str):
            raise SignatureInvalid(Reason.BAD_HEADER)
        if not isinstance(algorithm, str) or algorithm not in options.algorithms:
            raise SignatureInvalid(Reason.WRONG_ALGORITHM)
        index = first_proof(
            secrets, lambda text: key_verdict(text, key_id, [algorithm], signature, content)
        )
        _check_parties(claims, options)
        issued = _check_times(claims, options, now)
        _check_body(claims, options, request.body)
        return _delivery(request, claims, options, issued, index)


def _token(request: InboundRequest, options: JwtOptions) -> str:
    value = request.headers.required(options.header)
    begin, token = value[: len(options.prefix)], value[len(options.prefix) :]
    # Authentication schemes are named without regard to case (RFC 9110, 11.1).
    if begin.lower() != options.prefix.lower():
        raise SignatureInvalid(Reason.BAD_HEADER)
    return token


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, signature, and the bytes that are signed."""
    parts = token.split(".", 3)
    if len(parts) != 3:
        raise SignatureInvalid(Reason.BAD_HEADER)
    signature = decode_base64url(parts[2])
    if not signature:
        raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
    header, claims = _object(parts[0]), _object(parts[1])
    return header, claims, signature, f"{parts[0]}.{parts[1]}".encode("ascii")


def _object(part: str) -> dict[str, Any]:
    raw = decode_base64url(part)
    try:
        value = canonical_json.loads(raw, _MAX_DEPTH) if raw else None
    except canonical_json.JsonError:
        value = None
    if not isinstance(value, dict):
        raise SignatureInvalid(Reason.BAD_HEADER)
    return value


def _check_parties(claims: Mapping[str, Any], options: JwtOptions) -> None:
    if claims.get("iss") not in options.issuers:
        raise SignatureInvalid(Reason.WRONG_ISSUER)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not any(one in options.audiences for one in audiences):
        raise SignatureInvalid(Reason.WRONG_AUDIENCE)


def _check_times(claims: Mapping[str, Any], options: JwtOptions, now: float) -> float:
    issued = _moment(claims, "iat")
    if not now < _moment(claims, "exp") + options.max_skew:
        raise SignatureInvalid(Reason.TOO_OLD)
    if "nbf" in claims and not now >= _moment(claims, "nbf") - options.max_skew:
        raise SignatureInvalid(Reason.IN_FUTURE)
    check_age(issued, now, options.max_age, options.max_skew)
    return issued


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519, 2), which may have a fraction."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    if not 0 < value < _LAST_MOMENT:
        raise SignatureInvalid(Reason.BAD_TIMESTAMP)
    return float(value)


def _check_body(claims: Mapping[str, Any], options: JwtOptions, body: bytes) -> None:
    if not options.body_hash_claim:
        return
    value: Any = claims
    for name in options.body_hash_claim.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise SignatureInvalid(Reason.NOT_COVERED)
    claimed = _ENCODINGS[options.body_hash_encoding](value)
    if not is_among(sha256(body).digest(), [claimed or b""]):
        raise SignatureInvalid(Reason.BODY_MISMATCH)


def _delivery(
    request: InboundRequest,
    claims: Mapping[str, Any],
    options: JwtOptions,
    issued: float,
    index: int,
) -> VerifiedDelivery:
    names = names_of(request, options)
    message_id, signed = names.id, bool(options.body_hash_claim) and names.id_in_body
    if options.id_claim and options.id_claim in claims:
        claimed = claims[options.id_claim]
        if not isinstance(claimed, str):
            raise SignatureInvalid(Reason.BAD_ID)
        message_id, signed = check_name(claimed), True
    elif message_id is None:
        signed = bool(options.body_hash_claim)  # a digest of the body serves
    return VerifiedDelivery(message_id, int(issued), index, names.message_type, signed)
