"""Strict decoding of what signatures and keys are written in: each value has one spelling.

Lenient decoders skip foreign characters and ignore unused bits, so that one signature has many
spellings. All functions here return ``None`` for what they do not accept and never raise.
"""

import base64
import binascii
import re
from typing import Final

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+", re.ASCII)


def decode_base64(text: str) -> bytes | None:
    """Standard base64 with padding (RFC 4648, 4)."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def decode_base64url(text: str) -> bytes | None:
    """URL-safe base64 without padding (RFC 7515, 2)."""
    if "=" in text or "+" in text or "/" in text:
        return None
    standard = text.replace("-", "+").replace("_", "/")
    return decode_base64(standard + "=" * (-len(standard) % 4))


def decode_hex(text: str) -> bytes | None:
    """Hexadecimal digits, all in lower case or all in upper case."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def encode_text(text: str) -> bytes | None:
    """UTF-8 of a text; ``None`` if it holds a lone surrogate, which has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None
