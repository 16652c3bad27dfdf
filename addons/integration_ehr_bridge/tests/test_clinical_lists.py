from psycopg2 import IntegrityError

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .list_case import ListCase, StaffListCase


@tagged("post_install", "-at_install")
class TestStaffList(StaffListCase):
    def test_added_and_changed(self):
        message = self.list(self.record(role="SURGEON", department="SURG"))
        self.assert_done(message)
        one = self.known()
        self.assertEqual((one.role, one.department, one.active), ("SURGEON", "SURG", True))
        self.assertEqual((message.res_model, message.res_id), ("ehr.staff", one.id))
        self.list(self.record("update", department=None, specialty="ORTHO"))
        self.assertEqual((one.role, one.department, one.specialty), ("SURGEON", False, "ORTHO"))

    def test_an_update_of_somebody_unknown_adds_him(self):
        self.assert_done(self.list(self.record("update", role="NURSE")))
        self.assertEqual(self.known().role, "NURSE")

    def test_out_of_use_and_back(self):
        self.list(self.record())
        one = self.known()
        for action, active in (
            ("deactivate", False),
            ("reactivate", True),
            ("delete", False),
            ("update", False),
            ("add", False),
        ):
            with self.subTest(action):
                self.assert_done(self.list(self.record(action)))
                self.assertEqual(self.known(), one)
                self.assertEqual(one.active, active)
        self.list(self.record("update", active=True))
        self.assertTrue(self.known().active)

    def test_of_somebody_unknown(self):
        for action in ("deactivate", "reactivate"):
            message = self.list(self.record(), self.record(action, "D9"))
            self.assert_quarantined(message, "unknown_staff")
            self.assertIn("Record 2 of the list", message.error_message)
            self.assertFalse(self.known(), "all or none")
        self.assert_done(self.list(self.record("delete", "D9")))
        self.assertFalse(self.known("D9"))

    def test_late_facts_only_complete(self):
        self.list(self.record(role="SURGEON", effective_at=self.moment(-10)))
        self.list(self.record("deactivate", effective_at=self.moment(-20)))
        late = self.record("update", role="NURSE", specialty="X", effective_at=self.moment(-30))
        self.list(late)
        one = self.known()
        self.assertEqual((one.role, one.specialty, one.active), ("SURGEON", "X", False))

    def test_named_twice_is_applied_in_turn(self):
        at = {"effective_at": self.moment(-5)}
        self.list(self.record("delete", **at), self.record("add", role="A", active=True, **at))
        self.assertTrue(self.known().active)

    def test_names_and_birth_dates_are_refused(self):
        message = self.list(self.record(name="Doe"))
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        fields = self.env["ehr.staff"]._fields
        self.assertFalse([name for name in fields if "birth" in name or name == "name"])

    def test_entered_by_a_person(self):
        form = Form(self.env["ehr.staff"])
        form.number = "D7"
        one = form.save()
        self.assertEqual(one.assigner, "", "a number without an assigner is there once")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["ehr.staff"].create({"number": "D7", "assigner": False})

    def test_of_another_company(self):
        self.list(self.record())
        other = self.env["res.company"].create({"name": "Another hospital"})
        theirs = self.known().copy({"company_id": other.id})
        self.list(self.record("delete"))
        self.assertEqual(theirs.active, True)

    def test_what_another_system_owns_is_not_taken_over(self):
        self.list(self.record(role="SURGEON"))
        one = self.known()
        self.own_roles()
        message = self.list(self.record("update", role="NURSE"))
        self.assertEqual(message.state, "quarantined", message.error_message)
        self.assertEqual(one.role, "SURGEON")
        self.assert_done(self.list(self.record("update", specialty="ORTHO")))
        self.assertEqual(one.specialty, "ORTHO", "what nobody else owns")


