"""Numbers of appointments that are those of a visit, or of a patient's record."""

from pathlib import Path

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.tests import upgrading

from .test_appointment import AppointmentCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"
PATIENT = {"number": "004711", "assigner": "H"}
VISIT = {"number": "V100"}


@tagged("post_install", "-at_install")
class TestNumbersInClear(AppointmentCase):
    def all_of(self):
        self.env.invalidate_all()
        return self.env["ehr.appointment"].search([])

    def assert_nowhere_in_clear(self, *numbers):
        self.env.flush_all()
        self.env.cr.execute("SELECT to_jsonb(a)::text FROM ehr_appointment a")
        rows = "".join(row[0] for row in self.env.cr.fetchall())
        for number in numbers:
            self.assertNotIn(number, rows)

    def numbered(self, kind="book", **members):
        """A message about an appointment that has the number of its visit."""
        return {**getattr(self, kind)(), "filler": {"number": "V100"}, **members}

    # -- the patient's -----------------------------------------------------------------------

    def test_a_record_number_as_any_number_of_it(self):
        for members in (
            {"filler": {"number": "004711"}},
            {"filler": {"number": "4711", "assigner": "ELSEWHERE"}},
            {"placer": {"number": "4711"}},
            {"placer_order": "4711"},
            {"filler_order": "004711"},
        ):
            message = self.bring({**self.book(patient=PATIENT), **members})
            self.assert_quarantined(message, "appointment_is_record_number")
            self.assertNotIn("4711", message.error_message)
        self.assertFalse(self.all_of())

    def test_of_a_patient_whom_the_visit_names(self):
        self.visit("V1", "4711")
        message = self.bring(self.book(visit={"number": "V1"}) | {"filler": {"number": "4711"}})
        self.assert_quarantined(message, "appointment_is_record_number")

    def test_of_a_patient_whom_the_appointment_names(self):
        self.bring(self.book(patient=PATIENT))
        message = self.bring(self.event("modify", -50, placer={"number": "004711"}))
        self.assert_quarantined(message, "appointment_is_record_number")

    def test_of_a_record_that_was_retired(self):
        patients = self.env["ehr.patient"]._resolve([("H", "old"), ("H", "004711")])
        kept, retired = patients["H", "004711"], patients["H", "old"]
        retired.write({"merged_into_id": kept.id, "active": False})
        message = self.bring(self.book(patient=PATIENT) | {"filler": {"number": "old"}})
        self.assert_quarantined(message, "appointment_is_record_number")

    def test_of_another_patient(self):
        """Numbers meet by chance: only those of the same patient are compared."""
        self.env["ehr.patient"]._resolve([("H", "A1")])
        self.assert_done(self.bring(self.book(patient=PATIENT)))
        self.assertEqual(self.known().filler_number, "A1")

    # -- the visit's -------------------------------------------------------------------------

    def test_the_number_of_the_visit(self):
        visit = self.visit("V100", "4711")
        self.assert_done(self.bring(self.numbered(visit=VISIT, placer={"number": "00v100"})))
        one = self.all_of()
        self.assertEqual(one.encounter_id, visit)
        self.assertEqual((one.filler_number, one.placer_number), (False, False))
        self.assert_nowhere_in_clear("V100", "v100")
        reader = new_test_user(self.env, "reads", "integration_ehr_bridge.group_census_user")
        shown = one.with_user(reader)
        self.assertEqual(shown.display_name, f"SURGERY {visit.reference}")
        self.assertTrue(shown.numbered_as_visit)
        told = one._integration_event()
        self.assertEqual(told["appointment"]["filler"]["number"], "V100", "it is told besides")

    def test_it_is_found_again_without_its_visit(self):
        self.bring(self.numbered(visit=VISIT))
        later = self.event("cancel", -50) | {"filler": {"number": "V100"}}
        self.assert_done(self.bring(later))
        one = self.all_of()
        self.assertEqual(one.status, "cancelled")
        self.assertEqual(one.display_name, "SURGERY", "its visit is not known")
        self.assert_nowhere_in_clear("V100")
        self.assertEqual(one._integration_event()["appointment"]["filler"], None)

    def test_in_one_transaction(self):
        """The first makes the pseudonym by which the second is found."""
        cancel = self.event("cancel", -50) | {"filler": {"number": "V100"}}
        self.assert_done(self.bring_all([self.numbered(visit=VISIT), cancel]))
        self.assertEqual(self.all_of().status, "cancelled")
        self.assert_nowhere_in_clear("V100")

    def test_the_number_of_the_request(self):
        asked = {**self.book(visit=VISIT), "placer": {"number": "V100"}}
        del asked["filler"]
        self.assert_done(self.bring(asked))
        booked = self.event("modify", -50, placer={"number": "V100"}, reason_code="R")
        self.assert_done(self.bring(booked))
        one = self.all_of()
        self.assertEqual((one.filler_number, one.placer_number), ("A1", False))
        self.assert_nowhere_in_clear("V100")

    def test_a_visit_that_is_known_of_the_patient(self):
        self.visit("V100", "4711")
        self.assert_done(self.bring(self.numbered(patient={"number": "4711"})))
        self.assert_nowhere_in_clear("V100")

    def test_it_turns_out_later(self):
        self.assert_done(self.bring(self.numbered()))
        self.assertEqual(self.all_of().filler_number, "V100", "nothing says whose number it is")
        said = self.event("modify", -50, visit=VISIT) | {"filler": {"number": "V100"}}
        self.assert_done(self.bring(said))
        self.assertEqual(len(self.all_of()), 1)
        self.assert_nowhere_in_clear("V100")

    def test_orders_with_the_number_of_the_visit(self):
        said = self.book(visit=VISIT, placer_order="V100", filler_order="O2")
        self.assert_done(self.bring(said))
        self.assertEqual((self.known().placer_order, self.known().filler_order), (False, "O2"))
        self.assert_nowhere_in_clear("V100")

    # -- what was kept before ----------------------------------------------------------------

    def test_upgrade(self):
        visit = self.visit("V100", "4711")
        appointments = self.env["ehr.appointment"].create(
            [
                {"filler_number": "V100", "filler_assigner": "PARTNER", "encounter_id": visit.id},
                {"filler_number": "X1", "placer_number": "4711", "patient_id": visit.patient_id.id},
                {"filler_number": "X2", "filler_order": "V100", "patient_id": visit.patient_id.id},
                {"filler_number": "X3"},
            ]
        )
        script = upgrading.script("19.0.1.1.0", "post-appointment_numbers", MIGRATIONS)
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.assert_nowhere_in_clear("V100", "4711")
        self.env.invalidate_all()
        self.assertEqual(appointments.mapped("filler_number"), [False, "X1", "X2", "X3"])
        later = self.event("cancel", -50) | {"filler": {"number": "V100"}}
        self.assert_done(self.bring(later))
        self.assertEqual(appointments[0].status, "cancelled")
