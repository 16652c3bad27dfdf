from collections import defaultdict

from odoo import models

from odoo.addons.integration_core.engine.capture import Snapshot

from ..tools import canonical

# Which documents each contract tells of.
CONTRACTS = {
    "procurement.supplier_invoice": ("in_invoice", "in_refund"),
    "procurement.customer_invoice": ("out_invoice", "out_refund"),
}


class AccountMove(models.Model):
    """Bills and invoices as canonical objects."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _integration_snapshots(self, contract_code):
        if contract_code not in CONTRACTS:
            return super()._integration_snapshots(contract_code)
        told = self.filtered(lambda move: move.move_type in CONTRACTS[contract_code])
        return {
            move.id: Snapshot(
                data=move._integration_canonical(),
                company_id=move.company_id.id,
                subject=move.name or move.ref or f"{move._name},{move.id}",
                partner_id=move.commercial_partner_id.id,
            )
            for move in told
        }

    def _integration_canonical(self) -> dict:
        """This bill or invoice as ``procurement.supplier_invoice`` or ``.customer_invoice``."""
        self.ensure_one()
        supplier = self.is_purchase_document()
        company = self.company_id.partner_id
        lines = self.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return {
            "document_id": str(self.id),
            "type": "credit_note" if "refund" in self.move_type else "invoice",
            "number": self._integration_number(),
            "supplier_number" if supplier else "customer_reference": canonical.text(self.ref),
            "state": {"draft": "draft", "posted": "posted", "cancel": "cancelled"}[self.state],
            "invoice_date": canonical.day(self.invoice_date),
            "accounting_date": canonical.day(self.date),
            "due_date": canonical.day(self.invoice_date_due),
            "currency": self.currency_id.name,
            "company": {"name": company.name, "vat": canonical.text(company.vat)},
            "supplier" if supplier else "customer": self._integration_party(),
            "reversed_invoice": self.reversed_entry_id._integration_reference(),
            "payment_terms": self._integration_terms(),
            "lines": [self._integration_line(line) for line in lines],
            "taxes": self._integration_taxes(),
            "totals": {
                "net": self._integration_amount(self.amount_untaxed),
                "tax": self._integration_amount(self.amount_tax),
                "gross": self._integration_amount(self.amount_total),
            },
            "payment": self._integration_payment(),
            "dispute": self._integration_dispute_told(),
        }

    def _integration_number(self) -> str | None:
        return self.name if self.name and self.name != "/" else None

    def _integration_reference(self) -> dict | None:
        """How an invoice is named in what refers to it; ``None`` for no invoice."""
        if not self:
            return None
        return {
            "document_id": str(self.id),
            "number": self._integration_number(),
            "partner_number": canonical.text(self.ref),
        }

    def _integration_party(self) -> dict:
        partner = self.commercial_partner_id
        return {
            "name": canonical.text(partner.name),
            "vat": canonical.text(partner.vat),
            "reference": canonical.text(partner.ref),
        }

    def _integration_terms(self) -> dict:
        term = self.invoice_payment_term_id
        parts = self.line_ids.filtered(lambda line: line.display_type == "payment_term")
        return {
            "code": canonical.text(term.integration_code),
            "name": canonical.text(term.name),
            "instalments": [
                {
                    "due_date": canonical.day(part.date_maturity),
                    "amount": self._integration_amount(abs(part.amount_currency)),
                }
                for part in parts.sorted("date_maturity")
            ],
        }

    def _integration_line(self, line) -> dict:
        order_line = line.purchase_line_id
        product = line.product_id
        told = {
            "line_reference": str(line.id),
            "description": canonical.text(line.name),
            "item": None,
            "order": None,
            "quantity": canonical.number(line.quantity),
            "unit_price": canonical.number(line.price_unit),
            "discount_percent": canonical.number(line.discount),
            "net_amount": self._integration_amount(line.price_subtotal),
            "taxes": [
                {"code": tax._integration_tax_code(), "rate": _rate(tax)}
                for tax in line.tax_ids.flatten_taxes_hierarchy()
            ],
        }
        if product:
            told["item"] = {
                "code": canonical.text(product.default_code),
                "gtin": canonical.text(product.barcode),
                "name": product.name,
            }
        if order_line:
            told["order"] = {
                "number": order_line.order_id.name,
                "line_reference": str(order_line.id),
            }
        if line.product_uom_id:
            # None breaks the contract on purpose: a unit that the partner does not know must stop
            # the invoice. What is counted in no unit, such as a fee, has no such key.
            told["unit"] = line.product_uom_id._integration_unit_code()
        return told

    def _integration_taxes(self) -> list[dict]:
        """Base and tax by code and rate, rounded as the document is."""
        taxes = self.env["account.tax"]
        base_lines, _tax_lines = self._get_rounded_base_and_tax_lines()
        aggregated = taxes._aggregate_base_lines_aggregated_values(
            taxes._aggregate_base_lines_tax_details(
                base_lines, lambda _line, data: data and data["tax"].id
            )
        )
        # A code of None breaks the contract on purpose, as an unknown unit does.
        found = defaultdict(lambda: [0.0, 0.0])
        for tax_id, values in aggregated.items():
            if tax_id:
                tax = taxes.browse(tax_id)
                sums = found[tax._integration_tax_code(), _rate(tax)]
                sums[0] += values["base_amount_currency"]
                sums[1] += values["tax_amount_currency"]
        return [
            {
                "code": code,
                "rate": rate,
                "base": self._integration_amount(base),
                "amount": self._integration_amount(amount),
            }
            for (code, rate), (base, amount) in found.items()
        ]

    def _integration_amount(self, amount) -> str:
        return canonical.amount(amount, self.currency_id.decimal_places)


def _rate(tax) -> str | None:
    """Percent; ``None`` for a tax that is none, such as an amount for each piece."""
    return canonical.number(tax.amount) if tax.amount_type == "percent" else None
