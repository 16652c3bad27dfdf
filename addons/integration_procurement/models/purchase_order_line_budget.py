from odoo import api, models

AMOUNT = frozenset({"product_qty", "price_unit", "discount", "tax_ids", "product_uom_id"})


class PurchaseOrderLine(models.Model):
    """A line that makes its order dearer makes the answer about its budget void."""

    _inherit = "purchase.order.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id._integration_follow_budget()
        return lines

    def write(self, vals):
        res = super().write(vals)
        if AMOUNT & set(vals):
            self.order_id._integration_follow_budget()
        return res
