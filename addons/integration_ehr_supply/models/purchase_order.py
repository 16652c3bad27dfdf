from odoo import api, fields, models


class PurchaseOrder(models.Model):
    """Purchases lead to the requisitions that they are for, and belong to their visit."""

    _name = "purchase.order"
    _inherit = ["purchase.order", "ehr.visit.document"]

    ehr_requisition_count = fields.Integer(compute="_compute_ehr_requisition_count")

    @api.depends("order_line.ehr_requisition_line_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_requisition_count(self):
        readable = self.env["ehr.requisition"].has_access("read")
        for order in self:
            order.ehr_requisition_count = len(order._ehr_requisitions()) if readable else 0

    def _ehr_requisitions(self):
        # sudo: which there are; whoever may not read requisitions is shown none
        return self.order_line.sudo().ehr_requisition_line_id.requisition_id.sudo(False)

    def _prepare_picking(self):
        """What was bought for a place goes there."""
        values = super()._prepare_picking()
        places = [line._ehr_place() for line in self.order_line if not line.display_type]
        if places and all(place == places[0] for place in places) and places[0]:
            values["location_dest_id"] = places[0].id
        return values

    def action_open_ehr_requisitions(self):
        """The requisitions that this order is for."""
        self.ensure_one()
        return self.env["ehr.requisition"]._open_records(self._ehr_requisitions())


class PurchaseOrderLine(models.Model):
    """Purchase lines remember which requisition they are for."""

    _inherit = "purchase.order.line"

    ehr_requisition_line_id = fields.Many2one(
        "ehr.requisition.line",
        string="Item of a requisition",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
    )

    def _create_stock_moves(self, picking):
        """What was bought for a visit is received for it."""
        moves = super()._create_stock_moves(picking)
        # sudo: the visit is closed to buyers and storekeepers, and known to the order
        visit = self.order_id.sudo().encounter_id
        if len(visit) == 1:
            full = picking.sudo()  # sudo: as above
            full.filtered(lambda one: not one.encounter_id).encounter_id = visit
        return moves

    def _ehr_place(self):
        """The stock of the place that this is bought for; empty: it goes to the store.

        What goes past stock into use is received where all else is.
        """
        self.ensure_one()
        # sudo: whoever confirms a purchase need not see requisitions
        line = self.sudo().ehr_requisition_line_id
        place = line.requisition_id.route_id.destination_location_id if line.is_direct else None
        locations = self.env["stock.location"]
        return locations.browse(place.id) if place and place.usage == "internal" else locations

    def _prepare_stock_move_vals(self, picking, price_unit, product_uom_qty, product_uom):
        """What is bought for a place is received there: the place is told that it is delivered."""
        values = super()._prepare_stock_move_vals(picking, price_unit, product_uom_qty, product_uom)
        if place := self._ehr_place():
            values |= {"location_dest_id": place.id, "location_final_id": place.id}
        return values
