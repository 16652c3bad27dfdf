# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How a number compares with the one before, as a person reads it."""

from __future__ import annotations

from typing import Final

#: Below this, a percentage says more than is known.
_ENOUGH: Final = 10
#: Changes within this share are none.
_STEADY: Final = 0.05


def change(now: float, before: float) -> float | None:
    """By which share it grew, rounded to whole percents: 0.25 is a quarter more.

    ``None``: there was too little before to compare with. What differs by less than a twentieth
    is as before, 0.
    """
    if before < _ENOUGH:
        return None
    share = (now - before) / before
    return 0.0 if abs(share) < _STEADY else round(share, 2)


def ratio(part: float, whole: float) -> float | None:
    """A part of a whole, between 0 and 1; ``None`` of nothing."""
    return None if whole <= 0 else min(1.0, max(0.0, part / whole))
