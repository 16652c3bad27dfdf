import json
from datetime import datetime, timedelta

from odoo.addons.integration_core.tests.common import EngineCase


class ScheduleCase(EngineCase):
    """A clinical system whose inbound interface brings messages to one handler after another."""

    handler = "integration.handler.ehr_appointment"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = ("base.group_user", "integration_ehr_bridge.group_feed")
        cls.service_user.group_ids = [(6, 0, [cls.env.ref(group).id for group in groups])]
        cls.env.company.ehr_create_locations = True
        cls.reconfigure(cls.inbound, handler=cls.handler, data_class="clinical")
        cls.now = datetime.now().replace(microsecond=0)

    @classmethod
    def reconfigure(cls, interface, **values):
        """Change an active interface, below the rules that only drafts change."""
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'draft' WHERE id = %s", [interface.id]
        )
        interface.invalidate_recordset()
        interface.write(values)
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [interface.id]
        )
        interface.invalidate_recordset()
        interface._configuration_changed()

    def moment(self, minutes=0, days=0):
        """A moment of this test as messages write it."""
        at = self.now + timedelta(minutes=minutes, days=days)
        return f"{at.isoformat(timespec='seconds')}Z"

    def bring(self, document):
        """Let a message arrive and be handled; return it."""
        self._count = getattr(self, "_count", 0) + 1
        message = self.receive(f"m{self._count}", json.dumps(document).encode())
        self.drain(self.inbound)
        message.invalidate_recordset()
        return message

    def bring_all(self, documents):
        """Let messages arrive, and be handled after that."""
        self._count = getattr(self, "_count", 0)
        messages = self.env["integration.message"]
        for document in documents:
            self._count += 1
            messages |= self.receive(f"m{self._count}", json.dumps(document).encode())
        self.drain(self.inbound)
        messages.invalidate_recordset()
        return messages

    def assert_done(self, messages):
        for message in messages:
            self.assertEqual(message.state, "done", message.error_message)

    def assert_quarantined(self, message, code):
        self.assertEqual(
            (message.state, message.error_code), ("quarantined", code), message.error_message
        )

    def visit(self, number, patient=None, **values):
        """A visit as the feed makes one."""
        patients = self.env["ehr.patient"]
        if patient:
            patients = patients._resolve([("", patient)])["", patient]
        return self.env["ehr.encounter"].create(
            {
                "visit_number": number,
                "patient_id": patients.id,
                "encounter_class": "inpatient",
                "state": "present",
                **values,
            }
        )
