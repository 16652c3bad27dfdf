from odoo import models

from ..engine import stock_turns


class IntegrationStockAdjustmentLine(models.Model):
    """Corrections take turns with what clinical systems take from the same stock."""

    _inherit = "integration.stock.adjustment.line"

    def _lock_stock(self):
        for line in self:
            stock_turns.take(
                line.with_company(line.company_id).env,
                [(line.product_id.id, line.adjustment_id.location_id.id)],
            )
        return super()._lock_stock()
