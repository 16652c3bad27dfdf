from odoo import fields, models


class StockMove(models.Model):
    """Stock moves remember which requisition they are for, and whose cost they are."""

    _inherit = "stock.move"

    ehr_requisition_line_id = fields.Many2one(
        "ehr.requisition.line",
        string="Item of a requisition",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        check_company=True,
    )

    def _prepare_move_split_vals(self, qty):
        """A back order is for the same requisition."""
        values = super()._prepare_move_split_vals(qty)
        return {**values, "ehr_requisition_line_id": self.ehr_requisition_line_id.id}

    def _prepare_merge_moves_distinct_fields(self):
        """Two lines stay two, also of one product."""
        return [*super()._prepare_merge_moves_distinct_fields(), "ehr_requisition_line_id"]

    def _get_analytic_distribution(self):
        # sudo: whose cost it is, for whoever moves it
        centre = self.ehr_requisition_line_id.sudo().cost_centre_id
        return {str(centre.id): 100} if centre else super()._get_analytic_distribution()
