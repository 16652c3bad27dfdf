from odoo import api, fields, models

#: What a person may say of a bed. That somebody is in it is told by visits alone.
STATES = [
    ("free", "Free"),
    ("closed", "Closed"),
    ("isolated", "Isolated"),
]


class EhrBedEntry(models.Model):
    """What a person said of a bed, and why. Nothing of it is changed afterwards."""

    _name = "ehr.bed.entry"
    _description = "State of a Bed by Hand"
    _order = "said_at desc, id desc"
    _rec_name = "location_id"
    _check_company_auto = True
    _log_access = False
    _integration_data_class = "clinical"

    location_id = fields.Many2one(
        "ehr.location",
        string="Bed",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    state = fields.Selection(STATES, string="Said to be", required=True, readonly=True)
    said_at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="By", required=True, readonly=True, ondelete="restrict"
    )
    reason = fields.Char(string="Why", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)

    @api.depends("location_id.complete_name")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = entry.location_id.complete_name
