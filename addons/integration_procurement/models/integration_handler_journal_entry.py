from odoo import fields, models

from odoo.addons.integration_core.tools import errors

from ..tools import digest as digests
from ..tools import journal_entry
from . import integration_handler_procurement  # noqa: F401 - defined before what inherits it

REASONS = {
    "one_side": "has a debit and a credit, or neither",
    "negative": "has an amount below zero; put it on the other side",
    "amount_not_kept": "has an amount with more decimals than the currency",
}
#: An entry on a bank journal would be a payment without a statement.
JOURNALS = ("general", "purchase", "sale")


class IntegrationHandlerJournalEntry(models.AbstractModel):
    """A journal entry of another system, such as the payroll, is booked as it is, or not at all."""

    _name = "integration.handler.journal_entry"
    _inherit = "integration.handler.procurement"
    _description = "Journal entry: import"

    _contract = "procurement.journal_entry"

    def _process(self, received, data):
        digest = digests.digest(data)
        known = self._find_known(received, data["number"], digest)
        if known:
            return known
        journal = self._find_journal(received, data["journal"], JOURNALS)
        self._check_period(journal, self._day(data["date"]))
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "company_id": self.env.company.id,
                "journal_id": journal.id,
                "date": self._day(data["date"]),
                "ref": data.get("reference") or data["number"],
                "currency_id": self._find_currency(data["currency"]).id,
                "integration_digest": digest,
                "line_ids": [
                    fields.Command.create(values) for values in self._lines(received, data)
                ],
            }
        )
        self.env["integration.record.link"]._link(
            received.system_id, entry, _external_id(data["number"])
        )
        # sudo: the service user need not see companies' settings
        if self.env.company.sudo().journal_entry_posting == "post":
            entry.with_context(validate_analytic=True)._post()
        return entry

    def _find_known(self, received, number, digest):
        """The entry that this very message made before; empty for a new one.

        :raises errors.ConflictError: the number stands for another entry
        """
        known = self._linked(received, "account.move", _external_id(number))
        if known and known.integration_digest != digest:
            raise errors.ConflictError(
                "The sender uses the number of an entry that Odoo has already for another one. "
                "Entries are not changed by import: ask the sender to reverse it under a number of "
                "its own, then cancel this message.",
                code="number_taken",
            )
        return known

    def _check_period(self, journal, date):
        """:raises errors.ConflictError: a lock date of any kind forbids the booking"""
        locks = self.env.company._get_violated_lock_dates(date, True, journal)
        if locks:
            raise errors.ConflictError(
                "The period of the entry is closed: "
                f"{self.env.company._format_lock_dates(locks)}. Open it, or ask the sender for a "
                "later date, then retry.",
                code="period_closed",
            )

    # ------------------------------------------------------------------
    # lines
    # ------------------------------------------------------------------

    def _lines(self, received, data):
        currency = self._find_currency(data["currency"])
        own = self.env.company.currency_id
        amounts = self._balances(data["lines"], currency, "")
        balances = amounts if currency == own else self._company_balances(data["lines"], own)
        return [
            {
                **self._line(received, currency, line, position),
                "amount_currency": float(amount),
                "balance": float(balance),
            }
            for position, (line, amount, balance) in enumerate(
                zip(data["lines"], amounts, balances, strict=True), start=1
            )
        ]

    def _company_balances(self, lines, own):
        for position, line in enumerate(lines, start=1):
            if line.get("company_debit") is None and line.get("company_credit") is None:
                raise errors.ConflictError(
                    f"Line {position} is in a foreign currency and does not say the amount in the "
                    "company's currency. Ask the sender for it: converting here could round the "
                    "entry out of balance.",
                    code="company_amount_missing",
                )
        return self._balances(lines, own, "company_")

    def _balances(self, lines, currency, prefix):
        """:raises errors.ConflictError: with the line and the reason"""
        try:
            return journal_entry.balances(lines, currency.decimal_places, prefix)
        except journal_entry.EntryError as exc:
            if exc.line is None:
                raise errors.ConflictError(
                    f"Debit and credit of the entry are not equal in {currency.name}. Ask the "
                    "sender for a balanced entry, then cancel this message.",
                    code="unbalanced",
                ) from exc
            raise errors.ConflictError(
                f"Line {exc.line} {REASONS[exc.code]}. Ask the sender, then cancel this message.",
                code=exc.code,
            ) from exc

    def _line(self, received, currency, line, position):
        account = self._find_account(received, line["account"], position)
        if account.currency_id and account.currency_id != currency:
            raise errors.ConflictError(
                f"Line {position}: the account takes another currency only. Map it to another "
                "account, then retry.",
                code="account_currency",
            )
        values = {
            "account_id": account.id,
            "name": line.get("description") or False,
            "currency_id": currency.id,
            # Not those of the account: the entry is booked as it is.
            "tax_ids": [fields.Command.clear()],
        }
        if line.get("partner"):
            values["partner_id"] = self._find_contact(received, line["partner"]).id
        if line.get("cost_centre"):
            centre = self._find_cost_centre(received, line["cost_centre"], position)
            values["analytic_distribution"] = {str(centre.id): 100}
        return values


def _external_id(number) -> str:
    return f"entry/{number.strip()}"
