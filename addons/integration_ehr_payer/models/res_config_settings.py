from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How payers are waited for, among the settings."""

    _inherit = "res.config.settings"

    ehr_eligibility_hours = fields.Integer(
        related="company_id.ehr_eligibility_hours", readonly=False
    )
    ehr_denials_scored = fields.Boolean(related="company_id.ehr_denials_scored", readonly=False)
    ehr_denial_large = fields.Monetary(related="company_id.ehr_denial_large", readonly=False)
