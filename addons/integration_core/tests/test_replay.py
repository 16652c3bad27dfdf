from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import operations, replay, sync
from ..engine.outbound import Outcome
from ..tools import errors
from .common import EngineCase, delivered


@tagged("post_install", "-at_install")
class TestReplay(EngineCase):
    def _replays(self, message):
        self.env.invalidate_all()
        return message.replay_ids.sorted("id")

    def _repeatable(self, value=True):
        self.patch(type(self.env["integration.handler"]), "_repeatable", value)

    def _done(self, key="m1", body=None):
        message = self.receive(key, body or {"key": "a"})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
        return message

    def _sent(self):
        self.sent = []
        self.send_with(lambda outgoing: self.sent.append(outgoing) or delivered(outgoing))
        record = self.fire()
        self.dispatch()
        self.drain(self.outbound)
        return record, self.messages(self.outbound)

    # -- outbound --------------------------------------------------------------------------

    def test_outbound_leaves_again_under_the_same_id(self):
        _record, message = self._sent()
        message.action_replay("the partner lost its database")
        again = self._replays(message)
        self.assertEqual((again.state, again.attempts), ("queued", 0))
        self.assertEqual(again.event_id, message.event_id)
        self.assertNotEqual(again.uuid, message.uuid)
        self.drain(self.outbound)
        self.assertEqual(again.state, "done")
        first, second = self.sent
        self.assertEqual(first.external_key, second.external_key)
        self.assertEqual(first.document, second.document)
        self.assertEqual(first.occurred_at, second.occurred_at)
        self.assertEqual(message.state, "done", "what has ended stays as it is")

    def test_replay_of_a_replay_belongs_to_the_first_original(self):
        _record, message = self._sent()
        message.action_replay("once")
        self.drain(self.outbound)
        self._replays(message).action_replay("twice")
        self.assertEqual(len(self._replays(message)), 2)
        self.drain(self.outbound)
        self.assertEqual(set(self._replays(message).mapped("state")), {"done"})

    def test_one_open_replay_at_a_time(self):
        _record, message = self._sent()
        message.action_replay("once")
        with self.assertRaisesRegex(UserError, "a replay is not finished yet"):
            message.action_replay("twice")
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            replay.create(message.sudo(), message.ids)
        self.assertEqual(len(self._replays(message)), 1)

    def test_failed_replay_is_retried_and_not_replayed_beside(self):
        _record, message = self._sent()
        self.send_with(lambda outgoing: Outcome(error=errors.PermanentError("No.")))
        message.action_replay("once")
        self.drain(self.outbound)
        again = self._replays(message)
        self.assertEqual(again.state, "dead")
        with self.assertRaisesRegex(UserError, "a replay is not finished yet"):
            message.action_replay("twice")
        with self.assertRaisesRegex(UserError, "retry instead"):
            again.action_replay("twice")
        self.send_with(delivered)
        again.action_retry()
        self.drain(self.outbound)
        self.env.invalidate_all()
        self.assertEqual(again.state, "done")

    def test_cancelled_message_leaves_for_the_first_time(self):
        self.send_with(delivered)
        self.fire()
        self.dispatch()
        message = self.messages(self.outbound)
        message.action_cancel("a mistake")
        report = operations.assess(message.sudo(), operations.Act.REPLAY)
        self.assertEqual(report.effects, {"new": 1})
        message.action_replay("it was none")
        self.drain(self.outbound)
        self.assertEqual(self._replays(message).state, "done")

    def test_retry_does_not_hide_what_may_have_arrived(self):
        self._lost_then_waiting()
        message = self.messages(self.outbound)
        message.action_cancel("a mistake")
        report = operations.assess(message.sudo(), operations.Act.REPLAY)
        self.assertEqual(report.effects, {"recognised": 1})

    def test_repaired_message_that_may_have_arrived_keeps_its_id(self):
        self._lost_then_waiting()
        message = self.messages(self.outbound)
        self.send_with(lambda outgoing: Outcome(error=errors.ContractError("Changed.")))
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "quarantined")
        event, key = message.event_id, message.external_key
        report = operations.assess(message.sudo(), operations.Act.RETRY)
        self.assertEqual(report.effects, {"kept": 1})
        message.action_retry()
        message.invalidate_recordset()
        self.assertEqual((message.event_id, message.external_key), (event, key))
        self.assertEqual(message.state, "queued")

    def _lost_then_waiting(self):
        """A message whose request may have arrived, put into its queue by an operator."""
        lost = errors.UnknownOutcomeError("Silence.")
        self.send_with(lambda outgoing: Outcome(error=lost))
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)
        self.assertEqual(message.state, "retry")
        message.action_retry()
        message.invalidate_recordset()
        self.assertEqual((message.state, message.attempts), ("queued", 0))

    def test_original_and_its_replay_in_one_selection_make_one(self):
        _record, message = self._sent()
        message.action_replay("once")
        self.drain(self.outbound)
        family = message + self._replays(message)
        notice = family.action_replay("twice")["params"]["message"]
        self.assertIn("1 queued once more", notice)
        self.assertIn("another replay of the same original", notice)

    def test_retired_interface_replays_nothing(self):
        _record, message = self._sent()
        self.outbound.action_retire()
        with self.assertRaisesRegex(UserError, "retired"):
            message.action_replay("once")

    def test_replay_yields_to_new_traffic_and_keeps_the_order_of_its_key(self):
        record, message = self._sent()
        message.action_replay("once")
        self.env.cr.execute("UPDATE integration_event SET tx = id::text")
        record.phone_code = 1
        self.env.cr.flush()
        record.phone_code = 999
        self.fire("Second", "ZX")
        self.dispatch()
        self.policy.concurrency = 1
        self.drain(self.outbound)
        states = {m.id: m for m in self.messages(self.outbound)}
        order = [sent.id for sent in self.sent[1:]]
        again, same_key, other_key = sorted(set(states) - {message.id})
        self.assertLess(order.index(again), order.index(same_key), "order per key holds")
        self.assertEqual(len(order), 3)
        self.assertEqual(states[again].priority, replay.PRIORITY)
        self.assertIn(other_key, order)

    # -- sync status -----------------------------------------------------------------------

    def _sync(self, record):
        self.env.invalidate_all()
        return self.env["integration.record.sync"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def test_status_stays_synchronised(self):
        record, message = self._sent()
        message.action_replay("once")
        self.assertEqual(self._sync(record).state, "synchronised")
        self.drain(self.outbound)
        self.assertEqual(self._sync(record).state, "synchronised")

    def test_replay_of_something_older_says_nothing_about_the_present(self):
        record, first = self._sent()
        self.env.cr.execute("UPDATE integration_event SET tx = id::text")
        record.phone_code = 1
        self.env.cr.flush()
        record.phone_code = 999
        self.env.cr.flush()
        self.dispatch()
        second = self.messages(self.outbound) - first
        self.send_with(lambda outgoing: Outcome(error=errors.PermanentError("No.")))
        self.drain(self.outbound)
        self.assertEqual(self._sync(record).message_id, second)
        self.assertEqual(self._sync(record).state, "failed")
        self.send_with(delivered)
        first.action_replay("the partner asked for it")
        self.drain(self.outbound)
        self.assertEqual(self._replays(first).state, "done")
        self.assertEqual(self._sync(record).state, "failed", "the newest one still failed")

    def test_status_follows_a_replay_until_its_confirmation(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET awaits_confirmation = true WHERE id = %s",
            [self.outbound.id],
        )
        record, message = self._sent()
        self.assertEqual(self._sync(record).state, "waiting")
        message.action_replay("no confirmation came")
        self.assertEqual(self._sync(record).message_id, self._replays(message))
        self.assertEqual(
            sync.confirm(self.env.cr, "res.country", record.id, self.system.id),
            1,
            "the first delivery is confirmed, late",
        )
        self.drain(self.outbound)
        self.assertEqual(self._sync(record).state, "synchronised")

    # -- inbound ---------------------------------------------------------------------------

    def test_effect_is_not_repeated(self):
        handled = []
        self.handle_with(lambda _handler, received, _data: handled.append(received.uuid))
        message = self._done()
        with self.assertRaisesRegex(UserError, "would have it a second time"):
            message.action_replay("once more")
        self.assertEqual(handled, [message.uuid])
        self.assertFalse(self._replays(message))

    def test_repeatable_handler_applies_again(self):
        handled = []
        self.handle_with(lambda _handler, *args: handled.append(args))
        self._repeatable()
        message = self._done(body={"key": "same bytes", "amount": "1.0"})
        report = operations.assess(message.sudo(), operations.Act.REPLAY)
        self.assertEqual(report.effects, {"again": 1})
        message.action_replay("master data was restored from a backup")
        self.drain(self.inbound)
        again = self._replays(message)
        self.assertEqual(again.state, "done")
        (first, data), (second, same) = handled
        self.assertEqual(data, same)
        self.assertEqual(first.external_key, second.external_key)
        self.assertEqual((second.id, second.uuid), (again.id, again.uuid))

    def test_what_was_cancelled_before_its_effect_may_be_applied(self):
        self.handle_with(lambda *args: None)
        message = self.receive("m1", {"key": "a"})
        message.action_cancel("a mistake")
        message.action_replay("it was none")
        self.drain(self.inbound)
        self.assertEqual(self._replays(message).state, "done")
        with self.assertRaisesRegex(UserError, "would have it a second time"):
            message.action_replay("its replay had the effect")

    def test_deleted_content_cannot_be_replayed(self):
        self._repeatable()
        self.handle_with(lambda *args: None)
        message = self._done()
        self.env.cr.execute("DELETE FROM integration_payload")
        with self.assertRaisesRegex(UserError, "not there any more"):
            message.action_replay("once more")

    def test_clinical_content_is_bound_to_the_replay(self):
        self._repeatable()
        handled = []
        self.handle_with(lambda _handler, _received, data: handled.append(data))
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.inbound._configuration_changed()
        message = self._done(body={"key": "canary " * 200})
        message.action_replay("once more")
        again = self._replays(message)
        self.env.cr.execute(
            "SELECT body, encoding FROM integration_payload WHERE message_id IN %s ORDER BY id",
            [(message.id, again.id)],
        )
        (first, _), (second, encoding) = self.env.cr.fetchall()
        self.assertEqual(encoding, "zlib,aes256gcm")
        self.assertNotEqual(bytes(first), bytes(second))
        self.drain(self.inbound)
        self.assertEqual(self._replays(message).state, "done")
        self.assertEqual(handled[0], handled[1])

    def test_what_became_clinical_is_encrypted_when_it_is_replayed(self):
        self._repeatable()
        self.handle_with(lambda *args: None)
        message = self._done()
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        message.action_replay("once more")
        self.assertIn("aes256gcm", self._replays(message).payload_ids.encoding)

    def test_history_names_the_replay_and_its_reason(self):
        _record, message = self._sent()
        message.action_replay("the partner lost its database")
        again = self._replays(message)
        for one in (message, again):
            self.assertIn("Replayed", one.history)
            self.assertIn("the partner lost its database", one.history)
        self.assertIn("as a replay of", again.history)
        entry = self.env["integration.audit.entry"].search(
            [("res_id", "=", message.id), ("act", "=", "replay")]
        )
        self.assertIn(again.uuid, entry.changes)
