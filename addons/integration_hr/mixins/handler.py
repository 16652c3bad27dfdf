from datetime import date

from odoo import models
from odoo.fields import Domain

from odoo.addons.integration_core.engine.newest import Newest, Saying
from odoo.addons.integration_core.tools import errors, moments


class IntegrationHandlerHr(models.AbstractModel):
    """What the words of messages about employees mean in Odoo.

    People, departments and cost centres are found by the identifier that the sender uses, or by
    their number; never by name. What is unknown stops the message, except a manager: payroll
    sends whole staffs in any order, so a manager who is not there yet is linked on arrival.
    """

    _name = "integration.handler.hr"
    _inherit = "integration.handler"
    _description = "Employees: what messages refer to"

    def _find(self, received, model, field_name, number):
        """The record that the sender calls ``number``, or that has it as its number.

        Archived ones are found as well.
        """
        linked = self.env["integration.record.link"]._find_record(received.system_id, model, number)
        if linked:
            return linked
        found = (
            self.env[model]
            .with_context(active_test=False)
            .search(
                Domain(field_name, "=", number)
                & Domain("company_id", "in", (False, self.env.company.id)),
                limit=2,
            )
        )
        if len(found) > 1:
            raise errors.ConflictError(
                "Several records have the number that the message names. Say in a record link "
                "which one is meant, then retry.",
                code="number_ambiguous",
            )
        return found.with_context(active_test=True)

    def _if_newest(self, received, model, number, apply):
        """Apply a message, unless the sender has said something newer of the record.

        :param apply: called without arguments; returns the record, which is linked by then
        :return: the record
        """
        known = self.env["integration.record.link"]._find_records(
            received.system_id, model, [number]
        )
        newest = Newest(self.env[model], [Saying(received, number)], known)
        if newest.counting:
            record = apply()
            newest.remember()
            return record
        newest.note(known)
        return known[number]

    def _employee(self, received, number):
        """The employee with a personnel number; empty if nobody has it."""
        return self._find(received, "hr.employee", "personnel_number", number)

    def _department(self, received, number):
        """The department that a message refers to.

        :raises errors.ConflictError: there is none
        """
        found = self._find(received, "hr.department", "department_number", number)
        if not found:
            raise errors.ConflictError(
                "The message names a department that Odoo does not have. Let the department be "
                "sent first, or enter its number on the right one, then retry.",
                code="unknown_department",
            )
        return found

    def _cost_centre(self, received, number):
        """The analytic account that serves as a cost centre.

        :raises errors.ConflictError: there is none
        """
        found = self._find(received, "account.analytic.account", "code", number)
        if not found:
            raise errors.ConflictError(
                "The message names a cost centre that Odoo does not have. Let the cost centre be "
                "sent first, or enter its number as reference of the right analytic account, "
                "then retry.",
                code="unknown_cost_centre",
            )
        return found

    def _day(self, text) -> date | None:
        """A day of a message; ``None`` for none.

        :raises errors.ContractError: see :func:`.moments.read_day`
        """
        return moments.read_day(text) if text else None

    def _write_changed(self, record, values):
        """Write what differs: a message that says what is known leaves no trace in histories."""
        changed = {
            name: value
            for name, value in values.items()
            if (record._fields[name].convert_to_write(record[name], record) or False)
            != (value or False)
        }
        if changed:
            record.write(changed)

    def _set_manager(self, received, record, field_name, number):
        """Let a record have the manager with a personnel number, now or as soon as he is known.

        :param number: ``None`` for no manager
        """
        awaited = self.env["integration.awaited.manager"]
        manager = self._employee(received, number) if number else record.browse()
        if manager and manager == record:
            raise errors.ConflictError(
                "The message makes somebody the manager of himself. Ask the sender, then cancel "
                "this message.",
                code="own_manager",
            )
        if number and not (manager and manager.active):
            # Whoever it was until now is not, and somebody else is not known yet.
            awaited._expect(received.system_id, record, number)
            manager = manager.browse()
        else:
            awaited._forget(received.system_id, record)
        self._write_changed(record, {field_name: manager.id})
