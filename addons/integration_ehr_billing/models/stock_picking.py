from odoo import models


class StockPicking(models.Model):
    """What is taken from stock for a visit."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "ehr.visit.document"]
