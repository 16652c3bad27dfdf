import time
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_monitoring.engine import fast_loop, runner_watch
from odoo.addons.integration_monitoring.engine.runner_watch import RunnerWatch


@tagged("post_install", "-at_install")
class TestRunnerWatch(EngineCase):
    """One look; that a thread does so in a server is proved with real processes."""

    def setUp(self):
        super().setUp()
        self.env.cr.execute("DELETE FROM integration_heartbeat")
        self.env.cr.execute("DELETE FROM integration_watch_part")
        self.runner = RunnerWatch(self.env.cr.dbname)  # it is not started
        self.looks = 0

        def collected(_rollups, _seconds):
            self.looks += 1

        self.patch(type(self.env["integration.rollup"]), "_collect", collected)

    def last_seen(self, ago, ignored=False):
        self.env.cr.execute(
            """
            INSERT INTO integration_heartbeat (key, kind, name, beat_at, every, ignored)
            VALUES (%s, 'job_runner', 'x',
                    clock_timestamp() AT TIME ZONE 'UTC' - %s * interval '1 second', %s, %s)
            ON CONFLICT (key) DO UPDATE SET beat_at = EXCLUDED.beat_at, ignored = EXCLUDED.ignored
            """,
            [fast_loop.KEY, ago, fast_loop.ALLOWED, ignored],
        )

    def look(self):
        with self.enter_registry_test_mode():
            return self.runner.look(self.env.registry)

    def test_it_sleeps_until_the_sign_of_life_is_too_old(self):
        for ago in (0, 10, 46):
            self.last_seen(ago)
            pause = self.look()
            self.assertGreaterEqual(pause + ago, fast_loop.ALLOWED + 2, "it counts whole seconds")
            self.assertLess(pause + ago, fast_loop.ALLOWED + 4)
        self.assertEqual(self.looks, 0)

    def test_a_clock_that_was_set_back(self):
        self.last_seen(-500)
        self.assertLess(self.look(), 60)

    def test_a_runner_that_died(self):
        self.last_seen(50)
        with self.assertLogs(runner_watch.__name__, "WARNING"):
            self.assertLess(self.look(), 5, "it looks soon whether that was successful")
        self.assertEqual(self.looks, 1)

    def test_what_nobody_takes_in_is_left_to_the_action(self):
        self.last_seen(50)
        with self.assertLogs(runner_watch.__name__, "WARNING"):
            for _time in range(20):
                self.look()
        self.assertEqual(self.looks, runner_watch.TRIES)
        self.last_seen(3)
        self.look()
        self.last_seen(50)
        with self.assertLogs(runner_watch.__name__, "WARNING"):
            self.look()
        self.assertEqual(self.looks, runner_watch.TRIES + 1, "it died anew")

    def test_what_is_known_is_not_looked_for(self):
        self.last_seen(500)
        self.env.cr.execute(
            """
            INSERT INTO integration_watch_part (subject, subject_ref, facts)
            VALUES ('suite', 0, '{"runner_down": {"seconds": 60}}')
            """
        )
        self.assertEqual(self.look(), runner_watch.DOWN)
        self.assertEqual(self.looks, 0)

    def test_one_that_is_not_watched(self):
        self.last_seen(500, ignored=True)
        self.look()
        self.env.cr.execute("DELETE FROM integration_heartbeat")
        self.look()
        self.assertEqual(self.looks, 0)

    def test_nothing_runs_during_an_upgrade(self):
        self.last_seen(50)
        self.env.cr.execute("UPDATE ir_module_module SET state = 'to upgrade' WHERE name = 'base'")
        self.look()
        self.assertEqual(self.looks, 0)

    def test_what_is_told_is_delivered_at_once(self):
        delivered = []
        self.patch(runner_watch.notice_delivery, "run", delivered.append)
        self.last_seen(50)
        with self.assertLogs(runner_watch.__name__, "WARNING"):
            self.look()
        self.assertEqual(len(delivered), 1)

    def test_the_action_leaves_one_behind_and_does_not_wait(self):
        started = []
        self.patch(RunnerWatch, "start", lambda one: started.append(one))
        self.patch(RunnerWatch, "is_alive", lambda one: one in started)
        self.last_seen(10)
        begun = time.monotonic()
        with patch.dict(runner_watch._watches, clear=True), self.enter_registry_test_mode():
            for _minute in range(3):
                self.env["integration.rollup"]._cron_collect()
        self.assertEqual(len(started), 1)
        self.assertLess(time.monotonic() - begun, 5, "others wait behind it")
        self.assertGreater(started[0]._until, begun + runner_watch.LEASE)

    def test_it_ends_when_nobody_wants_it(self):
        self.runner._until = time.monotonic() - 1
        self.patch(RunnerWatch, "look", self.fail)
        self.runner.run()
