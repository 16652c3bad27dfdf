from odoo.tests import HttpCase, tagged

from ..engine import replay_tasks
from .replay_task_case import TASK, ReplayTaskCase


@tagged("post_install", "-at_install")
class TestReplayTaskUi(ReplayTaskCase, HttpCase):
    """The screens in a browser, as an operator meets them."""

    def setUp(self):
        super().setUp()
        self.operator.password = "integration.bulk"
        self.looks, self.paused = 0, False
        web_read = type(self.env[TASK]).web_read

        def working(records, specification):
            records.env.flush_all()
            for task in records.sudo():
                self.look(task)
            records.env.invalidate_all()
            return web_read(records, specification)

        self.patch(type(self.env[TASK]), "web_read", working)

    def look(self, task):
        """Do what a worker would between two looks at a task: a gulp, and more after a pause.

        The first look finds nothing done, so that it takes a second one, which nobody asks for, to
        see progress. The cursor is that of the request.
        """
        self.paused |= task.state == "paused"
        if task.state != "running":
            return
        self.looks += 1
        if self.looks > 1 and (self.paused or not task.done_count):
            self.meanwhile(task)
            task.env.cr.execute(
                "UPDATE integration_replay_task SET paid_until = "
                "clock_timestamp() AT TIME ZONE 'UTC' - interval '5 seconds' WHERE id = %s",
                [task.id],
                # in a request that only reads; Odoo runs it again in one that may write
                log_exceptions=False,
            )
            replay_tasks.step(task.env.cr, task.id)

    def meanwhile(self, task):
        """What somebody else does before a step."""

    def test_bulk_retry_tour(self):
        messages = self.broken(6).sorted("id")
        resolved = messages[-1]

        def meanwhile(task):
            last = resolved.with_env(task.env)
            if self.paused and last.state == "quarantined":
                last.action_resolve("by telephone")

        self.meanwhile = meanwhile
        self.start_tour("/odoo", "integration_core_bulk_retry", login=self.operator.login)
        self.env.invalidate_all()
        task = self.env[TASK].search([("reason", "=", "The partner is back")])
        self.assertEqual((task.state, task.total), ("done", 6))
        self.assertEqual((task.done_count, task.refused_count), (5, 1))
        self.assertEqual(set(messages[:5].mapped("state")), {"queued"})
        self.assertEqual(resolved.state, "cancelled")
        acts = [act for _who, act, _why in self.acts(task)]
        self.assertEqual(acts, ["create", "start", "pause", "resume", "finish"])

    def test_bulk_cancel_tour(self):
        messages = self.broken(3)
        task = self.task(self.all_of(self.inbound), reason="Too early")
        task.action_pause()
        self.start_tour("/odoo", "integration_core_bulk_cancel", login=self.operator.login)
        self.env.invalidate_all()
        self.assertEqual(task.state, "cancelled")
        self.assertEqual(set(messages.mapped("state")), {"quarantined"})
