from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine import operations
from ..engine.operations import operate_apart
from ..engine.outbound import Outcome
from ..tools import errors
from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestOperations(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "integration.mender", "integration_core.group_operator", name="Mender"
        )

    def _operation(self, messages, act, **values):
        return (
            self.env["integration.message.operation"]
            .with_user(self.operator)
            .with_context(active_model="integration.message", active_ids=messages.ids)
            .create({"act": act, **values})
        )

    def _entries(self, message):
        return self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.message"), ("res_id", "=", message.id)], order="id"
        )

    def _broken(self, count, prefix="m"):
        for number in range(count):
            self.receive(f"{prefix}{number}", b"{broken")
        self.drain(self.inbound)
        return self.messages(self.inbound)

    # -- the dialog ------------------------------------------------------------------------

    def test_mixed_selection(self):
        self.handle_with(lambda *args: None)
        broken = self._broken(3)
        parked = self.receive("p", {"key": "a"})
        parked.action_park("wait")
        done = self.receive("d", {"key": "b"})
        self.drain(self.inbound)
        operation = self._operation(broken + parked + done, "retry")
        self.assertEqual((operation.possible, operation.total), (3, 5))
        self.assertIn("will be applied for the first time", operation.preview)
        self.assertIn("1 not possible: parked", operation.preview)
        self.assertIn("1 not possible: finished", operation.preview)
        notice = operation.action_apply()["params"]
        self.assertIn("3 queued again.", notice["message"])
        self.assertIn("1 not possible: parked; release instead.", notice["message"])
        self.env.invalidate_all()
        self.assertEqual(set(broken.mapped("state")), {"queued"})
        self.assertEqual((parked.state, done.state), ("held", "done"))

    def test_note_is_required_where_others_must_read_why(self):
        message = self._broken(1)
        for act, note in (("resolve", ""), ("resolve", "  ")):
            with self.assertRaisesRegex(UserError, "others must be able to read why"):
                self._operation(message, act, note=note).action_apply()
        self._operation(message, "resolve", note="agreed by phone").action_apply()
        self.env.invalidate_all()
        self.assertEqual((message.state, message.resolution), ("cancelled", "agreed by phone"))

    def test_nothing_possible_says_why(self):
        message = self.receive("m1", {"key": "a"})
        with self.assertRaisesRegex(UserError, "in the queue already"):
            message.action_retry()
        operation = self._operation(message, "retry")
        self.assertEqual(operation.possible, 0)
        with self.assertRaises(UserError):
            operation.action_apply()

    def test_selection_by_domain(self):
        broken = self._broken(2)
        operation = (
            self.env["integration.message.operation"]
            .with_context(
                active_model="integration.message",
                active_domain=[("interface_id", "=", self.inbound.id)],
            )
            .create({"act": "retry"})
        )
        self.assertEqual(operation.selected, broken.ids)

    def test_dialog_opens_before_it_is_saved(self):
        broken = self._broken(2)
        values = (
            self.env["integration.message.operation"]
            .with_context(
                active_model="integration.message", active_ids=broken.ids, default_act="resolve"
            )
            .onchange({}, [], {name: {} for name in ("act", "possible", "preview", "needs_note")})
        )["value"]
        self.assertEqual((values["possible"], values["needs_note"]), (2, True))

    def test_messages_of_other_companies_stay_untouched(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "integration.foreign.operator",
            "integration_core.group_operator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        message = self._broken(1)
        operation = self._operation(message, "retry").with_user(stranger)
        self.assertEqual(operation.possible, 0)
        with self.assertRaises(AccessError):
            message.with_user(stranger).action_retry()

    def test_dialog_is_for_operators(self):
        observer = new_test_user(self.env, "integration.watcher", "integration_core.group_observer")
        message = self._broken(1)
        with self.assertRaises(AccessError):
            self._operation(message, "retry").with_user(observer).action_apply()
        with self.assertRaises(AccessError):
            message.with_user(observer).action_retry()

    # -- the acts --------------------------------------------------------------------------

    def test_each_act_leaves_its_audit_entry(self):
        message = self._broken(1).with_user(self.operator)
        message.action_retry()
        message.action_park("the partner is moving house")
        message.action_release()
        message.action_cancel("sent again by the partner")
        entries = self._entries(message)
        self.assertEqual(entries.mapped("act"), ["retry", "park", "release", "cancel"])
        self.assertEqual(set(entries.mapped("actor_login")), {"integration.mender"})
        self.assertEqual(entries[1].reason, "the partner is moving house")
        self.assertEqual(entries[3].reason, "sent again by the partner")
        for text in ("Mender", "Parked", "the partner is moving house", "Attempt 1"):
            self.assertIn(text, message.history)

    def test_nothing_done_leaves_no_entry(self):
        message = self.receive("m1", {"key": "a"})
        with self.assertRaises(UserError):
            message.action_retry()
        self.assertFalse(self._entries(message))

    def test_parked_message_outlives_the_pause(self):
        self.handle_with(lambda *args: None)
        self.inbound.action_pause()
        first = self.receive("m1", {"key": "a"})
        second = self.receive("m2", {"key": "b"})
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((first + second).mapped("held_reason"), ["paused", "paused"])
        with self.assertRaisesRegex(UserError, "resume or activate"):
            first.action_release()
        first.action_park("not this one")
        self.inbound.action_resume()
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((first + second).mapped("state"), ["held", "done"])
        first.action_release()
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(first.state, "done")

    def test_parked_message_blocks_its_key(self):
        handled = []
        self.handle_with(lambda _handler, received, data: handled.append(received.external_key))
        self.env.cr.execute(
            "UPDATE integration_interface SET ordering_key_path = 'key' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.inbound._configuration_changed()
        first = self.receive("m1", {"key": "a"})
        self.receive("m2", {"key": "a"})
        self.receive("m3", {"key": "b"})
        first.action_park("wait")
        self.drain(self.inbound)
        self.assertEqual(handled, ["m3"])
        first.action_release()
        self.drain(self.inbound)
        self.assertEqual(handled, ["m3", "m1", "m2"])

    def test_backlog_of_a_paused_interface_goes_on_in_order(self):
        handled = []
        self.handle_with(lambda _handler, received, data: handled.append(received.id))
        self.inbound.action_pause()
        message = self.receive("m1", {"key": "a"})
        self._copies(message, 4999)
        while self.drain(self.inbound):
            pass
        held = self.env["integration.message"].search_count(
            [("interface_id", "=", self.inbound.id), ("state", "=", "held")]
        )
        self.assertEqual(held, 5000)
        self.inbound.action_resume()
        while self.drain(self.inbound):
            pass
        self.assertEqual(len(handled), 5000)
        self.assertEqual(handled, sorted(handled))

    def test_a_thousand_dead_letters_are_retried_in_one_act(self):
        message = self._broken(1)
        self.env.cr.execute("UPDATE integration_message SET state = 'dead'")
        self._copies(message, 999)
        # What autovacuum does for rows that are committed; how long it takes is tested with real
        # processes.
        self.env.cr.execute("ANALYZE integration_message, integration_payload")
        messages = self.messages(self.inbound)
        operation = self._operation(messages, "retry")
        self.assertEqual((operation.possible, operation.total), (1000, 1000))
        self.assertIn("1000 messages at once", operation.warning)
        operation.action_apply()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        entries = self.env["integration.audit.entry"].search_count(
            [("res_model", "=", "integration.message"), ("act", "=", "retry")]
        )
        self.assertEqual(entries, 1000)

    def test_more_than_the_limit_is_said(self):
        message = self._broken(1)
        operation = self._operation(message, "retry")
        operation.sudo().selected = [message.id] * 10_001
        self.assertIn("more than 10000", operation.warning)

    def _copies(self, message, count):
        """More messages like ``message``, with its content."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH copied AS (
                INSERT INTO integration_message (
                    uuid, interface_id, company_id, direction, state, partition_hash, depth,
                    priority, available_at, created_at, attempts, error_class, error_code)
                SELECT gen_random_uuid(), interface_id, company_id, direction, state,
                       partition_hash, depth, priority, available_at, created_at, attempts,
                       error_class, error_code
                  FROM integration_message, generate_series(1, %s) WHERE id = %s
                RETURNING id)
            INSERT INTO integration_payload (message_id, kind, body, encoding, size, created_at)
            SELECT copied.id, p.kind, p.body, p.encoding, p.size, p.created_at
              FROM copied, integration_payload p WHERE p.message_id = %s
            """,
            [count, message.id, message.id],
        )
        self.env.invalidate_all()

    def test_waiting_for_oneself_has_an_end(self):
        company = self.env.company
        self.env.cr.execute("SELECT FROM res_company WHERE id = %s FOR UPDATE", [company.id])

        def operate(messages, _act, _note):
            messages.env.cr.execute("UPDATE res_company SET id = id WHERE id = %s", [company.id])

        with (
            patch.object(operations, "operate", operate),
            patch.object(operations, "LOCK_TIMEOUT", "50ms"),
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(UserError, "Nothing was done"),
        ):
            operate_apart(self.env["integration.message"], "cancel")

    # -- records and activities ------------------------------------------------------------

    def test_retry_of_failed_deliveries_closes_their_activities(self):
        self.send_with(lambda outgoing: Outcome(error=errors.PermanentError("No.")))
        for number in range(3):
            self.fire(f"Zedland {number}", f"Z{number}")
        self.dispatch()
        self.drain(self.outbound)
        self.outbound.invalidate_recordset()
        self.assertTrue(self.outbound.activity_ids)
        first, *rest = self.messages(self.outbound)
        first.action_resolve("by phone")
        self.outbound.invalidate_recordset()
        self.assertTrue(self.outbound.activity_ids, "two others still need a person")
        self.send_with(delivered)
        self.env["integration.message"].concat(*rest).action_retry()
        self.outbound.invalidate_recordset()
        self.assertFalse(self.outbound.activity_ids)

    # -- the form --------------------------------------------------------------------------

    def test_related_messages_in_order(self):
        first = self.receive("m1", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET correlation_id = 'case-1' WHERE id = %s", [first.id]
        )
        second = self.receive("m2", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET correlation_id = 'case-1' WHERE id = %s", [second.id]
        )
        self.env.invalidate_all()
        self.assertEqual(second.related_ids.ids, [first.id, second.id])
        self.assertEqual(first.related_count, 2)

    def test_failures_of_one_kind_have_one_title(self):
        self.handle_with(lambda *args: None)
        broken = self._broken(3)
        self.assertEqual(len(set(broken.mapped("error_title"))), 1)
        self.assertIn("malformed_json", broken[0].error_title)
        self.assertIn("damaged", broken[0].advice)
        self.receive("m0", {"key": "other content"})
        conflict = self.messages(self.inbound)[-1]
        self.assertIn("key_reused", conflict.error_title)
        self.assertTrue(conflict.error_fingerprint)
        self.assertIn("Ask the sender", conflict.advice)
