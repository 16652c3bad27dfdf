from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How charges are billed, among the settings."""

    _inherit = "res.config.settings"

    ehr_charge_direction = fields.Selection(
        related="company_id.ehr_charge_direction", readonly=False
    )
    ehr_patient_debtor_id = fields.Many2one(
        related="company_id.ehr_patient_debtor_id", readonly=False
    )
    ehr_patient_journal_id = fields.Many2one(
        related="company_id.ehr_patient_journal_id", readonly=False
    )
    ehr_create_accounts = fields.Boolean(related="company_id.ehr_create_accounts", readonly=False)
    ehr_charge_price_rule = fields.Selection(
        related="company_id.ehr_charge_price_rule", readonly=False
    )
    ehr_charge_tolerance = fields.Float(related="company_id.ehr_charge_tolerance", readonly=False)
    ehr_late_days = fields.Integer(related="company_id.ehr_late_days", readonly=False)
    ehr_late_rule = fields.Selection(related="company_id.ehr_late_rule", readonly=False)
