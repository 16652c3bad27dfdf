from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    """Suppliers of whom other differences are tolerated than the company's."""

    _inherit = "res.partner"

    invoice_tolerance_own = fields.Boolean(
        string="Own tolerances of invoices",
        company_dependent=True,
        groups="account.group_account_invoice,purchase.group_purchase_user",
        help="The tolerances here count for this supplier's invoices, instead of the company's.",
    )
    invoice_quantity_tolerance = fields.Float(
        string="Tolerance of quantities",
        company_dependent=True,
        groups="account.group_account_invoice,purchase.group_purchase_user",
        help="Percent of the ordered quantity by which invoices may exceed what was ordered or "
        "received.",
    )
    invoice_price_tolerance = fields.Float(
        string="Tolerance of prices",
        company_dependent=True,
        groups="account.group_account_invoice,purchase.group_purchase_user",
        help="Percent by which invoiced prices may differ from those of the order, up or down.",
    )

    @api.constrains("invoice_quantity_tolerance", "invoice_price_tolerance")
    def _check_invoice_tolerances(self):
        if any(min(one._integration_own_tolerance()) < 0 for one in self):
            raise ValidationError(self.env._("A tolerance cannot be negative."))

    def _integration_own_tolerance(self) -> tuple[float, float]:
        return self.invoice_quantity_tolerance or 0.0, self.invoice_price_tolerance or 0.0

    def _integration_invoice_tolerance(self, company) -> tuple[float, float]:
        """Percent for quantities and for prices that count for this supplier in a company."""
        # sudo: whoever matches an invoice need not see the settings of the supplier
        supplier = self.sudo()
        if supplier.invoice_tolerance_own:
            return supplier._integration_own_tolerance()
        company = company.sudo()  # sudo: as above
        return company.invoice_quantity_tolerance, company.invoice_price_tolerance
