from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The tolerances of the company, among the settings of purchases and stock."""

    _inherit = "res.config.settings"

    supplier_price_tolerance = fields.Float(
        related="company_id.supplier_price_tolerance", readonly=False
    )
    supplier_quantity_tolerance = fields.Float(
        related="company_id.supplier_quantity_tolerance", readonly=False
    )
    supplier_late_tolerance = fields.Integer(
        related="company_id.supplier_late_tolerance", readonly=False
    )
    supplier_price_list_tolerance = fields.Float(
        related="company_id.supplier_price_list_tolerance", readonly=False
    )
    integration_adjustment_value = fields.Monetary(
        related="company_id.integration_adjustment_value", readonly=False
    )
    integration_adjustment_percent = fields.Float(
        related="company_id.integration_adjustment_percent", readonly=False
    )
