from odoo import api, fields, models

STATES = [
    ("open", "To do"),
    ("started", "Under way"),
    ("done", "Done"),
    ("cancelled", "Not needed"),
]


class EhrHousekeeping(models.Model):
    """A bed that was left is to be cleaned before the next patient comes."""

    _name = "ehr.housekeeping"
    _description = "Housekeeping Request"
    _order = "requested_at, id"
    _rec_name = "location_id"
    _check_company_auto = True
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
    unit_id = fields.Many2one(related="location_id.unit_id", string="Unit", store=True)
    requested_at = fields.Datetime(string="Left", required=True, readonly=True)
    reason = fields.Selection(
        [("discharge", "Discharge"), ("transfer", "Transfer"), ("told", "Told by the feed")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="open", index=True, group_expand=True
    )
    started_at = fields.Datetime(readonly=True)
    started_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    done_at = fields.Datetime(readonly=True)
    done_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    encounter_id = fields.Many2one(
        "ehr.encounter",
        string="Visit",
        readonly=True,
        index=True,
        ondelete="set null",
        check_company=True,
    )
    move_id = fields.Many2one(
        "ehr.move", string="Event", readonly=True, index=True, ondelete="set null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)

    @api.depends("location_id.complete_name")
    def _compute_display_name(self):
        for request in self:
            request.display_name = request.location_id.complete_name
