from fractions import Fraction

from odoo import fields, models

from ..tools import canonical, invoice_match
from ..tools.invoice_match import Invoiced


class AccountMoveLine(models.Model):
    """Lines of a supplier's invoice, in terms of its order."""

    _inherit = "account.move.line"

    supplier_amount = fields.Monetary(
        string="Net amount, says the supplier", readonly=True, copy=False
    )
    integration_is_rounding = fields.Boolean(
        string="Rounding difference",
        readonly=True,
        copy=False,
        help="Added because the supplier rounds otherwise, so that the bill is what he invoices.",
    )

    def _integration_invoiced(self) -> Invoiced:
        """Quantity and net price in the unit of the order line, exactly."""
        self.ensure_one()
        order_line = self.purchase_line_id
        unit = (self.product_uom_id or order_line.product_uom_id).factor
        to_unit = order_line.product_uom_id.factor
        price = invoice_match.net_price(_fraction(self.price_unit), _fraction(self.discount))
        return Invoiced(
            key=self.id,
            order_key=order_line.id,
            quantity=invoice_match.convert_quantity(_fraction(self.quantity), unit, to_unit),
            price=invoice_match.convert_price(price, unit, to_unit),
        )


def _fraction(value) -> Fraction:
    return Fraction(canonical.number(value))
