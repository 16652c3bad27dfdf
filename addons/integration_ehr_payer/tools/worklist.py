# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""In which order denied lines are worked: points for amount, age and deadline, which say why.

Rules that can be read, and no learning: the same facts give the same points, and each part says
which fact it is for. Who does not want it switches it off; then the deadline orders, and the
amount.

======== ======= ==============================================================
part     at most for
======== ======= ==============================================================
amount   50      what is at stake: half of it at the amount that counts as large
age      20      how long it is denied: all of it from 90 days on
deadline 30      how soon an appeal is too late: all of it within 3 days, none
                 from 60 days on; one that has passed gets none, for nothing can
                 be appealed any more; 10 where no deadline is known
======== ======= ==============================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

AMOUNT, AGE, DEADLINE = 50, 20, 30
#: Days from which on a denial is as old as can be.
OLD: Final = 90
#: Days before a deadline: from when on it counts, and when it counts most.
FAR, NEAR = 60, 3
#: Points for a deadline that nobody knows.
UNKNOWN: Final = 10


@dataclass(frozen=True)
class Part:
    """Points for one fact.

    :ivar kind: ``amount``, ``age``, ``deadline``, ``no_deadline``, ``too_late``
    :ivar days: of age, or until the deadline (since, if it is too late)
    """

    kind: str
    points: int
    most: int
    days: int = 0


@dataclass(frozen=True)
class Score:
    """The points of a denial, and what they are for."""

    parts: tuple[Part, ...]

    @property
    def points(self) -> int:
        return sum(one.points for one in self.parts)


def score(
    amount: Decimal, denied_on: date, deadline: date | None, today: date, large: Decimal
) -> Score:
    """How soon a denied line is worth working on, 0 to 100.

    :param amount: at stake, in the same currency as ``large``
    :param large: the amount that counts as large; more than 0

    >>> today = date(2026, 3, 31)
    >>> score(Decimal(1000), date(2026, 3, 1), date(2026, 4, 2), today, Decimal(1000)).points
    62
    """
    at_stake = max(amount, Decimal())
    old = max(0, min((today - denied_on).days, OLD))
    return Score(
        (
            Part("amount", _share(AMOUNT * at_stake, at_stake + large), AMOUNT),
            Part(
                "age",
                _share(Decimal(AGE * old), Decimal(OLD)),
                AGE,
                max(0, (today - denied_on).days),
            ),
            _deadline(deadline, today),
        )
    )


def _deadline(deadline: date | None, today: date) -> Part:
    if deadline is None:
        return Part("no_deadline", UNKNOWN, DEADLINE)
    left = (deadline - today).days
    if left < 0:
        return Part("too_late", 0, DEADLINE, -left)
    near = max(0, min(FAR - left, FAR - NEAR))
    return Part("deadline", _share(Decimal(DEADLINE * near), Decimal(FAR - NEAR)), DEADLINE, left)


def _share(part: Decimal, whole: Decimal) -> int:
    return int((part / whole).quantize(Decimal(1), ROUND_HALF_UP))
