from datetime import datetime

from odoo.tests import tagged

from .fhir_feed_case import BOOKINGS, STAFF, FhirFeedCase, coded, moment, mrn


@tagged("post_install", "-at_install")
class TestFhirSchedule(FhirFeedCase):
    def appointment(self, **more):
        return {
            "resourceType": "Appointment", "id": "app-1", "status": "booked",
            "identifier": [{"system": BOOKINGS, "value": "A1"}],
            "start": moment("12:00"), "end": moment("12:45"),
            "appointmentType": coded("SURGERY"), "serviceType": [coded("HIP")],
            "description": "Canary", "comment": "Canary",
            "participant": [
                {"actor": {"reference": "Patient/p1", "identifier": mrn("4712")}},
                {"actor": {"reference": "Location/ward-3W"}},
                {"actor": {"type": "Practitioner",
                           "identifier": {"system": STAFF, "value": "D1"}}},
            ],
            **more,
        }  # fmt: skip

    def test_appointments(self):
        self.places()
        self.assert_done(self.arrive(self.version(self.appointment(), 1, "07:00")))
        found = self.env["ehr.appointment"].search([("filler_number", "=", "A1")])
        self.assertEqual((found.status, found.minutes), ("booked", 45))
        self.assertEqual(found.start_at, datetime(2025, 3, 2, 11))
        self.assertEqual((found.type_code, found.location_id.code), ("SURGERY", "3W"))
        self.assertEqual(found.staff_id.number, "D1")
        self.assertEqual(found.resource_ids.mapped("code"), ["HIP", False, False])
        known = self.env["ehr.patient"]._resolve([("MAIN", "4712")])["MAIN", "4712"]
        self.assertEqual(found.patient_id, known)
        gone = self.version(self.appointment(status="cancelled"), 3, "08:00")
        late = self.version(self.appointment(start=moment("13:00")), 2, "07:30")
        self.assert_done(self.arrive(gone))
        self.assert_put_aside(self.arrive(late), "older_version", "filtered")
        self.assertEqual((found.status, found.start_at.hour), ("cancelled", 11))

    def test_the_visit_of_an_appointment(self):
        self.places()
        self.assert_done(self.arrive(self.version(self.appointment(), 1, "07:00")))
        found = self.env["ehr.appointment"].search([("filler_number", "=", "A1")])
        name = f"Appointment/{self.appointment()['id']}"
        named = [{"reference": name}, {"reference": "Appointment/never-told"}]
        other = self.encounter("V9", appointment=named)
        self.assert_done(self.arrive(self.version(other, 1, "08:05")))
        self.assertFalse(found.encounter_id, "it is another patient's")
        mine = self.encounter("V2", appointment=named, subject={"identifier": mrn("4712")})
        self.assert_done(self.arrive(self.version(mine, 1, "08:05")))
        self.assertEqual(found.encounter_id, self.visit("V2"))

    def test_an_appointment_of_several_patients_is_put_aside(self):
        self.places()
        several = self.appointment()
        several["participant"].append({"actor": {"reference": "Patient/p2"}})
        self.assert_put_aside(self.arrive(self.version(several, 1, "07:00")), "several_values")

    def test_schedules_and_slots(self):
        self.places()
        slot = {
            "resourceType": "Slot", "id": "slot-1", "status": "free",
            "schedule": {"reference": "Schedule/s1"},
            "start": moment("12:00"), "end": moment("12:30"),
        }  # fmt: skip
        early = self.arrive(self.version(slot, 1, "07:10"))
        self.assert_put_aside(early, "unknown_reference", "retry")
        schedule = {
            "resourceType": "Schedule", "id": "s1", "serviceType": [coded("ORTHO")],
            "actor": [{"reference": "Location/ward-3W"},
                      {"type": "Practitioner", "identifier": {"system": STAFF, "value": "D1"}}],
            "planningHorizon": {"start": moment("07:00"), "end": moment("18:00")},
        }  # fmt: skip
        self.assert_done(self.arrive(self.version(schedule, 1, "07:00")))
        self.drain(self.feed)
        early.invalidate_recordset()
        self.assert_done(early)
        found = self.env["ehr.slot"].search([])
        self.assertEqual((found.status, found.schedule_id.service), ("free", "ORTHO"))
        self.assertEqual(found.schedule_id.staff_ids.number, "D1")
        self.assert_done(self.arrive(self.version(slot, 2, "07:20", status="busy-unavailable")))
        self.assertEqual(found.status, "blocked")
        self.assert_put_aside(self.arrive(self.version(slot, 1, "07:15")), "key_reused")
        wrong = self.version({**slot, "id": "slot-2"}, 1, "07:20", end=moment("11:00"))
        self.assert_put_aside(self.arrive(wrong), "ends_before")
