from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.integration_core.engine import keys
from odoo.addons.integration_core.engine.capture import Snapshot
from odoo.addons.integration_core.engine.snapshots import rfc3339

from ..engine.schedule_book import visit_context
from ..tools import clinical
from ..tools.census_events import DISCHARGED, INPATIENT, PRESENT

EVENT = "ehr.encounter_event"
TRANSFER = "ehr.encounter_transfer"
#: In the context of who creates visits, and looks for their appointments together with others'.
ADOPTED_LATER = "ehr_adopted_later"
#: For so long appointments are looked for that named a visit when it became known.
LATE = timedelta(days=1)


class EhrEncounter(models.Model):
    """What others are told of a visit, and the appointments that named it before it was known.

    Events follow what the visit is, and not each message about it: an admission that was entered
    by hand and is then told by the feed makes one event, and a late message of what has been
    overtaken makes none.
    """

    _inherit = "ehr.encounter"
    _integration_data_class = "clinical"

    appointment_ids = fields.One2many(
        "ehr.appointment", "encounter_id", string="Appointments", readonly=True
    )
    is_admitted = fields.Boolean(
        string="Is admitted",
        compute="_compute_is_admitted",
        store=True,
        help="Present as an inpatient or for a birth.",
    )

    was_inpatient = fields.Boolean(
        readonly=True,
        help="By what counts of its history, the patient is or was here as an inpatient, or for a "
        "birth.",
    )
    admission = fields.Selection(
        [
            ("admitted", "Admitted"),
            ("discharged", "Ended"),
            ("cancelled", "Turned out to be none"),
        ],
        compute="_compute_admission",
        store=True,
        help="What became of the stay as an inpatient, or for a birth. Who was told of an "
        "admission is told of its end.",
    )

    @api.depends("state", "encounter_class")
    def _compute_is_admitted(self):
        for visit in self:
            visit.is_admitted = visit.state == PRESENT and visit.encounter_class in INPATIENT

    @api.depends("is_admitted", "was_inpatient", "state", "encounter_class")
    def _compute_admission(self):
        for visit in self:
            left = visit.state == DISCHARGED and visit.encounter_class in INPATIENT
            if visit.is_admitted:
                visit.admission = "admitted"
            elif visit.was_inpatient or left:
                visit.admission = "discharged"
            else:
                # Only where there has been one, of which others may have been told.
                visit.admission = "cancelled" if visit.admission else False

    @api.model_create_multi
    def create(self, vals_list):
        visits = super().create(vals_list)
        if not self.env.context.get(ADOPTED_LATER):
            visits._adopt_appointments()
        return visits

    def _adopt_appointments(self):
        """Link appointments that named these visits before they were known.

        Called whenever a visit is written, since an appointment may name it at the very moment in
        which it becomes known: neither of the two transactions can see what the other one stores.
        """
        if not self or not self._are_awaited():
            return
        # sudo: whoever enters a visit, what was planned for it belongs to it
        waiting = self.env["ehr.appointment"].sudo()
        ring = keys.working_ring(self.env.cr)
        if ring is None:
            return  # whoever keeps the census by hand goes on; the feed's next event links them
        named = {
            name: visit
            for visit in self
            for name in ring.pseudonyms(
                visit.visit_number, visit_context(visit.company_id.id, visit.visit_assigner)
            ).values()
        }
        for one in waiting.search([("visit_key", "in", list(named))]):
            visit = named[one.visit_key]
            if not (one.patient_id and visit.patient_id) or one.patient_id == visit.patient_id:
                one.write({"encounter_id": visit.id, "visit_key": False})

    @api.model
    def _are_awaited(self):
        """Whether any appointment waits for a visit."""
        # sudo: whether there is one, and nothing of it
        appointments = self.env["ehr.appointment"].sudo()
        return bool(appointments.search_count([("visit_key", "!=", False)], limit=1))

    @api.model
    def _adopt_late(self):
        """Link appointments that named a visit of the last day at the moment it became known.

        For the scheduled job: nothing else may be told of the visit that would link them.
        """
        if self._are_awaited():
            since = fields.Datetime.now() - LATE
            self.search([("create_date", ">=", since)])._adopt_appointments()

    # ------------------------------------------------------------------
    # business events
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        tellers = {EVENT: self._integration_event, TRANSFER: self._integration_transfer}
        if contract_code not in tellers:
            return super()._integration_snapshots(contract_code)
        return {
            visit.id: Snapshot(
                data=tellers[contract_code](visit),
                company_id=visit.company_id.id,
                subject="",  # its name is the visit number
            )
            for visit in self
        }

    @api.model
    def _integration_event(self, visit):
        """A visit as ``ehr.encounter_event`` 1.0.0: nothing of the patient but the visit."""
        return {
            **self._integration_transfer(visit),
            "status": visit.state,
            "class": visit.encounter_class or "other",
            "service": visit.service or None,
            "admitted_at": _moment(visit.admitted_at),
            "discharged_at": _moment(visit.discharged_at),
        }

    @api.model
    def _integration_transfer(self, visit):
        """A visit as ``ehr.encounter_transfer`` 1.0.0: where the patient is."""
        return {
            "visit": clinical.identifier(visit.visit_number, visit.visit_assigner),
            "location": visit.location_id._integration_place(),
        }


def _moment(moment):
    return rfc3339(moment) if moment else None
