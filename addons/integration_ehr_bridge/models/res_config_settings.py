from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How the census is kept, among the settings."""

    _inherit = "res.config.settings"

    ehr_create_locations = fields.Boolean(related="company_id.ehr_create_locations", readonly=False)
    ehr_known_payers = fields.Boolean(related="company_id.ehr_known_payers", readonly=False)
    ehr_facility = fields.Char(related="company_id.ehr_facility", readonly=False)
    ehr_hand_tolerance = fields.Integer(related="company_id.ehr_hand_tolerance", readonly=False)
    ehr_feed_silence = fields.Integer(related="company_id.ehr_feed_silence", readonly=False)
