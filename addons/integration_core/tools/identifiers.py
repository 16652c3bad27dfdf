# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Identifiers that are made for every message, and therefore cheaply."""

import os
import time
from typing import Final

_MILLISECONDS: Final = 1_000_000  # nanoseconds each
_VERSION_7: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_RANDOM_A: Final = 0xFFF << 64
_RANDOM_B: Final = (1 << 62) - 1


def ordered_uuid() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) in lower case, with dashes.

    Its first 48 bits are the time in milliseconds, 74 of the rest are random. What is stored one
    after the other stands together in an index then, where random ids would touch another page
    each. It tells when it was made, but not how many there are.
    """
    chance = int.from_bytes(os.urandom(10), "big")
    bits = (
        (time.time_ns() // _MILLISECONDS) << 80
        | _VERSION_7
        | (chance & _RANDOM_A)
        | _VARIANT
        | (chance & _RANDOM_B)
    )
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def random_hex(size: int) -> str:
    """``size`` random bytes as hex, never all zero."""
    while True:
        text = os.urandom(size).hex()
        if text.strip("0"):
            return text
