# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What makes the lines of a journal entry one: each has one side, and both sides are equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from odoo.addons.integration_core.tools import decimals

_ZERO: Final = Decimal(0)


class EntryError(ValueError):
    """The lines are no journal entry.

    :ivar line: position of the line, from 1; ``None`` where it is about all of them
    :ivar code: stable name of the reason
    """

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.line = line


def balances(lines: Sequence[Mapping[str, Any]], digits: int, prefix: str = "") -> list[Decimal]:
    """Debit less credit of each line.

    :param lines: with ``debit`` or ``credit`` as decimal text
    :param digits: of the currency
    :param prefix: of both names, such as ``company_``
    :raises EntryError: ``one_side``: a line has both sides or none; ``negative``: an amount is
        below zero; ``amount_not_kept``: it has more digits than the currency; ``unbalanced``
    """
    found = [
        _balance(line, position, digits, prefix) for position, line in enumerate(lines, start=1)
    ]
    if sum(found, _ZERO) != _ZERO:
        raise EntryError("unbalanced")
    return found


def _balance(line: Mapping[str, Any], position: int, digits: int, prefix: str) -> Decimal:
    sides = [line.get(f"{prefix}{side}") for side in ("debit", "credit")]
    if (sides[0] is None) == (sides[1] is None):
        raise EntryError("one_side", position)
    amount = decimals.parse(sides[0] if sides[0] is not None else sides[1])
    if amount < _ZERO:
        raise EntryError("negative", position)
    if amount != round(amount, digits):
        raise EntryError("amount_not_kept", position)
    return amount if sides[0] is not None else -amount
