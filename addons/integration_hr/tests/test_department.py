from odoo.tests import tagged

from .common import HrCase


@tagged("post_install", "-at_install")
class TestDepartment(HrCase):
    def test_new_and_changed(self):
        above = self.department("D-0", name="Medicine")
        department = self.department("D-1", parent="D-0")
        self.assertEqual((department.parent_id, department.department_number), (above, "D-1"))
        self.assertEqual(department.company_id, self.env.company)
        self.assertEqual(self.department("D-1", name="Heart"), department)
        self.assertEqual((department.name, department.parent_id), ("Heart", above))
        self.department("D-1", name="Heart", parent=None)
        self.assertFalse(department.parent_id)

    def test_never_by_name(self):
        namesake = self.env["hr.department"].create({"name": "Cardiology"})
        self.assertNotEqual(self.department(), namesake)

    def test_entered_by_hand_with_its_number(self):
        known = self.env["hr.department"].create({"name": "Old name", "department_number": "D-1"})
        self.assertEqual(self.department(), known)
        self.assertEqual(known.name, "Cardiology")

    def test_unknown_parent(self):
        message = self.bring("department", number="D-1", name="Cardiology", parent="D-0")
        self.assert_quarantined(message, "unknown_department")
        self.assertFalse(self.env["hr.department"].search([("department_number", "=", "D-1")]))

    def test_circle(self):
        self.department("D-0")
        self.department("D-1", parent="D-0")
        message = self.bring("department", number="D-0", name="Medicine", parent="D-1")
        self.assert_quarantined(message, "business_rule")

    def test_closed_and_opened(self):
        department = self.department()
        self.department(active=False)
        self.assertFalse(department.active)
        self.department("D-1", name="Heart")
        self.assertFalse(department.active, "what is left out stays as it is")
        self.department(active=True)
        self.assertTrue(department.active)

    def test_manager_comes_later(self):
        department = self.department(manager="200")
        self.assertFalse(department.manager_id)
        self.assertEqual(department.awaited_manager, "200")
        manager = self.employee("200", name="Manager")
        self.assertEqual(department.manager_id, manager)
        self.assertFalse(department.awaited_manager)

    def test_number_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        foreign = self.env["hr.department"].create(
            {"name": "Foreign", "department_number": "D-1", "company_id": other.id}
        )
        self.assertNotEqual(self.department(), foreign)
        self.assertEqual(foreign.name, "Foreign")
