from odoo.tests import tagged

from ..engine.rollup_rows import moment
from ..tools.findings import Signal
from .watch_case import MINUTE, START, WatchCase

DAY = 86400


@tagged("post_install", "-at_install")
class TestWatchLearn(WatchCase):
    """What is usual is learnt from the rollups of the interface."""

    def setUp(self):
        super().setUp()
        self.env.cr.execute(
            "UPDATE integration_interface SET activated_at = '2026-01-01' WHERE id = ANY(%s)",
            [[self.inbound.id, self.outbound.id]],
        )
        self.env.invalidate_all()
        self.look()

    def _history(self, days, per_minute=30, until=START):
        self.env.cr.execute(
            """
            INSERT INTO integration_rollup (interface_id, step, begin_at, received, attempts)
            SELECT %s, 60, at, jsonb_build_object('inbound', %s), %s
              FROM generate_series(%s, %s, interval '1 minute') AS at
            ON CONFLICT (interface_id, step, begin_at) DO UPDATE SET received = EXCLUDED.received
            """,
            [
                self.inbound.id,
                per_minute,
                per_minute,
                moment(until - days * DAY),
                moment(until - MINUTE),
            ],
        )

    def _learn(self):
        watch = self.watch(self.inbound)
        watch._learn(moment(START))
        return watch

    def test_ten_days(self):
        self._history(10)
        watch = self._learn()
        self.assertAlmostEqual(watch.history_days, 10, places=2)
        profile = watch._profile()
        self.assertEqual(profile.width, 5)
        self.assertAlmostEqual(profile.buckets[0].median, 150)
        self.assertIn("43200 messages a day", watch.profile_text)
        self.assertEqual(self.told, [])

    def test_a_day_is_too_little(self):
        self._history(1)
        watch = self._learn()
        self.assertFalse(watch.profile)
        self.assertTrue(watch.learnt_at)
        self.assertIn("not judged", watch.profile_text)

    def test_before_the_activation_nothing_is_usual(self):
        self._history(10)
        self.inbound.activated_at = moment(START - 5 * DAY)
        self.env.flush_all()
        self.assertAlmostEqual(self._learn().history_days, 5, places=2)

    def test_an_incident_is_left_out(self):
        self._history(7)
        self._history(1, per_minute=900)
        self.env["integration.incident"].create(
            {
                "subject": "interface",
                "subject_ref": self.inbound.id,
                "interface_id": self.inbound.id,
                "severity": "3",
                "state": "closed",
                "started_at": moment(START - DAY),
                "detected_at": moment(START - DAY),
                "closed_at": moment(START),
            }
        )
        self.env.flush_all()
        profile = self._learn()._profile()
        self.assertAlmostEqual(max(bucket.median for bucket in profile.buckets), 150)

    def test_maintenance_is_left_out(self):
        self._history(7)
        self._history(1, per_minute=900)
        self.env["integration.maintenance"].create(
            {
                "name": "New server",
                "system_ids": [(6, 0, self.system.ids)],
                "begin_at": moment(START - DAY),
                "end_at": moment(START),
            }
        )
        self.env.flush_all()
        profile = self._learn()._profile()
        self.assertAlmostEqual(max(bucket.median for bucket in profile.buckets), 150)

    def test_silent_since_before_it_was_learnt(self):
        """A feed that fell silent while too little was known is noticed once it is known."""
        self._history(10, until=START - 3600)
        self.now = START
        self.look()
        self._learn()
        self.go(1)
        self.assertEqual(self.steps(Signal.SILENCE), ["started"])

    def test_what_is_filling_belongs_to_no_bucket_of_another_width(self):
        self._history(10, per_minute=2)
        self._learn()
        width = self.watch(self.inbound)._profile().width
        self.go(3, self.inbound, received={"inbound": 2})
        self._history(10, per_minute=400)
        self._learn()
        self.assertLess(self.watch(self.inbound)._profile().width, width)
        self.go(1, self.inbound, received={"inbound": 400})
        self.assertEqual(self.told, [])

    def test_each_night_once(self):
        watches = self.env["integration.watch"]
        with self.enter_registry_test_mode():
            watches._cron_learn()
        self.env.invalidate_all()
        learnt = (self.watch(self.inbound) | self.watch(self.outbound)).mapped("learnt_at")
        self.assertTrue(all(learnt))
        with self.enter_registry_test_mode():
            watches._cron_learn()
        self.env.invalidate_all()
        self.assertEqual(self.watch(self.inbound).learnt_at, learnt[0])
