from odoo import models


class StockMoveLine(models.Model):
    """When something came to a place or left it last, for those who are told of stock on hand."""

    _inherit = "stock.move.line"

    _ehr_left_idx = models.Index("(location_id, write_date) WHERE state = 'done'")
    _ehr_came_idx = models.Index("(location_dest_id, write_date) WHERE state = 'done'")
