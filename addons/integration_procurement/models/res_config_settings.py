from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    integration_adjustment_value = fields.Monetary(
        related="company_id.integration_adjustment_value", readonly=False
    )
    integration_adjustment_percent = fields.Float(
        related="company_id.integration_adjustment_percent", readonly=False
    )
