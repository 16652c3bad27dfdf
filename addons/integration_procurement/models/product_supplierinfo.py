from decimal import Decimal

from odoo import api, fields, models

from ..tools import price_lists
from ..tools.price_lists import Offer, Price


class ProductSupplierinfo(models.Model):
    """What the supplier's own system says about an item."""

    _inherit = "product.supplierinfo"

    supplier_priced_at = fields.Datetime(
        string="Price list of",
        readonly=True,
        copy=False,
        help="When the supplier issued the price list that brought this price.",
    )
    supplier_discontinued = fields.Boolean(
        string="Discontinued", readonly=True, copy=False, help="The supplier does not sell it."
    )
    supplier_available_qty = fields.Float(
        string="Supplier's stock",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="What the supplier could deliver at once, in this unit.",
    )
    supplier_available_date = fields.Date(
        string="More on", readonly=True, copy=False, help="When the supplier expects more."
    )
    supplier_available_at = fields.Datetime(
        string="Stock as of", readonly=True, copy=False, help="When the supplier looked."
    )

    def _integration_price(self) -> Price:
        self.ensure_one()
        return Price(
            self.id,
            self.date_start or None,
            self.date_end or None,
            Decimal(repr(self.price)),
            self.currency_id.name,
        )

    @api.model
    def _integration_place(self, alike, offer: Offer) -> price_lists.Place:
        """Where a price of a list belongs among rows of the same item, unit and quantity."""
        today = fields.Date.context_today(self)
        return price_lists.place([row._integration_price() for row in alike], offer, today)

    @api.model
    def _integration_alike(self, identity):
        """The rows of the same supplier, item, unit, quantity and company as a row to come.

        :param identity: its values
        """
        unit = self.env["uom.uom"].browse(identity["product_uom_id"])
        same = ("partner_id", "product_tmpl_id", "product_uom_id", "company_id")
        products = [identity["product_id"]]
        # The only variant is the same as all variants.
        if (
            len(
                self.env["product.template"].browse(identity["product_tmpl_id"]).product_variant_ids
            )
            == 1
        ):
            products.append(False)
        return self.search(
            [(name, "=", identity[name]) for name in same] + [("product_id", "in", products)]
        ).filtered(lambda row: not unit.compare(row.min_qty, identity["min_qty"]))
