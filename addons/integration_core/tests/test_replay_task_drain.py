from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import lanes, replay_tasks, retention, wakeup
from .replay_task_case import ReplayTaskCase


@tagged("post_install", "-at_install")
class TestReplayTaskDrain(ReplayTaskCase):
    """Who works tasks off, and when."""

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
