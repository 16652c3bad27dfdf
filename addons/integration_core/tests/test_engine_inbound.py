from contextlib import suppress

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import (
    causation,
    claims,
    conversion,
    drain,
    inbound_batch,
    ledger,
)
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.states import State

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestInbound(EngineCase):
    def test_effect_and_state_together(self):
        def process(handler, received, data):
            return handler.env["res.partner"].sudo().create({"name": data["key"]})

        self.handle_with(process)
        message = self.receive("m1", {"key": "Effect"})
        self.assertEqual(message.state, "queued")
        self.assertEqual(self.drain(self.inbound), 1)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
        self.assertEqual(message.res_model, "res.partner")
        self.assertEqual(self.env["res.partner"].browse(message.res_id).name, "Effect")
        self.assertEqual(message.attempt_ids.mapped("outcome"), ["done"])
        self.assertTrue(message.finished_at)

    def test_duplicate_gets_the_first_receipt(self):
        first = self.receive("m1", {"key": "a"})
        again = self.receive("m1", {"key": "a"})
        self.assertEqual(first, again)
        self.assertEqual(len(self.messages(self.inbound)), 1)

    def test_same_key_other_body_is_a_conflict(self):
        first = self.receive("m1", {"key": "a"})
        other = self.receive("m1", {"key": "b"})
        self.assertNotEqual(first, other)
        self.assertEqual((other.state, other.error_class), ("quarantined", "conflict"))
        self.assertEqual(other, self.receive("m1", {"key": "b"}), "same conflict, same receipt")
        self.assertEqual(first, self.receive("m1", {"key": "a"}))

    def test_malformed_json_is_quarantined(self):
        self.handle_with(lambda *args: self.fail("must not be handled"))
        message = self.receive("m1", b"{not json")
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "malformed_json"))

    def test_contract_violation_names_the_place_not_the_value(self):
        self.handle_with(lambda *args: self.fail("must not be handled"))
        message = self.receive("m1", {"key": 4711})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        self.assertIn("/key", message.error_message)
        self.assertNotIn("4711", message.error_message)

    def test_no_approved_contract(self):
        self.handle_with(lambda *args: self.fail("must not be handled"), contract="test.unknown")
        message = self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "no_contract"))

    def test_transient_error_retries_then_dies(self):
        def process(*args):
            raise errors.TransientError("Not now.", code="busy")

        self.handle_with(process)
        message = self.receive("m1", {"key": "a"})
        for attempt in (1, 2):
            self.drain(self.inbound)
            message.invalidate_recordset()
            self.assertEqual((message.state, message.attempts), ("retry", attempt))
            self.assertGreaterEqual(message.available_at, message.created_at)
            self.make_due(message)
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("dead", 3))
        self.assertEqual(len(message.attempt_ids), 3)

    def test_one_failure_does_not_touch_its_neighbours(self):
        def process(handler, received, data):
            partner = handler.env["res.partner"].sudo().create({"name": data["key"]})
            if data["key"] == "bad":
                raise UserError(handler.env._("no"))
            return partner

        self.handle_with(process)
        keys = ["one", "bad", "two"]
        for key in keys:
            self.receive(key, {"key": key})
        self.drain(self.inbound)
        self.assertEqual(
            self.messages(self.inbound).mapped("state"), ["done", "quarantined", "done"]
        )
        found = self.env["res.partner"].search([("name", "in", keys)]).mapped("name")
        self.assertEqual(sorted(found), ["one", "two"], "the failed effect is rolled back")

    def test_unknown_exception_shows_its_type_only(self):
        def process(*args):
            raise KeyError("patient Smith")

        self.handle_with(process)
        message = self.receive("m1", {"key": "a"})
        with self.assertLogs(
            "odoo.addons.integration_core.engine.inbound_outcome", "ERROR"
        ) as logs:
            self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "retry")
        self.assertIn("KeyError", message.error_message)
        self.assertNotIn("Smith", message.error_message + str(logs.output))

    def test_serialization_failure_isolates_the_message(self):
        seen = []

        def process(handler, received, data):
            seen.append(data["key"])
            if data["key"] == "hot" and seen.count("hot") <= 2:
                raise SerializationFailure
            return handler.env["res.partner"].sudo().create({"name": data["key"]})

        # psycopg2 sets the code when the server reports it; a raised one has none
        self.patch(SerializationFailure, "pgcode", "40001")
        self.handle_with(process)
        for key in ("cold", "hot"):
            self.receive(key, {"key": key})
        self.drain(self.inbound)
        cold, hot = self.messages(self.inbound)
        self.assertEqual(cold.state, "done")
        self.assertEqual((hot.state, hot.error_code), ("retry", "serialization"))
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", "cold")]), 1)

    def test_pause_holds_and_resume_releases(self):
        self.handle_with(lambda *args: None)
        self.inbound.action_pause()
        message = self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.held_reason), ("held", "paused"))
        self.inbound.action_resume()
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")

    def test_late_result_with_an_old_token_changes_nothing(self):
        message = self.receive("m1", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'processing', claim_token = 'new' "
            "WHERE id = %s",
            [message.id],
        )
        result = ledger.Result(message.id, State.DONE, 1, message.created_at, 0.1)
        self.assertEqual(ledger.record(self.env.cr, [result], "old"), set())
        message.invalidate_recordset()
        self.assertEqual(message.state, "processing")
        self.assertFalse(message.attempt_ids)

    def test_expired_lease_returns_the_message(self):
        self.handle_with(lambda *args: None)
        message = self.receive("m1", {"key": "a"})
        self._lose_worker(message, attempts=1)
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("done", 2))
        self.assertEqual(message.attempt_ids.mapped("error_code"), ["worker_lost", False])

    def test_message_that_kills_its_workers_dies(self):
        self.handle_with(lambda *args: None)
        message = self.receive("m1", {"key": "a"})
        self._lose_worker(message, attempts=3)
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("dead", "worker_lost"))

    def test_worker_lost_before_the_clock_was_set_back(self):
        seen = []
        self.handle_with(lambda *args: seen.append(args))
        message = self.receive("m1", {"key": "a"})
        self._lose_worker(message, attempts=1, ends="1 hour")
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, len(seen)), ("done", 1))

    def _lose_worker(self, message, attempts, ends="-1 second"):
        self.env.cr.execute(
            """
            UPDATE integration_message
               SET state = 'processing', claim_token = 'gone', attempts = %s,
                   lease_until = (now() AT TIME ZONE 'UTC') + %s::interval
             WHERE id = %s
            """,
            [attempts, ends, message.id],
        )

    def test_handler_runs_as_the_service_user_and_knows_the_cause(self):
        seen = {}

        def process(handler, received, data):
            seen["user"] = handler.env.user
            seen["su"] = handler.env.su
            seen["cause"] = causation.current()

        self.handle_with(process)
        message = self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        self.assertEqual(seen["user"], self.service_user)
        self.assertFalse(seen["su"])
        self.assertEqual(seen["cause"].message_uuid, message.uuid)
        self.assertEqual(seen["cause"].correlation_id, "corr-m1")
        self.assertIsNone(causation.current())

    def test_missing_right_of_the_service_user_is_a_configuration_error(self):
        self.handle_with(lambda handler, *args: handler.env["res.partner"].create({"name": "x"}))
        message = self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "configuration"))

    def test_operator_retries_parks_and_cancels(self):
        self.handle_with(lambda *args: None)
        message = self.receive("m1", b"{broken")
        self.drain(self.inbound)
        message.invalidate_recordset()
        message.action_retry()
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        message.action_park("the partner asked to wait")
        self.assertEqual((message.state, message.held_reason), ("held", "parked"))
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "held", "what an operator parked stays parked")
        message.action_cancel("wrong content, agreed with the partner")
        self.assertEqual(message.state, "cancelled")
        self.assertEqual(message.resolution, "wrong content, agreed with the partner")
        with self.assertRaises(UserError):
            message.action_retry()

    def test_clinical_payload_is_encrypted(self):
        message = self.receive("m1", {"key": "patient Smith"}, data_class="clinical")
        self.env.cr.execute(
            "SELECT body, encoding FROM integration_payload WHERE message_id = %s", [message.id]
        )
        body, encoding = self.env.cr.fetchone()
        self.assertIn("aes256gcm", encoding)
        self.assertNotIn(b"Smith", bytes(body))
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data["key"]))
        self.drain(self.inbound)
        self.assertEqual(seen, ["patient Smith"])

    def test_a_suspect_is_claimed_alone(self):
        suspect, neighbour = self.receive("m1", {"key": "a"}), self.receive("m2", {"key": "b"})
        self._lose_worker(suspect, attempts=1)
        rules = claims.Terms(
            self.inbound.id, "inbound", 0, 1, "key", False, 3, open=True, paused=False
        )
        claims.sweep(self.env.cr, rules)
        _token, claimed = claims.claim(self.env.cr, rules, 50)
        self.assertEqual([message.id for message in claimed], [suspect.id])
        self.assertEqual(neighbour.state, "queued")

    def test_failure_gives_the_owner_one_activity(self):
        self.handle_with(lambda *args: None)
        for number in range(3):
            self.receive(f"m{number}", b"{broken")
        self.drain(self.inbound)
        self.inbound.invalidate_recordset()
        self.assertEqual(self.inbound.activity_ids.user_id, self.inbound.owner_id)
        self.assertEqual(len(self.inbound.activity_ids), 1)

    def test_uninstalled_handler(self):
        message = self.receive("m1", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_interface SET handler = 'integration.handler.gone' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "no_handler"))

    def test_pausing_a_long_queue_holds_all_of_it(self):
        self.patch(claims, "SWEEP", 2)
        for number in range(5):
            self.receive(f"m{number}", {"key": "a"})
        self.inbound.action_pause()
        self.drain(self.inbound)
        self.assertEqual(set(self.messages(self.inbound).mapped("state")), {"held"})

    def test_handler_never_runs_as_superuser(self):
        self.handle_with(lambda *args: self.fail("must not be handled"))
        message = self.receive("m1", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_interface SET user_id = NULL WHERE id = %s", [self.inbound.id]
        )
        self.inbound.invalidate_recordset()
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_code), ("quarantined", "no_user"))

    def test_failure_of_the_engine_gives_messages_back_untried(self):
        message = self.receive("m1", {"key": "a"})
        self.patch(conversion.PlanCache, "inbound", lambda *args: 1 / 0)
        # not assertRaises: it would roll back what the drain did after the failure
        with suppress(ZeroDivisionError):
            self.drain(self.inbound)
            self.fail("the drain must fail visibly")
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        lane = self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])
        self.assertFalse(lane.lease_token)
        self.assertTrue(lane.wanted, "the watchdog starts the next drain")

    def test_deadline_gives_the_rest_back(self):
        handled = []
        self.patch(inbound_batch, "BATCH_SECONDS", -1)
        self.patch(drain.Drain, "expired", property(lambda _drain: len(handled) >= 2))
        self.handle_with(lambda *args: handled.append(args))
        for number in range(4):
            self.receive(f"m{number}", {"key": "a"})
        self.drain(self.inbound)
        found = self.messages(self.inbound)
        self.assertEqual(found.mapped("state"), ["done", "done", "queued", "queued"])
        self.assertEqual(found.mapped("attempts"), [1, 1, 0, 0])

    def test_activity_ends_when_all_is_settled(self):
        self.handle_with(lambda *args: None)
        for number in range(2):
            self.receive(f"m{number}", b"{broken")
        self.drain(self.inbound)
        first, second = self.messages(self.inbound)
        first.action_resolve("agreed")
        self.inbound.invalidate_recordset()
        self.assertTrue(self.inbound.activity_ids)
        second.action_resolve("agreed")
        self.inbound.invalidate_recordset()
        self.assertFalse(self.inbound.activity_ids)
