from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round


class StockWarehouseOrderpoint(models.Model):
    """What the schedule suggests to order. A person takes it over; rules stay as they are."""

    _inherit = "stock.warehouse.orderpoint"

    ehr_planned_demand = fields.Float(
        string="Planned by the schedule",
        compute="_compute_ehr_planned_demand",
        digits="Product Unit",
        help="What the case kits of appointments to come take of the item at places that get "
        "their goods from this warehouse.",
    )
    ehr_suggested_qty = fields.Float(
        string="Suggested",
        compute="_compute_ehr_planned_demand",
        digits="Product Unit",
        help="What is planned and the minimum, less what is forecast to be there; never less than "
        "zero.",
    )

    def _compute_ehr_planned_demand(self):
        # sudo: a sum over appointments, of which the reader sees none
        demand = self.env["ehr.kit.demand"].sudo()
        rows = demand._read_group(
            [
                ("product_id", "in", self.product_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            ["product_id", "place_id"],
            ["quantity:sum"],
        )
        planned = {}
        for product, place, quantity in rows:
            warehouse = place._usage_setting("stock_location_id").warehouse_id
            key = product.id, warehouse.id
            planned[key] = planned.get(key, 0) + quantity
        for one in self:
            quantity = planned.get((one.product_id.id, one.warehouse_id.id), 0)
            one.ehr_planned_demand = quantity
            wanted = quantity + one.product_min_qty - one.qty_forecast
            rounding = one.product_uom.rounding
            one.ehr_suggested_qty = (
                float_round(max(wanted, 0), precision_rounding=rounding, rounding_method="UP")
                if quantity
                else 0
            )

    def action_take_ehr_suggestion(self):
        """Order what is suggested, the next time something is ordered: the rule itself stays.

        :raises UserError: nothing is suggested
        """
        for one in self:
            if one.product_uom.compare(one.ehr_suggested_qty, 0) <= 0:
                raise UserError(self.env._("The schedule suggests to order nothing."))
            one.qty_to_order = one.ehr_suggested_qty
