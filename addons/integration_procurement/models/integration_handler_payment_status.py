from odoo import models

from odoo.addons.integration_core.tools import errors

from ..tools import canonical
from . import integration_handler_procurement  # noqa: F401 - defined before what inherits it


class IntegrationHandlerPaymentStatus(models.AbstractModel):
    """The payment system says what became of a bill or a payment; that is noted there."""

    _name = "integration.handler.payment_status"
    _inherit = "integration.handler.procurement"
    _description = "Payment status: note on bill or payment"

    _contract = "procurement.payment_status"
    # The reference says which notice it is, and noting it again changes nothing.
    _repeatable = True

    def _process(self, received, data):
        document = self._find_document(data["document"])
        currency = self._find_currency(data["currency"])
        notice = {
            "state": data["status"],
            "date": canonical.read_past_day(data["date"]),
            "reference": data["reference"],
            "reason": data.get("reason") or False,
            "amount": self._amount(currency, data["amount"]),
        }
        if all(document[f"payment_notice_{name}"] == value for name, value in notice.items()):
            return document
        self._check(document, currency, notice)
        document._integration_note_payment(notice, self._responsible(document))
        return document

    def _responsible(self, document):
        if document._name == "account.move":
            return document._integration_decider()
        # sudo: the service user need not see companies' settings
        return document.company_id.sudo().invoice_exception_user_id.sudo(False)

    def _find_document(self, named):
        """The bill, invoice or payment with a number of Odoo.

        :raises errors.ConflictError: none or several in this company
        """
        if named["type"] == "payment":
            model, domain = "account.payment", []
        else:
            model, domain = "account.move", [("move_type", "!=", "entry")]
        found = self.env[model].search(
            [
                ("name", "=", named["number"]),
                ("company_id", "=", self.env.company.id),
                *domain,
            ],
            limit=2,
        )
        if len(found) != 1:
            raise errors.ConflictError(
                "The payment system names a bill or payment that Odoo does not have, or has twice. "
                "Find out what was paid before you cancel this message.",
                code="unknown_document",
            )
        return found

    # ------------------------------------------------------------------
    # whether it can be true
    # ------------------------------------------------------------------

    def _check(self, document, currency, notice):
        """:raises errors.ConflictError: what is said does not fit what Odoo knows"""
        executed = notice["state"] == "executed"
        if document.state in ("cancel", "canceled") or (executed and document.state == "draft"):
            raise errors.ConflictError(
                "The payment system speaks of a bill or payment that is cancelled or a draft in "
                "Odoo. Find out what was paid, then retry or cancel this message.",
                code="document_state",
            )
        if document.currency_id != currency:
            raise errors.ConflictError(
                "The payment system names another currency than the bill or payment has. Find out "
                "what was paid before you cancel this message.",
                code="currency_differs",
            )
        if executed:
            self._check_executed(document, notice)
        if not any(
            currency.compare_amounts(notice["amount"], amount) == 0
            for amount in self._possible_amounts(document, executed)
        ):
            raise errors.ConflictError(
                "The payment system names another amount than is open, or was paid, in Odoo. Find "
                "out what was paid, then retry or cancel this message.",
                code="amount_differs",
            )

    def _check_executed(self, document, notice):
        if "dispute_state" in document._fields and document.dispute_state == "disputed":
            raise errors.ConflictError(
                "The payment system paid a bill that is in dispute. Call the payment back, or end "
                "the dispute and retry.",
                code="disputed",
            )
        if (
            document.payment_notice_state == "executed"
            and document.payment_notice_reference != notice["reference"]
            and document.payment_notice_amount == notice["amount"]
        ):
            raise errors.ConflictError(
                "The payment system says under two references that the same was paid. Find out "
                "whether it was paid twice before you cancel this message.",
                code="paid_twice",
            )

    def _possible_amounts(self, document, executed):
        if document._name == "account.payment":
            return [document.amount]
        paid = [
            one["amount"] for one in document._integration_settlements() if one["kind"] == "payment"
        ]
        still_open = [document.amount_residual] if document.amount_residual else []
        if executed:
            return still_open + paid
        return [*still_open, *paid, document.amount_total, document.payment_notice_amount]
