# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Decimal numbers as the text that canonical JSON carries.

Money and quantities never travel as floating point. Their canonical text has no exponent, no plus
sign, no superfluous zeros and no negative zero (``"12.5"``, ``"0"``, ``"-3"``), so that equal
amounts are equal texts.
"""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final

#: Digits before and after the point beyond which a number is taken for a mistake.
MAX_DIGITS: Final = 30

_DECIMAL: Final = re.compile(r"-?[0-9]{1,64}(?:\.[0-9]{1,64})?", re.ASCII)
_CONTEXT: Final = Context(prec=4 * MAX_DIGITS, rounding=ROUND_HALF_UP)


def parse(value: Decimal | int | str) -> Decimal:
    """Read a decimal number strictly: digits with an optional sign and fraction.

    No exponent, no thousands separators, no comma, no blanks: what a partner writes differently
    has to be translated explicitly, not guessed.

    :raises ValueError: not such a number, or longer than :data:`MAX_DIGITS`.
    :raises TypeError: a float, a bool or something else.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise TypeError(f"a decimal is not made of {type(value).__name__}")
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            raise ValueError("not a decimal number such as 12.5")
        value = Decimal(value)
    if isinstance(value, int):
        if abs(value) >= 10**MAX_DIGITS:
            raise ValueError("a number with too many digits")
        return Decimal(value)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError("not a finite number")
    if value.adjusted() >= MAX_DIGITS or exponent < -4 * MAX_DIGITS:
        raise ValueError("a number with too many digits")
    return value


def to_text(value: Decimal | int | str, digits: int | None = None) -> str:
    """Canonical text of a number.

    :param digits: round half up, as invoices do, to so many digits after the point; by
        default nothing is rounded and up to :data:`MAX_DIGITS` are accepted.
    :raises ValueError, TypeError: as :func:`parse`; also when digits would be lost unasked.
    """
    number = parse(value)
    with localcontext(_CONTEXT):
        if digits is not None:
            if not 0 <= digits <= MAX_DIGITS:
                raise ValueError(f"digits go from 0 to {MAX_DIGITS}")
            number = number.quantize(Decimal(1).scaleb(-digits))
        text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
        if len(text.partition(".")[2]) > MAX_DIGITS:
            raise ValueError("a number with too many digits")
    return "0" if text == "-0" else text


def from_float(value: float, digits: int) -> str:
    """Canonical text of a float that stands for a decimal with so many digits after the point.

    For Odoo's own fields: their floats hold the rounded decimal as well as a float can, and the
    shortest text that names the float gives it back.

    :raises ValueError: not finite, or too large.
    """
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return to_text(Decimal(repr(float(value))), digits)
