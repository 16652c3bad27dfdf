import json
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import keys, settings, sweeping

from .content_case import BODY, ContentCase


@tagged("post_install", "-at_install")
class TestContentSweep(ContentCase):
    """What was stored in clear is encrypted afterwards, and means the same."""

    def sweep(self):
        self.env.flush_all()
        self.env["integration.content.sweep"]._request()
        while sweeping.step(self.env, settings.key_ring()):
            pass
        self.env.invalidate_all()

    def rows(self, query):
        self.env.cr.execute(query)
        return self.env.cr.fetchall()

    def forget_classes(self):
        """As it was before content had a class."""
        self.env.cr.execute("UPDATE integration_payload SET data_class = NULL")
        self.env.cr.execute("UPDATE integration_event SET data_class = NULL")
        self.env.invalidate_all()

    def test_payloads(self):
        message, other = self.receive("m1", BODY), self.receive("m2", {"key": "x" * 2000})
        self.forget_classes()
        self.classify("confidential")
        with patch.object(sweeping, "WINDOW", 1):
            self.sweep()
        for body, encoding, data_class in self.rows(
            "SELECT body, encoding, data_class FROM integration_payload"
        ):
            self.assertIn("aes256gcm", encoding)
            self.assertEqual(data_class, "confidential")
            self.assertNotIn(b"Jane", bytes(body))
        state = message.with_user(self.viewer).reveal_content("The sweep is tested here")
        self.assertIn("Jane Doe", self.text(state))
        seen = []
        self.handle_with(lambda _handler, _received, data: seen.append(data["key"]))
        self.drain(self.inbound)
        self.assertEqual(seen, ["Jane Doe", "x" * 2000])
        self.assertEqual(other.external_key, "m2", "only clinical keys are pseudonyms")

    def test_what_is_not_private_stays(self):
        self.receive("m1", BODY)
        before = self.rows("SELECT * FROM integration_payload")
        self.sweep()
        self.assertEqual(self.rows("SELECT * FROM integration_payload"), before)

    def test_deliveries_are_recognised_afterwards(self):
        self.classify("internal")
        first = self.receive("visit-4711", BODY)
        conflict = self.receive("visit-4711", {"key": "other"})
        self.assertEqual(conflict.state, "quarantined")
        self.forget_classes()
        self.classify("clinical")
        before = self.receive("visit-4711", BODY)
        self.sweep()
        self.assertEqual(before, first, "while its key is in clear")
        keys = self.rows(
            "SELECT key FROM integration_idempotency UNION SELECT external_key "
            "FROM integration_message"
        )
        self.assertNotIn("4711", str(keys))
        self.assertEqual(self.receive("visit-4711", BODY), first)
        self.assertEqual(self.receive("visit-4711", {"key": "other"}), conflict)
        self.assertEqual(len(self.messages(self.inbound)), 2)

    def test_order_is_kept_while_keys_become_pseudonyms(self):
        first = self.receive("m1", {"key": "visit 4711"}, key_path="key")
        self.assertEqual(first.partition_key, "visit 4711")
        self.inbound._write_approved({"data_class": "confidential"})
        second = self.receive("m2", {"key": "visit 4711"}, key_path="key")
        self.assertNotIn("4711", second.partition_key)
        self.assertEqual(first.partition_key, second.partition_key)
        self.assertEqual(first.partition_hash, second.partition_hash)

    def test_former_pseudonyms_of_ordering_keys_stay_equal(self):
        self.classify("clinical")
        first = self.receive("m1", {"key": "visit 4711"}, key_path="key")
        self.env.cr.execute(
            "UPDATE integration_message SET partition_key = substr(partition_key, 3)"
        )
        self.sweep()
        second = self.receive("m2", {"key": "visit 4711"}, key_path="key")
        self.assertEqual(first.partition_key, second.partition_key)

    def test_new_clinical_keys_are_pseudonyms(self):
        self.classify("clinical")
        first = self.receive("visit-4711", BODY)
        self.assertNotIn("4711", first.external_key)
        self.assertEqual(self.receive("visit-4711", BODY), first)
        conflict = self.receive("visit-4711", {"key": "other"})
        self.assertEqual(conflict.error_code, "key_reused")
        self.assertEqual(self.receive("visit-4711", {"key": "other"}), conflict)
        self.assertNotIn("4711", str(self.rows("SELECT key FROM integration_idempotency")))

    def test_events(self):
        self.fire("Zedland")
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        data = event.data
        self.forget_classes()
        self.classify("clinical", self.outbound)
        self.sweep()
        self.assertFalse(event.data or event.subject)
        self.assertEqual(event.data_class, "clinical")
        piece = event._content_pieces()[0]
        self.assertEqual(json.loads(piece.open(settings.key_ring())), json.loads(data))
        self.sweep()
        self.assertEqual(json.loads(piece.open(settings.key_ring())), json.loads(data))

    def test_progress_is_visible_until_it_is_done(self):
        self.receive("m1", BODY)
        self.classify("confidential")
        self.assertFalse(self.inbound.content_progress)
        self.env["integration.content.sweep"]._request()
        self.env.invalidate_all()
        self.assertIn("0 % looked through", self.inbound.content_progress)
        with patch.object(keys, "working_ring", lambda _cr: None):
            self.env.invalidate_all()
            self.assertIn("key ring is missing", self.inbound.content_progress)
        self.sweep()
        self.assertFalse(self.inbound.content_progress)

    def test_an_interface_without_content_says_nothing_of_it(self):
        self.receive("m1", BODY)
        self.classify("confidential", self.outbound)
        self.env["integration.content.sweep"]._request()
        self.env.invalidate_all()
        self.assertFalse(self.outbound.content_progress)
        self.fire("Zedland")
        self.env.invalidate_all()
        self.assertTrue(self.outbound.content_progress, "its events are content, too")

    def test_a_higher_class_asks_for_it(self):
        self.receive("m1", BODY)
        self.inbound._write_approved({"data_class": "confidential"})
        self.assertTrue(self.env["integration.content.sweep"].search([]))

    def test_what_cannot_be_read_does_not_stop_it(self):
        message = self.receive("m1", BODY)
        self.receive("m2", BODY)
        self.env.cr.execute(
            "UPDATE integration_payload SET encoding = 'zlib' WHERE message_id = %s", [message.id]
        )
        self.classify("confidential")
        with self.assertLogs("odoo.addons.integration_core.engine.sweeping", "WARNING"):
            self.sweep()
        encodings = self.rows("SELECT encoding FROM integration_payload ORDER BY id")
        self.assertEqual(encodings, [("zlib",), ("aes256gcm",)])

    def test_clinical_is_for_good(self):
        self.classify("clinical")
        with self.assertRaisesRegex(UserError, "stays clinical"):
            self.inbound._write_approved({"data_class": "internal"})

    def test_a_proposal_cannot_make_it_less(self):
        self.classify("clinical")
        self.inbound.action_propose_change()
        proposal = self.inbound.open_revision_id.proposal_id
        self.assertTrue(proposal)
        with self.assertRaisesRegex(UserError, "stays clinical"):
            proposal.data_class = "confidential"
