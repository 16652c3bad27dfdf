from odoo import fields, models


class PurchaseOrderLine(models.Model):
    """Lines that ask somebody else for a part of a test."""

    _inherit = "purchase.order.line"  # pylint: disable=consider-merging-classes-inherited

    ehr_kit_request_id = fields.Many2one(
        "ehr.kit.request",
        string="Test",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    def _ehr_outsourced_state(self):
        """What became of it, as the laboratory is told."""
        self.ensure_one()
        if self.state == "cancel" or self.product_uom_id.is_zero(self.product_qty):
            return "cancelled"
        if self.state != "purchase":
            return "requested"
        left = self.product_uom_id.compare(self.qty_received, self.product_qty) < 0
        return "ordered" if left else "done"
