from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_monitoring.engine import coarse, keeping, marks, ranges, rollup_rows
from odoo.addons.integration_monitoring.engine.minutes import epoch, floor
from odoo.addons.integration_monitoring.tools.rollup import Rollup, Step

from .collect_common import CollectCase


@tagged("post_install", "-at_install")
class TestRollupRanges(CollectCase):
    """What lies in the past, or came late, is counted in steps."""

    def _old(self, count, **ago):
        found = self.env["integration.message"]
        for number in range(count):
            found += self.receive(f"old{number}{ago}", {"key": "a"})
        self.shift("message", "created_at", found.ids, **ago)
        payloads = found.payload_ids.ids
        self.shift("payload", "created_at", payloads, **ago)
        return found

    def _ranges(self):
        self.env.invalidate_all()
        return self.env["integration.rollup.range"].search([])

    def _start_anew(self):
        self.env.cr.execute("DELETE FROM integration_rollup_state")
        self.env.cr.execute("DELETE FROM integration_rollup_mark")
        self.env.cr.execute("DELETE FROM integration_rollup_range")

    def test_first_run_on_an_old_ledger(self):
        self._old(2, hours=30)
        self._old(3, minutes=40)
        self._start_anew()
        self.collect()
        self.assertEqual(self._ranges().mapped("why"), ["first"])
        self.assertFalse(self.total(self.inbound).received, "that is left to the steps")
        self.assertGreater(self.work(), 10)
        self.assertFalse(self._ranges())
        for count, ago in ((2, timedelta(hours=30)), (3, timedelta(minutes=40))):
            self.assertEqual(self.minute(self.inbound, self.now - ago).received, {"inbound": count})
            hour = self.minute(self.inbound, self.now - ago, Step.HOUR)
            self.assertGreaterEqual(hour.received["inbound"], count)
        day = self.minute(self.inbound, self.now - timedelta(hours=30), Step.DAY)
        self.assertGreaterEqual(day.received["inbound"], 2)

    def test_first_run_goes_back_as_far_as_minutes_are_kept(self):
        self._old(1, days=60)
        self._start_anew()
        self.collect()
        self.assertAlmostEqual(
            self._ranges().begin_at, self.now - timedelta(days=28), delta=timedelta(hours=1)
        )

    def test_steps_resume(self):
        self._old(1, hours=5)
        self._start_anew()
        self.collect()
        before = self._ranges()
        with self.enter_registry_test_mode():
            ranges.work(self.env.registry, 0)
        after = self._ranges()
        self.assertEqual(after, before)
        self.assertLess(after.end_at, after.first_end_at)
        self.assertGreater(after.progress, 0)

    def test_gap(self):
        """A server that was down for some hours while messages came, as over another one."""
        self.env.cr.execute(
            "UPDATE integration_rollup_state SET open_from = open_from - interval '3 hours', "
            "horizon = horizon - interval '3 hours'"
        )
        self._old(2, hours=2)
        found = self.collect()
        self.assertEqual(found.begin, floor(found.at) - timedelta(minutes=5))
        self.assertIn("gap", self._ranges().mapped("why"))
        self.work()
        self.assertEqual(
            self.minute(self.inbound, self.now - timedelta(hours=2)).received, {"inbound": 2}
        )

    def test_recorded_late(self):
        """A message of an hour ago that is seen only now belongs to its own minute."""
        self._old(1, hours=1)
        self.collect()
        self.assertEqual(self._ranges().mapped("why"), ["late"])
        self.work()
        ago = self.now - timedelta(hours=1)
        self.assertEqual(self.minute(self.inbound, ago).received, {"inbound": 1})
        self.assertGreaterEqual(self.minute(self.inbound, ago, Step.HOUR).received["inbound"], 1)
        # The transaction of a test is one that never ends: what is behind it would stay in doubt.
        self.env.cr.execute(
            "UPDATE integration_rollup_state SET horizon = clock_timestamp() AT TIME ZONE 'UTC'"
        )
        self.collect()
        self.assertFalse(self._ranges(), "it is told once")

    def test_what_is_gone_from_the_ledger_stays_counted(self):
        message = self._old(1, hours=1)
        self.collect()
        self.work()
        message.env.cr.execute(
            "UPDATE integration_payload SET size = 0 WHERE message_id = %s", [message.id]
        )
        ago = floor(self.now - timedelta(hours=1))
        size = self.minute(self.inbound, ago).bytes
        ranges.add(self.env.cr, ago, ago + timedelta(minutes=1), "late")
        self.work()
        self.assertEqual(self.minute(self.inbound, ago).bytes, size)

    def test_ids_of_a_moment_without_marks(self):
        for hours in (50, 40, 30, 20, 10):
            self._old(20, hours=hours)
        self.env.cr.execute("DELETE FROM integration_rollup_mark")
        low = marks.low(self.env.cr, self.now - timedelta(hours=35))
        high = marks.high(self.env.cr, self.now - timedelta(hours=25))
        self.env.cr.execute(
            "SELECT count(*) FROM integration_message WHERE id > %s AND id <= %s "
            "AND created_at BETWEEN %s AND %s",
            [
                low.message,
                high.message,
                self.now - timedelta(hours=35),
                self.now - timedelta(hours=25),
            ],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 20)

    def test_removal(self):
        cr = self.env.cr
        old, new = self.now - timedelta(days=29), self.now - timedelta(days=27)
        for moment in (old, new):
            at = epoch(floor(moment))
            for step in Step:
                begin = at // step * step
                rollup_rows.store(cr, step, {self.inbound.id: {begin: Rollup(attempts=1)}})
        self.patch(keeping, "BATCH", 1)
        with self.enter_registry_test_mode():
            self.assertEqual(keeping.remove(self.env.registry, 10), 1)
        self.assertEqual(self.minute(self.inbound, old).attempts, 0)
        self.assertEqual(self.minute(self.inbound, new).attempts, 1)
        self.assertEqual(self.minute(self.inbound, old, Step.HOUR).attempts, 1)

    def test_terms(self):
        term = self.env.ref("integration_monitoring.rollup_term_minute")
        term.days = 20
        self.env.flush_all()
        self.assertEqual(keeping.kept(self.env.cr)[Step.MINUTE], timedelta(days=20))
        with self.assertRaises(ValidationError):
            term.days = 1

    def test_hours_follow_their_minutes(self):
        at = epoch(floor(self.now)) // 3600 * 3600 - 7200
        cr = self.env.cr
        store = {self.inbound.id: {at: Rollup(attempts=1), at + 60: Rollup(attempts=2)}}
        rollup_rows.store(cr, Step.MINUTE, store)
        coarse.update(cr, [rollup_rows.moment(at)])
        self.assertEqual(self.minute(self.inbound, rollup_rows.moment(at), Step.HOUR).attempts, 3)
