# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Spellings of identifiers that mean the same thing."""

from __future__ import annotations

import re

#: Lengths of a Global Trade Item Number; shorter ones are longer ones without leading zeros.
_GTIN_LENGTHS = (8, 12, 13, 14)


def gtin_key(text: str) -> str:
    """What all spellings of a GTIN have in common; any other barcode is itself.

    >>> gtin_key("4006381333931") == gtin_key("04006381333931")
    True
    >>> gtin_key("SHELF-7")
    'SHELF-7'
    """
    if text.isdecimal() and text.isascii() and len(text) in _GTIN_LENGTHS:
        return text.zfill(_GTIN_LENGTHS[-1])
    return text


def gtin(text: str | bool | None) -> str | None:
    """A barcode, if it is a trade item number; one of the house's own is none.

    >>> gtin("4006381333931"), gtin("SHELF-7"), gtin(False)
    ('4006381333931', None, None)
    """
    barcode = text or ""
    is_gtin = isinstance(barcode, str) and barcode.isdecimal() and barcode.isascii()
    return barcode if is_gtin and len(barcode) in _GTIN_LENGTHS else None


def gtin_spellings(key: str) -> list[str]:
    """All barcodes with this :func:`gtin_key`.

    >>> gtin_spellings("00000096385074")
    ['96385074', '000096385074', '0000096385074', '00000096385074']
    >>> gtin_spellings("SHELF-7")
    ['SHELF-7']
    """
    if not key.isdecimal() or len(key) != _GTIN_LENGTHS[-1]:
        return [key]
    return [key[-length:] for length in _GTIN_LENGTHS if key[:-length].strip("0") == ""]


def vat_key(text: str) -> str:
    """A VAT number without what people put between its characters.

    >>> vat_key("be 0477.472.701")
    'BE0477472701'
    """
    return re.sub(r"[^0-9A-Z]", "", text.upper())
