import time
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import causation, drain, sync
from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tools import errors, pace

from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestOutbound(EngineCase):
    def _sync(self, record):
        return self.env["integration.record.sync"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def _fired(self, sender=delivered):
        self.send_with(sender)
        record = self.fire()
        self.dispatch()
        return record, self.messages(self.outbound)

    def test_event_becomes_one_message_and_is_delivered(self):
        sent = []
        record, message = self._fired(lambda outgoing: sent.append(outgoing) or delivered(outgoing))
        self.assertEqual((message.state, message.direction), ("queued", "outbound"))
        self.assertEqual((message.res_model, message.res_id), ("res.country", record.id))
        self.assertEqual(self._sync(record).state, "pending")
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
        self.assertEqual(self._sync(record).state, "synchronised")
        self.assertEqual(sent[0].document, {"key": "Zedland"})
        self.assertEqual(sent[0].external_key, message.event_id.uuid)
        self.assertEqual(sent[0].correlation_id, message.event_id.correlation_id)
        kinds = message.payload_ids.sorted("kind").mapped("kind")
        self.assertEqual(kinds, ["response", "sent"])
        self.assertEqual(message.attempt_ids.http_status, 202)

    def test_a_drain_remembers_how_long_it_was_kept_waiting(self):
        self._fired()
        lane = self.env["integration.lane"].search([("interface_id", "=", self.outbound.id)])
        with patch.object(pace, "SLOW", 0.05):
            self.send_with(lambda outgoing: time.sleep(0.06) or delivered(outgoing))
            self.drain(self.outbound)
        lane.invalidate_recordset()
        self.assertTrue(lane.slow)

    def test_dispatcher_repeats_nothing(self):
        self._fired()
        self.env.cr.execute("UPDATE integration_event SET dispatched_at = NULL")
        self.dispatch()
        self.assertEqual(len(self.messages(self.outbound)), 1)

    def test_several_changes_make_one_event_with_the_last_snapshot(self):
        self.send_with(delivered)
        record = self.fire()
        record.name = "Zedland at last"
        record.phone_code = 1
        self.env.cr.flush()
        record.phone_code = 999
        self.env.cr.flush()
        event = self.env["integration.event"].search([("res_id", "=", record.id)])
        self.assertEqual(len(event), 1)
        self.assertIn("Zedland at last", event.data)

    def test_no_event_when_the_value_does_not_change(self):
        record = self.fire()
        events = self.env["integration.event"].search_count([])
        self.env.cr.execute("UPDATE integration_event SET tx = '0'")
        record.phone_code = 999
        record.name = "Other"
        self.env.cr.flush()
        self.assertEqual(self.env["integration.event"].search_count([]), events)

    def test_no_subscriber_no_event(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET activated_at = NULL WHERE id = %s",
            [self.outbound.id],
        )
        self.outbound._configuration_changed()
        self.fire()
        self.assertFalse(self.env["integration.event"].search([]))

    def test_failed_savepoint_leaves_no_event(self):
        self.snapshot_countries()
        country = self.env["res.country"].create({"name": "Zedland", "code": "ZY"})
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            country.phone_code = 999
            self.env.flush_all()
            raise ZeroDivisionError
        self.env.cr.flush()
        self.assertFalse(self.env["integration.event"].search([("res_id", "=", country.id)]))

    def test_no_echo_to_the_causing_system(self):
        self.send_with(delivered)
        cause = causation.Cause("m-1", "corr-1", None, self.system.id, 1)
        with causation.caused_by(cause):
            record = self.fire()
        event = self.env["integration.event"].search([("res_id", "=", record.id)])
        self.assertEqual((event.correlation_id, event.causation_id), ("corr-1", "m-1"))
        self.dispatch()
        self.assertFalse(self.messages(self.outbound))
        self.assertTrue(event.dispatched_at)

    def test_endless_chain_is_quarantined(self):
        self.send_with(delivered)
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        cause = causation.Cause("m-1", "corr-1", None, other.id, causation.MAX_DEPTH + 1)
        with causation.caused_by(cause):
            self.fire()
        self.dispatch()
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.error_code), ("quarantined", "causation_depth"))

    def test_paused_interface_holds(self):
        self.outbound.action_pause()
        _record, message = self._fired()
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.held_reason), ("held", "paused"))

    def test_transient_failure_retries_then_dies_and_tells_once(self):
        country, message = self._fired(
            lambda outgoing: Outcome(error=errors.TransientError("Down.", code="http_500"))
        )
        for _attempt in range(3):
            self.drain(self.outbound)
            self.make_due(message)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("dead", 3))
        self.assertEqual(self._sync(country).state, "failed")
        self.assertEqual(self._sync(country).reason, "Down.")
        activities = self.outbound.activity_ids
        self.assertEqual(activities.user_id, self.outbound.owner_id)
        self.assertEqual(len(activities), 1)
        message.action_retry()
        for _attempt in range(3):
            self.drain(self.outbound)
            self.make_due(message)
        self.outbound.invalidate_recordset()
        self.assertEqual(
            len(self.outbound.activity_ids), 1, "a second failure tells no second time"
        )

    def test_retry_after_is_a_lower_bound(self):
        _record, message = self._fired(
            lambda outgoing: Outcome(error=errors.ThrottledError("Later.", 500.0))
        )
        self.drain(self.outbound)
        message.invalidate_recordset()
        wait = (message.available_at - message.attempt_ids.started_at).total_seconds()
        # The one was taken from the clock a moment after the other.
        self.assertGreaterEqual(wait, 480)

    def test_content_that_breaks_its_contract_never_leaves(self):
        sent = []
        _record, message = self._fired(lambda outgoing: sent.append(outgoing))
        self.env.cr.execute("UPDATE integration_event SET data = '{}'")
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        self.assertFalse(sent)

    def test_retry_of_a_quarantined_message_takes_a_new_snapshot(self):
        record, message = self._fired()
        self.env.cr.execute("UPDATE integration_event SET data = '{}'")
        self.drain(self.outbound)
        record.name = "Mended"
        message.invalidate_recordset()
        message.action_retry()
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
        self.assertIn("Mended", message.event_id.data)

    def test_breaker_opens_and_closes(self):
        self.policy.write(
            {"breaker_enabled": True, "breaker_min_calls": 2, "breaker_open_seconds": 30}
        )
        health = {"up": False}

        def sender(outgoing):
            if health["up"]:
                return delivered(outgoing)
            return Outcome(error=errors.TransientError("Down."))

        self._fired(sender)
        self.fire("Second", "ZX")
        self.dispatch()
        self.drain(self.outbound)
        self.assertEqual(self.outbound.breaker_state, "open")
        messages = self.messages(self.outbound)
        self.assertEqual(messages.mapped("attempts"), [1, 1])
        self.make_due(messages)
        self.drain(self.outbound)
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("attempts"), [1, 1], "no call while the breaker is open")
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        health["up"] = True
        self.env.cr.execute(
            "UPDATE integration_breaker SET data = jsonb_set(data::jsonb, '{opened_until}', '0')"
        )
        self.drain(self.outbound)
        self.outbound.invalidate_recordset()
        messages.invalidate_recordset()
        self.assertEqual(self.outbound.breaker_state, "closed")
        self.assertEqual(set(messages.mapped("state")), {"done"})

    def test_confirmation_that_overtakes_the_result_stays(self):
        record, message = self._fired()
        self.env.cr.execute(
            "UPDATE integration_interface SET awaits_confirmation = true WHERE id = %s",
            [self.outbound.id],
        )
        self.env.cr.execute(
            "UPDATE integration_message SET attempts = 1 WHERE id = %s", [message.id]
        )
        self.assertEqual(sync.confirm(self.env.cr, "res.country", record.id, self.system.id), 1)
        self.drain(self.outbound)
        self.assertEqual(self._sync(record).state, "synchronised")

    def test_delivery_waits_for_the_confirmation(self):
        record, _message = self._fired()
        self.env.cr.execute(
            "UPDATE integration_interface SET awaits_confirmation = true WHERE id = %s",
            [self.outbound.id],
        )
        self.assertEqual(
            sync.confirm(self.env.cr, "res.country", record.id, self.system.id),
            0,
            "what has not left yet cannot be confirmed",
        )
        self.drain(self.outbound)
        self.assertEqual(self._sync(record).state, "waiting")
        sync.confirm(self.env.cr, "res.country", record.id, self.system.id)
        self.env.invalidate_all()
        self.assertEqual(self._sync(record).state, "synchronised")

    def test_strict_ordering_sends_one_after_the_other(self):
        self.policy.write({"ordering": "strict", "concurrency": 4})
        sent = []

        def sender(outgoing):
            sent.append(outgoing.document["key"])
            return Outcome(error=errors.TransientError("Down."))

        self._fired(sender)
        self.fire("Second", "ZX")
        self.dispatch()
        self.drain(self.outbound)
        self.assertEqual(sent, ["Zedland"], "the second waits behind the first")
        self.assertEqual(self.messages(self.outbound).mapped("state"), ["retry", "queued"])

    def test_refused_message_blocks_its_key_inside_a_claim(self):
        sent = []
        record, first = self._fired(lambda outgoing: sent.append(1) or delivered(outgoing))
        self.env.cr.execute("UPDATE integration_event SET tx = '0', data = '{}'")
        record.phone_code = 1
        self.env.cr.flush()
        record.phone_code = 999
        self.env.cr.flush()
        self.dispatch()
        self.policy.failure_blocks_key = True
        self.drain(self.outbound)
        self.assertEqual(self.messages(self.outbound).mapped("state"), ["quarantined", "queued"])
        self.assertFalse(sent)
        first.action_resolve("superseded")
        self.drain(self.outbound)
        self.assertEqual(self.messages(self.outbound).mapped("state"), ["cancelled", "done"])

    def test_new_snapshot_leaves_the_event_of_others_alone(self):
        record, message = self._fired()
        self.env.cr.execute("UPDATE integration_event SET data = '{}'")
        self.drain(self.outbound)
        record.name = "Mended"
        message.invalidate_recordset()
        old, old_key = message.event_id, message.external_key
        message.action_retry()
        self.assertNotEqual(message.event_id, old)
        self.assertNotEqual(message.external_key, old_key, "another content has another id")
        self.assertEqual((old.data, message.event_id.causation_id), ("{}", old.uuid))
        self.assertTrue(message.event_id.dispatched_at, "it is not fanned out again")

    def test_record_follows_what_an_operator_does(self):
        record, message = self._fired(
            lambda outgoing: Outcome(error=errors.PermanentError("No.", code="http_400"))
        )
        self.drain(self.outbound)
        self.assertEqual(self._sync(record).state, "failed")
        message.invalidate_recordset()
        message.action_retry()
        self.env.invalidate_all()
        self.assertEqual(self._sync(record).state, "pending")
        self.drain(self.outbound)
        message.invalidate_recordset()
        message.action_resolve("ordered by phone")
        self.env.invalidate_all()
        self.assertEqual(self._sync(record).state, "cancelled")
        self.assertEqual(self._sync(record).reason, "Closed by an operator.")
        self.assertEqual(message.resolution, "ordered by phone", "for those who see messages")
        self.assertFalse(self.outbound.activity_ids)

    def test_interface_without_a_transport_says_so_and_keeps_its_messages(self):
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        self.assertIn("no transport", self.outbound.blocked_reason)


