from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from ..tools import schedule
from ..tools.schedule import CALLED_OFF, Status

STATUSES = [
    (Status.PENDING.value, "Requested"),
    (Status.BOOKED.value, "Booked"),
    (Status.STARTED.value, "Under way"),
    (Status.DONE.value, "Done"),
    (Status.CANCELLED.value, "Cancelled"),
    (Status.NO_SHOW.value, "Did not come"),
    (Status.DISCONTINUED.value, "Discontinued"),
    (Status.DELETED.value, "Deleted"),
]
#: Colours of Odoo's palette.
COLOURS = {
    Status.PENDING: 3,
    Status.BOOKED: 4,
    Status.STARTED: 2,
    Status.DONE: 10,
    Status.NO_SHOW: 9,
    Status.CANCELLED: 1,
    Status.DISCONTINUED: 1,
    Status.DELETED: 1,
}


class EhrAppointment(models.Model):
    """Something that is planned for a patient: when, where, and what it takes.

    Kept by the feed of the clinical system; people read it.
    """

    _name = "ehr.appointment"
    _description = "Appointment"
    _inherit = ["integration.sync.mixin", "ehr.told"]
    _order = "start_at desc, id desc"
    _rec_names_search = ["filler_number", "placer_number"]
    _check_company_auto = True
    _integration_data_class = "clinical"
    _integration_parts = {"ehr.appointment.resource": "appointment_id"}

    filler_number = fields.Char(
        string="Number",
        readonly=True,
        help="Of the appointment at the system that keeps the schedule.",
    )
    filler_assigner = fields.Char(string="Numbered by", readonly=True)
    placer_number = fields.Char(
        string="Number of the request",
        readonly=True,
        help="Of the appointment at the system that asked for it.",
    )
    placer_assigner = fields.Char(string="Requested by", readonly=True)
    filler_key = fields.Char(
        readonly=True,
        groups="integration_ehr_bridge.group_feed",
        help="Stands for the number where it is that of a visit as well, which cannot be "
        "calculated from it.",
    )
    placer_key = fields.Char(
        readonly=True,
        groups="integration_ehr_bridge.group_feed",
        help="The same of the number of the request.",
    )
    numbered_as_visit = fields.Boolean(
        compute="_compute_numbered_as_visit",
        compute_sudo=True,  # that it has the number of a visit is no secret, which one is
        help="It has the number of a visit, which stands in clear on the visit alone.",
    )
    patient_id = fields.Many2one(
        "ehr.patient", readonly=True, index=True, ondelete="restrict", check_company=True
    )
    encounter_id = fields.Many2one(
        "ehr.encounter",
        string="Visit",
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    visit_key = fields.Char(
        readonly=True,
        groups="integration_ehr_bridge.group_feed",
        help="Stands for a visit that was named before it was known; its number cannot be "
        "calculated from it. Empty as soon as the visit is known.",
    )
    awaits_visit = fields.Boolean(
        compute="_compute_awaits_visit",
        compute_sudo=True,  # that it waits is no secret, for which visit is one
        help="A visit was named that is not known yet.",
    )
    status = fields.Selection(
        STATUSES, required=True, readonly=True, default=Status.BOOKED.value, index=True
    )
    called_off = fields.Boolean(
        string="Called off",
        compute="_compute_called_off",
        store=True,
        help="Cancelled, discontinued or deleted: it does not take place.",
    )
    colour = fields.Integer(compute="_compute_colour")
    start_at = fields.Datetime(string="Begins", readonly=True, index=True)
    minutes = fields.Integer(readonly=True, help="How long it takes; 0: not known.")
    end_at = fields.Datetime(string="Ends", compute="_compute_end_at", store=True)
    type_code = fields.Char(string="Kind", readonly=True)
    reason_code = fields.Char(string="Reason", readonly=True)
    placer_order = fields.Char(
        string="Order", readonly=True, help="Its number at the system that placed it."
    )
    filler_order = fields.Char(
        string="Filler's order", readonly=True, help="Its number at the system that fills it."
    )
    resource_ids = fields.One2many(
        "ehr.appointment.resource", "appointment_id", string="Needs", readonly=True
    )
    location_id = fields.Many2one(
        "ehr.location",
        string="Place",
        compute="_compute_main",
        store=True,
        index=True,
        help="The first of its places.",
    )
    staff_id = fields.Many2one(
        "ehr.staff",
        string="Provider",
        compute="_compute_main",
        store=True,
        index=True,
        help="The first of its providers.",
    )
    place_ids = fields.Many2many(
        "ehr.location", string="Places", compute="_compute_all", search="_search_place_ids"
    )
    provider_ids = fields.Many2many(
        "ehr.staff", string="Providers", compute="_compute_all", search="_search_provider_ids"
    )
    last_event_at = fields.Datetime(
        string="Latest event", readonly=True, help="When what is newest of it happened."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )

    _filler_unique = models.UniqueIndex(
        "(company_id, filler_assigner, filler_number) WHERE filler_number IS NOT NULL"
    )
    _placer_idx = models.Index(
        "(company_id, placer_assigner, placer_number) WHERE placer_number IS NOT NULL"
    )
    _filler_key_unique = models.UniqueIndex(
        "(company_id, filler_assigner, filler_key) WHERE filler_key IS NOT NULL"
    )
    _placer_key_idx = models.Index("(company_id, placer_key) WHERE placer_key IS NOT NULL")
    _visit_key_idx = models.Index("(visit_key) WHERE visit_key IS NOT NULL")

    @api.depends("filler_number", "placer_number", "type_code", "encounter_id.reference")
    def _compute_display_name(self):
        for one in self:
            number = one.filler_number or one.placer_number
            # sudo: the reference tells nothing of the visit
            number = number or one.sudo().encounter_id.reference or ""
            name = " ".join(filter(None, (one.type_code, number)))
            one.display_name = name or (f"#{one.id}" if one.id else "")

    @api.depends("filler_key", "placer_key")
    def _compute_numbered_as_visit(self):
        for one in self:
            one.numbered_as_visit = bool(one.filler_key or one.placer_key)

    @api.depends("visit_key")
    def _compute_awaits_visit(self):
        for one in self:
            one.awaits_visit = bool(one.visit_key)

    @api.depends("status")
    def _compute_called_off(self):
        for one in self:
            one.called_off = one.status in CALLED_OFF

    @api.depends("status")
    def _compute_colour(self):
        for one in self:
            one.colour = COLOURS.get(one.status, 0)

    @api.depends("start_at", "minutes")
    def _compute_end_at(self):
        for one in self:
            known = one.start_at and one.minutes
            one.end_at = one.start_at + timedelta(minutes=one.minutes) if known else False

    @api.depends("resource_ids.location_id", "resource_ids.staff_id")
    def _compute_main(self):
        for one in self:
            needs = one.resource_ids.sorted("id")
            one.location_id = needs.location_id[:1]
            one.staff_id = needs.staff_id[:1]

    @api.depends("resource_ids.location_id", "resource_ids.staff_id")
    def _compute_all(self):
        for one in self:
            one.place_ids = one.resource_ids.location_id
            one.provider_ids = one.resource_ids.staff_id

    @api.model
    def _search_place_ids(self, operator, value):
        return [("resource_ids.location_id", operator, value)]

    @api.model
    def _search_provider_ids(self, operator, value):
        return [("resource_ids.staff_id", operator, value)]

    # ------------------------------------------------------------------
    # for the feed
    # ------------------------------------------------------------------

    def _replan(self, needs):
        """Values that let the appointment need what a message names.

        :param needs: :class:`tools.schedule.Needs`
        """
        resources = self.env["ehr.appointment.resource"]
        known = {one.id: one._planned() for one in self.resource_ids}
        plan = schedule.plan(known, needs)
        commands = [
            *(Command.delete(id_) for id_ in plan.unlink),
            *(Command.update(id_, resources._values(one)) for id_, one in plan.write),
            *(Command.create(resources._values(one)) for one in plan.create),
        ]
        return {"resource_ids": commands} if commands else {}
