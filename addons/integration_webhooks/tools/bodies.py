"""From the bytes that a sender sent to JSON values that contracts and mappings work with.

A codec is chosen by the interface, or by the content type where the interface leaves it open. The
result consists of what :func:`canonical_json.loads` gives: numbers with a fraction are Decimals,
never floats. Every failure is a :class:`ContractError` that says what is wrong and what to do, and
quotes nothing of the body.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from odoo.addons.integration_core.tools import canonical_json
from odoo.addons.integration_core.tools.errors import ContractError

from . import csv_body, media_types, xml_body
from .media_types import MediaType
from .options import Options

MAX_FIELDS: Final = 1000

FORM: Final = "application/x-www-form-urlencoded"
_CSV: Final = frozenset({"text/csv", "application/csv"})
_BINARY: Final = frozenset({"application/octet-stream", "application/pdf"})


@dataclass(frozen=True, slots=True)
class Codec:
    """One kind of body.

    :ivar decode: body, media type and options to a value; raises ContractError
    """

    decode: Callable[[bytes, MediaType, Any], Any]
    options: type[Options] = Options


def decode_json(raw: bytes, _media: MediaType | None = None, _options: Any = None) -> Any:
    """JSON, strictly: a repeated name, NaN, or what the database cannot store is a fault.

    :raises ContractError: ``malformed_json``, with the place.
    """
    try:
        return canonical_json.loads(raw)
    except canonical_json.JsonError as error:
        # The core's texts name places and rules only.
        raise ContractError(
            f"The body is not acceptable JSON: {error}. Ask the partner to correct it.",
            code="malformed_json",
        ) from None


def _decode_form(raw: bytes, _media: MediaType, _options: Any) -> dict[str, Any]:
    """A form: names to texts, a repeated name to the list of its texts."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:  # not ASCII, not UTF-8 once decoded, or too many fields
        pairs = None
    if pairs is None or any("\0" in name or "\0" in value for name, value in pairs):
        raise ContractError(
            f"The body is not a form of at most {MAX_FIELDS} fields in UTF-8. Ask the partner to "
            "encode it as application/x-www-form-urlencoded.",
            code="malformed_form",
        )
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _decode_binary(raw: bytes, media: MediaType, _options: Any) -> dict[str, Any]:
    """Anything: its bytes as base64, with what tells whether they are complete."""
    return {
        "content_type": media.essence or "application/octet-stream",
        "size": len(raw),
        "sha256": sha256(raw).hexdigest(),
        "base64": base64.b64encode(raw).decode(),
    }


CODECS: Final[Mapping[str, Codec]] = {
    "json": Codec(decode_json),
    "form": Codec(_decode_form),
    "xml": Codec(xml_body.decode, xml_body.XmlOptions),
    "csv": Codec(csv_body.decode, csv_body.CsvOptions),
    "binary": Codec(_decode_binary),
}


def codec_of(content_type: str) -> str:
    """Code of the codec for a content type.

    :raises ContractError: ``unsupported_body``: there is none that could be meant.
    """
    media = media_types.parse(content_type)
    if media.is_json:
        return "json"
    if media.essence == FORM:
        return "form"
    if media.is_xml:
        return "xml"
    if media.essence in _CSV:
        return "csv"
    if media.essence in _BINARY or media.essence.startswith("image/"):
        return "binary"
    raise ContractError(
        "The content type says nothing about how to read the body. Choose the kind of body in the "
        "interface, or ask the partner to send JSON, XML, CSV or a form with its own content type.",
        code="unsupported_body",
    )


def decode(raw: bytes, content_type: str, codec: str = "", options: Options | None = None) -> Any:
    """The value of a body.

    :param codec: one of :data:`CODECS`; empty to go by the content type.
    :param options: of the codec; its defaults if there are none.
    :raises ContractError: it cannot be read.
    """
    found = CODECS[codec or codec_of(content_type)]
    if not isinstance(options, found.options):
        options = found.options()
    return found.decode(raw, media_types.parse(content_type), options)
