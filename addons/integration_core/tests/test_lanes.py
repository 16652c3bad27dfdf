from datetime import datetime, timedelta

from odoo.tests import tagged

from odoo.addons.integration_core.engine import lanes, wakeup
from odoo.addons.integration_core.tools import errors

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestLanes(EngineCase):
    def setUp(self):
        super().setUp()
        self.lane = self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])

    def _jobs(self):
        return self.env["queue.job"].search([("model_name", "=", "integration.lane")])

    def test_flag_flips_once(self):
        self.assertEqual(lanes.want(self.env.cr, self.lane.ids), self.lane.ids)
        self.assertEqual(lanes.want(self.env.cr, self.lane.ids), [])

    def test_a_burst_makes_one_job(self):
        for _message in range(5):
            wakeup.wake_lanes(self.env.cr, self.lane.ids)
        job = self._jobs()
        self.assertEqual(len(job), 1)
        self.assertEqual(job.channel, "root.integration_background")

    def test_lease_excludes_until_it_expires(self):
        token = lanes.acquire(self.env.cr, self.lane.id)
        self.assertTrue(token)
        self.assertIsNone(lanes.acquire(self.env.cr, self.lane.id))
        self.env.cr.execute("UPDATE integration_lane SET lease_until = '2000-01-01'")
        self.assertTrue(lanes.acquire(self.env.cr, self.lane.id))
        self.assertFalse(lanes.hold(self.env.cr, self.lane.id, token), "the old drain must stop")

    def test_lease_from_a_later_clock_has_ended(self):
        """Given before the clock of the database was set back, it would hold for as long again."""
        later = "UPDATE integration_lane SET lease_until = now() AT TIME ZONE 'UTC' + interval %s"
        token = lanes.acquire(self.env.cr, self.lane.id)
        self.env.cr.execute(later, ["1 hour"])
        self.assertTrue(lanes.hold(self.env.cr, self.lane.id, token), "whoever lives renews it")
        self.assertIsNone(lanes.acquire(self.env.cr, self.lane.id))
        self.env.cr.execute(later, ["1 hour"])
        self.assertTrue(lanes.acquire(self.env.cr, self.lane.id))
        self.env.cr.execute("UPDATE integration_lane SET lease_until = 'infinity'")
        self.assertIsNone(lanes.acquire(self.env.cr, self.lane.id), "that is nobody's clock")

    def test_watchdog_finds_what_was_woken_by_a_later_clock(self):
        self.receive("m1", {"key": "a"})
        lanes.want(self.env.cr, self.lane.ids)
        self.env.cr.execute("UPDATE integration_lane SET woken_at = woken_at + interval '1 hour'")
        self.assertIn(self.lane.id, lanes.stale(self.env.cr, 45))

    def test_running_drain_needs_no_second_job(self):
        token = lanes.acquire(self.env.cr, self.lane.id)
        lanes.clear_wanted(self.env.cr, self.lane.id)
        self.assertEqual(lanes.want(self.env.cr, self.lane.ids), [], "its drain will see the flag")
        self.assertTrue(lanes.release(self.env.cr, self.lane.id, token, more=False))

    def test_a_lane_whose_partner_lets_us_wait_uses_a_channel_apart(self):
        token = lanes.acquire(self.env.cr, self.lane.id)
        lanes.release(self.env.cr, self.lane.id, token, more=False, slow=True)
        wakeup.wake_lanes(self.env.cr, self.lane.ids)
        self.env.invalidate_all()
        self.assertEqual(self._jobs().channel, "root.integration_background.slow")

    def test_a_drain_with_nothing_to_tell_leaves_the_lane_as_it_was(self):
        for slow, expected in ((True, True), (None, True), (False, False), (None, False)):
            token = lanes.acquire(self.env.cr, self.lane.id)
            lanes.release(self.env.cr, self.lane.id, token, more=False, slow=slow)
            self.lane.invalidate_recordset()
            self.assertEqual(self.lane.slow, expected)

    def test_watchdog_adds_no_job_to_one_that_waits(self):
        self.receive("m1", {"key": "a"})
        for _minute in range(3):
            self.env.cr.execute("UPDATE integration_lane SET woken_at = '2000-01-01'")
            with self.enter_registry_test_mode():
                self.env["integration.lane"]._cron_watchdog()
        self.assertEqual(len(self._jobs().filtered(lambda job: job.records == self.lane)), 1)

    def test_watchdog_replaces_a_job_that_the_runner_lost(self):
        wakeup.wake_lanes(self.env.cr, self.lane.ids)
        lost = self._jobs()
        self.env.cr.execute("UPDATE queue_job SET state = 'enqueued'")
        self.env.cr.execute("UPDATE integration_lane SET woken_at = '2000-01-01'")
        with self.enter_registry_test_mode():
            self.env["integration.lane"]._cron_watchdog()
        self.assertTrue((self._jobs() - lost).filtered(lambda job: job.records == self.lane))

    def test_watchdog_creates_lanes_that_are_missing(self):
        self.lane.unlink()
        with self.enter_registry_test_mode():
            self.env["integration.lane"]._cron_watchdog()
        self.assertTrue(
            self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])
        )

    def test_release_reports_a_wake_up_that_met_our_lease(self):
        token = lanes.acquire(self.env.cr, self.lane.id)
        lanes.want(self.env.cr, self.lane.ids)
        self.assertTrue(lanes.release(self.env.cr, self.lane.id, token, more=False))
        token = lanes.acquire(self.env.cr, self.lane.id)
        lanes.clear_wanted(self.env.cr, self.lane.id)
        self.assertFalse(lanes.release(self.env.cr, self.lane.id, token, more=False))
        token = lanes.acquire(self.env.cr, self.lane.id)
        self.assertTrue(lanes.release(self.env.cr, self.lane.id, token, more=True))

    def test_only_the_earliest_due_time_makes_a_job(self):
        soon = datetime.now() + timedelta(hours=1)
        self.assertTrue(lanes.schedule(self.env.cr, self.lane.id, soon))
        self.assertFalse(lanes.schedule(self.env.cr, self.lane.id, soon + timedelta(hours=1)))
        self.assertTrue(lanes.schedule(self.env.cr, self.lane.id, soon - timedelta(minutes=1)))

    def test_drain_leaves_a_job_for_the_next_retry(self):
        def process(*args):
            raise errors.ThrottledError("Later.", 100.0)

        self.handle_with(process)
        self.receive("m1", {"key": "a"})
        self.drain(self.inbound)
        job = self._jobs()
        self.assertEqual(len(job), 1)
        self.assertGreater(job.eta, datetime.now() + timedelta(seconds=60))

    def test_watchdog_finds_what_was_lost(self):
        self.receive("m1", {"key": "a"})
        self.env.cr.execute("UPDATE integration_lane SET wanted = true, woken_at = '2000-01-01'")
        self.assertFalse(self._jobs())
        with self.enter_registry_test_mode():
            self.env["integration.lane"]._cron_watchdog()
        self.assertTrue(self._jobs().filtered(lambda job: job.records == self.lane))

    def test_watchdog_leaves_a_fresh_wake_up_alone(self):
        self.receive("m1", {"key": "a"})
        lanes.want(self.env.cr, self.lane.ids)
        self.assertNotIn(self.lane.id, lanes.stale(self.env.cr, 45))

    def test_throttle(self):
        throttle = lanes.WakeThrottle(seconds=60)
        self.assertTrue(throttle.due("db", 1))
        self.assertFalse(throttle.due("db", 1))
        self.assertTrue(throttle.due("db", 2))
        throttle.forget("db", 1)
        self.assertTrue(throttle.due("db", 1))
