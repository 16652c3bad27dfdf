"""Charges become lines of draft invoices, and credits take them back: in few writes.

There is one draft invoice for an account (a visit, where there is none), payer, journal and
currency. It collects lines until somebody posts it; the next charge begins another one, also if he
takes it back to draft. What a credit takes back of a posted invoice is collected by a draft credit
note of that invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from odoo import api, fields
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL

from odoo.addons.integration_core.tools import errors

from ..tools import charges as amounts

#: Of drafts that a feed adds to, no history is kept line by line: their charges have one.
QUIET = {"tracking_disable": True, "mail_notrack": True}
#: Account and visit, debtor, payer, journal, currency.
Key = tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class Billable:
    """A charge, as far as its invoice is concerned."""

    account: BaseModel
    visit: BaseModel
    payer: BaseModel
    partner: BaseModel
    journal: BaseModel
    currency: BaseModel
    product: BaseModel
    quantity: Decimal
    amount: Decimal
    label: str
    analytic: BaseModel

    @classmethod
    def of(cls, charge: BaseModel) -> Billable:
        return cls(
            charge.account_id._kept(),
            charge.encounter_id.joined_into_id or charge.encounter_id,
            charge.payer_id,
            charge.partner_id,
            charge.journal_id,
            charge.currency_id,
            charge.product_id,
            charge._exact(charge.quantity),
            charge._exact(charge.amount),
            charge._invoice_line_label(),
            charge.analytic_account_id,
        )

    @property
    def key(self) -> Key:
        visit = 0 if self.account else self.visit.id
        parts = (self.partner, self.payer, self.journal, self.currency)
        return (self.account.id or 0, visit, *(one.id or 0 for one in parts))


def draft(env: api.Environment, billables: Sequence[Billable]) -> BaseModel:
    """Lines on draft invoices, one for each charge and in their order."""
    if not billables:
        return env["account.move.line"]
    quiet = env(context={**env.context, **QUIET})
    moves = _collecting(quiet, billables)
    _claim(quiet["account.move"].union(*moves.values()))
    added = [one for one in billables if one.key in moves]
    lines: dict[int, BaseModel] = {}
    if added:
        made = quiet["account.move.line"].create(
            [{"move_id": moves[one.key].id, **_line(one)} for one in added]
        )
        lines = dict(zip(map(id, added), made, strict=True))
    lines |= _begin(quiet, [one for one in billables if one.key not in moves])
    for one in billables:
        _come_to(lines[id(one)], one.quantity, one.amount)
        _name_for(lines[id(one)].move_id, one)
    return env["account.move.line"].browse(lines[id(one)].id for one in billables)


def _begin(env: api.Environment, billables: Sequence[Billable]) -> dict[int, BaseModel]:
    """Draft invoices with their first lines: Odoo balances each of them once."""
    grouped: dict[Key, list[Billable]] = {}
    for one in billables:
        grouped.setdefault(one.key, []).append(one)
    _claim(env["ehr.account"].union(*(one.account for one in billables)))
    _claim(env["ehr.encounter"].union(*(one.visit for one in billables if not one.account)))
    created = env["account.move"].create(
        [
            {
                **_invoice(parts[0]),
                "invoice_line_ids": [fields.Command.create(_line(one)) for one in parts],
            }
            for parts in grouped.values()
        ]
    )
    return {
        id(one): line
        for parts, move in zip(grouped.values(), created, strict=True)
        for one, line in zip(parts, move.invoice_line_ids.sorted("id"), strict=True)
    }


def _name_for(move: BaseModel, one: Billable) -> None:
    """An invoice of several visits of an account is under the reference of none of them."""
    if move.encounter_id and one.visit and one.visit != move.encounter_id:
        move.write({"encounter_id": False, "ref": one.account.reference})


def _claim(records: BaseModel) -> None:
    """Let whoever does the same at the same time collide here, and run again.

    In REPEATABLE READ each would begin a draft and see nothing of the other's; and a line that
    changes no total would be added to an invoice that somebody posts.
    """
    if not records:
        return
    table, ids = SQL.identifier(records._table), tuple(sorted(records.ids))
    cr = records.env.cr
    cr.execute(SQL("SELECT 1 FROM %s WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", table, ids))
    cr.execute(SQL("UPDATE %s SET id = id WHERE id IN %s", table, ids))


def _collecting(env: api.Environment, billables: Sequence[Billable]) -> dict[Key, BaseModel]:
    """Draft invoices that collect charges of these accounts and visits."""
    accounts = {one.account.id for one in billables if one.account}
    visits = {one.visit.id for one in billables if not one.account}
    found = env["account.move"].search(
        Domain("company_id", "=", env.company.id)
        & Domain("state", "=", "draft")
        & Domain("move_type", "=", "out_invoice")
        & Domain("ehr_collects", "=", True)
        # What was sent once is not another document the next time.
        & Domain("posted_before", "=", False)
        & (
            Domain("ehr_account_id", "in", list(accounts))
            | Domain("ehr_account_id", "=", False) & Domain("encounter_id", "in", list(visits))
        ),
        order="id desc",
    )
    return {_key_of(move): move for move in found}


def _key_of(move: BaseModel) -> Key:
    account = move.ehr_account_id.id or 0
    parts = (move.partner_id, move.ehr_payer_id, move.journal_id, move.currency_id)
    return (account, 0 if account else move.encounter_id.id or 0, *(one.id or 0 for one in parts))


def _invoice(one: Billable) -> dict[str, Any]:
    return {
        "move_type": "out_invoice",
        "partner_id": one.partner.id,
        "journal_id": one.journal.id,
        "currency_id": one.currency.id,
        "encounter_id": one.visit.id,
        "ehr_account_id": one.account.id,
        "ehr_payer_id": one.payer.id,
        "ehr_collects": True,
        # Not the number of the visit or the account, by which others could tell whose it is.
        "ref": one.visit.reference or one.account.reference,
        "invoice_user_id": False,
    }


def _line(one: Billable) -> dict[str, Any]:
    quantity, price = _quantity_and_price(one.currency, one.quantity, one.amount)
    analytic = {str(one.analytic.id): 100} if one.analytic else False
    return {
        "product_id": one.product.id,
        "name": one.label,
        "quantity": float(quantity),
        "price_unit": float(price),
        **({"analytic_distribution": analytic} if analytic else {}),
    }


def _quantity_and_price(
    currency: BaseModel, quantity: Decimal, amount: Decimal
) -> tuple[Decimal, Decimal]:
    unit_digits = currency.env["decimal.precision"].precision_get("Product Unit")
    return amounts.invoice_line(quantity, amount, currency.decimal_places, unit_digits)


def _come_to(line: BaseModel, quantity: Decimal, amount: Decimal) -> None:
    """Let a line come to an amount before taxes, also if its price has taxes in it.

    :raises errors.ConfigurationError: ``tax_included``
    """
    currency = line.currency_id
    if not currency.compare_amounts(line.price_subtotal, float(amount)):
        return
    included = line.tax_ids.flatten_taxes_hierarchy().filtered("price_include")
    # From without taxes to with those that stand in the price.
    gross = included.compute_all(
        float(abs(amount)), currency, product=line.product_id, handle_price_include=False
    )["total_included"]
    exact = amounts.rounded(Decimal(repr(gross)), currency.decimal_places)
    number, price = _quantity_and_price(currency, abs(quantity), exact)
    sign = -1 if amount < 0 else 1
    line.write({"quantity": sign * float(number), "price_unit": float(price)})
    if currency.compare_amounts(line.price_subtotal, float(amount)):
        raise errors.ConfigurationError(
            "With the taxes of its product, the invoice line of a charge does not come to the "
            "amount of the charge before taxes. Choose taxes that are not included in the price "
            "for the product of its charge code, then retry.",
            code="tax_included",
        )


# -- credits -----------------------------------------------------------------------------------


def take_back(charge: BaseModel, quantity: Decimal, amount: Decimal, *, first: bool) -> BaseModel:
    """Take something of a charge off its invoice.

    :param first: it is all of the charge, of which nothing was credited before
    :return: the line that does so; none if the charge's own line is gone now, or never was
    :raises errors.ConflictError: ``invoice_reopened``, ``invoice_reversed``
    """
    line = charge.move_line_id
    move = line.move_id
    if not move or move.state == "cancel":
        return line.browse()
    _require_untouched(move)
    if move.state == "draft" and first:
        line.unlink()
        if not move.invoice_line_ids:
            move.unlink()
        return line.browse()
    return _reversing(charge, move, quantity, amount)


def _require_untouched(move: BaseModel) -> None:
    """People have not begun to change or reverse an invoice of which something is taken back.

    :raises errors.ConflictError: ``invoice_reopened``, ``invoice_reversed``
    """
    if move.state == "draft" and move.posted_before:
        raise errors.ConflictError(
            "The invoice of the charge that is credited was posted, and somebody changes it at "
            "present. Post it again or cancel it, then retry.",
            code="invoice_reopened",
        )
    if move.payment_state == "reversed":
        raise errors.ConflictError(
            "The invoice of the charge that is credited was reversed by hand. Look whether "
            "another one has the charge, and take it off there; then cancel this message.",
            code="invoice_reversed",
        )


def _reversing(charge: BaseModel, move: BaseModel, quantity: Decimal, amount: Decimal) -> BaseModel:
    """A line that takes an amount off a draft, or off a posted invoice by a credit note."""
    line = charge.move_line_id
    target = move if move.state == "draft" else _credit_note(move)
    sign = -1 if move.state == "draft" else 1
    number, price = _quantity_and_price(charge.currency_id, quantity, amount)
    taken = line.create(
        {
            "move_id": target.id,
            "product_id": line.product_id.id,
            "name": line.name,
            "account_id": line.account_id.id,
            "quantity": float(sign * number),
            "price_unit": float(price),
            "tax_ids": [fields.Command.set(line.tax_ids.ids)],
            "analytic_distribution": line.analytic_distribution or False,
        }
    )
    _come_to(taken, quantity, sign * amount)
    return taken


def _credit_note(move: BaseModel) -> BaseModel:
    """The draft credit note of a posted invoice that collects what is taken back of it."""
    found = move.search(
        [
            ("reversed_entry_id", "=", move.id),
            ("move_type", "=", "out_refund"),
            ("state", "=", "draft"),
            ("ehr_collects", "=", True),
            ("posted_before", "=", False),
        ],
        limit=1,
    )
    if not found:
        _claim(move)
    return found or move.create(
        {
            "move_type": "out_refund",
            "reversed_entry_id": move.id,
            "partner_id": move.partner_id.id,
            "journal_id": move.journal_id.id,
            "currency_id": move.currency_id.id,
            "fiscal_position_id": move.fiscal_position_id.id,
            "encounter_id": move.encounter_id.id,
            "ehr_account_id": move.ehr_account_id.id,
            "ehr_payer_id": move.ehr_payer_id.id,
            "ehr_collects": True,
            "ref": move.ref,
            "invoice_user_id": False,
        }
    )
