import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.integration_core.tools import errors

from ..tools import leaving

_logger = logging.getLogger(__name__)


class IntegrationLeaver(models.Model):
    """The departure of an employee, as payroll announced it.

    Until the last day it only stands on the employee; then the employee is archived as by Odoo's
    own departure, and an administrator is asked what shall become of the user account. What is
    said last counts; a withdrawal or a return undoes what is left to be undone.
    """

    _name = "integration.leaver"
    _description = "Leaver"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.leaver.access"]
    _order = "last_day desc, id desc"
    _check_company_auto = True
    _rec_name = "employee_id"

    employee_id = fields.Many2one(
        "hr.employee",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    last_day = fields.Date(required=True, readonly=True, tracking=True)
    reason_id = fields.Many2one(
        "hr.departure.reason", readonly=True, ondelete="restrict", groups="hr.group_hr_user"
    )
    state = fields.Selection(
        [
            ("planned", "Leaves"),
            ("left", "Has left"),
            ("withdrawn", "Withdrawn"),
            ("returned", "Came back"),
        ],
        required=True,
        readonly=True,
        default="planned",
        tracking=True,
    )
    issued_at = fields.Datetime(
        string="Decided at", readonly=True, help="When the sender says that it was decided."
    )
    system_id = fields.Many2one(
        "integration.system", string="Said by", readonly=True, ondelete="set null", index=True
    )
    message_ref_id = fields.Many2one(
        "integration.message",
        string="Message",
        readonly=True,
        ondelete="set null",
        index=True,
        groups="integration_core.group_observer",
    )
    problem = fields.Char(
        readonly=True, help="Why the departure could not be carried out on the last day."
    )
    subordinate_ids = fields.Many2many(
        "hr.employee",
        string="Employees who lost their manager",
        readonly=True,
        groups="hr.group_hr_user",
    )
    # What the contract said before, for a departure that is undone.
    contract_closed = fields.Boolean(readonly=True, groups="hr.group_hr_user")
    contract_end_before = fields.Date(readonly=True, groups="hr.group_hr_user")

    _current_unique = models.UniqueIndex("(employee_id) WHERE state IN ('planned', 'left')")
    _due_idx = models.Index("(last_day) WHERE state = 'planned'")

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_people()
        return super().create(vals_list)

    def write(self, vals):
        if set(vals) - {"note"}:
            self._refuse_people()
        return super().write(vals)

    def _refuse_people(self):
        if not self.env.su:
            raise AccessError(
                self.env._("Departures are written by messages; use the buttons to decide.")
            )

    # ------------------------------------------------------------------
    # told by handlers, with the rights of the service user
    # ------------------------------------------------------------------

    @api.model
    def _current(self, employee):
        """The departure that holds for an employee; empty if he is not leaving."""
        return self._known(employee).filtered(lambda one: one.state in ("planned", "left"))[:1]

    @api.model
    def _known(self, employee):
        # sudo: service users write departures down, and need no right on them
        found = self.sudo().search([("employee_id", "=", employee.id)], order="id desc")
        return found.sudo(self.env.su)

    @api.model
    def _announce(self, employee, last_day, reason=None, *, received=None, issued_at=None):
        """Somebody leaves on ``last_day``; what was said before is overtaken.

        :param reason: ``hr.departure.reason``, or none
        :param received: facts about the message
        :param issued_at: when the sender decided it; an older decision than the known one is
            noted, and changes nothing
        :return: the departure
        """
        leaver = self._current(employee)
        if self._is_outdated(employee, issued_at):
            return leaver
        values = {
            "last_day": last_day,
            "reason_id": reason.id if reason else False,
            "issued_at": issued_at,
            "problem": False,
            **self._source(received),
        }
        if leaver and leaver.state == "left" and not leaver._is_due_on(last_day):
            leaver.sudo().state = "planned"  # sudo: written by messages only
            leaver._undo()
            leaver._access_needed_again()
        if leaver:
            leaver.sudo().write(values)  # sudo: as above
        else:
            leaver = self.sudo().create(  # sudo: as above
                {**values, "employee_id": employee.id, "company_id": employee.company_id.id}
            )
        leaver = leaver.sudo(self.env.su)
        if leaver._is_due_on(last_day):
            leaver._carry_out()
        else:
            leaver._note(
                self.env._(
                    "Leaves on %s, as payroll says. The employee is archived on that day.",
                    last_day,
                )
            )
        return leaver

    @api.model
    def _withdraw(self, employee, *, received=None, issued_at=None):
        """Somebody does not leave after all.

        :raises errors.ConflictError: no departure was ever announced
        """
        if self._is_outdated(employee, issued_at):
            return
        known = self._known(employee)
        if not known:
            raise errors.ConflictError(
                "There is no departure that could be withdrawn. Look whether it was announced for "
                "somebody else, then cancel this message.",
                code="no_departure",
            )
        leaver = self._current(employee)
        if not leaver:
            return  # withdrawn before
        left = leaver.state == "left"
        values = {"state": "withdrawn", "issued_at": issued_at, **self._source(received)}
        leaver.sudo().write(values)  # sudo: written by messages only
        if left:
            leaver._undo()
        leaver._access_needed_again()
        leaver._note(self.env._("The departure was withdrawn."))

    def _come_back(self):
        """The employee works here again, under a new contract."""
        if self:
            self.sudo().state = "returned"  # sudo: written by messages only
            self._access_needed_again()
            self._note(self.env._("Works here again."))

    def _source(self, received) -> dict:
        if received is None:
            return {}
        return {"system_id": received.system_id, "message_ref_id": received.id}

    @api.model
    def _is_outdated(self, employee, issued_at) -> bool:
        """Whether something decided later is known; it is noted that this one was not followed."""
        newest = self._known(employee)[:1]
        if not leaving.is_outdated(issued_at, newest.issued_at or None):
            return False
        newest._note(
            self.env._(
                "Payroll sent something about the departure that it had decided earlier than "
                "what is known. It was not followed."
            )
        )
        return True

    # ------------------------------------------------------------------
    # carried out on the last day
    # ------------------------------------------------------------------

    def _is_due_on(self, last_day) -> bool:
        return leaving.is_due(last_day, self.employee_id._integration_today())

    def _carry_out(self):
        """Archive the employee as Odoo's own departure does, and ask about the user account."""
        self.ensure_one()
        employee = self.employee_id
        version = employee.version_id
        if version.contract_date_start and version.contract_date_start > self.last_day:
            raise UserError(
                self.env._(
                    "The last day is before the first day of the contract. Compare both with "
                    "payroll."
                )
            )
        values = {"state": "left", "problem": False}
        if employee.active:
            values["subordinate_ids"] = [fields.Command.set(self._subordinates().ids)]
            employee.with_context(no_wizard=True).action_archive()
        values |= self._close_contract(version)
        departure = {
            "departure_date": self.last_day,
            # sudo: a field of officers, whom the scheduled job is none of
            "departure_reason_id": self.sudo().reason_id.id,
        }
        self.env["integration.handler.hr"]._write_changed(employee, departure)
        self.sudo().write(values)  # sudo: written by messages only
        self._access_to_be_decided()

    def _subordinates(self):
        # sudo: those of other companies lose their manager as well
        return self.env["hr.employee"].sudo().search([("parent_id", "=", self.employee_id.id)])

    def _close_contract(self, version) -> dict:
        """The running contract ends on the last day; return what to remember of it."""
        # sudo: as in _carry_out
        leaver = self.sudo()
        if not version.contract_date_start or version.contract_date_end == leaver.last_day:
            return {}
        before = leaver.contract_end_before if leaver.contract_closed else version.contract_date_end
        version.contract_date_end = leaver.last_day
        return {"contract_closed": True, "contract_end_before": before}

    def _undo(self):
        """The employee did not leave: what the departure changed is changed back.

        Those who lost their manager get him back unless they have another one by now.
        """
        self.ensure_one()
        employee = self.employee_id
        if not employee.active:
            employee.action_unarchive()
        leaver = self.sudo()  # sudo: what the departure wrote down, for itself
        version = employee.version_id
        if leaver.contract_closed and version.contract_date_end == leaver.last_day:
            version.contract_date_end = leaver.contract_end_before
        leaver.subordinate_ids.filtered(
            lambda one: one.active and not one.parent_id
        ).parent_id = employee
        leaver.write({"subordinate_ids": [fields.Command.clear()], "contract_closed": False})

    def _note(self, text):
        """Tell it in the histories of the departure and of the employee."""
        for leaver in self.sudo():  # sudo: histories are written by messages
            leaver._message_log(body=text)
            leaver.employee_id._message_log(body=text)

    @api.model
    def _cron_departures(self):
        """Carry out departures whose last day has come where the employee works."""
        # A day ahead of UTC is the furthest that any place can be.
        horizon = fields.Date.add(fields.Date.today(), days=1)
        due = self.search(
            Domain("state", "=", "planned") & Domain("last_day", "<=", horizon)
        ).filtered(lambda one: one._is_due_on(one.last_day))
        for leaver in due:
            leaver.with_company(leaver.company_id)._carry_out_apart()
            self.env["ir.cron"]._commit_progress(1)

    def _carry_out_apart(self):
        """As :meth:`_carry_out`; what stands in the way is written down, and tried again."""
        try:
            with self.env.cr.savepoint():
                self._carry_out()
        except psycopg2.OperationalError:
            raise  # collided with somebody: the next run tries again
        except Exception as exc:  # whatever an ownership or an extension raises
            self.invalidate_recordset()
            if isinstance(exc, UserError):
                problem = str(exc)
            else:
                _logger.exception("The departure %s could not be carried out", self.id)
                # The type alone: its text may hold content.
                problem = self.env._("Odoo reported an error (%s).", type(exc).__name__)
            if self.problem != problem:
                self.problem = problem
                self._ask(self.env._("The departure could not be carried out: %s", problem))

    # ------------------------------------------------------------------
    # where it leads to
    # ------------------------------------------------------------------

    def action_open_employee(self):
        self.ensure_one()
        return self.employee_id.get_formview_action()
