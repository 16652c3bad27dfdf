from odoo import models

from ..tools import census_told


class IntegrationHandlerEhrAppointmentState(models.AbstractModel):
    """An appointment by systems that keep it as a record: each version says all of it.

    What is done with it is what is done with any message about an appointment, so one that two
    feeds tell of is one, if both name its number alike.
    """

    _name = "integration.handler.ehr_appointment_state"
    _inherit = ["ehr.state.handler", "integration.handler.ehr_appointment"]
    _description = "Appointment as it stands"

    _contract = "ehr.appointment_state"
    _batch_size = 100
    _aliased = ("place",)

    def _process_batch(self, messages):
        book, now = self._book(messages), self._now()
        documents = [data for _received, data in messages]
        patients = book.patients(data.get("patient") for data in documents)
        staff = book.staff(one for data in documents for one in data.get("staff", ()))
        told = []
        for received, data in messages:
            version = book.version(received, data, now)
            told.append((received, self._as_event(book, data, patients, staff)))
            book.note(data["record"], "appointment", version=version)
        handler = self.env["integration.handler.ehr_appointment"]
        touched = handler._process_batch(told)
        for data, record in zip(documents, touched, strict=True):
            book.note(data["record"], "appointment", self.env[record._name].browse(record.id))
        book.store()
        return touched

    def _as_event(self, book, data, patients, staff):
        """The message of the contract ``ehr.appointment`` that says the same."""
        event = {
            "event": "modify",
            "occurred_at": data["recorded_at"],
            "filler": data["number"],
            "status": data["status"],
            "type": data.get("type"),
            "placer_order": data.get("order"),
            "resources": [
                *({"kind": "service", "code": code} for code in data.get("services", ())),
                *(self._place_of(book, one) for one in data.get("places", ())),
                *(self._person_of(staff[id(one)]) for one in data.get("staff", ())),
            ],
        }
        if "start" in data:
            event["start"] = data["start"]
        if "minutes" in data and "end" not in data:
            event["minutes"] = data["minutes"]
        elif "end" in data:
            event["end"] = data["end"]
        if reference := data.get("patient"):
            event["patient_id"] = patients[id(reference)].id
            if census_told.read_identifier(reference):
                event["patient"] = {
                    name: reference[name] for name in ("number", "assigner") if name in reference
                }
        return event

    def _place_of(self, book, reference):
        place = book.meant(reference, "place")
        if place._name != "ehr.location":
            raise book.unknown(reference, "place")
        pieces = {
            piece: place[piece]
            for piece in ("facility", "point_of_care", "room", "bed")
            if place[piece]
        }
        return {"kind": "location", "location": pieces}

    def _person_of(self, staff):
        number = {
            "number": staff.number,
            **({"assigner": staff.assigner} if staff.assigner else {}),
        }
        return {"kind": "provider", "provider": number}
