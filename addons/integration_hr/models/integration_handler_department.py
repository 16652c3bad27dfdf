from odoo import models


class IntegrationHandlerDepartment(models.AbstractModel):
    """A department as payroll keeps it: created in Odoo, or brought up to date."""

    _name = "integration.handler.department"
    _inherit = "integration.handler.hr"
    _description = "Department: create or update"

    _contract = "hr.department"
    # The number says which one is meant, and the same values again change nothing.
    _repeatable = True
    _latest_suffices = True

    def _process(self, received, data):
        return self._if_newest(
            received, "hr.department", data["number"], lambda: self._upsert(received, data)
        )

    def _upsert(self, received, data):
        number = data["number"]
        department = self._find(received, "hr.department", "department_number", number)
        values = self._values(received, data)
        if department:
            if not department.department_number:
                values["department_number"] = number
            self._write_changed(department, values)
        else:
            department = department.create(
                {**values, "department_number": number, "company_id": self.env.company.id}
            )
        self.env["integration.record.link"]._link(received.system_id, department, number)
        if "manager" in data:
            self._set_manager(received, department, "manager_id", data["manager"])
        return department

    def _values(self, received, data):
        values = {"name": data["name"]}
        if "parent" in data:
            parent = data["parent"]
            values["parent_id"] = self._department(received, parent).id if parent else False
        if "active" in data:
            values["active"] = data["active"]
        return values
