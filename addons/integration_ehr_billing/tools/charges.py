# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a charge amounts to, and what is left of it when a credit takes some of it back.

Decimals throughout: a fraction of a coin is neither dropped nor made. Sums are in one currency,
whose number of decimals is ``digits``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from odoo.addons.integration_core.tools import errors

#: Decimals of a price: enough for a third of an amount to give the amount again.
PRICE_DIGITS: Final = 6


@dataclass(frozen=True)
class Amounts:
    """Quantity and amounts of a charge, of what was credited of it, or of what is left.

    :ivar said: what the sender says; ``None``: it named no amount
    :ivar booked: what stands on the invoice
    """

    quantity: Decimal
    said: Decimal | None
    booked: Decimal

    def minus(self, other: Amounts) -> Amounts:
        said = None if self.said is None else self.said - (other.said or Decimal())
        return Amounts(self.quantity - other.quantity, said, self.booked - other.booked)


def rounded(value: Decimal, digits: int) -> Decimal:
    """Half up, as invoices round.

    >>> rounded(Decimal("2.345"), 2), rounded(Decimal("100.5"), 0)
    (Decimal('2.35'), Decimal('101'))
    """
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def said_amount(
    quantity: Decimal, amount: Decimal | None, unit_amount: Decimal | None, digits: int
) -> Decimal | None:
    """The amount of a charge as its sender says it; ``None`` if it says none.

    Where both are said, they must agree to less than one coin: senders round in their own ways.

    :param amount: of all of it (HL7 FT1-11)
    :param unit_amount: of one (HL7 FT1-12), which may have more decimals than the currency
    :raises errors.ConflictError: ``amount_not_kept``, ``amounts_differ``
    """
    if amount is not None and amount != rounded(amount, digits):
        raise errors.ConflictError(
            "An amount has more decimals than its currency. Ask the sender for the exact amount, "
            "then cancel this message.",
            code="amount_not_kept",
        )
    if unit_amount is None:
        return amount
    product = quantity * unit_amount
    if amount is None:
        return rounded(product, digits)
    if abs(product - amount) >= Decimal(1).scaleb(-digits):
        raise errors.ConflictError(
            "The amount of a charge is not its quantity times the amount of one. Ask the sender "
            "which is right, then cancel this message.",
            code="amounts_differ",
        )
    return amount


def invoice_line(
    quantity: Decimal, amount: Decimal, digits: int, unit_digits: int
) -> tuple[Decimal, Decimal]:
    """Quantity and price of a line that gives exactly ``amount``.

    A line of one at the whole amount, where no price does, or where lines do not keep such a
    fraction of a quantity.

    :param unit_digits: decimals of the quantities of invoice lines

    >>> invoice_line(Decimal(3), Decimal("100.00"), 2, 2)
    (Decimal('3'), Decimal('33.333333'))
    >>> invoice_line(Decimal("0.125"), Decimal("10.00"), 2, 2)
    (Decimal('1'), Decimal('10.00'))
    """
    if quantity and rounded(quantity, unit_digits) == quantity:
        price = rounded(amount / quantity, PRICE_DIGITS)
        if rounded(price * quantity, digits) == amount:
            return quantity, price
    return Decimal(1), amount


def differs(said: Decimal, own: Decimal, percent: Decimal) -> bool:
    """Whether an amount lies beyond a tolerance, in percent of the own one."""
    return abs(said - own) * 100 > abs(own) * percent


def reversal(
    whole: Amounts, left: Amounts, quantity: Decimal, said: Decimal | None, digits: int
) -> tuple[Decimal, bool]:
    """The amount that a credit takes off the invoice, and whether nothing is left of the charge.

    A credit of all that is left takes exactly what is left, whatever roundings there were before.
    One of a part takes its share: by the amount that it names, else by its quantity. The whole
    amount is all of it, whatever the quantity.

    :raises errors.ConflictError: ``credit_too_large``
    """
    named = left.said if left.said is not None else left.booked
    too_much = quantity > left.quantity or (said is not None and said > named)
    if too_much:
        raise errors.ConflictError(
            "A credit takes back more than is left of its charge, which may have been credited "
            "before. Ask the sender what is right, then cancel this message.",
            code="credit_too_large",
        )
    is_last = quantity == left.quantity
    if (is_last and said is None) or (said == named and (said or is_last)):
        return left.booked, True
    if said is None:
        share = whole.booked * quantity / whole.quantity
    elif whole.said:
        share = whole.booked * said / whole.said
    else:
        share = said
    amount = min(rounded(share, digits), left.booked)
    return amount, is_last and amount == left.booked


def said_of_credit(
    whole: Amounts, left: Amounts, quantity: Decimal, digits: int, *, is_all: bool
) -> Decimal:
    """What a credit that names no amount takes off the amount that the sender said.

    Else a later one that does name an amount would find more left than there is.

    :param is_all: nothing is left of the charge after it
    """
    if left.said is None or whole.said is None:
        return Decimal()
    share = rounded(whole.said * quantity / whole.quantity, digits)
    return left.said if is_all else min(share, left.said)
