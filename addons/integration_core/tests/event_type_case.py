"""An administrator who defines event types."""

from odoo.tests import new_test_user

from .test_event_capture import EventCase


class EventTypeCase(EventCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = new_test_user(
            cls.env,
            "integration.definer",
            "integration_core.group_administrator,base.group_partner_manager",
        )

    def as_administrator(self, **values):
        """Create an event type as a person does it."""
        return (
            self.env["integration.event.type"]
            .with_user(self.administrator)
            .create(
                {
                    "name": "Contact made",
                    "code": "test.contact.made",
                    "model_name": "res.partner",
                    "trigger": "created",
                    **values,
                }
            )
        )

    def mapping(self, header):
        mapping = self.env["integration.mapping"].create({"name": header, "header": header})
        if "state" in mapping._fields:
            mapping.state = "approved"
        return mapping
