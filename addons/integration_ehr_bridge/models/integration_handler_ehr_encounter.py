from odoo import models

from ..engine.census_visits import Entry
from ..tools import census_told
from ..tools.census_history import Event


class IntegrationHandlerEhrEncounter(models.AbstractModel):
    """Where patients are: admissions, transfers, discharges, and what undoes them."""

    _name = "integration.handler.ehr_encounter"
    _inherit = "integration.handler.ehr"
    _description = "Visit: admission, transfer, discharge"

    _contract = "ehr.encounter"
    _batch_size = 200

    def _process_batch(self, messages):
        now = self._now()
        told = [census_told.read_encounter(data, now) for _received, data in messages]
        self.env["ehr.payer"]._require_known({one.facts.get("payer") for one in told} - {None})
        patients = self._patients(one.patient for one in told)
        staff = self.env["ehr.staff"]._resolve([one.attending for one in told if one.attending])
        places = self.env["ehr.location"]._resolve(
            place for one in told for place in one.places.values() if place
        )
        entries = [
            Entry(one.visit, self._event(received, one, patients, staff, places), received)
            for one, (received, _data) in zip(told, messages, strict=True)
        ]
        census = self._census()
        census.apply(entries, by_message=True)
        census.store()
        return [self._touched(census.visit(one.visit), one.event) for one in entries]

    def _event(self, received, told, patients, staff, places):
        facts = dict(told.facts)
        if told.patient:
            facts["patient"] = patients[told.patient].id
        if told.attending:
            facts["attending"] = staff[told.attending].id
        for name, place in told.places.items():
            facts[name] = places[place].id if place else None
        return Event(told.kind, told.occurred_at, told.recorded_at, facts, arrived=received.arrived)

    def _touched(self, visit, event):
        """The visit, which remembers the event that this message brought (:meth:`_along_with`)."""
        return visit.record.with_context(ehr_move_ids=visit.moves[event.digest].ids)

    def _along_with(self, record):
        """The event first: it is due to this message alone."""
        requests = self.env["ehr.housekeeping"].search([("encounter_id", "=", record.id)])
        return (
            self.env["ehr.move"].browse(record.env.context.get("ehr_move_ids", ())),
            record.location_id,
            record.move_ids.from_id,
            record.patient_id,
            record.attending_id,
            record.appointment_ids,
            requests,
        )
