from odoo import api, fields, models

from odoo.addons.integration_core.engine.capture import Snapshot

CONTRACT = "hr.employee"


class HrEmployee(models.Model):
    """Employees leave as business events and show whether they got through.

    Every field here is for officers of Human Resources: colleagues read ``hr.employee.public``,
    which has none of them.
    """

    _name = "hr.employee"
    _inherit = ["hr.employee", "integration.sync.mixin"]
    # Job, department and contract stand on versions: their changes are changes of the employee.
    _integration_parts = {"hr.version": "employee_id"}

    personnel_number = fields.Char(
        copy=False,
        groups="hr.group_hr_user",
        tracking=True,
        help="How payroll and other systems call the employee. Messages find him by this number; "
        "it is neither a badge nor a national number.",
    )
    cost_centre_id = fields.Many2one(
        "account.analytic.account",
        string="Cost centre",
        check_company=True,
        index="btree_not_null",
        groups="hr.group_hr_user",
        tracking=True,
        help="Where the cost of the employee belongs, as payroll says.",
    )
    awaited_manager = fields.Char(
        compute="_compute_awaited_manager",
        groups="hr.group_hr_user",
        help="Payroll named this person, whom Odoo does not know yet or not any more.",
    )
    leaver_ids = fields.One2many(
        "integration.leaver", "employee_id", string="Departures", groups="hr.group_hr_user"
    )
    leaver_id = fields.Many2one(
        "integration.leaver", compute="_compute_leaver_id", groups="hr.group_hr_user"
    )
    leaver_last_day = fields.Date(
        string="Leaves on", compute="_compute_leaver_id", groups="hr.group_hr_user"
    )
    leaver_state = fields.Char(compute="_compute_leaver_id", groups="hr.group_hr_user")
    # Of the mixin; not for whoever may read colleagues.
    integration_sync_state = fields.Selection(groups="hr.group_hr_user")
    integration_sync_reason = fields.Char(groups="hr.group_hr_user")

    _personnel_number_unique = models.UniqueIndex(
        "(company_id, personnel_number) WHERE personnel_number IS NOT NULL",
        "Another employee of the company has this personnel number.",
    )

    def _compute_awaited_manager(self):
        # sudo: which number is awaited belongs to the employee
        found = (
            self.env["integration.awaited.manager"].sudo().search([("employee_id", "in", self.ids)])
        )
        numbers = {one.employee_id.id: one.number for one in found}
        for employee in self:
            employee.awaited_manager = numbers.get(employee._origin.id, False)

    @api.depends("leaver_ids.state", "leaver_ids.last_day")
    def _compute_leaver_id(self):
        for employee in self:
            leaver = employee.leaver_ids.filtered(lambda one: one.state in ("planned", "left"))[:1]
            employee.leaver_id = leaver
            employee.leaver_last_day = leaver.last_day
            employee.leaver_state = leaver.state

    def write(self, vals):
        """Whoever is brought back, by a message or by hand, has come back from a departure."""
        leavers = self.env["integration.leaver"]
        if vals.get("active"):
            for employee in self:
                known = leavers._current(employee)
                leavers |= known.filtered(lambda one: one.state == "left")
        res = super().write(vals)
        for leaver in leavers:
            leaver._come_back()
        return res

    def action_open_leaver(self):
        """The departure of this employee."""
        self.ensure_one()
        return self.leaver_id.get_formview_action()

    def _integration_today(self):
        """The day where the employee works."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._get_tz()))

    # ------------------------------------------------------------------
    # business events
    # ------------------------------------------------------------------

    def _integration_snapshots(self, contract_code):
        if contract_code != CONTRACT:
            return super()._integration_snapshots(contract_code)
        return {
            employee.id: Snapshot(
                data=employee._integration_canonical(),
                company_id=employee.company_id.id,
                subject=employee.name,
                # our own matter: not for systems that belong to another contact, such as a supplier
                partner_id=employee.company_id.partner_id.commercial_partner_id.id,
                problem=employee._integration_problem(),
            )
            for employee in self
        }

    def _integration_canonical(self) -> dict:
        """This employee as the canonical object ``hr.employee`` 1.0.0: work data, all of it."""
        self.ensure_one()
        return {
            "number": self.personnel_number or None,
            "name": self.name,
            "work_email": self.work_email or None,
            "work_phone": self.work_phone or None,
            "mobile_phone": self.mobile_phone or None,
            "job_title": self.job_title or None,
            "department": self.department_id.department_number or None,
            "manager": self.parent_id.personnel_number or None,
            "cost_centre": self.cost_centre_id.code or None,
            "start_date": fields.Date.to_string(self.contract_date_start) or None,
            "end_date": fields.Date.to_string(self.contract_date_end) or None,
            "active": self.active,
        }

    def _integration_problem(self) -> str | None:
        """Why no other system could understand this employee; ``None`` if one can."""
        if not self.personnel_number:
            return "The employee has no personnel number. Enter it on the form, then retry."
        if self.department_id and not self.department_id.department_number:
            return (
                "The department of the employee has no department number. Enter it on the form of "
                "the department, then retry."
            )
        if self.parent_id and not self.parent_id.personnel_number:
            return (
                "The manager of the employee has no personnel number. Enter it on the form of the "
                "manager, then retry."
            )
        if self.cost_centre_id and not self.cost_centre_id.code:
            return (
                "The cost centre of the employee has no reference. Enter it on the analytic "
                "account, then retry."
            )
        return None
