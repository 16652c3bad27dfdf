from odoo import fields, models


class ProcurementStockThresholdDue(models.Model):
    """A watched product was moved; its thresholds have not been looked at since.

    One slim row for each, inserted by those who move goods and deleted by the cron.
    """

    _name = "procurement.stock.threshold.due"
    _description = "Stock Threshold to Be Looked At"
    _log_access = False

    product_id = fields.Integer(required=True, readonly=True)
