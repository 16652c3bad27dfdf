from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from .common import EngineCase

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACTIVITY = "integration_core.mail_activity_blocked"


@tagged("post_install", "-at_install")
class TestObstacles(EngineCase):
    """What our own set-up lacks holds messages, says why, and resumes when it is mended."""

    def setUp(self):
        super().setUp()
        self.credential = self.env["integration.credential"].create({"name": "Shared"})
        self.credential.rotate({}, SECRET)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET credential_id = %s WHERE id = %s",
            [self.credential.id, self.outbound.id],
        )
        self.env.invalidate_all()
        self.sent = []

    def message_to_send(self):
        self.fire()
        self.dispatch()
        return self.env["integration.message"].search(
            [("interface_id", "=", self.outbound.id)], order="id desc", limit=1
        )

    def try_to_send(self):
        self.send_with(lambda message: self.sent.append(message.uuid) or Outcome())
        self.drain(self.outbound)
        self.env.invalidate_all()

    def open_activities(self, interface):
        return interface.activity_search([ACTIVITY])

    def test_expired_credential_holds_and_resumes(self):
        message = self.message_to_send()
        past = fields.Datetime.now() - timedelta(hours=1)
        self.credential.version_ids.not_after = past
        for _ in range(2):
            self.try_to_send()
        self.assertEqual((message.state, message.attempts, self.sent), ("queued", 0, []))
        self.assertIn("expired on", self.outbound.blocked_reason)
        self.assertIn("“Shared”", self.outbound.blocked_reason)
        self.assertEqual(self.outbound.light, "failing")
        self.assertEqual(len(self.open_activities(self.outbound)), 1)
        self.credential.rotate({"generate": True})
        self.try_to_send()
        self.assertEqual((message.state, len(self.sent)), ("done", 1))
        self.assertFalse(self.outbound.blocked_reason)
        self.assertFalse(self.open_activities(self.outbound))

    def test_lost_key_is_named(self):
        message = self.message_to_send()
        other = KeyRing.parse(f"other:{keyring.generate_key()}")
        with patch.object(settings, "key_ring", lambda: other):
            self.try_to_send()
        self.assertEqual(message.state, "queued")
        self.assertIn("'test'", self.outbound.blocked_reason)
        self.try_to_send()
        self.assertEqual(message.state, "done")
        self.assertFalse(self.outbound.blocked_reason)

    def test_received_clinical_content_waits_for_its_key(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        message = self.receive("k1", {"key": "a"}, data_class="clinical")
        handled = []
        self.handle_with(lambda _self, received, data: handled.append(data))

        def drain():
            self.drain(self.inbound)
            self.env.invalidate_all()

        def missing():
            raise keyring.KeyRingMissing("no key ring is configured")

        other = KeyRing.parse(f"other:{keyring.generate_key()}")
        for ring, reason in ((missing, "no key ring"), (lambda: other, "'test'")):
            with patch.object(settings, "key_ring", ring):
                drain()
            self.assertEqual((message.state, handled), ("queued", []))
            self.assertIn(reason, self.inbound.blocked_reason)
        self.assertEqual(message.attempts, 0, "no attempt is spent on our own fault")
        drain()
        self.assertEqual((message.state, handled), ("done", [{"key": "a"}]))
        self.assertFalse(self.inbound.blocked_reason)

    def test_one_damaged_message_stops_no_other(self):
        first, second = (
            self.receive(key, {"key": key}, data_class="clinical") for key in ("k1", "k2")
        )
        self.env.cr.execute(
            "UPDATE integration_payload SET body = set_byte(body, length(body) - 1, "
            "(get_byte(body, length(body) - 1) + 1) %% 256) WHERE message_id = %s",
            [first.id],
        )
        self.handle_with(lambda _self, received, data: None)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((first.state, second.state), ("quarantined", "done"))
        self.assertEqual(first.error_code, "decryption_failed")
        self.assertFalse(self.inbound.blocked_reason)
