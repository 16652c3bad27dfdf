from odoo import api, fields, models
from odoo.tools import format_date, formatLang


class PurchaseOrderLine(models.Model):
    """What the supplier says to have in stock, as a hint while one orders."""

    _inherit = "purchase.order.line"  # pylint: disable=consider-merging-classes-inherited

    supplier_availability = fields.Char(
        string="Supplier's stock", compute="_compute_supplier_availability"
    )
    supplier_is_short = fields.Boolean(compute="_compute_supplier_availability")

    @api.depends("product_id", "product_qty", "product_uom_id", "order_id.partner_id")
    @api.depends_context("lang")
    def _compute_supplier_availability(self):
        for line in self:
            seller = line._integration_seller()
            line.supplier_availability = line._availability_text(seller) if seller else False
            line.supplier_is_short = bool(seller) and (
                seller.product_uom_id.compare(
                    seller.supplier_available_qty,
                    line.product_uom_id._compute_quantity(
                        line.product_qty, seller.product_uom_id, round=False
                    ),
                )
                < 0
            )

    def _integration_seller(self):
        """The row of the order's supplier whose stock was told last; empty if none was."""
        supplier = self.order_id.partner_id.commercial_partner_id
        rows = self.product_id.seller_ids.filtered(
            lambda row: (
                row.supplier_available_at
                and row.partner_id.commercial_partner_id == supplier
                and row.product_id in (self.product_id, self.env["product.product"])
                and row.company_id in (self.company_id, self.env["res.company"])
            )
        )
        return rows.sorted("supplier_available_at", reverse=True)[:1]

    def _availability_text(self, seller) -> str:
        quantity = formatLang(self.env, seller.supplier_available_qty, dp="Product Unit")
        text = self.env._(
            "%(quantity)s %(unit)s on %(date)s",
            quantity=quantity,
            unit=seller.product_uom_id.name,
            date=format_date(
                self.env,
                fields.Datetime.context_timestamp(self, seller.supplier_available_at).date(),
            ),
        )
        if not seller.supplier_available_date:
            return text
        return self.env._(
            "%(now)s; more on %(later)s",
            now=text,
            later=format_date(self.env, seller.supplier_available_date),
        )
