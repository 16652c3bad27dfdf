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
    return ordered_uuids(1)[0]


def ordered_uuids(count: int) -> list[str]:
    """Ids as of :func:`ordered_uuid`, all of one moment and in their order."""
    moment = f"{time.time_ns() // _MILLISECONDS:012x}"
    begin = f"{moment[:8]}-{moment[8:]}-7"
    chance = os.urandom(10 * count).hex()
    return sorted(
        f"{begin}{chance[at : at + 3]}-{_VARIANT[chance[at + 3]]}{chance[at + 4 : at + 7]}"
        f"-{chance[at + 7 : at + 19]}"
        for at in range(0, 20 * count, 20)
    )


def random_hex(size: int) -> str:
    """``size`` random bytes as hex, never all zero."""
    while True:
        chance = os.urandom(size)
        if any(chance):
            return chance.hex()


def random_hexes(size: int, count: int) -> list[str]:
    """``count`` texts as of :func:`random_hex`."""
    chance = os.urandom(size * count).hex()
    nothing, digits = "0" * (2 * size), 2 * size
    found = [chance[at : at + digits] for at in range(0, digits * count, digits)]
    return [random_hex(size) if one == nothing else one for one in found]
