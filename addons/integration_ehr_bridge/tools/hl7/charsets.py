# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Character sets of MSH-18 (table 0211; chapter 2, sections 2.9.2 and 2.15.9.18).

The first repetition is the set that the message is in. Further ones say which sets escape
sequences may switch to (:mod:`.escapes`); the Japanese ones of ISO 2022 switch by themselves,
which the decoder follows.
"""

import codecs
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .delimiters import Delimiters
from .errors import CharsetFault, Place, SyntaxFault

_PLACE: Final = Place("MSH", field=18)

#: What a message without MSH-18 is in.
ASCII: Final = "ASCII"

_CODECS: Final = {
    "ASCII": "ascii",
    "ISO IR6": "ascii",
    # Numbers of ISO 8859 that were given; there is no 12.
    **{f"8859/{number}": f"iso8859_{number}" for number in (*range(1, 12), *range(13, 17))},
    "UNICODE UTF-8": "utf_8",
    # Big endian, unless the first letters say otherwise.
    "UNICODE UTF-16": "utf_16_be",
    "UNICODE UTF-32": "utf_32_be",
    # Deprecated, and said by systems that mean either.
    "UNICODE": "utf_8",
    "ISO IR14": "iso2022_jp_ext",
    "ISO IR87": "iso2022_jp_ext",
    "ISO IR159": "iso2022_jp_ext",
    "JAS2020": "iso2022_jp_ext",
    "JIS X 0202": "iso2022_jp_ext",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    # Not in the table, and met often.
    "UTF-8": "utf_8",
    "UTF8": "utf_8",
    "US-ASCII": "ascii",
    **{f"8859-{number}": f"iso8859_{number}" for number in (*range(1, 12), *range(13, 17))},
    **{f"ISO-8859-{number}": f"iso8859_{number}" for number in (*range(1, 12), *range(13, 17))},
    **{f"ISO8859-{number}": f"iso8859_{number}" for number in (*range(1, 12), *range(13, 17))},
}
_JAPANESE: Final = "iso2022_jp_ext"
#: Text of these, once decoded and encoded again, may have other bytes.
_INEXACT: Final = frozenset({_JAPANESE, "gb18030", "euc_kr", "big5"})
#: UTF-32 first: its mark begins with that of UTF-16.
_WIDE: Final = (
    ("utf_32_le", codecs.BOM_UTF32_LE),
    ("utf_32_be", codecs.BOM_UTF32_BE),
    ("utf_16_le", codecs.BOM_UTF16_LE),
    ("utf_16_be", codecs.BOM_UTF16_BE),
)
_HEADER: Final = ("MSH", "FHS", "BHS")


@dataclass(frozen=True, slots=True)
class Charset:
    """How the bytes of a message become text.

    :ivar codec: Python's name of it
    :ivar errors: how bytes are treated that it does not know: an error, or kept as they are where
        escape sequences may explain them
    :ivar exact: whether text, encoded again, always has the bytes that it had
    """

    codec: str
    errors: str = "strict"
    exact: bool = True


@lru_cache(maxsize=128)
def resolve(labels: tuple[str, ...]) -> Charset:
    """The character set that the repetitions of MSH-18 declare.

    :raises CharsetFault: one of them is unknown, or cannot be combined.
    """
    found = []
    for number, label in enumerate(labels or (ASCII,), 1):
        codec = _CODECS.get(label.strip().upper() or ASCII)
        if codec is None:
            raise CharsetFault(
                "the character set is not one of table 0211 that can be read. Ask the partner for "
                "UNICODE UTF-8",
                Place("MSH", field=18, repetition=number),
                code="hl7_charset_unknown",
            )
        found.append(codec)
    codec = found[0]
    if _JAPANESE in found[1:]:
        if codec not in ("ascii", _JAPANESE):
            raise CharsetFault("the character sets cannot be combined", _PLACE)
        codec = _JAPANESE
    mixed = len(found) > 1 and (codec == "ascii" or codec.startswith("iso8859"))
    return Charset(codec, "surrogateescape" if mixed else "strict", codec not in _INEXACT)


def wide(data: bytes) -> tuple[Charset, bytes] | None:
    """The set of a message in UTF-16 or UTF-32, and its byte order mark, which may be empty.

    MSH-18 cannot tell it, as who reads it knows the set already: the first letters do.
    """
    for codec, mark in _WIDE:
        starts = tuple(header.encode(codec) for header in _HEADER)
        if data.startswith(starts):
            return Charset(codec), b""
        if data.startswith(mark) and data[len(mark) :].startswith(starts):
            return Charset(codec), mark
    return None


def labels(line: str, marks: Delimiters) -> tuple[str, ...]:
    """The repetitions of MSH-18 in the text of an MSH segment."""
    fields = line.split(marks.field, 18)
    text = fields[17] if len(fields) > 17 else ""
    if not text:
        return ()
    return tuple(text.split(marks.repetition)) if marks.repetition else (text,)


def decode(data: bytes, charset: Charset) -> str:
    """:raises CharsetFault: bytes that are not of the set; the text tells their number."""
    try:
        return data.decode(charset.codec, charset.errors)
    except UnicodeDecodeError as error:
        raise CharsetFault(
            f"The bytes from {error.start} on are not in the character set that MSH-18 declares. "
            "Ask the partner to declare the one that it sends, or set it in the interface."
        ) from None


def encode(text: str, charset: Charset, place: Place | None = None) -> bytes:
    """:raises CharsetFault: the set lacks a character."""
    try:
        return text.encode(charset.codec, charset.errors)
    except UnicodeEncodeError:
        raise CharsetFault(
            "a character does not exist in the character set of the message. Use UNICODE UTF-8",
            place,
            code="hl7_charset_lacks",
        ) from None


def not_hl7() -> SyntaxFault:
    """What to raise for bytes that do not begin with a header segment."""
    return SyntaxFault(
        "The message does not begin with MSH. The partner sent something that is not HL7 v2, or "
        "only a part of a message."
    )
