from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

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
    # Before it is stored, so that a batch of the feed writes its rows once.
    unit_id = fields.Many2one(
        related="location_id.unit_id", string="Unit", store=True, precompute=True
    )
    requested_at = fields.Datetime(string="Left", required=True, readonly=True)
    reason = fields.Selection(
        [("discharge", "Discharge"), ("transfer", "Transfer"), ("told", "Told by the feed")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="open", index=True)
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

    # ------------------------------------------------------------------
    # what those who clean say
    # ------------------------------------------------------------------

    def action_start(self):
        """Somebody begins to clean."""
        self._require_keeper("open")
        now = fields.Datetime.now()
        # sudo: requests and beds are closed but for these buttons; the role is checked above
        requests = self.sudo()
        requests.write({"state": "started", "started_at": now, "started_by_id": self.env.uid})
        requests.location_id._housekept("housekeeping", now)

    def action_done(self):
        """The bed is clean: free, unless somebody is in it."""
        self._require_keeper("open", "started")
        now = fields.Datetime.now()
        # sudo: as in action_start
        requests = self.sudo()
        requests.write({"state": "done", "done_at": now, "done_by_id": self.env.uid})
        requests.location_id._housekept("free", now)

    def _require_keeper(self, *states):
        """:raises AccessError, UserError: not the user's work, or not in one of these states"""
        self.check_access("read")
        if not self.env.user.has_group("integration_ehr_bridge.group_census_keeper"):
            raise AccessError(self.env._("Census keepers do housekeeping requests."))
        # sudo: a lock needs the right to write, which nobody has but by these buttons
        self.sudo().lock_for_update()
        self.invalidate_recordset(["state"])
        if any(one.state not in states for one in self):
            raise UserError(
                self.env._("One of these requests is over, or was begun already. Reload the list.")
            )
