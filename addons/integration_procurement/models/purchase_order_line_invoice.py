from fractions import Fraction

from odoo import models

from ..tools import canonical, invoice_match
from ..tools.invoice_match import Agreed, Limit


class PurchaseOrderLine(models.Model):
    """What may still be invoiced of an order line, and at which price."""

    _inherit = "purchase.order.line"  # pylint: disable=consider-merging-classes-inherited

    def _integration_agreed(self, move) -> Agreed:
        """What was agreed, received and invoiced before ``move``, in the unit of this line.

        :param move: the bill or credit note that is matched; its own lines do not count
        """
        self.ensure_one()
        ordered = _fraction(self.product_qty)
        invoiced = self._integration_invoiced_before(move)
        if move.move_type == "in_refund":
            limits = {Limit.INVOICED: invoiced}
        else:
            limits = {Limit.ORDERED: ordered - invoiced}
            # Of what is paid as ordered, such as a subscription, no receipt is awaited.
            if self.product_id.purchase_method != "purchase":
                limits[Limit.RECEIVED] = _fraction(self.qty_received) - invoiced
        return Agreed(ordered=ordered, price=self._integration_net_price(), open=limits)

    def _integration_invoiced_before(self, move) -> Fraction:
        """Invoiced less credited, drafts included: two bills must not take the same goods."""
        total = Fraction(0)
        for line in self.invoice_lines:
            if line.move_id == move or line.move_id.state == "cancel":
                continue
            quantity = invoice_match.convert_quantity(
                _fraction(line.quantity),
                (line.product_uom_id or self.product_uom_id).factor,
                self.product_uom_id.factor,
            )
            total += -quantity if line.move_id.move_type == "in_refund" else quantity
        return total

    def _integration_net_price(self) -> Fraction:
        """Price of one unit of the order, net of discount and tax."""
        if any(self.tax_ids.flatten_taxes_hierarchy().mapped("price_include")):
            quantity = _fraction(self.product_qty)
            return _fraction(self.price_subtotal) / quantity if quantity else Fraction(0)
        return invoice_match.net_price(_fraction(self.price_unit), _fraction(self.discount))


def _fraction(value) -> Fraction:
    return Fraction(canonical.number(value))
