from odoo.tests import HttpCase, new_test_user, tagged

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestUi(EngineCase, HttpCase):
    """The screens in a browser, as an administrator meets them."""

    def test_lifecycle_tour(self):
        self.env["integration.interface"].create(
            {"name": "Tour interface", "system_id": self.system.id, "direction": "inbound"}
        )
        # Core has no transport, and only a transport makes an interface complete.
        self.patch(
            type(self.env["integration.interface"]), "_missing_for_traffic", lambda _self: []
        )
        new_test_user(
            self.env,
            "tour.approver",
            groups="integration_core.group_approver",
            password="tour.approver",
        )
        self.start_tour("/odoo", "integration_core_lifecycle", login="admin")
        self.start_tour("/odoo", "integration_core_approve", login="tour.approver")
        self.start_tour("/odoo", "integration_core_activate", login="admin")
        interface = self.env["integration.interface"].search([("name", "=", "Tour interface")])
        self.assertEqual(interface.state, "active")
        self.assertFalse(interface.processing_paused)

    def test_messages_tour(self):
        message = self.receive("tour-1", {"key": "seen in the browser"})
        self.start_tour("/odoo", "integration_core_messages", login="admin")
        message.invalidate_recordset()
        self.assertEqual(message.state, "held")
        self.assertEqual(message.held_reason, "parked")
