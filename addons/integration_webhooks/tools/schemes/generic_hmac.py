"""An HMAC whose form the options describe, for senders without a scheme of their own.

A template says what is signed: ``{body}``, and ``{id}``, ``{ts}``, ``{method}`` and ``{url}`` with
any text between them. ``{ts}`` and ``{id}`` stand for the texts of the headers that the options
name. What stands in front of a text of the template may not hold that text itself, so that the
signed bytes can be taken apart in one way only.
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..encodings import decode_base64, decode_base64url, decode_hex, encode_text
from ..options import Freshness, Naming, OptionsInvalid, check_choice, check_header
from ..request import InboundRequest
from ..signature import Reason, SignatureInvalid, VerifiedDelivery, check_age
from .base import Scheme, SecretInvalid, delivery, first_proof, is_among, names_of, text_key
from .timestamps import FORMATS

MAX_SIGNATURES: Final = 16

_SIZES: Final[Mapping[str, int]] = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
_ENCODINGS: Final[Mapping[str, Callable[[str], bytes | None]]] = {
    "hex": decode_hex,
    "base64": decode_base64,
    "base64url": decode_base64url,
}
_SECRETS: Final[Mapping[str, Callable[[str], bytes | None]]] = {
    "text": encode_text,
    "hex": decode_hex,
    "base64": decode_base64,
}
_SEPARATORS: Final = ("", ",", ";", " ")
_PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")
_PLACES: Final = ("body", "id", "method", "ts", "url")


@dataclass(frozen=True)
class HmacOptions(Naming, Freshness):
    """:param algorithm: ``sha256``, ``sha384``, ``sha512`` or ``sha1``.
    :param encoding: of the signature: ``hex``, ``base64`` or ``base64url`` (without padding).
    :param signature_header: where the signature is.
    :param prefix: what stands before it in the header, such as ``sha256=``.
    :param separator: between several signatures in the header, during a rotation; a comma, a
        semicolon or a blank. Empty if there is one only.
    :param template: what is signed.
    :param timestamp_header: where ``{ts}`` is; empty if no time is signed.
    :param timestamp_format: ``unix`` (seconds), ``unix_ms`` or ``rfc3339``.
    :param secret_encoding: how the secret is written: ``text``, ``hex`` or ``base64``.
    """

    algorithm: str = "sha256"
    encoding: str = "hex"
    signature_header: str = "X-Signature"
    prefix: str = ""
    separator: str = ""
    template: str = "{body}"
    timestamp_header: str = ""
    timestamp_format: str = "unix"
    secret_encoding: str = "text"  # noqa: S105 (how it is written, not what it is)

    def _check(self) -> None:
        check_choice("algorithm", self.algorithm, _SIZES)
        check_choice("encoding", self.encoding, _ENCODINGS)
        check_choice("secret_encoding", self.secret_encoding, _SECRETS)
        check_choice("timestamp_format", self.timestamp_format, FORMATS)
        check_header("signature_header", self.signature_header)
        check_header("timestamp_header", self.timestamp_header, optional=True)
        if self.separator not in _SEPARATORS:
            raise OptionsInvalid("separator: must be a comma, a semicolon, a blank, or empty.")
        self._check_template()

    def _check_template(self) -> None:
        places = [place for place, _text in _places(self.template)]
        if any(place not in _PLACES for place in places) or len(set(places)) != len(places):
            raise OptionsInvalid(
                "template: may hold each of {body}, {id}, {ts}, {method} and {url} once."
            )
        if re.search(r"[{}]", _PLACEHOLDER.sub("", self.template)):
            raise OptionsInvalid("template: braces stand around a name only.")
        if "body" not in places:
            raise OptionsInvalid("template: must hold {body}, or anybody could change it.")
        if ("ts" in places) != bool(self.timestamp_header):
            raise OptionsInvalid(
                "template: must hold {ts} if there is a timestamp_header, and only then."
            )
        if "id" in places and not self.id_header:
            raise OptionsInvalid("id_header: name the header that {id} in the template stands for.")


class GenericHmac(Scheme[HmacOptions]):
    """See the module."""

    code = "hmac"
    options = HmacOptions

    def check_secret(self, text: str) -> None:
        # How it is written is an option, which is not known here.
        text_key(text)

    def warnings(self, options: HmacOptions) -> tuple[str, ...]:
        found = []
        if options.algorithm == "sha1":
            found.append("SHA-1 is outdated: ask the partner for SHA-256.")
        if not options.timestamp_header:
            found.append("No time is signed: a captured delivery can be sent again at any time.")
        if re.search(r"\}\{", options.template):
            found.append(
                "Values follow one another without anything between them: parts of one could be "
                "moved to the next."
            )
        return tuple(found)

    def verify(
        self, request: InboundRequest, secrets: Sequence[str], options: HmacOptions, now: float
    ) -> VerifiedDelivery:
        candidates = _candidates(request.headers.required(options.signature_header), options)
        timestamp = None
        if options.timestamp_header:
            text = request.headers.required(options.timestamp_header)
            timestamp = FORMATS[options.timestamp_format](text)
        content = _content(request, options)
        index = first_proof(secrets, lambda text: _proves(text, content, candidates, options))
        if timestamp is not None:
            check_age(timestamp, now, options.max_age, options.max_skew)
        verdict = delivery(names_of(request, options), timestamp, index)
        if "{id}" not in options.template:
            return verdict
        return VerifiedDelivery(verdict.id, timestamp, index, verdict.message_type)


def _places(template: str) -> list[tuple[str, str]]:
    """Each placeholder with the text behind it."""
    parts = _PLACEHOLDER.split(template)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def _candidates(value: str, options: HmacOptions) -> list[bytes]:
    texts = value.split(options.separator, MAX_SIGNATURES) if options.separator else [value]
    if len(texts) > MAX_SIGNATURES:
        raise SignatureInvalid(Reason.TOO_MANY_SIGNATURES)
    texts = [text.strip() for text in texts]
    decode = _ENCODINGS[options.encoding]
    found = [
        decode(text.removeprefix(options.prefix))
        for text in texts
        if text.startswith(options.prefix)
    ]
    usable = [raw for raw in found if raw and len(raw) == _SIZES[options.algorithm]]
    if not usable:
        raise SignatureInvalid(Reason.NO_USABLE_SIGNATURE)
    return usable


def _content(request: InboundRequest, options: HmacOptions) -> bytes:
    """The signed bytes.

    :raises SignatureInvalid: a value could be mistaken for more of the template, or is missing.
    """
    content = [options.template.partition("{")[0].encode()]
    for place, text in _places(options.template):
        if place == "body":
            content += [request.body, text.encode()]
            continue
        value = _value(place, request, options)
        raw = encode_text(value)
        if raw is None or (text and text in _variable_part(place, value)):
            raise SignatureInvalid(Reason.BAD_HEADER)
        content += [raw, text.encode()]
    return b"".join(content)


def _variable_part(place: str, value: str) -> str:
    """What a forger could choose of a value: of an address only the query, of a time nothing."""
    if place == "url":
        return value.partition("?")[2]
    return "" if place == "ts" else value


def _value(place: str, request: InboundRequest, options: HmacOptions) -> str:
    if place == "id":
        return request.headers.required(options.id_header)
    if place == "ts":
        return request.headers.required(options.timestamp_header)
    if place == "url":
        request.url_parts()
        return request.url
    return request.method


def _proves(secret: str, content: bytes, candidates: Sequence[bytes], options: HmacOptions) -> bool:
    key = _SECRETS[options.secret_encoding](secret)
    if not key:
        raise SecretInvalid("The secret is empty, or not written as the options say.")
    return is_among(hmac.digest(key, content, options.algorithm), candidates)
