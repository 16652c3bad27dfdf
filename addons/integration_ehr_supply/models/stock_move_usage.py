from odoo import api, fields, models


class StockMove(models.Model):
    """Moves that take what was used, borne by a cost centre."""

    _inherit = "stock.move"  # pylint: disable=consider-merging-classes-inherited

    ehr_consumption_ids = fields.One2many("ehr.consumption", "move_id", string="Clinical usage")
    ehr_consumption_count = fields.Integer(compute="_compute_ehr_consumption_count")
    ehr_cost_centre_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre of usage",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )
    ehr_kit_line_id = fields.Many2one(
        "ehr.case.kit.line", string="Line of the kit", readonly=True, ondelete="set null"
    )

    @api.depends("ehr_consumption_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_consumption_count(self):
        consumptions = self.env["ehr.consumption"]
        counts = {}
        if consumptions.has_access("read"):
            counts = dict(
                consumptions._read_group([("move_id", "in", self.ids)], ["move_id"], ["__count"])
            )
        for move in self:
            move.ehr_consumption_count = counts.get(move._origin, 0)

    def _prepare_merge_moves_distinct_fields(self):
        """Lines of kits and cost centres stay apart."""
        return [
            *super()._prepare_merge_moves_distinct_fields(),
            "ehr_kit_line_id",
            "ehr_cost_centre_id",
        ]

    def _prepare_move_split_vals(self, qty):
        """A back order is of the same kit and at the same cost."""
        return {
            **super()._prepare_move_split_vals(qty),
            "ehr_kit_line_id": self.ehr_kit_line_id.id,
            "ehr_cost_centre_id": self.ehr_cost_centre_id.id,
        }

    def _get_analytic_distribution(self):
        if self.ehr_cost_centre_id:
            # sudo: who bears it is told by the document, not by the reader's rights
            return {str(self.sudo().ehr_cost_centre_id.id): 100.0}
        return super()._get_analytic_distribution()

    def action_open_ehr_consumptions(self):
        """What this move took, line by line as it was told."""
        return self.env["ehr.consumption"]._open_list([("move_id", "in", self.ids)])

    # ------------------------------------------------------------------
    # kits
    # ------------------------------------------------------------------

    def _ehr_free_reserved(self, quantity):
        """So much of a kit is used, and not reserved any more.

        :param quantity: in the unit in which the product is kept
        """
        self.ensure_one()
        if self.state == "done":
            return
        self._do_unreserve()
        unit = self.product_id.uom_id
        left = unit.round(self.product_qty - quantity)
        if unit.compare(left, 0) <= 0:
            self._action_cancel()
        else:
            self.write({"product_uom": unit.id, "product_uom_qty": left})

    def _ehr_rest_values(self):
        """What was brought with a kit and not used: values of moves that take it back, by lot."""
        self.ensure_one()
        used = {}
        for one in self.env["ehr.consumption"].search(
            [("kit_picking_id", "=", self.picking_id.id), ("product_id", "=", self.product_id.id)]
        ):
            part = one.uom_id._compute_quantity(one.quantity, self.product_id.uom_id, round=False)
            part -= one.uom_id._compute_quantity(
                one.quantity_returned, self.product_id.uom_id, round=False
            )
            used[one.lot_id] = used.get(one.lot_id, 0) + part
        rest = sum(
            max(line.quantity_product_uom - used.get(line.lot_id, 0), 0)
            for line in self.move_line_ids
        )
        if self.product_id.uom_id.compare(rest, 0) > 0:
            yield {
                "product_id": self.product_id.id,
                "product_uom": self.product_id.uom_id.id,
                "product_uom_qty": rest,
                "location_id": self.location_dest_id.id,
                "location_dest_id": self.location_id.id,
                "origin_returned_move_id": self.id,
            }
