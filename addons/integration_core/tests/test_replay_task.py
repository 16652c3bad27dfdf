import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine import lanes, operations, replay_scope, replay_tasks, retention, wakeup
from ..engine.outbound import Outcome
from ..tools import errors
from .common import EngineCase, delivered

TASK = "integration.replay.task"
MESSAGE = "integration.message"


class ReplayTaskCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "integration.bulk", "integration_core.group_operator", name="Olga"
        )

    def broken(self, count, prefix="m"):
        """Inbound messages that are quarantined."""
        before = self.messages(self.inbound)
        for number in range(count):
            self.receive(f"{prefix}{number}", b"{broken")
        self.drain(self.inbound)
        messages = self.messages(self.inbound) - before
        # A test is one transaction, and so one moment for the database.
        self.env.cr.execute(
            "UPDATE integration_message SET available_at = '2026-01-01' WHERE id = ANY(%s)",
            [messages.ids],
        )
        self.env.invalidate_all()
        return messages

    def sent(self, count=1):
        """Outbound messages that are done."""
        before = self.messages(self.outbound)
        self.send_with(delivered)
        for number in range(count):
            self.fire(f"Zedland {number}", f"{chr(0x4E00 + len(before) + number)}Z")
        self.dispatch()
        self.drain(self.outbound)
        return self.messages(self.outbound) - before

    def task(self, domain, *, start=True, user=None, **values):
        task = (
            self.env[TASK]
            .with_user(user or self.operator)
            .create({"domain": repr(domain), "reason": "The outage is over", **values})
        )
        if start:
            task.action_start()
        return task

    def all_of(self, interface):
        return [("interface_id", "=", interface.id)]

    def step(self, task):
        """One step, as if its pace allowed it; the number of messages that it took."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_replay_task SET paid_until = '2020-01-01' WHERE id = %s", [task.id]
        )
        taken = replay_tasks.step(self.env.cr, task.id)
        self.env.invalidate_all()
        return taken

    def finish(self, task):
        while self.step(task):
            pass
        self.assertEqual(task.sudo().state, "done")

    def outcomes(self, task):
        items = self.env["integration.replay.item"].search([("task_id", "=", task.id)])
        return {item.message_id.id: item.outcome for item in items}

    def acts(self, record):
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return [(entry.actor_login, entry.act, entry.reason) for entry in entries]


@tagged("post_install", "-at_install")
class TestReplayTask(ReplayTaskCase):
    # -- what it does ----------------------------------------------------------------------

    def test_failed_messages_are_retried_oldest_first(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound), rate=12)
        self.assertEqual((task.state, task.total, task.left_count), ("running", 3, 3))
        self.assertEqual(self.step(task), 3)  # 12 a minute, and a quarter of a minute saved up
        self.assertEqual(task.state, "done")
        self.assertEqual(set(messages.mapped("state")), {"queued"})
        self.assertEqual(set(messages.mapped("priority")), {20}, "new traffic goes first")
        self.assertEqual((task.done_count, task.refused_count, task.progress), (3, 0, 100))

    def test_finished_messages_are_replayed(self):
        messages = self.sent(2)
        task = self.task(self.all_of(self.outbound), act="replay")
        self.finish(task)
        replays = messages.replay_ids
        self.assertEqual(len(replays), 2)
        self.assertEqual(set(replays.mapped("state")), {"queued"})
        found = self.env[MESSAGE].search(task.action_open_results()["domain"])
        self.assertEqual(found, replays)

    def test_both_at_once_each_by_its_state(self):
        self.send_with(lambda outgoing: Outcome(error=errors.PermanentError("No.")))
        self.fire("Deadland", "YZ")
        self.dispatch()
        self.drain(self.outbound)
        dead = self.messages(self.outbound)
        done = self.sent(1)
        task = self.task(self.all_of(self.outbound), act="both")
        self.finish(task)
        self.assertEqual(self.outcomes(task), {dead.id: "retried", done.id: "replayed"})
        self.assertEqual(dead.state, "queued")
        self.assertEqual(done.replay_ids.state, "queued")

    def test_takes_what_its_pace_allows(self):
        messages = self.broken(5)
        task = self.task(self.all_of(self.inbound), rate=12)
        now = fields.Datetime.now()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_replay_task SET paid_until = %s WHERE id = %s",
            [now - timedelta(seconds=11), task.id],
        )
        self.assertEqual(replay_tasks.step(self.env.cr, task.id), 2)
        self.assertEqual(replay_tasks.step(self.env.cr, task.id), 0, "not yet")
        self.env.invalidate_all()
        self.assertEqual(
            messages.sorted("id").mapped("state"), ["queued"] * 2 + ["quarantined"] * 3
        )
        self.assertEqual((task.left_count, task.minutes_left), (3, 1))

    def test_does_not_chase_its_own_replays(self):
        self.sent(2)
        task = self.task(self.all_of(self.outbound), act="replay")
        self.step(task)
        self.drain(self.outbound)
        self.assertEqual(set(self.messages(self.outbound).mapped("state")), {"done"})
        self.assertEqual(self.step(task), 0)
        self.assertEqual(len(self.messages(self.outbound)), 4)
        self.assertEqual(task.state, "done")

    def test_what_comes_later_is_not_meant(self):
        self.broken(2)
        task = self.task(self.all_of(self.inbound))
        late = self.broken(1, "late")
        self.finish(task)
        self.assertEqual(late.state, "quarantined")

    # -- what others do meanwhile ------------------------------------------------------------

    def test_what_others_dealt_with_is_refused_with_the_reason(self):
        resolved, queued, again, left = self.broken(4)
        task = self.task(self.all_of(self.inbound))
        resolved.action_resolve("by telephone")
        (queued + again).action_retry()
        queued.action_park("wait")
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(again.state, "quarantined")
        self.finish(task)
        self.assertEqual(
            self.outcomes(task),
            {
                resolved.id: "replay",
                queued.id: "parked",
                again.id: "changed",
                left.id: "retried",
            },
        )
        self.assertEqual((task.done_count, task.refused_count), (1, 3))
        self.assertIn("1 not possible: parked; release instead.", task.refused_html)
        refused = self.env[MESSAGE].search(task.action_open_refused()["domain"])
        self.assertEqual(refused, resolved + queued + again)

    def test_overlapping_tasks_do_nothing_twice(self):
        messages = self.sent(2)
        first = self.task(self.all_of(self.outbound), act="replay")
        second = self.task([("id", "in", messages.ids)], act="replay")
        self.finish(first)
        self.drain(self.outbound)  # the replays of the first are done already
        self.finish(second)
        self.assertEqual(len(messages.replay_ids), 2)
        self.assertEqual(json.loads(second.refused), {"changed": 2})

    def test_overlapping_retries_do_nothing_twice(self):
        messages = self.broken(2)
        first, second = (self.task(self.all_of(self.inbound)) for _each in range(2))
        self.finish(first)
        self.drain(self.inbound)
        self.assertEqual(set(messages.mapped("state")), {"quarantined"}, "failed once more")
        self.finish(second)
        self.assertEqual(json.loads(second.refused), {"changed": 2})

    def test_messages_that_wait_for_an_attempt_may_have_had_it(self):
        def process(*args):
            raise errors.TransientError("Later.")

        self.handle_with(process)
        message = self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "retry")
        task = self.task(self.all_of(self.inbound))
        self.make_due(message)
        self.drain(self.inbound)
        self.finish(task)
        self.assertEqual(self.outcomes(task), {message.id: "retried"})

    def test_messages_that_are_gone_are_counted(self):
        gone, left = self.broken(2)
        task = self.task(self.all_of(self.inbound))
        for table in ("payload", "attempt", "conflict", "record_sync"):
            self.env.cr.execute(f"DELETE FROM integration_{table} WHERE message_id = %s", [gone.id])
        self.env.cr.execute("DELETE FROM integration_message WHERE id = %s", [gone.id])
        self.env.invalidate_all()
        self.finish(task)
        self.assertEqual(self.outcomes(task)[left.id], "retried")
        self.assertEqual(json.loads(task.refused), {"gone": 1})
        self.assertEqual(task.left_count, 0)

    def test_one_message_that_fails_does_not_stop_the_others(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound))
        operate = operations.operate

        def refusing(chosen, *args, **kwargs):
            if messages[1] in chosen:
                raise UserError(self.env._("The content cannot be taken."))
            return operate(chosen, *args, **kwargs)

        with patch.object(operations, "operate", refusing):
            self.finish(task)
        self.assertEqual(
            self.outcomes(task),
            {messages[0].id: "retried", messages[1].id: "snapshot", messages[2].id: "retried"},
        )

    def test_an_error_stops_the_task_and_says_so(self):
        self.broken(1)
        task = self.task(self.all_of(self.inbound))
        with (
            patch.object(replay_tasks, "step", side_effect=ZeroDivisionError),
            mute_logger("odoo.addons.integration_core.engine.replay_tasks"),
        ):
            self.run_lane()
        self.assertEqual((task.state, task.problem), ("paused", "error"))
        task.action_resume()
        self.assertFalse(task.problem)
        self.finish(task)

    # -- acts of people ----------------------------------------------------------------------

    def test_each_act_is_audited_with_counts(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound), rate=12)
        task.action_pause()
        self.assertEqual(self.step(task), 0)
        task.action_resume()
        self.step(task)
        login = self.operator.login
        self.assertEqual(
            self.acts(task),
            [
                (login, "create", False),
                (login, "start", "The outage is over"),
                (login, "pause", False),
                (login, "resume", False),
                (login, "finish", False),
            ],
        )
        last = self.env["integration.audit.entry"].search(
            [("res_model", "=", TASK), ("res_id", "=", task.id)], limit=1
        )
        counts = {"done_count": ["", "3"], "refused_count": ["", "0"], "left_count": ["", "0"]}
        self.assertEqual(json.loads(last.changes), counts)
        self.assertIn(
            (login, "retry", f"The outage is over (bulk task {task.id})"), self.acts(messages[0])
        )

    def test_cancelling_leaves_what_is_queued(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound), rate=4)
        self.assertEqual(self.step(task), 1)
        warning = task.action_ask_cancel()["context"]["default_warning"]
        self.assertIn("The 2 messages that are left stay as they are. The 1 that were", warning)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            task.action_cancel(" ")
        task.action_cancel("it is not over")
        self.assertEqual(self.step(task), 0)
        self.assertEqual(
            messages.sorted("id").mapped("state"), ["queued", "quarantined", "quarantined"]
        )
        self.assertEqual((task.state, task.done_count, task.left_count), ("cancelled", 1, 2))
        self.assertTrue(task.ended_at)
        with self.assertRaisesRegex(UserError, "not possible now"):
            task.action_resume()
        left = self.env[MESSAGE].search(task.action_open_left()["domain"])
        self.assertEqual(left, messages.sorted("id")[1:])

    def test_start_needs_a_reason_and_messages(self):
        with self.assertRaisesRegex(UserError, "nothing that this is possible for"):
            self.task(self.all_of(self.inbound))
        self.broken(1)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            self.task(self.all_of(self.inbound), reason="  ")
        task = self.task(self.all_of(self.inbound))
        with self.assertRaisesRegex(UserError, "started already"):
            task.action_start()

    def test_a_task_has_a_largest_size(self):
        self.broken(3)
        with (
            patch.object(replay_scope, "LARGEST", 2),
            self.assertRaisesRegex(UserError, "more than 2 messages"),
        ):
            self.task(self.all_of(self.inbound))

    def test_what_was_decided_at_the_start_stays(self):
        self.broken(1)
        task = self.task(self.all_of(self.inbound))
        for values in ({"domain": "[]"}, {"act": "both"}, {"reason": "another"}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "at the start"):
                task.write(values)
        for name in ("state", "total", "user_id", "company_ids"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                task.write({name: False})
        with self.assertRaisesRegex(UserError, "Pause it"):
            task.rate = 60
        task.action_pause()
        task.rate = 60
        with self.assertRaises(ValidationError):
            task.rate = 0
        with self.assertRaises(UserError):
            task.sudo().unlink()

    def test_nothing_is_decided_by_a_remote_call(self):
        task = self.task(self.all_of(self.inbound), start=False)
        for values in ({"state": "running"}, {"total": 3}, {"done_count": 1}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.env[TASK].with_user(self.operator).create({"reason": "x", **values})
        self.assertEqual(task.state, "draft")

    # -- rights ------------------------------------------------------------------------------

    def test_goes_on_only_while_its_operator_is_one(self):
        messages = self.broken(2)
        task = self.task(self.all_of(self.inbound))
        self.operator.group_ids -= self.env.ref("integration_core.group_operator")
        self.assertEqual(self.step(task), 0)
        stopped = task.sudo()
        self.assertEqual((stopped.state, stopped.problem), ("paused", "operator"))
        self.assertEqual(set(messages.mapped("state")), {"quarantined"})
        other = new_test_user(self.env, "integration.other", "integration_core.group_operator")
        task.with_user(other).action_resume()
        self.finish(task)
        self.assertEqual((stopped.user_id, stopped.started_by_id), (other, self.operator))
        self.assertIn("integration.other", [who for who, *_rest in self.acts(messages[0])])

    def test_other_companies_stay_out(self):
        hospital = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "integration.stranger",
            "integration_core.group_operator",
            company_id=hospital.id,
            company_ids=[(6, 0, hospital.ids)],
        )
        message = self.broken(1)
        with self.assertRaisesRegex(UserError, "nothing that this is possible for"):
            self.task([("id", "in", message.ids)], user=stranger)
        task = self.task(self.all_of(self.inbound))
        self.assertEqual(task.company_ids, self.inbound.company_id)
        self.assertFalse(self.env[TASK].with_user(stranger).search([("id", "=", task.id)]))
        items = self.env["integration.replay.item"]
        self.assertFalse(items.with_user(stranger).search([("task_id", "=", task.id)]))
        with self.assertRaises(AccessError):
            task.with_user(stranger).action_pause()
        both = hospital + self.inbound.company_id
        stranger.company_ids = [(6, 0, both.ids)]
        self.assertTrue(
            self.env[TASK]
            .with_user(stranger)
            .with_context(allowed_company_ids=both.ids)
            .search([("id", "=", task.id)])
        )

    def test_a_message_that_the_operator_may_see_no_more_is_left_alone(self):
        message = self.broken(1)
        task = self.task(self.all_of(self.inbound))
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.operator.write({"company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        self.finish(task)
        self.assertEqual(json.loads(task.sudo().refused), {"forbidden": 1})
        self.assertEqual(message.state, "quarantined")

    def test_a_filter_reads_no_more_than_its_author(self):
        self.broken(1)
        task = self.task([("payload_ids.kind", "=", "received")], start=False)
        task.invalidate_recordset()
        with self.assertRaises(AccessError):
            task.action_start()
        self.env["integration.payload"].check_access("read")  # the test itself may

    def test_a_filter_that_is_none_is_refused(self):
        for text in ("__import__('os')", "[('nothing', '=', 1)]", "[(", "42"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.env[TASK].with_user(self.operator).create({"domain": text, "reason": "x"})

    # -- machinery ---------------------------------------------------------------------------

    def lane(self):
        return self.env.ref("integration_core.lane_replay")

    def run_lane(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            done = replay_tasks.ReplayDrain(self.env.registry, self.lane().id).run(patient=False)
        self.env.invalidate_all()
        return done

    def test_the_drain_works_on_all_tasks_and_comes_back(self):
        self.broken(30)
        dead = self.messages(self.inbound)
        first = self.task([("id", "in", dead[:20].ids)], rate=120)
        second = self.task([("id", "in", dead[20:].ids)], rate=120)
        # a gulp of ten each, and what the second is worth that the test has begun in
        self.assertIn(self.run_lane(), range(20, 25))
        self.assertEqual((first.state, second.state), ("running", "done"))
        job = self.env["queue.job"].search([("model_name", "=", "integration.lane")])
        job = job.filtered(lambda one: one.records == self.lane())
        self.assertEqual(job.channel, wakeup.CHANNELS["batch"][0])
        self.assertGreater(job.eta, fields.Datetime.now())

    def test_held_with_the_database(self):
        messages = self.broken(1)
        task = self.task(self.all_of(self.inbound))
        self.env["integration.arming"]._current().action_disarm("a copy")
        self.assertEqual(self.run_lane(), 0)
        self.assertEqual(messages.state, "quarantined")
        self.assertTrue(task.held)

    def test_a_release_leaves_it_to_an_operator(self):
        self.broken(1)
        task = self.task(self.all_of(self.inbound))
        arming = self.env["integration.arming"]
        arming._current().action_disarm("a copy")
        rearm = self.env["integration.rearm"].create(
            {"confirmation": self.env.cr.dbname, "reason": "It is the right one"}
        )
        rearm.action_confirm()
        self.env.invalidate_all()
        self.assertFalse(arming._held())
        self.assertEqual((task.state, task.problem), ("paused", "release"))

    def test_watchdog_finds_a_task_without_a_job(self):
        self.broken(1)
        cr = self.env.cr
        cr.execute("UPDATE integration_lane SET woken_at = '2000-01-01', wanted = false")
        self.assertNotIn(self.lane().id, lanes.stale(cr, 45))
        self.task(self.all_of(self.inbound))
        cr.execute("UPDATE integration_lane SET woken_at = '2000-01-01', wanted = false")
        self.assertIn(self.lane().id, lanes.stale(cr, 45))
        cr.execute(
            "UPDATE integration_lane SET scheduled_at = now() AT TIME ZONE 'UTC' "
            "+ interval '1 minute' WHERE id = %s",
            [self.lane().id],
        )
        self.assertNotIn(self.lane().id, lanes.stale(cr, 45), "a job will come")

    def test_bulk_work_is_not_urgent(self):
        self.env.cr.execute("UPDATE integration_lane SET wanted = false")
        lanes.want(self.env.cr, self.lane().ids)
        self.assertFalse(lanes.urgent(self.env.cr))

    def test_retention_forgets_old_tasks(self):
        self.broken(2)
        old, recent = (self.task(self.all_of(self.inbound)) for _each in range(2))
        for task in (old, recent):
            self.finish(task)
        draft = self.task([], start=False)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_replay_task SET ended_at = '2000-01-01' WHERE id = %s", [old.id]
        )
        with patch.object(replay_tasks, "FORGOTTEN", 1):
            replay_tasks.forget_old(self.env.cr)
            self.assertTrue(old.exists(), "in small portions")
        retention.look(self.env.cr)
        self.env.invalidate_all()
        self.assertEqual((old + recent + draft).exists(), recent + draft)
        items = self.env["integration.replay.item"].search([("task_id", "in", (old + recent).ids)])
        self.assertEqual(items.task_id, recent)
