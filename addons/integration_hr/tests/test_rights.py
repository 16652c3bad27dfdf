from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.integration_core.engine import sync

from .common import HrCase

OURS = (
    "personnel_number",
    "cost_centre_id",
    "awaited_manager",
    "leaver_ids",
    "leaver_id",
    "leaver_last_day",
    "leaver_state",
    "integration_sync_state",
    "integration_sync_reason",
)


@tagged("post_install", "-at_install")
class TestRights(HrCase):
    """Colleagues read no more of each other than before."""

    def setUp(self):
        super().setUp()
        self.noor = self.employee(department=self.department().department_number)
        self.leave(14)
        self.colleague = new_test_user(self.env, "hr.colleague", "base.group_user")

    def failed(self, record):
        """Something about a record did not get through."""
        row = (record._name, record.id, self.outbound.id, "failed", "The other side is down", None)
        sync.upsert(self.env.cr, [row])
        self.env.invalidate_all()

    def test_public_profile_has_nothing_of_it(self):
        self.assertFalse(set(OURS) & set(self.env["hr.employee.public"]._fields))
        arch = self.env["hr.employee.public"].with_user(self.colleague).get_view(view_type="form")
        self.assertNotIn("integration_sync", arch["arch"])

    def test_colleague(self):
        noor = self.noor.with_user(self.colleague)
        self.assertEqual(noor.name, "Noor Peeters")
        for name in OURS:
            with self.subTest(field=name), self.assertRaises(AccessError):
                noor.read([name])
        with self.assertRaises(AccessError):
            self.env["hr.department"].with_user(self.colleague).browse(
                self.noor.department_id.id
            ).read(["department_number"])
        for model in ("integration.leaver", "integration.awaited.manager"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.colleague).search([])

    def test_search_by_our_fields(self):
        for name in ("personnel_number", "integration_sync_state"):
            # the public profile, where their search ends up, has no such field
            with self.subTest(field=name), self.assertRaisesRegex(ValueError, "Invalid field"):
                self.env["hr.employee"].with_user(self.colleague).search([(name, "!=", False)])

    def test_officer_sees_the_form(self):
        officer = new_test_user(self.env, "hr.form.officer", "hr.group_hr_user")
        self.failed(self.noor)
        noor = self.noor.with_user(officer)
        self.assertEqual((noor.leaver_state, noor.personnel_number), ("planned", "100"))
        arch = noor.get_view(view_type="form")["arch"]
        self.assertEqual(arch.count('name="integration_sync"'), 1)
        self.assertIn("personnel_number", arch)
        found = noor.search([("integration_sync_state", "=", "failed")])
        self.assertEqual(found, noor)
        groups = noor._read_group([], ["integration_sync_state"], ["__count"])
        self.assertEqual(dict(groups)["failed"], 1)
        with Form(noor) as form:
            self.assertEqual(form.leaver_state, "planned")
            form.personnel_number = "100b"
        self.assertEqual(noor.personnel_number, "100b")
        leaver = self.leaver(self.noor).with_user(officer)
        self.assertEqual(leaver.read(["last_day", "open_tasks"])[0]["last_day"], leaver.last_day)

    def test_administrator_of_users_without_rights_on_employees(self):
        admin = new_test_user(self.env, "hr.only.admin", "base.group_erp_manager")
        leaver = self.leaver(self.noor).with_user(admin)
        arch = leaver.get_view(view_type="form")["arch"]
        self.assertNotIn("reason_id", arch)
        (values,) = leaver.web_read({"employee_id": {"fields": {"display_name": {}}}, "state": {}})
        self.assertEqual(values["employee_id"]["display_name"], "Noor Peeters")
        with Form(leaver) as form:
            self.assertFalse(form.obstacle)

    def test_departments(self):
        officer = new_test_user(self.env, "hr.dep.officer", "hr.group_hr_user")
        self.failed(self.noor.department_id)
        department = self.noor.department_id.with_user(officer)
        self.assertEqual(department.integration_sync_state, "failed")
        self.assertEqual(
            department.get_view(view_type="form")["arch"].count('name="integration_sync"'), 1
        )
