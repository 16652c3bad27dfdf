from odoo import api, fields, models


class IntegrationAwaitedManager(models.Model):
    """Payroll named somebody as manager whom Odoo does not know yet, or not any more.

    The employee or department says so on its form; the link is made when the manager arrives.
    """

    _name = "integration.awaited.manager"
    _description = "Awaited Manager"
    _rec_name = "number"
    _order = "id desc"

    system_id = fields.Many2one(
        "integration.system", string="Said by", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    number = fields.Char(string="Personnel number of the manager", required=True, index=True)
    employee_id = fields.Many2one("hr.employee", ondelete="cascade", index=True)
    department_id = fields.Many2one("hr.department", ondelete="cascade", index=True)

    _one_of = models.Constraint(
        "CHECK ((employee_id IS NULL) <> (department_id IS NULL))",
        "Either an employee or a department waits for its manager.",
    )
    _employee_unique = models.UniqueIndex("(system_id, employee_id) WHERE employee_id IS NOT NULL")
    _department_unique = models.UniqueIndex(
        "(system_id, department_id) WHERE department_id IS NOT NULL"
    )

    @api.model
    def _of(self, system_id, record):
        # sudo: service users write these down, and need no right on them
        return self.sudo().search(
            [("system_id", "=", system_id), (_column(record), "=", record.id)]
        )

    @api.model
    def _expect(self, system_id, record, number):
        """``record`` is to get the manager with this number."""
        known = self._of(system_id, record)
        if known:
            if known.number != number:
                known.number = number
        else:
            known.create({"system_id": system_id, _column(record): record.id, "number": number})

    @api.model
    def _forget(self, system_id, record):
        """The manager of ``record`` is known, or there is none."""
        self._of(system_id, record).unlink()

    @api.model
    def _arrived(self, system_id, manager, number):
        """Link those that waited for a manager; with the rights of the present user."""
        if not manager.active:
            return
        # sudo: as in _of
        waiting = self.sudo().search([("system_id", "=", system_id), ("number", "=", number)])
        waiting.employee_id.sudo(self.env.su).write({"parent_id": manager.id})
        waiting.department_id.sudo(self.env.su).write({"manager_id": manager.id})
        waiting.unlink()


def _column(record) -> str:
    return "employee_id" if record._name == "hr.employee" else "department_id"
