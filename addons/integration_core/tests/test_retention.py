from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core.engine import operations
from odoo.addons.integration_core.tools.acts import Act

from .common import delivered
from .retention_case import RetentionCase

FINISHED = ("done", "filtered", "cancelled")
UNFINISHED = ("received", "queued", "processing", "waiting", "retry", "held", "quarantined", "dead")


@tagged("post_install", "-at_install")
class TestRetention(RetentionCase):
    """What goes when, and what stays."""

    # -- clocks ------------------------------------------------------------------------------

    def test_content_goes_first_and_the_message_stays(self):
        for state in FINISHED:
            old, young = (
                self.finished(f"{state}-old", 31, state),
                self.finished(f"{state}-young", 29, state),
            )
            self.sweep()
            self.assertFalse(old.payload_ids, state)
            self.assertTrue(old.exists())
            self.assertTrue(young.payload_ids, state)
            self.assertIn("Test policy", old.content_remark)
            self.assertIn("Content removed", old.content_remark)
            self.assertFalse(young.content_remark)

    def test_message_goes_after_the_second_clock_and_its_key_after_the_third(self):
        old, older = self.finished("old", 401), self.finished("older", 731)
        uuids = old.uuid, older.uuid
        self.env.cr.execute(
            "INSERT INTO integration_attempt (message_id, number, started_at) "
            "VALUES (%s, 1, now() AT TIME ZONE 'UTC')",
            [old.id],
        )
        self.sweep()
        self.assertFalse((old | older).exists())
        for table in ("payload", "attempt"):
            self.assertFalse(
                self.env[f"integration.{table}"].search([("message_id", "in", (old | older).ids)])
            )
        keys = self.env["integration.idempotency"].search([("message_uuid", "in", uuids)])
        self.assertEqual(keys.message_uuid, uuids[0], "the younger one's repetition is recognised")
        receipt = self.receive("old", {"key": "old"})
        self.assertFalse(receipt, "no second message is stored for it")

    def test_unfinished_messages_are_kept_however_old(self):
        kept = [self.finished(state, 2000, state) for state in UNFINISHED]
        self.sweep()
        for message in kept:
            self.assertTrue(message.payload_ids, message.state)
        self.assertEqual(self.keys(*kept), len(kept), "a message keeps its key")

    def test_the_clock_of_what_failed_runs_from_its_resolution(self):
        message = self.finished("failed", 2000, "dead")
        operations.operate(message, Act.RESOLVE, "delivered by telephone")
        self.sweep()
        self.assertTrue(message.payload_ids)
        self.set_columns(
            message, finished_at=fields.Datetime.subtract(fields.Datetime.now(), days=31)
        )
        self.sweep()
        self.assertFalse(message.payload_ids)

    def test_clinical_content_goes_by_its_own_clock(self):
        message = self.finished("clinical", 8)
        self.sweep()
        self.assertTrue(message.payload_ids)
        self.env.cr.execute(
            "UPDATE integration_interface SET data_class = 'clinical' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()
        self.sweep()
        self.assertFalse(message.payload_ids)

    def test_policy_refuses_clocks_in_the_wrong_order(self):
        for values in (
            {"payload_days": 401},
            {"clinical_payload_days": 31},
            {"key_days": 399},
            {"payload_days": 0},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.policy.copy(values)

    def test_policy_in_use_keeps_its_clocks(self):
        admin = self.env.ref("base.user_admin")
        with self.assertRaises(UserError):
            self.policy.with_user(admin).payload_days = 10

    # -- what refers to a message ---------------------------------------------------------------

    def test_original_stays_as_long_as_its_replay(self):
        original = self.finished("original", 500)
        replay = self.finished("replay", 390, original_id=original.id)
        self.sweep()
        self.assertTrue(original.exists())
        self.assertFalse(original.payload_ids)
        self.set_columns(
            replay, finished_at=fields.Datetime.subtract(fields.Datetime.now(), days=401)
        )
        self.sweep()
        self.assertFalse(replay.exists())
        self.env["integration.retention.clock"].search([]).write({"looked_again_at": False})
        self.sweep()
        self.assertFalse(original.exists(), "the next daily look finds it")

    def test_status_of_a_document_forgets_the_message_only(self):
        message = self.finished("status", 500)
        self.env.cr.execute(
            "INSERT INTO integration_record_sync (res_model, res_id, interface_id, state, "
            "message_id, changed_at) VALUES ('res.country', 1, %s, 'synchronised', %s, now())",
            [self.inbound.id, message.id],
        )
        self.sweep()
        self.assertFalse(message.exists())
        status = self.env["integration.record.sync"].search(
            [("interface_id", "=", self.inbound.id)]
        )
        self.assertEqual((status.state, status.message_id.id), ("synchronised", False))

    def test_origin_of_a_mapped_value_is_forgotten(self):
        message = self.finished("origin", 500)
        value_map = self.env["integration.value.map"].create(
            {
                "name": "Units",
                "code": "test_retention",
                "line_ids": [
                    (0, 0, {"source": "P", "target": "Q", "origin_message_id": message.id})
                ],
            }
        )
        self.sweep()
        self.assertFalse(value_map.line_ids.origin_message_id)

    # -- events ---------------------------------------------------------------------------------

    def sent(self, days):
        self.send_with(delivered)
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        message = self.messages(self.outbound)[-1]
        self.assertEqual(message.state, "done")
        self.set_columns(
            message, finished_at=fields.Datetime.subtract(fields.Datetime.now(), days=days)
        )
        return message

    def test_event_loses_its_content_with_its_last_message(self):
        other = self._interface(
            "Second", direction="outbound", event_type_ids=[(6, 0, self.event_type.ids)]
        )
        message = self.sent(31)
        event = message.event_id
        self.assertEqual(event.message_count, 2)
        self.sweep()
        self.assertFalse(message.payload_ids)
        self.assertFalse(event.purged_at, "the other interface has not sent it yet")
        self.drain(other)
        second = self.messages(other)
        self.set_columns(
            second, finished_at=fields.Datetime.subtract(fields.Datetime.now(), days=31)
        )
        self.sweep()
        self.assertTrue(event.purged_at)
        self.env.cr.execute("SELECT data, subject FROM integration_event WHERE id = %s", [event.id])
        self.assertEqual(self.env.cr.fetchone(), (None, None))
        self.assertTrue(second.content_remark)

    def test_replay_of_removed_content_says_why_not(self):
        outgoing, incoming = self.sent(31), self.finished("in", 31)
        self.sweep()
        for message in (outgoing, incoming):
            with self.subTest(direction=message.direction), self.assertRaises(UserError) as refused:
                message.action_replay("once more")
            self.assertIn("removed by the retention", str(refused.exception))

    def test_event_goes_with_its_last_message(self):
        message = self.sent(401)
        event = message.event_id
        self.sweep()
        self.assertFalse(message.exists())
        self.assertFalse(event.exists())

    def test_event_without_subscribers_goes_after_its_days(self):
        self.fire()
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        self.env.cr.execute(
            "UPDATE integration_event SET occurred_at = occurred_at - interval '90 days'"
        )
        self.sweep()
        self.assertTrue(event.exists(), "not handed out yet")
        for days, left in ((29, True), (31, False)):
            self.env.cr.execute(
                "UPDATE integration_event SET occurred_at = now() AT TIME ZONE 'UTC' "
                "- make_interval(days => %s), dispatched_at = now() WHERE id = %s",
                [days, event.id],
            )
            self.sweep()
            self.assertEqual(bool(event.exists()), left, days)

    # -- what is told ---------------------------------------------------------------------------

    def test_run_and_audit_trail_tell_how_much(self):
        for number in range(3):
            self.finished(f"content{number}", 40)
        self.finished("message", 500)
        before = self.env["integration.audit.entry"].search([], limit=1, order="id desc").id
        self.sweep()
        run = self.env["integration.retention.run"].search([], limit=1)
        self.assertEqual((run.state, run.payload_count, run.metadata_count), ("done", 4, 1))
        entries = self.env["integration.audit.entry"].search(
            [("id", ">", before), ("act", "=", "purge")]
        )
        self.assertEqual(
            [(e.res_model, e.res_id) for e in entries], [("integration.policy", self.policy.id)]
        )
        self.assertIn('"payload_purged": ["", "4"]', entries.changes)
        self.assertIn('"metadata_purged": ["", "1"]', entries.changes)

    def test_nothing_overdue_leaves_no_run(self):
        self.sweep()
        runs = self.env["integration.retention.run"].search_count([])
        self.finished("young", 2)
        self.assertEqual(self.sweep(), 0)
        self.assertEqual(self.env["integration.retention.run"].search_count([]), runs)

    def test_message_that_was_never_removed_has_no_remark(self):
        """A remark of other messages of the time does not stick to one that has its content."""
        self.finished("gone", 40)
        self.sweep()
        kept = self.finished("kept", 40)
        self.assertTrue(kept.payload_ids)
        self.assertFalse(kept.content_remark)
