from odoo import api, fields, models


class IntegrationShipmentLine(models.Model):
    """One line of a shipping notice: so much of an item, of one lot and in one package."""

    _name = "integration.shipment.line"
    _description = "Line of an Announced Shipment"
    _order = "shipment_id, id"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "integration.shipment", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True, index=True)
    order_line_id = fields.Many2one(
        "purchase.order.line",
        readonly=True,
        ondelete="cascade",
        help="Empty if the notice names the item alone.",
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="restrict", check_company=True
    )
    quantity = fields.Float(
        required=True, readonly=True, digits="Product Unit", help="In the unit of the product."
    )
    unit_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    lot_name = fields.Char(string="Lot or serial number", readonly=True)
    expiry_date = fields.Date(string="Expires on", readonly=True)
    package_name = fields.Char(
        string="Package", readonly=True, help="Its SSCC, if the supplier uses such numbers."
    )
    lot_missing = fields.Boolean(
        compute="_compute_lot_missing",
        help="The product is tracked, and the supplier named no lot: enter it on arrival.",
    )
    move_line_ids = fields.One2many(
        "stock.move.line", "integration_shipment_line_id", string="Detailed operations"
    )
    received_quantity = fields.Float(
        string="Received", digits="Product Unit", compute="_compute_received_quantity"
    )

    @api.depends("lot_name", "product_id.tracking")
    def _compute_lot_missing(self):
        for line in self:
            line.lot_missing = line.product_id.tracking != "none" and not line.lot_name

    @api.depends("move_line_ids.state", "move_line_ids.quantity_product_uom")
    def _compute_received_quantity(self):
        for line in self:
            done = line.move_line_ids.filtered(lambda one: one.state == "done")
            line.received_quantity = sum(done.mapped("quantity_product_uom"))

    # ------------------------------------------------------------------
    # on the receipts
    # ------------------------------------------------------------------

    def _has_come(self):
        """Whether as much of the product was received as the notice has, be it typed in by hand."""
        self.ensure_one()
        shipment, product = self.shipment_id, self.product_id
        # On receipts on which this shipment came; not what another announcement brought.
        came = shipment._move_lines().filtered(lambda one: one.state == "done").picking_id
        came = came.move_line_ids.filtered(
            lambda one: (
                one.state == "done"
                and one.product_id == product
                and one.integration_shipment_line_id.shipment_id <= shipment
            )
        )
        told = shipment.line_ids.filtered(lambda one: one.product_id == product)
        received = sum(came.mapped("quantity_product_uom"))
        return product.uom_id.compare(received, sum(told.mapped("quantity"))) >= 0

    def _moves_of(self, moves):
        """Those of open moves that await the goods of this line."""
        self.ensure_one()
        mine = (
            (lambda move: move.purchase_line_id == self.order_line_id)
            if self.order_line_id
            else (lambda move: move.product_id == self.product_id)
        )
        return moves.filtered(mine).sorted(lambda move: (move.date, move.id))

    def _announce(self, picking, move, quantity):
        """Write goods of this line onto a receipt.

        :param move: what awaits them; empty for goods that nothing awaits
        :param quantity: in the unit of the product
        :return: the detailed operations, one for each piece where serial numbers are missing
        """
        self.ensure_one()
        pieces = int(quantity) if self.product_id.tracking == "serial" else 1
        values = self._move_line_values(picking, move, quantity / pieces)
        return self.env["stock.move.line"].create([dict(values) for _piece in range(pieces)])

    def _move_line_values(self, picking, move, quantity):
        return {
            **picking._integration_move_line_values(
                move,
                self.product_id,
                quantity,
                lot=self.lot_name,
                package=self.package_name,
                expiry=self.expiry_date,
            ),
            "integration_shipment_line_id": self.id,
        }
