from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine import obstacles, settings
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors, keyring
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


class Obstructed:
    """A sender that meets what concerns every message as soon as ``free`` were sent.

    :ivar asked: the messages that it was given, one list for each call
    """

    def __init__(self, error, free=0, batch_size=1):
        self.error = error
        self.free = free
        self.batch_size = batch_size
        self.asked = []

    def __call__(self, message):
        return self.send_batch([message])[0]

    def send_batch(self, messages):
        self.asked.append([one.uuid for one in messages])
        error = None if len(self.asked) <= self.free else self.error
        return [Outcome(error=error) for _one in messages]


@tagged("post_install", "-at_install")
class TestMetWhileSending(EngineCase):
    """What is found no sooner than on the way to the partner, and would meet every message."""

    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            "UPDATE integration_policy SET concurrency = 1, ordering = 'none' WHERE id = %s",
            [self.policy.id],
        )
        self.env.invalidate_all()
        self.error = errors.ConfigurationError("The proxy refuses us.")
        self.error.holds = True

    def queue(self, count):
        self.snapshot_countries()
        for number in range(count):
            country = self.env["res.country"].create(
                {"name": f"Land {number}", "code": f"Q{number}"}
            )
            country.phone_code = 999
            self.env.cr.flush()
        self.dispatch()
        return self.messages(self.outbound)

    def drain_with(self, sender):
        self.send_with(sender)
        self.patch(
            type(self.env["integration.transport.none"]),
            "_batch_size",
            lambda _transport, _interface: sender.batch_size,
        )
        self.drain(self.outbound)
        return self.messages(self.outbound)

    def test_all_wait_untried_and_one_alone_asks(self):
        self.queue(4)
        sender = Obstructed(self.error)
        messages = self.drain_with(sender)
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        self.assertEqual(set(messages.mapped("attempts")), {0})
        self.assertFalse(messages.attempt_ids)
        self.assertEqual(len(sender.asked), 1)
        self.assertEqual(self.outbound.blocked_reason, "The proxy refuses us.")
        self.assertEqual(len(self.outbound.activity_search([ACTIVITY])), 1)

    def test_what_left_before_is_recorded(self):
        self.queue(3)
        messages = self.drain_with(Obstructed(self.error, free=1))
        self.assertEqual(sorted(messages.mapped("state")), ["done", "queued", "queued"])
        self.assertEqual(sum(messages.mapped("attempts")), 1)
        self.assertTrue(self.outbound.blocked_reason)

    def test_telling_of_it_undoes_nothing(self):
        self.queue(3)

        def fail(_interface, _reason):
            raise ValueError("a hook of somebody's")

        self.patch(type(self.outbound), "_set_obstacle", fail)
        with self.assertLogs("odoo.addons.integration_core.engine.obstacles", "ERROR"):
            messages = self.drain_with(Obstructed(self.error, free=1))
        self.assertEqual(sorted(messages.mapped("state")), ["done", "queued", "queued"])

    def test_a_request_of_several_waits_as_a_whole(self):
        self.queue(4)
        sender = Obstructed(self.error, batch_size=3)
        messages = self.drain_with(sender)
        self.assertEqual([len(batch) for batch in sender.asked], [3])
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        self.assertEqual(set(messages.mapped("attempts")), {0})

    def test_a_process_tries_once_in_a_while(self):
        """Each event starts a drain, and each drain would knock."""
        self.queue(1)
        self.drain_with(Obstructed(self.error))
        sender = Obstructed(None)
        self.drain_with(sender)
        self.assertEqual(sender.asked, [])
        self.assertTrue(self.outbound.blocked_reason)
        self.env.cr.execute(
            "UPDATE integration_policy SET write_date = write_date + interval '1 second'"
            " WHERE id = %s",
            [self.policy.id],
        )
        self.env.invalidate_all()
        messages = self.drain_with(sender)
        self.assertEqual(messages.state, "done", "what was changed is tried at once")

    def test_it_goes_on_by_itself_when_that_is_mended(self):
        self.queue(2)
        self.drain_with(Obstructed(self.error))
        self.patch(obstacles, "_met", obstacles._Met())  # as time goes by, or in another process
        messages = self.drain_with(Obstructed(None))
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.outbound.invalidate_recordset()
        self.assertFalse(self.outbound.blocked_reason)
        self.assertFalse(self.outbound.activity_search([ACTIVITY]))

    def test_it_says_nothing_about_the_partner(self):
        """Neither the rate nor a probe of the breaker is used up."""
        self.env.cr.execute(
            "UPDATE integration_policy SET rate_per_second = 1, rate_burst = 4,"
            " breaker_enabled = true, breaker_min_calls = 1 WHERE id = %s",
            [self.policy.id],
        )
        self.env.invalidate_all()
        self.queue(4)
        self.drain_with(Obstructed(self.error))
        self.env.cr.execute(
            "SELECT tokens FROM integration_rate WHERE interface_id = %s", [self.outbound.id]
        )
        self.assertEqual(self.env.cr.fetchone()[0], 4)
        opened = [("interface_id", "=", self.outbound.id), ("state", "!=", "closed")]
        self.assertFalse(self.env["integration.breaker"].search_count(opened))
