from datetime import datetime, time

from odoo.tests import HttpCase, new_test_user, tagged

from .test_appointment import AppointmentCase

MANAGER = "integration_ehr_bridge.group_census_manager"
READER = "integration_ehr_bridge.group_census_user"


@tagged("post_install", "-at_install")
class TestScheduleUi(AppointmentCase, HttpCase):
    def book_today(self, number, **members):
        """An appointment at noon of this day, by UTC."""
        start = datetime.combine(self.now.date(), time(12))
        document = self.book(start=f"{start.isoformat()}Z", **members)
        self.assert_done(self.bring(document | {"filler": {"number": number}}))

    def play(self, tour, groups):
        """Play a tour as somebody of the census, whose clock shows UTC."""
        new_test_user(self.env, "tour.census", groups, tz="UTC")
        self.env.flush_all()
        self.start_tour("/odoo/census-beds", f"integration_ehr_bridge_{tour}", login="tour.census")

    def test_appointments(self):
        self.visit("V-1")
        place = {"point_of_care": "OR1"}
        visit = {"number": "V-1"}
        self.book_today("F-1", visit=visit, resources=[{"kind": "location", "location": place}])
        self.book_today("F-2", visit=visit, resources=[{"kind": "location", "location": place}])
        off = self.event("cancel", -50) | {"filler": {"number": "F-2"}}
        self.assert_done(self.bring(off))
        self.play("schedule", READER)

    def test_payers(self):
        self.env["ehr.payer"].search([]).unlink()
        self.play("payers", MANAGER)
        payer = self.env["ehr.payer"].search([])
        self.assertEqual((payer.code, payer.name), ("AOK", "AOK Nordost"))

    def test_a_patient_is_found_by_record_number(self):
        self.visit("V-1", patient="4711")
        self.play("look_up", MANAGER)
        looks = self.env["integration.audit.entry"].search([("act", "=", "look_up")])
        self.assertEqual(set(looks.mapped("actor_login")), {"tour.census"})
        self.assertEqual(
            set(looks.mapped("res_model")), {"res.company", "ehr.patient"}, "both looks are kept"
        )
