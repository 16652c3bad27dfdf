from odoo import fields, models


class EhrStockTurn(models.Model):
    """Who takes from a stock or counts it writes here first: two take turns.

    One slim row for each item and place that was ever taken from or counted, written by
    :mod:`..engine.stock_turns` alone.
    """

    _name = "ehr.stock.turn"
    _description = "Turn of Those Who Take and Count a Stock"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )

    _stock_unique = models.UniqueIndex("(product_id, location_id, company_id)")
