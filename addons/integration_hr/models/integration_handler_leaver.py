from odoo import models

from odoo.addons.integration_core.tools import errors, moments

# Codes of the contract, and the reasons that come with Odoo.
REASONS = {
    "dismissed": "hr.departure_fired",
    "resigned": "hr.departure_resigned",
    "retired": "hr.departure_retired",
}


class IntegrationHandlerLeaver(models.AbstractModel):
    """Somebody leaves: on the last day the employee is archived as if a person had done it, and an
    administrator is asked what shall become of the user account."""

    _name = "integration.handler.leaver"
    _inherit = "integration.handler.hr"
    _description = "Leaver"

    _contract = "hr.leaver"
    # What was announced once more is announced once.
    _repeatable = True
    _latest_suffices = True

    def _process(self, received, data):
        employee = self._employee(received, data["number"])
        if not employee:
            raise errors.ConflictError(
                "Nobody in Odoo has the personnel number of the person who leaves. Find the "
                "employee and enter the number, then retry; or cancel this message.",
                code="unknown_employee",
            )
        leavers = self.env["integration.leaver"]
        issued_at = self._moment(data.get("issued_at"))
        if data.get("cancelled"):
            leavers._withdraw(employee, received=received, issued_at=issued_at)
            return employee
        leavers._announce(
            employee,
            self._day(data["last_day"]),
            self._reason(received, data.get("reason")),
            received=received,
            issued_at=issued_at,
        )
        return employee

    def _moment(self, text):
        return moments.read_past_moment(text) if text else None

    def _reason(self, received, code):
        """The reason of a departure; empty for none.

        :raises errors.ConflictError: a code that nobody knows
        """
        reasons = self.env["hr.departure.reason"]
        if not code:
            return reasons
        found = self.env["integration.record.link"]._find_record(
            received.system_id, reasons._name, code
        )
        if not found and code in REASONS:
            found = self.env.ref(REASONS[code], raise_if_not_found=False) or reasons
        if not found:
            raise errors.ConflictError(
                "The reason of the departure is none that Odoo knows. Say in a record link of the "
                "sender which departure reason its code is, then retry.",
                code="unknown_reason",
            )
        return found
