from odoo.tests import new_test_user, tagged

from .common import EngineCase, delivered
from .owned import OwnedCase


@tagged("post_install", "-at_install")
class TestMessageScreen(EngineCase):
    """What lists and the form of messages call things."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.observer = new_test_user(cls.env, "sees.messages", "integration_core.group_observer")

    def sent(self):
        country = self.fire()
        self.dispatch()
        self.send_with(delivered)
        self.drain(self.outbound)
        return country, self.messages(self.outbound)

    def test_type_is_told_by_its_name(self):
        _country, sent = self.sent()
        received = self.receive("k1", {"key": "a"}, message_type="test.thing")
        both = (sent + received).with_user(self.observer)
        self.assertEqual([one.kind_name for one in both], ["Country got its phone code", "Thing"])

    def test_type_keeps_its_name_in_the_archive_and_its_code_without_one(self):
        _country, sent = self.sent()
        # below the ORM: an event type that an interface was approved with stays
        self.env.cr.execute(
            "UPDATE integration_event_type SET active = false WHERE id = %s", [self.event_type.id]
        )
        self.env.invalidate_all()
        self.assertEqual(sent.kind_name, "Country got its phone code")
        self.env.cr.execute(
            "UPDATE integration_message SET message_type = 'of.old' WHERE id = %s", [sent.id]
        )
        sent.invalidate_recordset()
        self.assertEqual(sent.kind_name, "of.old")

    def test_document_is_told_by_its_kind_to_whoever_may_not_read_it(self):
        country, sent = self.sent()
        event = sent.event_id
        self.assertEqual(sent.document_label, country.name)
        self.assertEqual(event.document_label, country.name)
        access = self.env["ir.model.access"].search([("model_id.model", "=", "res.country")])
        access.active = False
        self.env.registry.clear_cache()
        for told in (sent.with_user(self.observer), event.with_user(self.observer)):
            self.assertFalse(told.document_name)
            self.assertEqual(told.document_label, "Country")

    def test_one_replay_is_opened_at_once(self):
        _country, sent = self.sent()
        sent.action_replay("lost")
        self.env.invalidate_all()
        replay = self.messages(self.outbound) - sent
        self.assertEqual(sent.action_open_replays()["res_id"], replay.id)
        self.drain(self.outbound)
        self.env.invalidate_all()
        sent.action_replay("lost again")
        self.env.invalidate_all()
        found = self.env["integration.message"].search(sent.action_open_replays()["domain"])
        self.assertEqual(found, self.messages(self.outbound) - sent)


@tagged("post_install", "-at_install")
class TestMessageOfConflict(OwnedCase):
    """A message that a data steward has to decide about leads there first."""

    def test_only_what_is_parked_waits_for_a_decision(self):
        self.own("email")
        parked = self.bring("k1", email="jane@new.example")
        self.assertTrue(parked.waits_for_decision)
        conflict = self.env["integration.conflict"].search([("message_id", "=", parked.id)])
        self.assertEqual(parked.action_open_conflicts()["res_id"], conflict.id)
        taken = self.bring("k2", phone="2")
        self.assertFalse(taken.waits_for_decision)
