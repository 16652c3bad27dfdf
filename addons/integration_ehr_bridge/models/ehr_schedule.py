from odoo import api, fields, models


class EhrSchedule(models.Model):
    """Whose time, or that of which place, can be booked, as a clinical system keeps it."""

    _name = "ehr.schedule"
    _description = "Schedule"
    _order = "begins_at desc, id desc"
    _check_company_auto = True
    _integration_data_class = "confidential"

    staff_ids = fields.Many2many("ehr.staff", string="Providers", readonly=True, check_company=True)
    place_ids = fields.Many2many("ehr.location", string="Places", readonly=True, check_company=True)
    service = fields.Char(readonly=True, help="Code of the service.")
    specialty = fields.Char(readonly=True, help="Code of the specialty.")
    begins_at = fields.Datetime(string="From", readonly=True)
    ends_at = fields.Datetime(string="Until", readonly=True)
    slot_ids = fields.One2many("ehr.slot", "schedule_id", string="Slots", readonly=True)
    free_count = fields.Integer(
        string="Free slots", compute="_compute_free_count", help="Those that are yet to come."
    )
    active = fields.Boolean(default=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)

    @api.depends("service", "staff_ids.number", "place_ids.name")
    def _compute_display_name(self):
        for schedule in self:
            whose = [*schedule.staff_ids.mapped("number"), *schedule.place_ids.mapped("name")]
            schedule.display_name = " · ".join(filter(None, [schedule.service, ", ".join(whose)]))

    @api.depends("slot_ids.status", "slot_ids.start_at")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_free_count(self):
        counts = dict(
            self.env["ehr.slot"]._read_group(
                [
                    ("schedule_id", "in", self.ids),
                    ("status", "=", "free"),
                    ("start_at", ">=", fields.Datetime.now()),
                ],
                ["schedule_id"],
                ["__count"],
            )
        )
        for schedule in self:
            schedule.free_count = counts.get(schedule._origin, 0)
