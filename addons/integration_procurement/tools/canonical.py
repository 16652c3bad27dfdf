# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Values of Odoo as canonical JSON carries them, and back.

Decimals are text (see ``integration_core.tools.decimals``), moments are RFC 3339 in UTC, days are
ISO 8601 without a time zone.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from odoo.addons.integration_core.tools import decimals
from odoo.addons.integration_core.tools.moments import (  # noqa: F401 - read by handlers
    read_day,
    read_moment,
    read_past_day,
    read_past_moment,
)

#: Odoo stores prices and quantities unrounded (a glove costs 0.0125): so nothing is rounded to the
#: digits that a screen shows. Ten digits drop no more than what binary floats add.
FLOAT_DIGITS = 10


def number(value: float) -> str:
    """A float of the database as decimal text, such as ``"0.0125"``."""
    return decimals.from_float(value, FLOAT_DIGITS)


def amount(value: float, digits: int) -> str:
    """Money as decimal text.

    :param digits: of its currency, such as 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217)
    """
    return decimals.from_float(value, digits)


def moment(value: datetime | bool | None) -> str | None:
    """A naive UTC moment as RFC 3339 with seconds; ``None`` for none."""
    return f"{value.isoformat(timespec='seconds')}Z" if isinstance(value, datetime) else None


def day(value: date | bool | None) -> str | None:
    """A day as ISO 8601; ``None`` for none."""
    return value.isoformat() if isinstance(value, date) else None


def text(value: str | bool | None) -> str | None:
    """A text, ``None`` if it is empty."""
    return value or None


def read_number(value: str) -> Decimal:
    """Decimal text of a contract as a number.

    :raises ValueError: see ``decimals.parse``
    """
    return decimals.parse(value)


def deviation_percent(theirs: Decimal, ours: Decimal) -> Decimal:
    """How far a value of a partner is from ours, in percent of ours; never negative.

    Something where nothing was agreed is infinitely far.
    """
    if theirs == ours:
        return Decimal(0)
    if not ours:
        return Decimal("Infinity")
    return abs(theirs - ours) / abs(ours) * 100
