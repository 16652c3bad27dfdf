from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.readiness import MAX_RECORDS, Checked

INVOICES = (
    "procurement.customer_invoice",
    "procurement.invoice",
    "procurement.supplier_invoice",
)


class IntegrationReadinessCheck(models.AbstractModel):
    """Whether taxes and payment terms have what invoices name them by."""

    _inherit = "integration.readiness.check"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _checks(self):
        found = dict(super()._checks())
        for code in INVOICES:
            found[code] = (*found.get(code, ()), "_check_taxes", "_check_payment_terms")
        return found

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
