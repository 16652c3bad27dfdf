import re

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.readiness import MAX_RECORDS, Checked

INVOICES = (
    "procurement.customer_invoice",
    "procurement.invoice",
    "procurement.supplier_invoice",
)
# Contracts with prices or amounts.
PRICED = (
    *INVOICES,
    "procurement.budget_answer",
    "procurement.budget_request",
    "procurement.journal_entry",
    "procurement.order_confirmation",
    "procurement.payment_status",
    "procurement.price_list",
    "procurement.purchase_order",
)
ISO_4217 = re.compile("[A-Z]{3}")


class IntegrationReadinessCheck(models.AbstractModel):
    """Whether taxes, payment terms and currencies have what messages name them by."""

    _inherit = "integration.readiness.check"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _checks(self):
        found = dict(super()._checks())
        for code in INVOICES:
            found[code] = (*found.get(code, ()), "_check_taxes", "_check_payment_terms")
        for code in PRICED:
            found[code] = (*found.get(code, ()), "_check_currencies")
        return found

    def _check_currencies(self, interface):
        currencies = self._agreed_currencies(interface)
        unusable = currencies.filtered(
            lambda one: not (one.active and ISO_4217.fullmatch(one.name or ""))
        )
        return [
            Checked(
                self.env._("Currencies are active and have their code of ISO 4217"),
                self.env._(
                    "Activate the currency (Accounting / Configuration / Currencies), or give it "
                    "its code, such as “EUR”. Messages with amounts in it are not understood."
                ),
                "blocks",
                unusable[:MAX_RECORDS],
                len(unusable),
            )
        ]

    def _agreed_currencies(self, interface):
        """The company's own, and those in which its suppliers sell; of a supplier, only this."""
        company = interface.company_id
        domain = Domain("company_id", "in", (False, company.id))
        suppliers = interface.system_id.partner_id.commercial_partner_id
        if suppliers:
            domain &= Domain("partner_id", "child_of", suppliers.ids)
        prices = self.env["product.supplierinfo"]._read_group(domain, ["currency_id"])
        found = company.currency_id.union(*(currency for (currency,) in prices))
        return found | suppliers.with_company(company).property_purchase_currency_id

    def _check_taxes(self, interface):
        taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(interface.company_id),
                ("type_tax_use", "in", ("purchase", "sale")),
                ("amount_type", "!=", "group"),
            ]
        )
        nameless = taxes.filtered(lambda tax: not tax._integration_tax_code())
        return [
            Checked(
                self.env._("Taxes have a code"),
                self.env._(
                    "Enter the category by UNCL 5305 on the tax, such as “S” for the standard rate "
                    "or “AE” for reverse charge. Invoices with a tax without a code are not sent."
                ),
                "blocks",
                nameless[:MAX_RECORDS],
                len(nameless),
            )
        ]

    def _check_payment_terms(self, interface):
        return [
            self._checked(
                self.env._("Payment terms have a code"),
                self.env._(
                    "Enter the code that partners use, such as “NET30”. An invoice that names "
                    "payment terms by an unknown code is held back."
                ),
                "account.payment.term",
                Domain("company_id", "in", (False, interface.company_id.id))
                & Domain("integration_code", "in", (False, "")),
                severity="advice",
            )
        ]
