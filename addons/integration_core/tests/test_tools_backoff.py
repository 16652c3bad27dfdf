# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools.backoff import RetryPlan, format_schedule, full_jitter, parse_schedule

STANDARD_WEBHOOKS = "0s, 5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h"


def least():
    return 0.0


def middle():
    return 0.5


def most():
    return 1.0


@tagged("post_install", "-at_install")
class TestBackoff(BaseCase):
    """When a failed message is tried again."""

    def test_full_jitter_doubles_up_to_the_cap(self):
        delays = [full_jitter(n, 5, 60, most) for n in range(1, 7)]
        self.assertEqual(delays, [5, 10, 20, 40, 60, 60])
        self.assertEqual(full_jitter(3, 5, 60, least), 0)
        self.assertEqual(full_jitter(10**6, 5, 60, most), 60)
        with self.assertRaises(ValueError):
            full_jitter(0, 5, 60)

    def test_schedules_are_read_and_written(self):
        delays = parse_schedule(STANDARD_WEBHOOKS)
        self.assertEqual(delays[:4], (0, 5, 300, 1800))
        self.assertEqual(format_schedule(delays), STANDARD_WEBHOOKS.replace("24h", "1d"))
        self.assertEqual(parse_schedule(" 1.5h,2 m "), (5400, 120))
        self.assertEqual(format_schedule((0.25, 90, 3600)), "0.25s, 90s, 1h")

    def test_bad_schedules_are_explained(self):
        for text, help_ in (
            ("", "empty"),
            ("5", "unit"),
            ("5s,,5m", "entry 2"),
            ("-5s", "entry 1"),
            ("5 weeks", "entry 1"),
            ("1e3s", "entry 1"),
            ("31d", "30 days"),
            ("1s," * 60 + "1s", "50"),
        ):
            with self.assertRaises(ValueError) as caught:
                parse_schedule(text)
            self.assertIn(help_, str(caught.exception))

    def test_a_schedule_counts_the_first_attempt(self):
        plan = RetryPlan(mode="schedule", schedule=parse_schedule(STANDARD_WEBHOOKS))
        self.assertEqual(plan.total_attempts, 10)
        self.assertEqual(plan.next_delay(1, rng=middle), 5)
        self.assertEqual(plan.next_delay(1, rng=least), 4)
        self.assertEqual(plan.next_delay(1, rng=most), 6)
        self.assertEqual(plan.next_delay(9, rng=middle), 24 * 3600)
        self.assertIsNone(plan.next_delay(10))

    def test_max_attempts_may_shorten_a_schedule(self):
        plan = RetryPlan(mode="schedule", schedule=(0, 1, 2, 3), max_attempts=2)
        self.assertEqual(plan.total_attempts, 2)
        self.assertIsNone(plan.next_delay(2))
        self.assertEqual(RetryPlan("schedule", schedule=(0, 1), max_attempts=9).total_attempts, 2)

    def test_exponential_plan(self):
        plan = RetryPlan(base=2, cap=100, max_attempts=3)
        self.assertEqual(plan.next_delay(2, rng=most), 4)
        self.assertIsNone(plan.next_delay(3))
        endless = RetryPlan(max_attempts=None)
        self.assertIsNone(endless.total_attempts)
        self.assertIsNotNone(endless.next_delay(10**6))

    def test_retry_after_is_a_lower_bound(self):
        plan = RetryPlan(base=2, cap=100)
        self.assertEqual(plan.next_delay(1, 30, least), 30)
        self.assertEqual(plan.next_delay(1, 30, most), 36, "jitter comes on top")
        self.assertEqual(plan.next_delay(6, 30, most), 64, "never earlier than the plan")

    def test_senseless_plans_are_refused(self):
        for values in (
            {"mode": "linear"},
            {"mode": "schedule"},
            {"base": -1},
            {"jitter": 1.5},
            {"max_attempts": 0},
        ):
            with self.assertRaises(ValueError):
                RetryPlan(**values)
