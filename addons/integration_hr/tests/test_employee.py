from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import HrCase


@tagged("post_install", "-at_install")
class TestEmployee(HrCase):
    """Employees as payroll keeps them."""

    def test_new(self):
        department = self.department()
        account = self.env["account.analytic.account"].create(
            {
                "name": "Ward 4",
                "code": "4100",
                "plan_id": self.env["account.analytic.plan"].create({"name": "Cost centres"}).id,
            }
        )
        employee = self.employee(
            work_email="noor@hospital.example",
            work_phone="1",
            mobile_phone="2",
            job_title="Ward nurse",
            department="D-1",
            cost_centre="4100",
            start_date="2026-09-01",
            end_date="2027-08-31",
        )
        self.assertEqual(employee.personnel_number, "100")
        self.assertEqual(
            (employee.work_email, employee.work_phone, employee.mobile_phone),
            ("noor@hospital.example", "1", "2"),
        )
        self.assertEqual((employee.job_title, employee.department_id), ("Ward nurse", department))
        self.assertEqual(employee.cost_centre_id, account)
        self.assertEqual(
            (employee.contract_date_start, employee.contract_date_end, employee.date_version),
            tuple(map(fields.Date.to_date, ("2026-09-01", "2027-08-31", "2026-09-01"))),
        )
        self.assertEqual(employee.company_id, self.env.company)
        self.assertFalse(employee.user_id, "no account comes into being by a message")

    def test_what_is_left_out_stays_and_null_empties(self):
        employee = self.employee(work_phone="1", job_title="Nurse")
        self.employee(name="Noor Maes", job_title=None)
        self.assertEqual((employee.name, employee.work_phone), ("Noor Maes", "1"))
        self.assertFalse(employee.job_title)

    def test_the_same_again_leaves_no_trace(self):
        data = {"work_phone": "1", "job_title": "Nurse", "start_date": "2026-09-01"}
        employee = self.employee(**data)
        before = (employee.last_modified_date, len(employee.message_ids), employee.write_date)
        self.employee(**data)
        self.assertEqual(
            (employee.last_modified_date, len(employee.message_ids), employee.write_date), before
        )

    def test_never_by_name(self):
        namesake = self.env["hr.employee"].create({"name": "Noor Peeters"})
        self.assertNotEqual(self.employee(), namesake)

    def test_entered_by_hand_with_the_number(self):
        known = self.env["hr.employee"].create({"name": "Noor", "personnel_number": "100"})
        self.assertEqual(self.employee(), known)

    def test_linked_under_a_name_of_the_system(self):
        known = self.env["hr.employee"].create({"name": "Noor"})
        self.env["integration.record.link"]._link(self.system.id, known, "100")
        self.assertEqual(self.employee(), known)
        self.assertEqual(known.personnel_number, "100")

    def test_number_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        foreign = self.env["hr.employee"].create(
            {"name": "Foreign", "personnel_number": "100", "company_id": other.id}
        )
        self.assertNotEqual(self.employee(), foreign)
        self.assertEqual(foreign.name, "Foreign")

    def test_unknown_department_and_cost_centre(self):
        for member, code in (
            ("department", "unknown_department"),
            ("cost_centre", "unknown_cost_centre"),
        ):
            with self.subTest(member=member):
                message = self.bring("employee", number="100", name="Noor", **{member: "X"})
                self.assert_quarantined(message, code)
        self.assertFalse(self.env["hr.employee"].search([("personnel_number", "=", "100")]))

    def test_no_such_day(self):
        message = self.bring("employee", number="100", name="Noor", start_date="2026-02-30")
        self.assert_quarantined(message, "no_such_moment", "contract")

    def test_no_year_of_ours(self):
        message = self.bring("employee", number="100", name="Noor", start_date="0001-01-01")
        self.assert_quarantined(message, "no_such_moment", "contract")

    def test_end_without_start(self):
        message = self.bring("employee", number="100", name="Noor", end_date="2026-12-31")
        self.assert_quarantined(message, "end_without_start")

    # -- managers ----------------------------------------------------------------------------

    def test_manager_comes_later(self):
        employee = self.employee(manager="200")
        self.assertEqual((employee.parent_id.id, employee.awaited_manager), (False, "200"))
        manager = self.employee("200", name="Manager")
        self.assertEqual(employee.parent_id, manager)
        self.assertFalse(employee.awaited_manager)

    def test_awaited_manager_is_replaced_and_forgotten(self):
        employee = self.employee(manager="200")
        self.employee(manager="300")
        self.assertEqual(employee.awaited_manager, "300")
        self.employee("200", name="Not the manager")
        self.assertFalse(employee.parent_id)
        self.employee(manager=None)
        self.employee("300", name="Not the manager either")
        self.assertFalse(employee.parent_id)

    def test_manager_who_has_left(self):
        manager = self.employee("200", name="Manager")
        manager.with_context(no_wizard=True).action_archive()
        employee = self.employee(manager="200")
        self.assertEqual((employee.parent_id.id, employee.awaited_manager), (False, "200"))
        manager.action_unarchive()
        self.employee("200", name="Manager")
        self.assertEqual(employee.parent_id, manager)

    def test_own_manager(self):
        self.employee()
        message = self.bring("employee", number="100", name="Noor", manager="100")
        self.assert_quarantined(message, "own_manager")

    # -- user accounts -------------------------------------------------------------------------

    def test_address_of_an_administrator_stays(self):
        employee = self.employee(work_email="noor@hospital.example")
        employee.user_id = new_test_user(
            self.env, "noor.admin", "base.group_erp_manager", email="noor@hospital.example"
        )
        message = self.bring("employee", number="100", name="Noor", work_email="x@evil.example")
        self.assert_quarantined(message, "administrator_email")
        self.assertEqual(employee.user_id.email, "noor@hospital.example")
        self.assertEqual(self.employee(work_phone="7").work_phone, "7")

    def test_address_of_a_user_follows(self):
        employee = self.employee(work_email="noor@hospital.example")
        employee.user_id = new_test_user(self.env, "noor.user", "base.group_user")
        self.employee(work_email="noor.maes@hospital.example")
        self.assertEqual(employee.work_email, "noor.maes@hospital.example")

    # -- going and coming back -----------------------------------------------------------------

    def test_has_left(self):
        employee = self.employee(start_date="2026-01-01")
        self.employee(active=False, end_date="2026-10-31")
        self.assertFalse(employee.active)
        self.assertEqual(employee.departure_date, fields.Date.to_date("2026-10-31"))
        self.assertEqual(self.leaver(employee).state, "left")
        again = self.bring("employee", number="100", name="Noor", active=False)
        self.assert_done(again)
        self.assertEqual(len(self.leaver(employee)), 1)

    def test_has_left_and_was_never_known(self):
        message = self.bring("employee", number="100", name="Noor", active=False)
        self.assert_quarantined(message, "unknown_leaver")

    def test_data_of_before_the_departure_is_no_return(self):
        employee = self.employee(start_date="2026-01-01")
        self.assert_done(self.leave(0))
        message = self.bring(
            "employee", number="100", name="Noor", active=True, start_date="2026-01-01"
        )
        self.assert_quarantined(message, "has_left")
        self.assertFalse(employee.active)

    def test_archived_by_hand_is_taken_by_the_word(self):
        employee = self.employee()
        employee.with_context(no_wizard=True).action_archive()
        self.employee(work_phone="8")
        self.assertFalse(employee.active)
        self.employee(active=True)
        self.assertTrue(employee.active)

    def test_return_under_a_new_contract(self):
        employee = self.employee(start_date="2026-01-01", job_title="Nurse")
        self.assert_done(self.leave(0))
        start = fields.Date.add(self.today, days=10)
        data = {
            "active": True,
            "start_date": fields.Date.to_string(start),
            "job_title": "Head nurse",
        }
        self.employee(**data)
        self.assertTrue(employee.active)
        self.assertEqual(self.leaver(employee).state, "returned")
        self.assertFalse(employee.leaver_id)
        old, new = employee.version_ids.sorted("date_version")
        self.assertEqual((old.job_title, old.contract_date_end), ("Nurse", self.today))
        self.assertEqual(
            (new.job_title, new.contract_date_start, new.contract_date_end),
            ("Head nurse", start, False),
        )
        self.employee(**data)
        self.assertEqual(len(employee.version_ids), 2, "the same again makes no third contract")
        self.assertEqual(old.contract_date_start, fields.Date.to_date("2026-01-01"))
