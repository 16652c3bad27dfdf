from odoo.tests import tagged

from .common import delivered
from .test_ui_governance import GovernanceCase


@tagged("post_install", "-at_install")
class TestEventsUi(GovernanceCase):
    """An event that nobody programmed: defined, tried, approved, activated and seen to happen."""

    def test_event_is_defined_and_fires(self):
        self.env["res.partner"].create({"name": "Tour example", "is_company": True})
        interface = self.env["integration.interface"].create(
            {"name": "Tour interface", "system_id": self.system.id, "direction": "outbound"}
        )
        # Core has no transport, and only a transport makes an interface complete.
        self.patch(
            type(self.env["integration.interface"]), "_missing_for_traffic", lambda _self: []
        )
        self.ask("define_event")
        event_type = self.env["integration.event.type"].search(
            [("code", "=", "tour.contact.company")]
        )
        version = event_type.contract_id.version_ids
        version.with_user(self.deciding).action_approve()
        self.ask("subscribe_event")
        interface.with_user(self.deciding).action_approve()
        self.ask("activate_event")
        self.ask("fire_event", url="/odoo/res.partner/new")

        self.assertEqual(event_type.event_ids.mapped("subject"), ["Tour company"])
        self.dispatch()
        sent = []

        def send(message):
            sent.append((message.message_type, message.document))
            return delivered(message)

        self.send_with(send)
        self.drain(interface)
        company = self.env["res.partner"].search([("name", "=", "Tour company")])
        content = {"id": company.id, "name": "Tour company"}
        self.assertEqual(sent, [("tour.contact.company", content)])
        self.assertEqual(self.messages(interface).mapped("state"), ["done"])
