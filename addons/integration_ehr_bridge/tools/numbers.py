# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether two numbers are one, as two systems write it."""


def bare(number: str | None) -> str:
    """A number without what systems write in different ways: blanks, case, zeros before it.

    >>> bare(" 00471a ") == bare("471A")
    True
    """
    text = (number or "").strip().casefold()
    return text.lstrip("0") or text


def same(one: str | None, other: str | None) -> bool:
    """Whether both are there, and are the same number."""
    return bool(bare(one)) and bare(one) == bare(other)
