from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import causation
from odoo.addons.integration_core.engine.causation import Cause

from .test_event_capture import EventCase


@tagged("post_install", "-at_install")
class TestEventScreen(EventCase):
    """What the form of an event tells an observer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.observer = new_test_user(cls.env, "sees.events", "integration_core.group_observer")

    def seen(self, event_type):
        return self.events(event_type).with_user(self.observer)

    def test_cause_messages_and_relatives(self):
        event_type = self.define()
        message = self.receive("cause", {"key": "a"})
        contact = self.contact()
        other = self.env["integration.system"].create(
            {"name": "Other", "code": "OTHER", "kind": "other"}
        )
        cause = Cause(message.uuid, message.correlation_id, None, other.id, 1)
        with causation.caused_by(cause):
            contact.type = "delivery"
            self.env.cr.flush()
        event = self.seen(event_type)
        self.assertEqual(event.cause_message_id, message)
        self.assertFalse(event.cause_event_id)
        self.assertEqual(event.message_count, 0)
        self.dispatch()
        event.invalidate_recordset()
        self.assertEqual(event.message_count, 1)
        related = self.env["integration.message"].search(event.action_open_correlated()["domain"])
        self.assertEqual(related, message | event.message_ids)
        self.assertEqual(event.with_user(1).action_open_document()["res_id"], contact.id)

    def test_document_that_is_gone(self):
        event_type = self.define("deleted")
        contact = self.contact()
        self.next_transaction()
        contact.unlink()
        event = self.seen(event_type)
        with self.assertRaisesRegex(UserError, "deleted"):
            event.action_open_document()
        self.env.cr.execute("UPDATE integration_event SET res_model = 'gone.model'")
        event.invalidate_recordset()
        self.assertTrue(event.model_missing)
        with self.assertRaisesRegex(UserError, "not installed"):
            event.action_open_document()

    def test_filters(self):
        event_type = self.define()
        self.contact(type="delivery")
        event = self.seen(event_type)
        search = self.env["integration.event"].with_user(self.observer).search
        mine = [("type_id", "=", event_type.id)]
        self.assertEqual(search([*mine, ("occurred_at", ">=", "now -24H")]), event)
        self.assertEqual(search([*mine, ("dispatched_at", "=", False)]), event)
        self.assertFalse(search([*mine, ("message_ids.state", "in", ("quarantined", "dead"))]))
        self.assertFalse(search([*mine, ("problem", "!=", False)]))

    def test_data_only_for_content_viewers(self):
        event_type = self.define()
        self.contact(type="delivery", name="Canary")
        event = self.seen(event_type)
        form = event.get_view(view_type="form")["arch"]
        self.assertNotIn('name="data"', form)
        self.assertNotIn("Canary", str(event.read(["problem", "message_count"])))

    def test_name_of_the_document_is_content(self):
        event_type = self.define()
        contact = self.contact(type="delivery", name="Canary")
        event = self.seen(event_type)
        # The observer first, so that what a reader of contents sees is not what was cached.
        self.assertEqual(event.display_name, f"Contact reaches {event.uuid[:8]}")
        with self.assertRaises(AccessError):
            event.read(["subject"])
        with self.assertRaises(AccessError):
            event.search([("subject", "=", "Canary")])
        viewer = new_test_user(self.env, "reads.events", "integration_core.group_content_viewer")
        self.assertEqual(event.with_user(viewer).display_name, "Contact reaches: Canary")
        self.assertEqual(event.document_name, "Canary", "contacts are open to all employees")
        self.env["ir.rule"].create(
            {
                "name": "Closed",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": [("id", "!=", contact.id)],
            }
        )
        self.env.invalidate_all()
        self.assertFalse(event.document_name)
        for view_type in ("list", "form", "search"):
            self.assertNotIn('name="subject"', event.get_view(view_type=view_type)["arch"])