@tagged("post_install", "-at_install")
class TestOutboundRate(EngineCase):
    def _fired(self, count):
        self.sent = []
        self.send_with(lambda outgoing: self.sent.append(time.monotonic()) or delivered(outgoing))
        for number in range(count):
            self.fire(f"Zedland {number}", f"Z{number}")
        self.dispatch()

    def _tokens(self):
        self.env.cr.execute(
            "SELECT tokens FROM integration_rate WHERE interface_id = %s", [self.outbound.id]
        )
        return self.env.cr.fetchone()[0]

    def test_no_limit_no_row(self):
        self._fired(3)
        self.drain(self.outbound)
        self.env.cr.execute("SELECT count(*) FROM integration_rate")
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_a_small_bucket_makes_the_drain_wait(self):
        self.policy.write({"rate_per_second": 10, "rate_burst": 2})
        self._fired(4)
        started = time.monotonic()
        self.drain(self.outbound)
        self.assertEqual(len(self.sent), 4)
        self.assertGreater(self.sent[3] - started, 0.15)

    def test_a_low_rate_leaves_the_worker_to_others(self):
        self.policy.write({"rate_per_second": 0.1, "rate_burst": 2})
        self._fired(3)
        self.drain(self.outbound)
        self.assertEqual(len(self.sent), 2)
        self.assertEqual(self.messages(self.outbound).mapped("state"), ["done", "done", "queued"])
        lane = self.env["integration.lane"].search([("interface_id", "=", self.outbound.id)])
        wait = (lane.scheduled_at - lane.woken_at).total_seconds() if lane.woken_at else 10
        self.assertTrue(lane.scheduled_at)
        self.assertGreater(wait, 0)

    def test_what_never_left_costs_nothing(self):
        self.policy.write({"rate_per_second": 0.001, "rate_burst": 5})
        self._fired(2)
        self.env.cr.execute("UPDATE integration_event SET data = '{}'")
        self.drain(self.outbound)
        self.assertEqual(set(self.messages(self.outbound).mapped("state")), {"quarantined"})
        self.assertAlmostEqual(self._tokens(), 5, places=1)

    def test_a_held_interface_does_not_wait_for_its_rate(self):
        self.policy.write({"rate_per_second": 10, "rate_burst": 1})
        self._fired(2)
        self.outbound.action_pause()
        started = time.monotonic()
        self.drain(self.outbound)
        self.assertLess(time.monotonic() - started, drain.DRAIN_SECONDS / 2)
        self.assertFalse(self.sent)
