"""A patient is found by record number by few people, one at a time, and that is written down."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .census_case import CensusCase

NUMBER = "CNRY4711"
MANAGER = "integration_ehr_bridge.group_census_manager"
READER = "integration_ehr_bridge.group_census_user"
VIEWER = "integration_core.group_clinical_viewer"


@tagged("post_install", "-at_install")
class TestPatientLookup(CensusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.patient = cls.env["ehr.patient"]._resolve([("", NUMBER)])["", NUMBER]
        cls.manager = new_test_user(cls.env, "ehr.lookup.manager", MANAGER)

    def look(self, number=NUMBER, reason="ward asks", user=None):
        model = self.env["ehr.patient.lookup"].with_user(user or self.manager)
        return model.create({"number": number, "reason": reason})

    def entries(self):
        self.env.flush_all()
        return self.env["integration.audit.entry"].search([("act", "=", "look_up")])

    def test_found_and_told(self):
        action = self.look().action_open_found()
        self.assertEqual((action["res_model"], action["res_id"]), ("ehr.patient", self.patient.id))
        entry = self.entries()
        self.assertEqual((entry.res_model, entry.res_id), ("ehr.patient", self.patient.id))
        self.assertEqual((entry.actor_id, entry.reason), (self.manager.id, "ward asks"))
        looked = self.look(f" {NUMBER} ")
        self.assertEqual(looked.patient_ids, self.patient)
        self.assertEqual(len(self.entries()), 2)

    def test_the_number_is_stored_nowhere(self):
        look = self.look()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(look.number)
        self.assertNotIn(NUMBER, str(look.read()))
        self.assertNotIn(NUMBER, str(self.entries().read()))
        self.assertFalse(self.env["ehr.patient"]._fields.get("record_number"))

    def test_nobody_is_told_as_well(self):
        for number in (NUMBER[:-1], "%", "CNRY471_"):
            look = self.look(number)
            self.assertFalse(look.patient_ids)
            with self.assertRaises(UserError):
                look.action_open_found()
        self.assertEqual(self.entries().mapped("res_model"), ["res.company"] * 3)

    def test_a_look_again_is_a_look(self):
        look = self.look("NOBODY")
        look.write({"number": NUMBER})
        self.assertEqual(look.patient_ids, self.patient)
        self.assertEqual(len(self.entries()), 2)
        look.write({"number": "NOBODY"})
        self.assertFalse(look.patient_ids)

    def test_a_reason_is_given_and_does_not_tell_the_number(self):
        for reason in ("", "  ", False, f"who is {NUMBER.lower()}?"):
            with self.assertRaises(UserError):
                self.look(reason=reason)
        self.assertFalse(self.entries())

    def test_one_at_a_time(self):
        model = self.env["ehr.patient.lookup"].with_user(self.manager)
        with self.assertRaises(UserError):
            model.create([{"number": str(number), "reason": "all"} for number in range(2)])
        looks = self.look() + self.look()
        with self.assertRaises(ValueError):
            looks.write({"number": NUMBER})

    def test_nobody_says_whom_it_found(self):
        model = self.env["ehr.patient.lookup"].with_user(self.manager)
        look = model.create({"reason": "x", "patient_ids": [(6, 0, self.patient.ids)]})
        self.assertFalse(look.patient_ids)

    def test_who_may_look(self):
        reader = new_test_user(self.env, "ehr.lookup.reader", READER)
        with self.assertRaises(AccessError):
            self.look(user=reader)
        viewer = new_test_user(self.env, "ehr.lookup.viewer", f"{VIEWER},{READER}")
        self.assertEqual(self.look(user=viewer).patient_ids, self.patient)
        outside = new_test_user(self.env, "ehr.lookup.outside", VIEWER)
        with self.assertRaises(AccessError):
            self.look(user=outside)
        self.assertEqual(self.entries().mapped("actor_id"), [viewer.id])

    def test_patients_of_other_companies_are_not_found(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.env["ehr.patient"]._resolve([("", "ELSEWHERE")], other)
        self.assertFalse(self.look("ELSEWHERE").patient_ids)
