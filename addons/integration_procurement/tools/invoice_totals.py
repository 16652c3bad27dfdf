# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whether rounding explains how the amounts of a supplier's invoice differ from Odoo's.

Two systems that round at other places (each line or the total, the price before or after the
discount) differ by the smallest unit of the currency for each line. More is no rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Amounts:
    """Net and tax of an invoice, exactly."""

    net: Decimal
    tax: Decimal


def rounding(
    lines: Sequence[tuple[Decimal, Decimal]], ours: Amounts, theirs: Amounts, slack: Decimal
) -> Amounts | None:
    """What has to be added to our amounts, so that they are the supplier's.

    :param lines: our net amount of each line, and the supplier's
    :param slack: tolerated for each line; the totals may differ by that of all lines together
    :return: ``None`` if somewhere more differs than rounding explains

    >>> one_cent = Decimal("0.01")
    >>> lines = [(Decimal("3.33"), Decimal("3.34"))]
    >>> ours = Amounts(Decimal("3.33"), Decimal("0.70"))
    >>> theirs = Amounts(Decimal("3.34"), Decimal("0.70"))
    >>> rounding(lines, ours, theirs, one_cent)
    Amounts(net=Decimal('0.01'), tax=Decimal('0.00'))
    >>> rounding(lines, ours, theirs, Decimal(0)) is None
    True
    """
    found = Amounts(theirs.net - ours.net, theirs.tax - ours.tax)
    if any(abs(their - our) > slack for our, their in lines):
        return None
    if max(abs(found.net), abs(found.tax)) > slack * len(lines):
        return None
    return found
