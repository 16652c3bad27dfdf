from odoo import models


class StockWarehouseOrderpoint(models.Model):
    """Reordering rules as proposals for stock thresholds."""

    _inherit = "stock.warehouse.orderpoint"

    def _integration_propose_thresholds(self):
        """Make a stock threshold of each of these rules, unless there is one already.

        As the rules do, it watches the forecast and its minimum.

        :return: an action that shows the thresholds of these rules, the new and the old ones
        """
        thresholds = self.env["procurement.stock.threshold"]
        thresholds.check_access("create")
        known = thresholds.search(
            [("product_id", "in", self.product_id.ids), ("watched", "=", "forecast")]
        )
        mine = {(rule.product_id, rule.location_id) for rule in self}
        places = {(one.product_id, one.location_id) for one in known}
        shown = known.filtered(lambda one: (one.product_id, one.location_id) in mine)
        shown |= thresholds.create(
            [
                rule._integration_threshold_values()
                for rule in self
                if (rule.product_id, rule.location_id) not in places
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_procurement.action_stock_threshold"
        )
        return {**action, "domain": [("id", "in", shown.ids)], "context": {}}

    def _integration_threshold_values(self) -> dict:
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "location_id": self.location_id.id,
            "company_id": self.company_id.id,
            "watched": "forecast",
            "minimum": self.product_min_qty,
        }
