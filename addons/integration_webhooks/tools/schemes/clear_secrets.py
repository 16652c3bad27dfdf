"""Secrets that travel with the request: a bearer token, a login with password, a key in a header.

They prove who sends, and nothing about what is sent: that the body arrives unchanged is TLS's
affair. Comparison is by SHA-256, so that its duration tells neither a length nor a beginning.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ..encodings import decode_base64, encode_text
from ..options import Naming, check_header
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery
from .base import (
    Needs,
    O,
    Scheme,
    SecretInvalid,
    delivery,
    first_proof,
    is_among,
    names_of,
    text_key,
)

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.ASCII | re.IGNORECASE)
_BASIC: Final = re.compile(r"basic +([A-Za-z0-9+/]+=*)", re.ASCII | re.IGNORECASE)
_WARNING: Final = (
    "Nothing signs the body: whoever gets hold of the secret once can send anything at any time."
)


class _ClearSecret(Scheme[O]):
    """What the three share."""

    def check_secret(self, text: str) -> None:
        text_key(text)

    def warnings(self, options: O) -> tuple[str, ...]:
        return (_WARNING,)


def _verdict(
    request: InboundRequest, secrets: Sequence[str], presented: bytes, options: Naming
) -> VerifiedDelivery:
    digest = sha256(presented).digest()
    index = first_proof(secrets, lambda text: is_among(digest, _digest(text)))
    return delivery(names_of(request, options), None, index, body_signed=False)


def _digest(text: str) -> Collection[bytes]:
    return [sha256(text_key(text)).digest()]


class Bearer(_ClearSecret[Naming]):
    """``Authorization: Bearer <token>`` (RFC 6750, 2.1)."""

    code = "bearer"
    options = Naming
    needs = (Needs.BEARER,)

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: Naming, now: float
    ) -> VerifiedDelivery:
        match = _BEARER.fullmatch(request.headers.required("Authorization"))
        if match is None:
            raise SignatureInvalid(Reason.BAD_HEADER)
        return _verdict(request, secrets, match[1].encode(), options)


class Basic(_ClearSecret[Naming]):
    """``Authorization: Basic`` and the base64 of ``login:password`` (RFC 7617), in UTF-8."""

    code = "basic"
    options = Naming
    needs = (Needs.BASIC,)

    def check_secret(self, text: str) -> None:
        text_key(text)
        if not text.partition(":")[0] or not text.partition(":")[2]:
            raise SecretInvalid("A login and a password are needed, with a colon between them.")

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: Naming, now: float
    ) -> VerifiedDelivery:
        match = _BASIC.fullmatch(request.headers.required("Authorization"))
        presented = decode_base64(match[1]) if match else None
        if presented is None or b":" not in presented:
            raise SignatureInvalid(Reason.BAD_HEADER)
        return _verdict(request, secrets, presented, options)


@dataclass(frozen=True)
class ApiKeyOptions(Naming):
    """:param header: where the key is."""

    header: str = "X-API-Key"

    def _check(self) -> None:
        check_header("header", self.header)


class ApiKey(_ClearSecret[ApiKeyOptions]):
    """A key in a header of the partner's choice. In the address it would end up in logs."""

    code = "api_key"
    options = ApiKeyOptions
    needs = (Needs.HEADER,)

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: ApiKeyOptions, now: float
    ) -> VerifiedDelivery:
        presented = encode_text(request.headers.required(options.header))
        if presented is None:
            raise SignatureInvalid(Reason.BAD_HEADER)
        return _verdict(request, secrets, presented, options)
