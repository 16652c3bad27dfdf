from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import HrCase


@tagged("post_install", "-at_install")
class TestOwnership(HrCase):
    """Payroll owns phones of employees; another system says otherwise, a steward decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.register = cls.env["integration.system"].create(
            {"name": "Phone register", "code": "PHONES", "kind": "hr"}
        )
        cls.steward = new_test_user(
            cls.env, "hr.steward", "hr.group_hr_manager,integration_core.group_steward"
        )

    def own(self, *names):
        return self.env["integration.ownership"].create(
            {
                "system_id": self.register.id,
                "model_name": "hr.employee",
                "scope": "fields",
                "field_ids": [(0, 0, {"name": name}) for name in names],
                "steward_id": self.steward.id,
                "state": "approved",
            }
        )

    def disputed(self, *names, **data):
        """An employee with values that the register owns, and payroll's message about them."""
        employee = self.employee(work_phone="1", job_title="Nurse")
        self.own(*names)
        self.env.flush_all()
        message = self.bring("employee", number="100", name="Noor Maes", **data)
        conflict = self.env["integration.conflict"].search([("message_id", "=", message.id)])
        return employee, message, conflict.with_user(self.steward)

    def decide(self, conflict, choice):
        found = conflict.compare("to decide")
        conflict.decide(
            {row["field"]: choice for row in found["rows"]}, "Asked payroll", found["seen"]
        )
        self.drain(self.inbound)
        self.env.invalidate_all()

    def test_both_sides_wait_side_by_side(self):
        employee, message, conflict = self.disputed("work_phone", work_phone="2")
        self.assertEqual((message.state, message.error_class), ("quarantined", "conflict"))
        self.assertEqual((conflict.res_model, conflict.res_id), ("hr.employee", employee.id))
        (row,) = conflict.compare("to decide")["rows"]
        self.assertEqual((row["odoo"], row["proposed"]), ("1", "2"))
        self.assertEqual((employee.work_phone, employee.name), ("1", "Noor Peeters"))
        self.assertEqual(employee.integration_sync_state, "conflict")
        status = (
            self.env["integration.record.sync"]
            .with_user(self.steward)
            .status_of("hr.employee", employee.id)
        )
        self.assertEqual(status["state"], "conflict")

    def test_taken(self):
        employee, message, conflict = self.disputed("work_phone", work_phone="2")
        self.decide(conflict, "take")
        self.assertEqual((message.state, employee.work_phone), ("done", "2"))
        self.assertEqual(employee.name, "Noor Maes")

    def test_kept(self):
        employee, message, conflict = self.disputed("work_phone", work_phone="2")
        self.decide(conflict, "keep")
        self.assertEqual((message.state, employee.work_phone), ("done", "1"))
        self.assertEqual(employee.name, "Noor Maes", "what nobody owns is written")

    def test_people_may_not_change_what_is_owned(self):
        employee = self.employee(work_phone="1")
        self.own("work_phone")
        officer = new_test_user(self.env, "hr.own.officer", "hr.group_hr_user")
        with self.assertRaisesRegex(UserError, "Phone register"):
            employee.with_user(officer).work_phone = "3"

    def test_departure_is_disputed_as_well(self):
        employee = self.employee()
        self.own("active")
        self.env.flush_all()
        message = self.leave(0)
        self.assertEqual((message.state, message.error_class), ("quarantined", "conflict"))
        self.assertTrue(employee.active)
        self.assertFalse(self.leaver(employee))
