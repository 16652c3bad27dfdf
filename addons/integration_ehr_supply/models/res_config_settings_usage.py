from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How usage is booked, among the settings."""

    _inherit = "res.config.settings"

    ehr_usage_shortage = fields.Selection(related="company_id.ehr_usage_shortage", readonly=False)
    ehr_usage_cost_centre_id = fields.Many2one(
        related="company_id.ehr_usage_cost_centre_id", readonly=False
    )
    ehr_usage_buyer_id = fields.Many2one(related="company_id.ehr_usage_buyer_id", readonly=False)
    ehr_kit_hours = fields.Integer(related="company_id.ehr_kit_hours", readonly=False)
    ehr_usage_hours = fields.Integer(related="company_id.ehr_usage_hours", readonly=False)
