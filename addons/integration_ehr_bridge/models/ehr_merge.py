from odoo import fields, models


class EhrMerge(models.Model):
    """That two records turned out to be those of one patient, and what was put right for it."""

    _name = "ehr.merge"
    _description = "Merge of Patient Records"
    _order = "occurred_at desc, id desc"
    _check_company_auto = True
    _log_access = False
    _rec_name = "retired_id"

    kept_id = fields.Many2one(
        "ehr.patient",
        string="Kept",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    retired_id = fields.Many2one(
        "ehr.patient",
        string="Retired",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    recorded_at = fields.Datetime(string="Told", required=True, readonly=True)
    encounter_count = fields.Integer(string="Visits moved", readonly=True)
    appointment_count = fields.Integer(string="Appointments moved", readonly=True)
    message_uuid = fields.Char(string="Message", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
