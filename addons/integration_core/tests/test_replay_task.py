import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine import operations, replay_tasks
from ..engine.outbound import Outcome
from ..tools import errors
from .replay_task_case import MESSAGE, ReplayTaskCase


@tagged("post_install", "-at_install")
class TestReplayTask(ReplayTaskCase):
    """What a task does, and what others do meanwhile."""

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
