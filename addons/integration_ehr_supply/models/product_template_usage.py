from odoo import api, fields, models


class ProductTemplate(models.Model):
    """The form of an item without variants shows what the schedule takes of it, too."""

    _inherit = "product.template"

    ehr_planned_demand = fields.Float(
        string="Planned by the schedule",
        compute="_compute_ehr_planned_demand",
        digits="Product Unit",
        help="What the case kits of the appointments to come take of it.",
    )

    @api.depends("product_variant_ids")
    @api.depends_context("allowed_company_ids")
    def _compute_ehr_planned_demand(self):
        for template in self:
            template.ehr_planned_demand = sum(
                template.product_variant_ids.mapped("ehr_planned_demand")
            )

    def action_open_kit_demand(self):
        """The demand of the schedule, day by day."""
        return self.product_variant_ids.action_open_kit_demand()
