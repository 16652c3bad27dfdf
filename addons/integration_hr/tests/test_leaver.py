from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import HrCase


@tagged("post_install", "-at_install")
class TestLeaver(HrCase):
    """A departure from its announcement to the last day, and what undoes it."""

    def in_days(self, days):
        return fields.Date.add(self.today, days=days)

    def run_cron_in(self, days):
        """The scheduled job, so many days later."""
        self.patch(
            type(self.env["hr.employee"]), "_integration_today", lambda _one: self.in_days(days)
        )
        self.patch(fields.Date, "today", staticmethod(lambda *_args: self.in_days(days)))
        with self.enter_registry_test_mode():
            self.env.ref("integration_hr.ir_cron_leavers").method_direct_trigger()
        self.env.invalidate_all()

    def test_today(self):
        employee = self.employee(start_date="2026-01-01")
        subordinate = self.employee("101", name="Lea", manager="100")
        self.assert_done(self.leave(0, reason="resigned"))
        leaver = self.leaver(employee)
        self.assertFalse(employee.active)
        self.assertEqual(employee.departure_date, self.today)
        self.assertEqual(employee.departure_reason_id, self.env.ref("hr.departure_resigned"))
        self.assertEqual(employee.contract_date_end, self.today)
        self.assertEqual((leaver.state, leaver.access_state), ("left", "none"))
        self.assertFalse(subordinate.parent_id)
        self.assertEqual(leaver.subordinate_names, "Lea")
        self.assertEqual(leaver.system_id, self.system)

    def test_future_waits_for_the_day(self):
        employee = self.employee()
        self.assert_done(self.leave(14))
        self.assertTrue(employee.active)
        self.assertEqual(
            (employee.leaver_state, employee.leaver_last_day), ("planned", self.in_days(14))
        )
        self.assertFalse(employee.departure_date)
        self.run_cron_in(13)
        self.assertTrue(employee.active)
        self.run_cron_in(14)
        self.assertFalse(employee.active)
        self.assertEqual(employee.departure_date, self.in_days(14))
        self.assertEqual(employee.leaver_state, "left")

    def test_the_latest_counts(self):
        employee = self.employee()
        self.leave(14)
        self.assert_done(self.leave(21, reason="retired"))
        leaver = self.leaver(employee)
        self.assertEqual(len(leaver.search([("employee_id", "=", employee.id)])), 1)
        self.assertEqual(leaver.last_day, self.in_days(21))
        self.run_cron_in(14)
        self.assertTrue(employee.active)

    def test_the_later_decision_counts_whatever_arrives_first(self):
        employee = self.employee()
        self.leave(21, issued_at="2026-11-02T10:00:00Z")
        self.assert_done(self.leave(14, issued_at="2026-11-01T10:00:00+01:00"))
        leaver = self.leaver(employee)
        self.assertEqual(leaver.last_day, self.in_days(21))
        self.assertIn("not followed", leaver.message_ids[0].body)
        self.bring("leaver", number="100", cancelled=True, issued_at="2026-11-01T11:00:00Z")
        self.assertEqual(leaver.state, "planned")

    def test_a_decision_of_the_future_does_not_silence_those_to_come(self):
        employee = self.employee()
        for moment, code in (
            ("2099-11-01T10:00:00Z", "moment_in_future"),
            ("9999-12-31T23:59:59-05:00", "no_such_moment"),
        ):
            self.assert_quarantined(self.leave(21, issued_at=moment), code, "contract")
        self.assertFalse(employee.leaver_id)

    def test_withdrawn_before_the_day(self):
        employee = self.employee()
        self.leave(14)
        self.assert_done(self.bring("leaver", number="100", cancelled=True))
        self.assertEqual(self.leaver(employee).state, "withdrawn")
        self.assertFalse(employee.leaver_id)
        self.run_cron_in(14)
        self.assertTrue(employee.active)
        self.assert_done(self.bring("leaver", number="100", cancelled=True))
        self.leave(30)
        self.assertEqual(employee.leaver_last_day, self.in_days(30))

    def test_withdrawn_after_the_day_undoes(self):
        employee = self.employee(start_date="2026-01-01", end_date="2027-01-31")
        subordinate = self.employee("101", name="Lea", manager="100")
        moved = self.employee("102", name="Tom", manager="100")
        self.leave(0)
        moved.parent_id = subordinate
        self.assert_done(self.bring("leaver", number="100", cancelled=True))
        self.assertTrue(employee.active)
        self.assertFalse(employee.departure_date)
        self.assertEqual(employee.contract_date_end, fields.Date.to_date("2027-01-31"))
        self.assertEqual(subordinate.parent_id, employee)
        self.assertEqual(moved.parent_id, subordinate, "somebody decided otherwise meanwhile")

    def test_another_day_after_the_departure(self):
        employee = self.employee()
        self.leave(0)
        self.assert_done(self.leave(5))
        self.assertTrue(employee.active)
        self.assertEqual(employee.leaver_state, "planned")
        self.assertEqual(employee.leaver_last_day, self.in_days(5))

    def test_said_again_after_the_departure(self):
        employee = self.employee()
        self.leave(0)
        self.assert_done(self.leave(-1, reason="retired"))
        self.assertEqual(
            (employee.departure_date, employee.departure_reason_id),
            (self.in_days(-1), self.env.ref("hr.departure_retired")),
        )
        self.assertEqual(len(self.leaver(employee)), 1)

    def test_nothing_to_withdraw(self):
        self.employee()
        self.assert_quarantined(self.bring("leaver", number="100", cancelled=True), "no_departure")

    def test_unknown_people_and_reasons(self):
        self.assert_quarantined(self.leave(0, "999"), "unknown_employee")
        employee = self.employee()
        self.assert_quarantined(self.leave(0, reason="R17"), "unknown_reason")
        self.assertTrue(employee.active)
        reason = self.env["hr.departure.reason"].create(
            {"name": "End of internship", "country_id": False}
        )
        self.env["integration.record.link"]._link(self.system.id, reason, "R17")
        self.assert_done(self.leave(0, reason="R17"))
        self.assertEqual(employee.departure_reason_id, reason)

    def test_contract(self):
        self.employee()
        message = self.bring("leaver", number="100")
        self.assert_quarantined(message, "contract_violation", "contract")

    def test_before_the_first_day(self):
        employee = self.employee(start_date=fields.Date.to_string(self.in_days(-1)))
        self.assert_quarantined(self.leave(-10), "business_rule")
        self.assertTrue(employee.active)
        self.assertFalse(self.leaver(employee))

    def test_what_stands_in_the_way_on_the_day_is_told(self):
        employee, other = self.employee(), self.employee("101", name="Lea")
        self.leave(3)
        self.leave(3, "101")
        employee.write(
            {
                "contract_date_start": self.in_days(2),
                "contract_date_end": self.in_days(3),
            }
        )
        self.leaver(employee).sudo().last_day = self.in_days(1)
        self.run_cron_in(3)
        self.assertTrue(employee.active)
        self.assertIn("first day of the contract", self.leaver(employee).problem)
        self.assertFalse(other.active, "others are not held up")

    def test_an_error_of_one_departure_leaves_the_others(self):
        employee, other = self.employee(), self.employee("101", name="Lea")
        self.leave(3)
        self.leave(3, "101")
        broken = self.leaver(employee)
        carry_out = type(broken)._carry_out

        def fail_for_one(leaver):
            if leaver.employee_id == employee:
                raise KeyError("secret")
            return carry_out(leaver)

        self.patch(type(broken), "_carry_out", fail_for_one)
        with mute_logger("odoo.addons.integration_hr.models.integration_leaver"):
            self.run_cron_in(3)
        self.assertTrue(employee.active)
        self.assertIn("error of the server", broken.problem)
        self.assertFalse(other.active)

    def test_brought_back_by_hand(self):
        employee = self.employee()
        self.leave(0)
        employee.action_unarchive()
        self.assertEqual(self.leaver(employee).state, "returned")

    def test_archived_by_hand_before(self):
        employee = self.employee()
        self.leave(3)
        employee.with_context(no_wizard=True).action_archive()
        self.run_cron_in(3)
        self.assertEqual(employee.departure_date, self.in_days(3))
        self.assertEqual(employee.leaver_state, "left")

    def test_day_of_the_place(self):
        employee = self.employee()
        employee.tz = "Pacific/Auckland"
        employee.resource_calendar_id = False
        with freeze_time("2026-11-30 12:00:00"):
            self.assertEqual(employee._integration_today(), fields.Date.to_date("2026-12-01"))

    def test_people_do_not_write_departures(self):
        employee = self.employee()
        self.leave(14)
        leaver = self.leaver(employee).with_user(self.env.ref("base.user_admin"))
        for values in ({"last_day": self.today}, {"access_state": "closed"}, {"state": "left"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                leaver.write(values)
        leaver.note = "Agreed with the ward"
