from odoo import api, fields, models


class AccountTax(models.Model):
    """Taxes have a code that partners understand; there is no guess for one that has none."""

    _inherit = "account.tax"

    integration_code = fields.Char(
        string="Tax code",
        help="Code of this tax in messages to and from partners, together with its rate: the "
        "category by UNCL 5305, such as “S” for the standard rate, “Z” for zero rated, “E” for "
        "exempt or “AE” for reverse charge. A tax above zero percent that is simply charged is "
        "“S” without being told.",
    )

    def _integration_tax_code(self) -> str | None:
        """The code of this tax, or ``None``: an invoice with an unknown tax must not leave.

        A category that was chosen for electronic invoices counts. Of a percentage that is charged
        in full the category is known; why a tax is zero, or is taken back, nobody can guess.
        """
        self.ensure_one()
        chosen = (
            self.ubl_cii_tax_category_code if "ubl_cii_tax_category_code" in self._fields else None
        )
        return self.integration_code or chosen or ("S" if self._integration_is_charged() else None)

    def _integration_is_charged(self) -> bool:
        shares = self.invoice_repartition_line_ids.filtered(
            lambda line: line.repartition_type == "tax"
        )
        return (
            self.amount_type == "percent"
            and self.amount > 0
            and all(line.factor_percent >= 0 for line in shares)
        )

    @api.model
    def _integration_taxes(self, code, rate, use):
        """Taxes of the company with a code and a rate.

        :param rate: percent, as decimal
        :param use: ``purchase`` or ``sale``
        """
        candidates = self.search(
            [
                *self._check_company_domain(self.env.company),
                ("type_tax_use", "=", use),
                ("amount_type", "=", "percent"),
                ("amount", "=", float(rate)),
            ]
        )
        return candidates.filtered(lambda tax: tax._integration_tax_code() == code)
