from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import causation, snapshots
from odoo.addons.integration_core.engine.causation import Cause

from . import upgrading
from .test_event_capture import EventCase


@tagged("post_install", "-at_install")
class TestEventCompany(EventCase):
    """Who sees the events of documents that belong to no company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.viewer = new_test_user(
            cls.env, "sees.content.here", "integration_core.group_content_viewer"
        )
        cls.stranger = new_test_user(
            cls.env,
            "sees.content.elsewhere",
            "integration_core.group_content_viewer",
            company_id=cls.elsewhere.id,
            company_ids=[(6, 0, cls.elsewhere.ids)],
        )

    def assertSeen(self, event, by, not_by):  # noqa: N802
        events = self.env["integration.event"]
        domain = [("id", "=", event.id)]
        self.assertTrue(events.with_user(by).search(domain))
        self.assertFalse(events.with_user(not_by).search(domain))
        self.assertTrue(event.with_user(by).read(["data"]))
        with self.assertRaises(AccessError):
            event.with_user(not_by).read(["data"])

    def test_of_a_document_without_a_company(self):
        event_type = self.define("created")
        self.contact()
        event = self.events(event_type)
        self.assertFalse(event.company_id, "so that the subscribers of all companies get it")
        self.assertEqual(event.acting_company_id, self.env.user.company_id)
        self.assertSeen(event, by=self.viewer, not_by=self.stranger)

    def test_the_user_who_acts_decides_and_not_the_superuser_in_between(self):
        event_type = self.define("created")
        self.env.transaction.default_env = self.env(user=self.stranger)
        self.contact()
        event = self.events(event_type)
        self.assertEqual(event.acting_company_id, self.elsewhere)
        self.assertSeen(event, by=self.stranger, not_by=self.viewer)

    def test_caused_by_the_system_of_another_company(self):
        event_type = self.define("created")
        system = self.env["integration.system"].create(
            {"name": "Far", "code": "FAR", "company_id": self.elsewhere.id}
        )
        with causation.caused_by(Cause("m", "c", None, system.id, 1)):
            self.contact()
            self.env.cr.flush()
        self.assertSeen(self.events(event_type), by=self.stranger, not_by=self.viewer)

    def test_of_a_document_with_a_company(self):
        event_type = self.define("created")
        self.contact(company_id=self.elsewhere.id)
        self.assertSeen(self.events(event_type), by=self.stranger, not_by=self.viewer)

    def test_all_companies_still_get_the_message(self):
        event_type = self.define("created")
        system = self.env["integration.system"].create(
            {"name": "Far", "code": "FAR", "company_id": self.elsewhere.id}
        )
        far = self._interface("Far", system_id=system.id, event_type_ids=[(6, 0, event_type.ids)])
        self.contact()
        self.env.cr.flush()
        self.dispatch()
        message = self.messages(far).with_user(self.stranger)
        self.assertEqual(message.company_id, self.elsewhere)
        self.assertTrue(message.read(["event_id", "state"]), "its people see their message")

    def test_the_part_of_a_document_belongs_to_the_company_of_the_document(self):
        message = self.receive("part", {"key": "a"})
        self.assertNotIn("company_id", message.payload_ids._fields)
        self.assertEqual(snapshots.company_of(message.payload_ids), message.company_id.id)
        contact = self.contact(company_id=self.elsewhere.id)
        activity = contact.activity_schedule("mail.mail_activity_data_todo")
        self.assertIsNone(snapshots.company_of(activity), "no key leads to its document")

    def test_a_renewed_event_stays_where_it_was_caused(self):
        event_type = self.define("created")
        self.env.transaction.default_env = self.env(user=self.stranger)
        self.contact()
        self.events(event_type)
        self.dispatch()
        interface = event_type.interface_ids
        message = self.messages(interface)
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'quarantined' WHERE id = %s", [message.id]
        )
        self.env.invalidate_all()
        self.env.transaction.default_env = self.env
        message.action_retry()
        self.env.invalidate_all()
        self.assertEqual(message.event_id.acting_company_id, self.elsewhere)
        self.assertEqual(len(self.events(event_type)), 2)

    def test_upgrade(self):
        """Events of before have no company of their cause, and the rule lists them for all."""
        event_type = self.define("created")
        self.contact()
        event = self.events(event_type)
        self.contact(company_id=self.env.company.id)
        ours = self.events(event_type) - event
        self.assertEqual(ours.company_id, self.env.company)
        rule = self.env.ref("integration_core.rule_integration_event_company")
        wanted = rule.domain_force
        script = upgrading.script("19.0.1.1.0", "post-event_company")
        rule.domain_force = script.OLD_RULE
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_event SET acting_company_id = NULL, user_id = %s "
            "WHERE id = ANY(%s)",
            [self.stranger.id, [event.id, ours.id]],
        )
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(rule.domain_force, wanted)
        self.env.registry.clear_cache()
        self.assertFalse(ours.acting_company_id, "its own company decides: no need to write it")
        self.assertSeen(event, by=self.stranger, not_by=self.viewer)
