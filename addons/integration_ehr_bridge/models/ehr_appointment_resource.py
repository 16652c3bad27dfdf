from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.integration_core.engine.snapshots import rfc3339

from ..tools import clinical
from ..tools.schedule import CALLED_OFF, Planned, Status

KINDS = [
    ("service", "Service"),
    ("location", "Place"),
    ("provider", "Provider"),
    ("equipment", "Equipment"),
]


class EhrAppointmentResource(models.Model):
    """What an appointment needs: a service, a place, a provider, a piece of equipment."""

    _name = "ehr.appointment.resource"
    _description = "Resource of an Appointment"
    _order = "appointment_id, id"
    _check_company_auto = True
    _integration_data_class = "clinical"

    appointment_id = fields.Many2one(
        "ehr.appointment",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(related="appointment_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    code = fields.Char(readonly=True, help="Code of the service or the piece of equipment.")
    location_id = fields.Many2one(
        "ehr.location",
        string="Place",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    staff_id = fields.Many2one(
        "ehr.staff",
        string="Provider",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    own_start = fields.Datetime(
        string="From", readonly=True, help="Empty: from the beginning of the appointment."
    )
    minutes = fields.Integer(readonly=True, help="0: until the end of the appointment.")
    start_at = fields.Datetime(
        string="Needed from", compute="_compute_times", store=True, help="When it is needed first."
    )
    end_at = fields.Datetime(string="Needed until", compute="_compute_times", store=True)
    busy = fields.Boolean(
        compute="_compute_busy",
        store=True,
        help="The appointment is booked, under way or over as planned, and not called off.",
    )
    status = fields.Selection(related="appointment_id.status")

    _busy_idx = models.Index("(staff_id, end_at) WHERE busy AND staff_id IS NOT NULL")

    @api.depends("own_start", "minutes", "appointment_id.start_at", "appointment_id.end_at")
    def _compute_times(self):
        for one in self:
            start = one.own_start or one.appointment_id.start_at
            one.start_at = start
            if start and one.minutes:
                one.end_at = start + timedelta(minutes=one.minutes)
            else:
                one.end_at = one.appointment_id.end_at

    @api.depends("appointment_id.status")
    def _compute_busy(self):
        free = {*CALLED_OFF, Status.NO_SHOW, Status.PENDING}
        for one in self:
            one.busy = one.appointment_id.status not in free

    @api.depends("kind", "code", "location_id.display_name", "staff_id.display_name")
    def _compute_display_name(self):
        for one in self:
            named = one.location_id or one.staff_id
            one.display_name = (named.display_name if named else one.code) or ""

    def _planned(self):
        """This resource as :mod:`..tools.schedule` compares it."""
        self.ensure_one()
        return Planned(
            self.kind,
            self.code or "",
            self.location_id.id or 0,
            self.staff_id.id or 0,
            self.own_start or None,
            self.minutes,
        )

    @api.model
    def _values(self, planned):
        """Values of a resource that is planned."""
        return {
            "kind": planned.kind,
            "code": planned.code or False,
            "location_id": planned.location_id or False,
            "staff_id": planned.staff_id or False,
            "own_start": planned.start or False,
            "minutes": planned.minutes,
        }

    # ------------------------------------------------------------------
    # business events
    # ------------------------------------------------------------------

    def _integration_resource(self):
        """This resource as a part of ``ehr.appointment_event``."""
        self.ensure_one()
        return {
            "id": self.id,
            "kind": self.kind,
            "code": self.code or None,
            "location": self.location_id._integration_place(),
            "provider": clinical.identifier(self.staff_id.number, self.staff_id.assigner),
            "start": rfc3339(self.own_start) if self.own_start else None,
            "minutes": self.minutes or None,
        }

    def _integration_slot(self):
        """This resource as a part of ``ehr.provider_schedule``."""
        self.ensure_one()
        return {
            "id": self.id,
            "start": rfc3339(self.start_at),
            "end": rfc3339(self.end_at) if self.end_at else None,
        }
