from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_monitoring.engine import collector, fast_loop, heartbeats


@tagged("post_install", "-at_install")
class TestHeartbeat(EngineCase):
    def setUp(self):
        super().setUp()
        self.env.cr.execute("DELETE FROM integration_heartbeat")

    def look(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            heartbeats.look(self.env.registry)
        return self.parts()

    def parts(self):
        self.env.invalidate_all()
        found = self.env["integration.heartbeat"].search([])
        return {part.key: part for part in found}

    def test_parts_of_the_suite(self):
        cron = self.env.ref("integration_core.ir_cron_watchdog")
        self.env.cr.execute(
            "UPDATE ir_cron SET lastcall = now() AT TIME ZONE 'UTC', failure_count = 0 "
            "WHERE id = %s",
            [cron.id],
        )
        found = self.look()
        self.assertEqual(found[f"cron:{cron.id}"].kind, "watchdog")
        self.assertEqual(found[f"cron:{cron.id}"].state, "alive")
        self.assertEqual(found["drains"].state, "alive")
        self.assertEqual(found["rollup"].state, "alive")
        ours = self.env.ref("integration_monitoring.ir_cron_collect")
        self.assertIn(f"cron:{ours.id}", found)

    def test_overdue_cron(self):
        cron = self.env.ref("integration_core.ir_cron_watchdog")
        self.env.cr.execute(
            "UPDATE ir_cron SET lastcall = now() AT TIME ZONE 'UTC' - interval '5 minutes' "
            "WHERE id = %s",
            [cron.id],
        )
        self.assertEqual(self.look()[f"cron:{cron.id}"].state, "down")

    def test_cron_that_fails(self):
        """It runs as often as it should, and does nothing."""
        cron = self.env.ref("integration_core.ir_cron_watchdog")
        self.env.cr.execute(
            "UPDATE ir_cron SET lastcall = now() AT TIME ZONE 'UTC', failure_count = 7, "
            "first_failure_date = now() AT TIME ZONE 'UTC' - interval '7 minutes' WHERE id = %s",
            [cron.id],
        )
        found = self.look()[f"cron:{cron.id}"]
        self.assertEqual(found.state, "down")
        self.assertIn("7", found.detail)

    def test_drains(self):
        self.receive("a", {"key": "a"})
        lane = self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])
        self.env.cr.execute(
            "UPDATE integration_lane SET wanted = true, lease_until = NULL, "
            "woken_at = now() AT TIME ZONE 'UTC' - interval '10 minutes' WHERE id = ANY(%s)",
            [lane.ids],
        )
        self.assertEqual(self.look()["drains"].state, "down")

    def test_what_is_gone_is_forgotten(self):
        with self.enter_registry_test_mode():
            beat = self.env["integration.heartbeat"]._beat
            beat("listener:x", "listener", "Gone", 60)
            beat("job_runner", "job_runner", "Job runner", 60)
        found = self.look()
        self.assertNotIn("listener:x", found)
        self.assertIn("job_runner", found, "it speaks for itself")

    def test_addons_have_parts(self):
        parts = type(self.env["integration.heartbeat"])._parts

        def extended(model):
            at = heartbeats.now(model.env.cr)
            return [
                *parts(model),
                heartbeats.Part("listener:x", "listener", "X", 30, at - timedelta(seconds=40)),
            ]

        self.patch(type(self.env["integration.heartbeat"]), "_parts", extended)
        found = self.look()["listener:x"]
        self.assertEqual(found.state, "down")
        self.assertIn("MLLP", found.meaning)

    def test_only_the_switch_is_written(self):
        part = self.look()["rollup"]
        part.ignored = True
        self.assertTrue(self.look()["rollup"].ignored, "it stays when the part is seen again")
        with self.assertRaises(AccessError):
            part.every = 10**6


@tagged("post_install", "-at_install")
class TestFastLoop(EngineCase):
    def setUp(self):
        super().setUp()
        self.env.cr.execute("DELETE FROM integration_heartbeat")
        self.env.cr.execute("DELETE FROM queue_job WHERE model_name = 'integration.rollup'")

    def jobs(self):
        return self.env["queue.job"].search([("model_name", "=", "integration.rollup")])

    def test_jobs_do_not_pile_up(self):
        with self.enter_registry_test_mode():
            for _minute in range(3):
                fast_loop.keep_going(self.env.registry)
        self.assertEqual(len(self.jobs()), 1)
        self.assertEqual(self.jobs().channel, fast_loop.CHANNEL)

    def test_a_job_beats_and_leaves_the_next(self):
        with self.enter_registry_test_mode():
            self.env["integration.rollup"]._job_collect()
        self.assertEqual(len(self.jobs()), 1)
        part = self.env["integration.heartbeat"].search([("key", "=", "job_runner")])
        self.assertEqual(part.state, "alive")

    def _run_took(self, took, ago):
        """A collection of the past; whether the next job collects, which beats in any case."""
        self.env.cr.execute("DELETE FROM integration_rollup_state")
        self.env.cr.execute(
            """
            INSERT INTO integration_rollup_state (single, ran_at, took, open_from, horizon)
            SELECT true, at, %s, at, at
              FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' - %s * interval '1 second' AS at) x
            """,
            [took, ago],
        )
        done = []
        self.patch(type(self.env["integration.rollup"]), "_collect", lambda *_args: done.append(1))
        self.env.cr.execute("DELETE FROM integration_heartbeat")
        with self.enter_registry_test_mode():
            self.env["integration.rollup"]._job_collect()
        self.assertTrue(self.env["integration.heartbeat"].search([("key", "=", "job_runner")]))
        return bool(done)

    def test_collecting_takes_a_small_share_of_the_time(self):
        self.assertTrue(self._run_took(0.1, ago=15))
        self.assertFalse(self._run_took(1.0, ago=15), "a rest of 28 seconds")
        self.assertTrue(self._run_took(1.0, ago=30))
        self.assertTrue(self._run_took(60.0, ago=30), "and not longer than that")
        self.assertTrue(self._run_took(60.0, ago=-30), "a clock that was set back")
        self.env.cr.execute("DELETE FROM integration_rollup_state")
        with self.enter_registry_test_mode():
            self.assertTrue(collector.is_due(self.env.registry))

    def test_done_jobs_are_removed(self):
        with self.enter_registry_test_mode():
            fast_loop.keep_going(self.env.registry)
        self.jobs().flush_recordset()
        self.env.cr.execute(
            "UPDATE queue_job SET state = 'done', date_done = now() AT TIME ZONE 'UTC' "
            "- interval '1 hour' WHERE id = ANY(%s)",
            [self.jobs().ids],
        )
        old = self.jobs()
        self.env.invalidate_all()
        with self.enter_registry_test_mode():
            fast_loop.keep_going(self.env.registry)
        self.assertFalse(old.exists())

    def test_failed_jobs_are_removed_after_a_day(self):
        for hours in (1, 30):
            with self.enter_registry_test_mode():
                fast_loop.keep_going(self.env.registry)
            self.env.cr.execute(
                "UPDATE queue_job SET state = 'failed', date_created = now() AT TIME ZONE 'UTC' "
                "- %s * interval '1 hour' WHERE model_name = 'integration.rollup' "
                "AND state != 'failed'",
                [hours],
            )
            self.env.invalidate_all()
        late, early = self.jobs().sorted("date_created", reverse=True)
        with self.enter_registry_test_mode():
            fast_loop.keep_going(self.env.registry)
        self.assertTrue(late.exists(), "somebody may look for the reason")
        self.assertFalse(early.exists())
