from odoo import api, fields, models


class ProductProduct(models.Model):
    """What the schedule takes of an item, and what was used of it."""

    _inherit = "product.product"

    ehr_planned_demand = fields.Float(
        string="Planned by the schedule",
        compute="_compute_ehr_planned_demand",
        digits="Product Unit",
        help="What the case kits of the appointments to come take of it.",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_ehr_planned_demand(self):
        # sudo: a sum over appointments, of which the reader sees none
        rows = self.env["ehr.kit.demand"].sudo()._read_group(
            [
                ("product_id", "in", self.ids),
                ("company_id", "in", self.env.companies.ids),
            ],
            ["product_id"],
            ["quantity:sum"],
        )  # fmt: skip
        planned = {product.id: quantity for product, quantity in rows}
        for product in self:
            product.ehr_planned_demand = planned.get(product._origin.id, 0)

    def action_open_kit_demand(self):
        """The demand of the schedule, day by day."""
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "integration_ehr_supply.action_ehr_kit_demand"
            ),
            "domain": [("product_id", "in", self.ids)],
        }

    def action_open_kit_reordering(self):
        """The reordering rules, with what the schedule suggests."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Suggested reordering"),
            "res_model": "stock.warehouse.orderpoint",
            "view_mode": "list,form",
            "views": [
                (
                    self.env.ref("integration_ehr_supply.stock_orderpoint_view_list_suggested").id,
                    "list",
                ),
                (False, "form"),
            ],
            "domain": [("product_id", "in", self.ids)],
            "context": {"default_product_id": self.id if len(self) == 1 else False},
        }
