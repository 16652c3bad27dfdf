# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""HL7 over HTTP: character sets of requests, and the one answer that a request gets."""

import re
from typing import Final

from .hl7 import mllp
from .hl7.charsets import resolve
from .hl7.errors import CharsetFault
from .hl7.message import parse_header

_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9_.:/-]+)""", re.IGNORECASE)
#: Between two answers to one message, where a connection could carry both.
_BETWEEN: Final = mllp.END + mllp.CR + mllp.START
_NAMES: Final = {"ascii": "us-ascii", "utf_8": "utf-8"}


def charset_of(content_type: str) -> str:
    """The character set that a request declares, if it is one of HL7; else nothing.

    It counts where MSH-18 says nothing.
    """
    found = _CHARSET.search(content_type)
    if not found:
        return ""
    try:
        resolve((found[1],))
    except CharsetFault:
        return ""
    return found[1]


def one_answer(content: bytes) -> bytes:
    """The answer that leaves, where a message wants to hear that it was stored and of its handling:
    the latter says both."""
    return content.rpartition(_BETWEEN)[2]


def answer_type(content: bytes) -> str:
    """The content type of an answer, with the character set that it is in."""
    header = parse_header(content)
    codec = header.charset.codec if header else "ascii"
    name = _NAMES.get(codec) or codec.replace("iso8859_", "iso-8859-").replace("_", "-")
    return f"application/hl7-v2; charset={name}"
