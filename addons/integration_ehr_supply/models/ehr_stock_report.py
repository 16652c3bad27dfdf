from odoo import fields, models


class EhrStockReport(models.Model):
    """The last word of another system on one stock: an item, perhaps a lot, at a place."""

    _name = "ehr.stock.report"
    _description = "Stock on Hand by Another System"
    _order = "reported_at desc, id desc"
    _rec_name = "product_id"
    _check_company_auto = True

    system_id = fields.Many2one(
        "integration.system", string="Reported by", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade", check_company=True
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot or serial number",
        readonly=True,
        ondelete="cascade",
        check_company=True,
    )
    unit_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    report = fields.Char(required=True, readonly=True, help="The sender's number of the report.")
    reported_at = fields.Datetime(string="On hand at", required=True, readonly=True)
    quantity = fields.Float(string="Reported", required=True, readonly=True, digits="Product Unit")
    known_quantity = fields.Float(
        string="In Odoo", readonly=True, digits="Product Unit", help="When the report was handled."
    )
    difference = fields.Float(
        readonly=True, digits="Product Unit", help="Reported, less what Odoo had."
    )
    adjustment_id = fields.Many2one(
        "integration.stock.adjustment",
        string="Correction",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The last correction that a difference gave rise to.",
    )
    adjustment_state = fields.Selection(related="adjustment_id.state", string="Decision")

    _stock_unique = models.UniqueIndex(
        "(company_id, system_id, location_id, product_id, COALESCE(lot_id, 0))"
    )

    def _of_stock(self, system_id, location, product, lot):
        """The last report of a stock, perhaps none."""
        return self.search(
            [
                ("system_id", "=", system_id),
                ("company_id", "=", self.env.company.id),
                ("location_id", "=", location.id),
                ("product_id", "=", product.id),
                ("lot_id", "=", lot.id),
            ]
        )

    def _compare(self):
        """Note how much there is by our books, of our own."""
        for one in self:
            stock = self.env["stock.quant"].search(
                [
                    ("product_id", "=", one.product_id.id),
                    ("lot_id", "=", one.lot_id.id),
                    ("location_id", "=", one.location_id.id),
                    ("owner_id", "=", False),
                ]
            )
            known = sum(stock.mapped("quantity"))
            one.write({"known_quantity": known, "difference": one.quantity - known})

    def _differs(self):
        """Whether the report says otherwise than Odoo."""
        self.ensure_one()
        return bool(self.unit_id.compare(self.quantity, self.known_quantity))

    def _stands(self):
        """Whether Odoo's stock was as the report says when it was handled.

        Not while its correction waits, nor after somebody rejected it.
        """
        self.ensure_one()
        mine = self.adjustment_id.filtered(lambda one: one.adjusted_at == self.reported_at)
        return not mine or set(mine.line_ids.mapped("state")) == {"applied"}
