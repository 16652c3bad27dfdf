"""Twilio: ``X-Twilio-Signature`` is the base64 of an HMAC over the address and the form.

Source: https://www.twilio.com/docs/usage/security#validating-requests

Signed is the address, query included, followed by each parameter's name and value, sorted by name
(and by value; a pair that is repeated counts once). A JSON body is not signed itself: the
address carries its SHA-256 as ``bodySHA256``. Twilio sometimes signs the address with the port and
sometimes without, so both are tried. The algorithm is SHA-1 with an account's Auth Token and
SHA-256 with a shared key, as ``X-Twilio-Webhooks-Signature-Settings`` says.

The form has weaknesses that a receiver cannot mend: nothing separates names from values, so that
``ab=c`` and ``a=bc`` have one signature, and no time is signed. Whoever has captured a delivery
can replay it, or move characters between a name and its value.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from ..answer import Answer
from ..encodings import decode_base64, decode_hex
from ..identity import Names
from ..options import Naming, check_choices
from ..request import InboundRequest, UrlParts
from ..signature import Reason, SignatureInvalid, VerifiedDelivery
from .base import HmacScheme, delivery, first_proof, is_among, names_of, text_key

MAX_FIELDS: Final = 1000
FORM: Final = "application/x-www-form-urlencoded"

_ALGORITHMS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_SETTINGS: Final = "X-Twilio-Webhooks-Signature-Settings"
_BODY_HASH: Final = "bodySHA256"
_PORTS: Final = {"https": 443, "http": 80}
_PORT: Final = re.compile(r"(.*[^:\]]|\[.*\]):([0-9]{1,5})")
# What names a message: an id, and the state that a status callback tells, which has the same id.
_IDS: Final = (("MessageSid", ("MessageStatus", "SmsStatus")), ("SmsSid", ("SmsStatus",)))


@dataclass(frozen=True)
class TwilioOptions(Naming):
    """:param algorithms: those of ``HMAC_SHA1`` and ``HMAC_SHA256`` that are accepted."""

    id_header: str = "I-Twilio-Idempotency-Token"
    algorithms: tuple[str, ...] = ("HMAC_SHA1", "HMAC_SHA256")

    def _check(self) -> None:
        check_choices("algorithms", self.algorithms, _ALGORITHMS)


class Twilio(HmacScheme[TwilioOptions]):
    """See the module."""

    code = "twilio"
    options = TwilioOptions
    # Anything in the answer but TwiML is logged as an error there.
    accepted = Answer(204)

    def warnings(self, options: TwilioOptions) -> tuple[str, ...]:
        return (
            "Twilio signs no time, and does not tell names from values: whoever has captured a "
            "delivery can send it again, slightly changed.",
        )

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: TwilioOptions, now: float
    ) -> VerifiedDelivery:
        algorithm = _algorithm(request, options)
        digest = decode_base64(request.headers.required("X-Twilio-Signature"))
        if digest is None:
            raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
        url = request.url_parts()
        fields = _fields(request.body) if request.content_type == FORM else []
        if not fields or _body_hashes(url):
            _check_body(url, request.body)
        suffix = "".join(name + value for name, value in sorted(set(fields))).encode()
        contents = [address.encode() + suffix for address in _addresses(url)]
        index = first_proof(
            secrets,
            lambda text: is_among(digest, _digests(text_key(text), contents, algorithm)),
        )
        return delivery(_names(request, options, fields), None, index)


def _digests(key: bytes, contents: Sequence[bytes], algorithm: str) -> list[bytes]:
    return [hmac.digest(key, content, algorithm) for content in contents]


def _algorithm(request: InboundRequest, options: TwilioOptions) -> str:
    settings = request.headers.one(_SETTINGS) or ""
    pairs = [part.strip().partition("=")[::2] for part in settings.split(",")]
    named = [value for name, value in pairs if name == "algorithm"] or ["HMAC_SHA1"]
    if len(named) > 1 or named[0] not in options.algorithms:
        raise SignatureInvalid(Reason.WRONG_ALGORITHM)
    return _ALGORITHMS[named[0]]


def _fields(body: bytes) -> list[tuple[str, str]]:
    """The form's parameters; Twilio sends UTF-8."""
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:  # not ASCII, not UTF-8 once decoded, or too many fields
        raise SignatureInvalid(Reason.BAD_BODY) from None


def _body_hashes(url: UrlParts) -> list[str]:
    pairs = parse_qsl(url.query.removeprefix("?"), keep_blank_values=True)
    return [value for name, value in pairs if name == _BODY_HASH]


def _check_body(url: UrlParts, body: bytes) -> None:
    """Check the digest of a body in the address; without a body none is needed."""
    values = _body_hashes(url)
    if not values and not body:
        return
    if len(values) != 1:
        raise SignatureInvalid(Reason.NOT_COVERED)
    if not is_among(sha256(body).digest(), [decode_hex(values[0]) or b""]):
        raise SignatureInvalid(Reason.BODY_MISMATCH)


def _addresses(url: UrlParts) -> list[str]:
    """The address without a port and with one."""
    match = _PORT.fullmatch(url.authority)
    host, port = match.groups() if match else (url.authority, _PORTS[url.scheme])
    return [
        f"{url.scheme}://{authority}{url.path}{url.query}" for authority in (host, f"{host}:{port}")
    ]


def _names(
    request: InboundRequest, options: TwilioOptions, fields: Sequence[tuple[str, str]]
) -> Names:
    names = names_of(request, options)
    if names.id is not None:
        return names
    values = dict(fields)
    for id_field, state_fields in _IDS:
        if re.fullmatch(r"[A-Za-z0-9]{1,64}", values.get(id_field, "")):
            states = [values[field] for field in state_fields if field in values]
            if all(re.fullmatch(r"[a-z-]{1,32}", state) for state in states):
                # The id alone is the same for "queued", "sent" and "delivered".
                return Names(":".join([values[id_field], *states[:1]]), names.message_type, True)
    return names