@tagged("post_install", "-at_install")
class TestLocationList(ListCase):
    handler = "integration.handler.ehr_location_list"

    WARD = {"facility": "MAIN", "point_of_care": "4W"}
    ROOM = {**WARD, "room": "401"}
    BED = {**ROOM, "bed": "A"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.env["account.analytic.plan"].create({"name": "Wards"})
        cls.cardiology, cls.closed = cls.env["account.analytic.account"].create(
            [
                {"name": "Cardiology", "code": "4100", "plan_id": plan.id},
                {"name": "Closed", "code": "4200", "plan_id": plan.id, "active": False},
            ]
        )

    def record(self, location, action="add", **members):
        return {"action": action, "location": location, **members}

    def known(self, location):
        self.env.invalidate_all()
        return (
            self.env["ehr.location"]
            .with_context(active_test=False)
            .search(
                [
                    (name, "=", location.get(name, ""))
                    for name in ("facility", "point_of_care", "room", "bed")
                ]
            )
        )

    def test_a_ward_with_its_parts(self):
        message = self.list(
            self.record(self.WARD, cost_centre="4100"),
            self.record(self.ROOM, parent=self.WARD),
            self.record(self.BED),
            self.record({"point_of_care": "OR", "room": "2"}, kind="theatre"),
        )
        self.assert_done(message)
        ward, room, bed = map(self.known, (self.WARD, self.ROOM, self.BED))
        self.assertEqual((ward.kind, room.kind, bed.kind), ("unit", "room", "bed"))
        self.assertEqual((room.parent_id, bed.parent_id), (ward, room))
        self.assertEqual(ward.analytic_account_id, self.cardiology)
        self.assertEqual(self.known({"point_of_care": "OR", "room": "2"}).kind, "theatre")

    def test_all_or_none(self):
        message = self.list(
            self.record(self.WARD), self.record(self.BED, parent={"point_of_care": "NOWHERE"})
        )
        self.assert_quarantined(message, "unknown_parent")
        self.assertIn("Record 2 of the list", message.error_message)
        self.assertFalse(self.known(self.WARD))

    def test_cost_centre(self):
        for code in ("9999", "4200"):
            message = self.list(self.record(self.WARD, cost_centre=code))
            self.assert_quarantined(message, "unknown_cost_centre")
        self.cardiology.copy({"code": "4100"})
        message = self.list(self.record(self.WARD, cost_centre="4100"))
        self.assert_quarantined(message, "cost_centre_ambiguous")
        self.env["integration.record.link"]._link(self.system.id, self.cardiology, "4100")
        self.list(self.record(self.WARD, cost_centre="4100"))
        self.assertEqual(self.known(self.WARD).analytic_account_id, self.cardiology)
        self.list(self.record(self.WARD, "update", kind="clinic"))
        self.assertEqual(self.known(self.WARD).analytic_account_id, self.cardiology)
        self.list(self.record(self.WARD, "update", cost_centre=None))
        self.assertFalse(self.known(self.WARD).analytic_account_id)

    def test_cost_centre_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.cardiology.company_id = other
        message = self.list(self.record(self.WARD, cost_centre="4100"))
        self.assert_quarantined(message, "unknown_cost_centre")

    def test_not_part_of_itself(self):
        self.list(self.record(self.WARD), self.record(self.ROOM), self.record(self.BED))
        message = self.list(self.record(self.WARD, "update", parent=self.BED))
        self.assert_quarantined(message, "location_cycle")
        message = self.list(self.record(self.WARD, "update", parent=self.WARD))
        self.assert_quarantined(message, "location_cycle")

    def test_out_of_use_and_back(self):
        self.list(self.record(self.WARD))
        ward = self.known(self.WARD)
        for action, active in (("delete", False), ("reactivate", True), ("deactivate", False)):
            self.assert_done(self.list(self.record(self.WARD, action)))
            self.assertEqual(self.known(self.WARD), ward)
            self.assertEqual(ward.active, active)
        self.assert_quarantined(self.list(self.record(self.BED, "reactivate")), "unknown_location")
        self.assert_done(self.list(self.record(self.BED, "delete")))
        self.assertFalse(self.known(self.BED))

    def test_nobody_lies_in_a_closed_ward(self):
        self.list(self.record(self.WARD), self.record(self.ROOM), self.record(self.BED))
        visit = self.visit("V1", location_id=self.known(self.BED).id)
        message = self.list(self.record(self.WARD, "deactivate"))
        self.assert_quarantined(message, "location_occupied")
        self.assertTrue(self.known(self.WARD).active)
        visit.state = "discharged"
        self.assert_done(self.list(self.record(self.WARD, "deactivate")))
        self.assertFalse(self.known(self.WARD).active)

    def test_another_hospitals_places_stay_as_they_are(self):
        theirs = {"point_of_care": "4W"}
        self.list(self.record(theirs, cost_centre="4100"))
        self.assert_done(self.list(self.record(self.WARD, kind="clinic"), self.record(self.ROOM)))
        self.assert_done(self.list(self.record(self.WARD, "delete")))
        place = self.known(theirs)
        self.assertEqual((place.kind, place.active), ("unit", True))
        self.assertEqual(place.analytic_account_id, self.cardiology)
        self.assertEqual(self.known(self.ROOM).parent_id, self.known(self.WARD))
        self.assert_done(self.list(self.record({"point_of_care": "5W"}, "delete")))
        self.assert_done(self.list(self.record({**self.WARD, "point_of_care": "5W"})))
        self.assert_done(self.list(self.record({"point_of_care": "5W"}, "delete")))
        self.assertTrue(self.known({**self.WARD, "point_of_care": "5W"}).active)

    def test_late_facts_do_not_replace_newer_ones(self):
        self.list(self.record(self.WARD, kind="clinic", effective_at=self.moment(-10)))
        self.list(self.record(self.WARD, "update", kind="unit", effective_at=self.moment(-20)))
        self.assertEqual(self.known(self.WARD).kind, "clinic")
