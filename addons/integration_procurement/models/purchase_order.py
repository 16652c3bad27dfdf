from decimal import Decimal

from odoo import fields, models

from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.tools import decimals

CONTRACT = "procurement.purchase_order"


class PurchaseOrder(models.Model):
    """Purchase orders leave as business events and show whether they got through."""

    _name = "purchase.order"
    _inherit = ["purchase.order", "integration.sync.mixin"]

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            order.id: Snapshot(
                data=order._integration_canonical(),
                company_id=order.company_id.id,
                subject=order.name,
                partner_id=order.partner_id.commercial_partner_id.id,
            )
            for order in self
        }

    def _integration_canonical(self) -> dict:
        """This order as the canonical object ``procurement.purchase_order`` 1.0.0."""
        self.ensure_one()
        lines = self.order_line.filtered(lambda line: not line.display_type)
        # Of the partner: the company's own field is computed from it, for a statement more.
        buyer, supplier = self.company_id.partner_id, self.partner_id.commercial_partner_id
        return {
            "order_number": self.name,
            "order_date": _utc(self.date_order),
            "currency": self.currency_id.name,
            "buyer": {"name": self.company_id.name, "vat": buyer.vat or None},
            "supplier": {
                "name": supplier.name,
                "vat": supplier.vat or None,
                "reference": self.partner_ref or None,
            },
            "lines": [self._integration_line(line) for line in lines],
            "total": self._integration_amount(self.amount_total),
        }

    def _integration_line(self, line) -> dict:
        supplier_item = line.selected_seller_id
        return {
            "line_reference": str(line.id),
            "item": {
                "code": line.product_id.default_code or None,
                "supplier_code": supplier_item.product_code or None,
                "gtin": line.product_id.barcode or None,
                "name": line.product_id.name or line.name,
            },
            "quantity": _number(line.product_qty),
            # None breaks the contract on purpose: a unit that the supplier does not know must
            # stop the order, not become pieces.
            "unit": line.product_uom_id._integration_unit_code(),
            "unit_price": _number(line.price_unit),
            "discount_percent": _number(line.discount),
            "requested_date": fields.Date.to_string(line._integration_requested_date()) or None,
        }

    def _integration_amount(self, amount) -> str:
        return decimals.to_text(Decimal(repr(amount)), self.currency_id.decimal_places)


def _number(value) -> str:
    """A float of the database as decimal text.

    Odoo stores prices unrounded (a glove costs 0.0125), so nothing is rounded to the digits that
    a screen shows; ten digits drop no more than what binary floats add.
    """
    return decimals.to_text(Decimal(repr(value)), 10)


def _utc(moment) -> str | None:
    return f"{moment.isoformat(timespec='seconds')}Z" if moment else None
