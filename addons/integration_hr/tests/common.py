from odoo import fields

from odoo.addons.integration_core.tests.common import EngineCase


class HrCase(EngineCase):
    """Payroll, of which an interface takes employees, departments or leavers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.kind = "hr"
        cls.service_user.group_ids += cls.env.ref("hr.group_hr_manager")
        cls.today = fields.Date.today()

    def bring(self, handler, **data):
        """A message of payroll, handled: its row in the ledger."""
        self.count = getattr(self, "count", 0) + 1
        self.inbound_of(self.inbound, handler)
        message = self.receive(f"m{self.count}", data)
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message

    def inbound_of(self, interface, handler):
        """Let an active interface use another handler, below the rules for drafts."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET handler = %s WHERE id = %s",
            [f"integration.handler.{handler}", interface.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def employee(self, number="100", **data):
        """Bring an employee; the message is done."""
        message = self.bring("employee", **{"number": number, "name": "Noor Peeters", **data})
        self.assertEqual(message.state, "done", message.error_message)
        return self.env["hr.employee"].browse(message.res_id)

    def department(self, number="D-1", **data):
        message = self.bring("department", **{"number": number, "name": "Cardiology", **data})
        self.assertEqual(message.state, "done", message.error_message)
        return self.env["hr.department"].browse(message.res_id)

    def leave(self, days, number="100", **data):
        """Payroll says that somebody leaves in so many days."""
        day = fields.Date.to_string(fields.Date.add(self.today, days=days))
        return self.bring("leaver", **{"number": number, "last_day": day, **data})

    def leaver(self, employee):
        return self.env["integration.leaver"].search([("employee_id", "=", employee.id)])[:1]

    def assert_quarantined(self, message, code, error_class="conflict"):
        self.assertEqual(
            (message.state, message.error_class, message.error_code),
            ("quarantined", error_class, code),
            message.error_message,
        )

    def assert_done(self, message):
        self.assertEqual(message.state, "done", message.error_message)
