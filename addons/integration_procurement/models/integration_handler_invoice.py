from odoo import fields, models

from odoo.addons.integration_core.tools import errors

from ..tools import digest as digests
from . import (  # noqa: F401 - defined before what inherits them
    integration_handler_invoice_line,
    integration_handler_procurement,
)

MOVE_TYPES = {"invoice": "in_invoice", "credit_note": "in_refund"}


class IntegrationHandlerInvoice(models.AbstractModel):
    """A supplier's invoice becomes a draft bill, matched with its order and what was received.

    The bill has the supplier's figures. Where they differ from the order, the receipt or each
    other beyond the tolerance, a business exception says so and the bill waits for a decision.
    """

    _name = "integration.handler.invoice"
    _inherit = ["integration.handler.invoice.line", "integration.handler.procurement"]
    _description = "Supplier invoice: draft bill"

    _contract = "procurement.invoice"

    def _process(self, received, data):
        supplier = self._find_supplier(received, data)
        digest = digests.digest(data)
        known = self._find_known(supplier, data, digest)
        if known:
            return known
        bill = self.env["account.move"].create(self._values(received, supplier, data, digest))
        note = self._keep_due_date(bill, data)
        # Of two transactions with the same invoice one fails here, and then finds it known.
        links = self.env["integration.record.link"]
        links._link(received.system_id, bill, _external_id(supplier, data))
        bill.message_post(body=self._note(received, note), subtype_xmlid="mail.mt_note")
        bill._integration_match(received)
        return bill

    def _note(self, received, more) -> str:
        told = self.env._("Received as a message from %s.", self._system(received).name)
        return f"{told} {more}".strip()

    # ------------------------------------------------------------------
    # who, and whether it is known
    # ------------------------------------------------------------------

    def _find_supplier(self, received, data):
        """The sender, or whom it sends for where it is nobody's own system.

        :raises errors.ConflictError: it names another supplier than the system belongs to
        """
        number = (data.get("supplier") or {}).get("number")
        owner = self._system(received).partner_id.commercial_partner_id.sudo(False)
        if not number:
            return owner or self._partner(received)
        named = self._find_contact(received, number)
        if owner and named != owner:
            raise errors.ConflictError(
                "The invoice names another supplier than the one whose system sent it. Ask the "
                "sender, then cancel this message.",
                code="supplier_differs",
            )
        return named

    def _find_known(self, supplier, data, digest):
        """The bill that this very invoice made before; empty for a new one.

        :raises errors.ConflictError: another bill of the supplier has the number
        """
        year = data["invoice_date"][:4]
        # Suppliers begin anew every year; Odoo's own warning of duplicates sees it so, too.
        bills = self._bills_numbered(supplier, data["number"], MOVE_TYPES[data["type"]]).filtered(
            lambda bill: not bill.invoice_date or str(bill.invoice_date.year) == year
        )
        same = bills.filtered(lambda bill: bill.integration_digest == digest)
        if same and same[0].state != "cancel":
            return same[0]
        if same or bills.filtered(lambda bill: bill.state != "cancel"):
            raise errors.ConflictError(
                "The supplier has another bill with the number of this invoice in Odoo, or this "
                "very invoice was cancelled. Compare them: cancel this message if it is the same "
                "invoice, else correct the reference of the other bill and retry.",
                code="bill_known",
            )
        return bills.browse()

    # ------------------------------------------------------------------
    # the bill
    # ------------------------------------------------------------------

    def _values(self, received, supplier, data, digest):
        currency = self._find_currency(data["currency"])
        totals = {
            name: self._amount(currency, data["totals"][name]) for name in ("net", "tax", "gross")
        }
        lines = [
            self._line_values(received, supplier, currency, data, line, position)
            for position, line in enumerate(data["lines"], start=1)
        ]
        orders = self.env["purchase.order.line"].browse(
            line["purchase_line_id"] for line in lines if line.get("purchase_line_id")
        )
        original = self._find_original(supplier, data)
        return {
            "move_type": MOVE_TYPES[data["type"]],
            "company_id": self.env.company.id,
            "partner_id": supplier.id,
            "ref": data["number"].strip(),
            "invoice_date": self._day(data["invoice_date"]),
            "currency_id": currency.id,
            "invoice_origin": ", ".join(dict.fromkeys(orders.order_id.mapped("name"))) or False,
            "reversed_entry_id": original.id,
            "invoice_line_ids": [fields.Command.create(values) for values in lines],
            "integration_digest": digest,
            "supplier_amount_untaxed": totals["net"],
            "supplier_amount_tax": totals["tax"],
            "supplier_amount_total": totals["gross"],
            **self._terms(received, data),
        }

    def _terms(self, received, data):
        code = data.get("payment_terms")
        due = self._day(data.get("due_date"))
        if code:
            return {"invoice_payment_term_id": self._find_payment_term(received, code).id}
        if due:
            return {"invoice_payment_term_id": False, "invoice_date_due": due}
        return {}

    def _keep_due_date(self, bill, data) -> str:
        """The day that the supplier names counts, also where the terms lead to another.

        :return: what the accountant should know of it
        """
        due = self._day(data.get("due_date"))
        if not due or bill.invoice_date_due == due:
            return ""
        bill.write({"invoice_payment_term_id": False, "invoice_date_due": due})
        return self.env._(
            "Its due date is not the one of its payment terms, so the bill has the date alone."
        )

    def _find_original(self, supplier, data):
        """The bill that a credit note takes back.

        :raises errors.ConflictError: a credit note names none, or one that Odoo does not have
        """
        bills = self.env["account.move"]
        if data["type"] == "invoice":
            return bills
        number = data.get("original_invoice")
        found = (
            self._bills_numbered(supplier, number, "in_invoice").filtered(
                lambda bill: bill.state != "cancel"
            )
            if number
            else bills
        )
        if len(found) != 1:
            raise errors.ConflictError(
                "The credit note names no invoice that is a bill of this supplier in Odoo, or one "
                "of several with the same number. Enter the bill first, or ask the supplier, then "
                "retry.",
                code="unknown_invoice",
            )
        if found.currency_id.name != data["currency"]:
            raise errors.ConflictError(
                "The credit note is in another currency than the invoice that it takes back. Ask "
                "the supplier, then cancel this message.",
                code="currency_differs",
            )
        return found


def _external_id(supplier, data) -> str:
    """Numbers are unique for a supplier only, and one system may send for several."""
    return f"{supplier.id}/{data['type']}/{data['number'].strip()}/{data['invoice_date']}"
