from odoo import fields, models


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
