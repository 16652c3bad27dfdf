from odoo import fields, models

from odoo.addons.integration_core.tools import errors

from ..tools import leaving

# Texts of the contract that are texts of the employee.
TEXTS = ("name", "work_email", "work_phone", "mobile_phone", "job_title")
DAYS = {"start_date": "contract_date_start", "end_date": "contract_date_end"}


class IntegrationHandlerEmployee(models.AbstractModel):
    """An employee as payroll keeps him: created in Odoo, or brought up to date.

    Nothing here touches the user account of an employee: a departure proposes its deactivation to
    an administrator (see ``integration.leaver``).
    """

    _name = "integration.handler.employee"
    _inherit = "integration.handler.hr"
    _description = "Employee: create or update"

    _contract = "hr.employee"
    # The number says who is meant, and the same values again change nothing.
    _repeatable = True
    _latest_suffices = True

    def _process(self, received, data):
        return self._if_newest(
            received, "hr.employee", data["number"], lambda: self._upsert(received, data)
        )

    def _upsert(self, received, data):
        number = data["number"]
        employee = self._employee(received, number)
        values = self._values(received, data)
        if employee:
            employee = self._update(employee, data, values)
        else:
            employee = self._create(received, data, values)
        self.env["integration.record.link"]._link(received.system_id, employee, number)
        if "manager" in data:
            self._set_manager(received, employee, "parent_id", data["manager"])
        if data.get("active") is False and employee.active:
            self._leave(received, employee, data)
        self.env["integration.awaited.manager"]._arrived(received.system_id, employee, number)
        return employee

    # ------------------------------------------------------------------
    # values
    # ------------------------------------------------------------------

    def _values(self, received, data):
        values = {name: data[name] or False for name in TEXTS if name in data}
        for member, find, field_name in (
            ("department", self._department, "department_id"),
            ("cost_centre", self._cost_centre, "cost_centre_id"),
        ):
            if member in data:
                number = data[member]
                values[field_name] = find(received, number).id if number else False
        for member, field_name in DAYS.items():
            if member in data:
                values[field_name] = self._day(data[member]) or False
        return values

    def _create(self, received, data, values):
        if data.get("active") is False:
            raise errors.ConflictError(
                "The message is about somebody who has left and whom Odoo never knew. Cancel it, "
                "or create the employee first if he is needed.",
                code="unknown_leaver",
            )
        self._refuse_end_alone(values, self.env["hr.version"])
        responsible = self._responsible(received)
        return self.env["hr.employee"].create(
            {
                **values,
                **({"hr_responsible_id": responsible.id} if responsible else {}),
                **({"date_version": start} if (start := values.get("contract_date_start")) else {}),
                "personnel_number": data["number"],
                "company_id": self.env.company.id,
            }
        )

    def _responsible(self, received):
        """Who is told when a contract ends: the owner of the interface, if that is his work.

        Odoo would take whoever creates the employee, who is no person here.
        """
        # sudo: the service user needs no right on messages to know who answers for its interface
        owner = self.env["integration.message"].sudo().browse(received.id).interface_id.owner_id
        return owner if owner.has_group("hr.group_hr_user") else owner.browse()

    def _update(self, employee, data, values):
        if not employee.personnel_number:
            values["personnel_number"] = data["number"]
        self._guard_administrator(employee, values)
        start = values.get("contract_date_start")
        if data.get("active") and not employee.active:
            version = self._return(employee, start)
        else:
            version = employee.version_ids.filtered(
                lambda one: start and one.contract_date_start == start
            )[:1]
        # A contract that begins in future is a version of its own; the message is about that one.
        there = employee.with_context(version_id=version.id) if version else employee
        self._refuse_end_alone(values, there.version_id)
        self._write_changed(there, values)
        return employee

    def _refuse_end_alone(self, values, version):
        if values.get("contract_date_end") and not (
            values.get("contract_date_start") or version.contract_date_start
        ):
            raise errors.ConflictError(
                "The message names the last day of a contract of which Odoo knows no first day. "
                "Ask the sender for both, or enter the first day on the employee, then retry.",
                code="end_without_start",
            )

    def _guard_administrator(self, employee, values):
        """Whoever receives an administrator's mail can have his password reset."""
        user = employee.user_id.sudo()  # sudo: which rights another user has, and nothing else
        address = values.get("work_email", employee.work_email)
        if (address or False) != (employee.work_email or False) and user.has_group(
            "base.group_erp_manager"
        ):
            raise errors.ConflictError(
                "The employee administers users of Odoo. His e-mail address is not changed by a "
                "message: change it yourself, then retry.",
                code="administrator_email",
            )

    # ------------------------------------------------------------------
    # going and coming back
    # ------------------------------------------------------------------

    def _leave(self, received, employee, data):
        """Somebody is said to have left, without a message that says so in so many words."""
        leavers = self.env["integration.leaver"]
        if leavers._current(employee).state == "left":
            return
        day = leaving.departure_day(self._day(data.get("end_date")), employee._integration_today())
        leavers._announce(employee, day, received=received)

    def _return(self, employee, start):
        """Somebody who was archived works here again; return the version of his new contract.

        :raises errors.ConflictError: what the message says is from before the departure
        """
        leaver = self.env["integration.leaver"]._current(employee)
        left_on = leaver.last_day or employee.departure_date or None
        if not leaving.returns(start or None, left_on):
            raise errors.ConflictError(
                "The employee has left, and the message does not name a first day after that. Let "
                "the departure be withdrawn if it was wrong, or ask the sender for the first day "
                "of the new contract, then retry.",
                code="has_left",
            )
        employee.action_unarchive()
        if not (start and employee.version_id.contract_date_start):
            return self.env["hr.version"]
        return employee.create_version(
            {
                "date_version": fields.Date.to_date(start),
                "contract_date_start": start,
                "contract_date_end": False,
            }
        )
