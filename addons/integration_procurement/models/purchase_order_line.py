from odoo import api, fields, models

from ..tools import canonical


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
            requested = line._integration_requested_date()
            line.supplier_deviates = bool(promised) and (
                line.product_uom_id.compare(line.supplier_confirmed_qty, line.product_qty) != 0
                or bool(requested and promised > requested)
            )

    def _integration_requested_date(self):
        """The day on which delivery is wanted, where the goods are wanted.

        Not in the time zone of whoever looks: supplier and buyer must mean the same day.
        """
        self.ensure_one()
        if not self.date_planned:
            return False
        warehouse = self.order_id.picking_type_id.warehouse_id.partner_id
        zone = warehouse.tz or self.company_id.partner_id.tz or "UTC"
        return fields.Datetime.context_timestamp(
            self.with_context(tz=zone), self.date_planned
        ).date()

    def _integration_progress(self) -> dict:
        """Ordered, received so far and still to come, in the unit of this line.

        What a supplier delivered beyond the order leaves nothing to come. All ``None`` of no line.
        """
        if not self:
            return dict.fromkeys(("ordered", "received_total", "remaining"))
        self.ensure_one()
        remaining = self.product_qty - self.qty_received
        if self.product_uom_id.compare(remaining, 0) <= 0:
            remaining = 0.0
        return {
            "ordered": canonical.number(self.product_qty),
            "received_total": canonical.number(self.qty_received),
            "remaining": canonical.number(remaining),
        }
