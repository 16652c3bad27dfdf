from odoo import api, fields, models


class PurchaseOrderLine(models.Model):
    """What the supplier promised, beside what was ordered; one never overwrites the other."""

    _inherit = "purchase.order.line"

    supplier_confirmed_qty = fields.Float(
        string="Confirmed", digits="Product Unit", readonly=True, copy=False
    )
    supplier_promised_date = fields.Date(string="Promised", readonly=True, copy=False)
    supplier_deviates = fields.Boolean(compute="_compute_supplier_deviates")

    @api.depends("supplier_confirmed_qty", "supplier_promised_date", "product_qty", "date_planned")
    def _compute_supplier_deviates(self):
        """Whether the supplier promised less, more or later than was ordered."""
        for line in self:
            promised = line.supplier_promised_date
            requested = line.date_planned and fields.Date.context_today(line, line.date_planned)
            line.supplier_deviates = bool(promised) and (
                line.product_uom_id.compare(line.supplier_confirmed_qty, line.product_qty) != 0
                or bool(requested and promised > requested)
            )
