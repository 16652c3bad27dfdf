# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Identifiers that are made for every message, and therefore cheaply."""

import os
import time
from typing import Final

_MILLISECONDS: Final = 1_000_000  # nanoseconds each
#: By any hexadecimal digit, one whose upper two bits are the variant, and the lower two of chance.
_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def ordered_uuid() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7) in lower case, with dashes.

    Its first 48 bits are the time in milliseconds, 74 of the rest are random. What is stored one
    after the other stands together in an index then, where random ids would touch another page
    each. It tells when it was made, but not how many there are.
    """
    moment = f"{time.time_ns() // _MILLISECONDS:012x}"
    chance = os.urandom(10).hex()
    return (
        f"{moment[:8]}-{moment[8:]}-7{chance[:3]}-{_VARIANT[chance[3]]}{chance[4:7]}-{chance[7:19]}"
    )


def random_hex(size: int) -> str:
    """``size`` random bytes as hex, never all zero."""
    while True:
        chance = os.urandom(size)
        if any(chance):
            return chance.hex()
