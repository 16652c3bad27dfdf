from odoo import fields, models

from odoo.addons.integration_core.engine.capture import Snapshot

CONTRACT = "hr.department"


class HrDepartment(models.Model):
    """Departments leave as business events and show whether they got through."""

    _name = "hr.department"
    _inherit = ["hr.department", "integration.sync.mixin"]

    department_number = fields.Char(
        copy=False,
        groups="hr.group_hr_user",
        help="How payroll and other systems call the department. Messages find it by this number.",
    )
    awaited_manager = fields.Char(
        compute="_compute_awaited_manager",
        groups="hr.group_hr_user",
        help="Payroll named this person, whom Odoo does not know yet.",
    )

    _department_number_unique = models.UniqueIndex(
        "(company_id, department_number) WHERE department_number IS NOT NULL",
        "Another department of the company has this number.",
    )

    def _compute_awaited_manager(self):
        # sudo: which number is awaited belongs to the department
        found = (
            self.env["integration.awaited.manager"]
            .sudo()
            .search([("department_id", "in", self.ids)])
        )
        numbers = {one.department_id.id: one.number for one in found}
        for department in self:
            department.awaited_manager = numbers.get(department._origin.id, False)

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            department.id: Snapshot(
                data=department._integration_canonical(),
                company_id=department.company_id.id or None,
                subject=department.display_name,
                # our own matter: not for systems that belong to another contact, such as a supplier
                partner_id=(
                    (department.company_id or self.env.company).partner_id.commercial_partner_id.id
                ),
                problem=department._integration_problem(),
            )
            for department in self
        }

    def _integration_canonical(self) -> dict:
        """This department as the canonical object ``hr.department`` 1.0.0."""
        self.ensure_one()
        return {
            "number": self.department_number or None,
            "name": self.name,
            "parent": self.parent_id.department_number or None,
            "manager": self.manager_id.personnel_number or None,
            "active": self.active,
        }

    def _integration_problem(self) -> str | None:
        """Why no other system could understand this department; ``None`` if one can."""
        if not self.department_number:
            return "The department has no department number. Enter it on its form, then retry."
        if self.parent_id and not self.parent_id.department_number:
            return (
                "The department above it has no department number. Enter it on its form, then "
                "retry."
            )
        if self.manager_id and not self.manager_id.personnel_number:
            return (
                "The manager of the department has no personnel number. Enter it on the form of "
                "the manager, then retry."
            )
        return None
