from datetime import datetime, timedelta
from unittest import TestCase

from odoo.addons.integration_core.tools import retention

NOW = datetime(2026, 11, 22, 12)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class TestRetentionRules(TestCase):
    def test_order_of_the_clocks(self):
        for days, problem in (
            ((7, 30, 400, 730), None),
            ((30, 30, 30, 30), None),
            ((31, 30, 400, 730), "clinical"),
            ((7, 401, 400, 730), "payload"),
            ((7, 30, 400, 399), "key"),
        ):
            with self.subTest(days=days):
                self.assertEqual(retention.order_problem(*days), problem)

    def test_longest_silence(self):
        start, end = NOW - 10 * HOUR, NOW
        self.assertEqual(retention.longest_silence(start, [], end), 10 * HOUR)
        self.assertEqual(
            retention.longest_silence(start, [NOW - 3 * HOUR, NOW - 4 * HOUR], end), 6 * HOUR
        )
        outside = [NOW - 20 * HOUR, NOW + HOUR]
        self.assertEqual(retention.longest_silence(start, outside, end), 10 * HOUR)

    def test_clock_that_was_set_ahead(self):
        last = NOW - 365 * DAY
        # after the jump messages come as before, with the new time
        traffic = [NOW - minutes * timedelta(minutes=1) for minutes in range(600)]
        self.assertFalse(retention.clock_is_plausible(last, traffic, NOW))
        self.assertFalse(retention.clock_is_plausible(last, [], NOW))

    def test_time_that_passed(self):
        self.assertTrue(retention.clock_is_plausible(None, [], NOW))
        self.assertTrue(retention.clock_is_plausible(NOW - DAY, [], NOW))
        self.assertTrue(retention.clock_is_plausible(NOW + DAY, [], NOW), "set back")
        # scheduled actions did not run for a month, but partners went on sending
        daily = [NOW - days * DAY for days in range(30)]
        self.assertTrue(retention.clock_is_plausible(NOW - 30 * DAY, daily, NOW))

    def test_rest(self):
        self.assertEqual(retention.rest(1, busy=True), 19)
        self.assertEqual(retention.rest(2, busy=True), 38)
        self.assertEqual(retention.rest(0.01, busy=True), 1)
        self.assertEqual(retention.rest(1, busy=False), 1)

    def test_size_follows_the_time_that_a_batch_takes(self):
        self.assertEqual(retention.next_size(100, 0.01), 200)
        self.assertEqual(retention.next_size(100, 0.1), 100)
        self.assertEqual(retention.next_size(100, 0.5), 50)
        self.assertEqual(retention.next_size(25, 9), retention.SMALLEST_BATCH)
        self.assertEqual(retention.next_size(1000, 0), retention.LARGEST_BATCH)
