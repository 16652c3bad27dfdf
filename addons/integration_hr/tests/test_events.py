import json

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine.told import JOURNAL
from odoo.addons.integration_core.tools import contracts

from .common import HrCase


@tagged("post_install", "-at_install")
class TestEvents(HrCase):
    """What others are told of employees and departments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        types = cls.env["integration.event.type"].search([("code", "=like", "hr.%")])
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [cls.outbound.id]
        )
        cls.outbound.invalidate_recordset()
        cls.outbound.event_type_ids = types
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [cls.outbound.id]
        )
        cls.env.invalidate_all()
        cls.env.registry.clear_cache()

    def events(self, record, code=None):
        self.env.cr.flush()
        found = self.env["integration.event"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return found.filtered(lambda one: one.type_code == code) if code else found

    def valid(self, event, contract):
        version = self.env.ref(f"integration_hr.contract_{contract}_1_0_0")
        data = json.loads(event.data)
        self.assertEqual(contracts.compile_schema(json.loads(version.schema)).violations(data), [])
        return data

    def test_employee_created_with_work_data_only(self):
        department = self.env["hr.department"].create(
            {"name": "Cardiology", "department_number": "D-1"}
        )
        employee = self.env["hr.employee"].create(
            {
                "name": "Noor",
                "personnel_number": "100",
                "department_id": department.id,
                "work_email": "noor@hospital.example",
                "private_email": "secret@home.example",
                "private_street": "Secret street",
                "birthday": "1990-01-01",
                "contract_date_start": "2026-09-01",
            }
        )
        event = self.events(employee, "hr.employee.created")
        data = self.valid(event, "employee")
        self.assertEqual(
            data,
            {
                "number": "100",
                "name": "Noor",
                "work_email": "noor@hospital.example",
                "work_phone": None,
                "mobile_phone": None,
                "job_title": None,
                "department": "D-1",
                "manager": None,
                "cost_centre": None,
                "start_date": "2026-09-01",
                "end_date": None,
                "active": True,
            },
        )
        self.assertEqual(event.company_id, self.env.company)

    def test_employee_archived_once(self):
        employee = self.env["hr.employee"].create({"name": "Noor", "personnel_number": "100"})
        self.assertFalse(self.events(employee, "hr.employee.archived"))
        employee.with_context(no_wizard=True).action_archive()
        employee.departure_date = self.today
        event = self.events(employee, "hr.employee.archived")
        self.assertEqual(len(event), 1)
        self.assertFalse(self.valid(event, "employee")["active"])

    def changes(self, record):
        """What the last event about a change of a record says that changed."""
        events = self.events(record, f"{record._name}.changed")
        return [
            {one["path"]: one.get("to") for one in json.loads(event.data)["changes"]}
            for event in events
        ]

    def seasoned(self, **values):
        """An employee who was there before the transaction, as far as the capture knows."""
        employee = self.env["hr.employee"].create({"name": "Noor", "personnel_number": "100"})
        employee.write(values)
        self.forget()
        return employee

    def forget(self):
        self.env.cr.flush()
        self.env["integration.event"].search([("res_model", "=like", "hr.%")]).unlink()
        self.env.cr.postcommit.data.pop(JOURNAL, None)

    def test_employee_changed(self):
        employee = self.seasoned()
        employee.write({"job_title": "Head nurse", "work_phone": "7"})
        employee.name = "Noor Maes"
        self.assertEqual(
            self.changes(employee),
            [{"/job_title": "Head nurse", "/work_phone": "7", "/name": "Noor Maes"}],
        )
        self.valid(self.events(employee, "hr.employee.changed"), "employee")

    def test_private_data_is_nobodys_change(self):
        employee = self.seasoned()
        employee.write({"birthday": "1990-01-01", "private_phone": "9", "children": 2})
        self.assertEqual(self.changes(employee), [])

    def test_what_begins_later_is_told_when_it_begins(self):
        employee = self.seasoned(contract_date_start="2026-01-01")
        day = fields.Date.add(self.today, days=5)
        employee.create_version({"date_version": day, "job_title": "Head nurse"})
        self.assertEqual(self.changes(employee), [])
        self.patch(fields.Date, "today", staticmethod(lambda *_args: day))
        employee._cron_update_current_version_id()
        self.assertEqual(self.changes(employee), [{"/job_title": "Head nurse"}])

    def test_new_employee_does_not_change(self):
        employee = self.env["hr.employee"].create({"name": "Noor", "personnel_number": "100"})
        employee.job_title = "Nurse"
        self.assertEqual(self.changes(employee), [])

    def test_department_changed_and_restored(self):
        department = self.env["hr.department"].create(
            {"name": "Cardiology", "department_number": "D-1"}
        )
        department.action_archive()
        self.forget()
        department.action_unarchive()
        department.name = "Heart"
        self.assertEqual(self.changes(department), [{"/active": True, "/name": "Heart"}])

    def test_without_a_number_it_is_told_what_to_do(self):
        employee = self.env["hr.employee"].create({"name": "Noor"})
        event = self.events(employee, "hr.employee.created")
        self.assertIn("personnel number", event.problem)
        self.dispatch()
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.error_code), ("quarantined", "snapshot_failed"))
        self.assertIn("Enter it on the form", message.error_message)

    def test_department_created_and_closed(self):
        above = self.env["hr.department"].create({"name": "Medicine", "department_number": "D-0"})
        department = self.env["hr.department"].create(
            {"name": "Cardiology", "department_number": "D-1", "parent_id": above.id}
        )
        data = self.valid(self.events(department, "hr.department.created"), "department")
        self.assertEqual((data["number"], data["parent"], data["active"]), ("D-1", "D-0", True))
        department.action_archive()
        self.assertEqual(len(self.events(department, "hr.department.archived")), 1)

    def test_what_payroll_said_is_not_said_back_to_payroll(self):
        employee = self.employee()
        self.assertTrue(self.events(employee, "hr.employee.created"))
        self.dispatch()
        self.assertFalse(self.messages(self.outbound))

    def test_suppliers_are_not_told_of_people(self):
        supplier = self.env["res.partner"].create({"name": "Supplier", "is_company": True})
        for partner, told in ((supplier, False), (self.env.company.partner_id, True)):
            with self.subTest(partner=partner.name):
                self.outbound.system_id.partner_id = partner
                before = self.messages(self.outbound)
                number = f"N-{partner.id}"
                self.env["hr.department"].create({"name": number, "department_number": number})
                self.env["hr.employee"].create({"name": "Noor", "personnel_number": number})
                self.env.cr.flush()
                self.dispatch()
                models = (self.messages(self.outbound) - before).mapped("res_model")
                self.assertEqual(sorted(models), ["hr.department", "hr.employee"] if told else [])

    def test_of_another_company_stays_here(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env["hr.employee"].create(
            {"name": "Noor", "personnel_number": "100", "company_id": company.id}
        )
        self.env.cr.flush()
        self.dispatch()
        self.assertFalse(self.messages(self.outbound))
