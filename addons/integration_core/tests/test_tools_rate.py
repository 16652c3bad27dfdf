# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import math

from odoo.tests import BaseCase, tagged

from ..tools.rate import Allowance, KeyedLimiter, TokenBucket


@tagged("post_install", "-at_install")
class TestRate(BaseCase):
    """Ten a second, twenty at once."""

    def test_bucket(self):
        bucket = TokenBucket(10, 20, 0.0)
        self.assertTrue(bucket.take(20, 0.0))
        self.assertFalse(bucket.take(1, 0.0))
        self.assertAlmostEqual(bucket.wait(1, 0.0), 0.1)
        self.assertTrue(bucket.take(1, 0.1))
        self.assertEqual(bucket.wait(20, 100.0), 0)
        self.assertEqual(bucket.wait(21, 100.0), math.inf)

    def test_all_or_nothing(self):
        bucket = TokenBucket(1, 5, 0.0)
        self.assertFalse(bucket.take(6, 0.0))
        self.assertTrue(bucket.take(5, 0.0))

    def test_a_cost_that_is_known_afterwards(self):
        bucket = TokenBucket(10, 20, 0.0)
        bucket.charge(25, 0.0)
        self.assertFalse(bucket.take(1, 0.5))
        self.assertTrue(bucket.take(1, 0.6))
        bucket.charge(1000, 0.6)
        self.assertAlmostEqual(bucket.wait(1, 0.6), 2.1, msg="one burst of debt at most")

    def test_a_cost_of_a_key(self):
        limiter = KeyedLimiter(max_keys=1)
        limiter.charge("never seen", 5, 0.0)
        self.assertEqual(len(limiter), 0)
        limiter.take("a", 10, 20, 0.0)
        limiter.charge("a", 20, 0.0)
        self.assertAlmostEqual(limiter.take("a", 10, 20, 0.0), 0.2)

    def test_a_clock_that_steps_back(self):
        bucket = TokenBucket(10, 20, 100.0)
        bucket.take(20, 100.0)
        self.assertFalse(bucket.take(1, 50.0))
        self.assertTrue(bucket.take(5, 50.5))

    def test_senseless_limits(self):
        for rate, burst in ((0, 1), (-1, 1), (1, 0.5), (math.nan, 1), (math.inf, 1), (1, math.inf)):
            with self.assertRaises(ValueError):
                TokenBucket(rate, burst)

    def test_keys_do_not_disturb_each_other(self):
        limiter = KeyedLimiter()
        self.assertEqual(limiter.take("supplier", 1, 1, 0.0), 0)
        self.assertAlmostEqual(limiter.take("supplier", 1, 1, 0.25), 0.75)
        self.assertEqual(limiter.take("laboratory", 1, 1, 0.25), 0)

    def test_a_changed_limit_applies_at_once(self):
        limiter = KeyedLimiter()
        limiter.take("k", 1, 1, 0.0)
        self.assertEqual(limiter.take("k", 100, 10, 0.5, n=0.5), 0)
        self.assertEqual(limiter.take("k", 100, 10, 0.6, n=10), 0)
        self.assertGreater(limiter.take("k", 1, 1, 0.6), 0.9)

    def test_the_least_recently_used_key_is_forgotten(self):
        limiter = KeyedLimiter(max_keys=2)
        for key in ("a", "b", "a", "c"):
            limiter.take(key, 0.001, 2, 0.0)
        self.assertEqual(len(limiter), 2)
        self.assertGreater(limiter.take("a", 0.001, 2, 0.0), 0, "a was kept, and is empty")


@tagged("post_install", "-at_install")
class TestAllowance(BaseCase):
    """Ten a second, twenty at once, kept as a value."""

    def test_takes_what_is_there(self):
        granted, left = Allowance(20.0, 0.0).take(50, 10, 20, 0.0)
        self.assertEqual((granted, left.tokens), (20, 0.0))
        self.assertEqual(left.take(50, 10, 20, 0.55)[0], 5, "whole units only")
        self.assertEqual(left.take(50, 10, 20, 100.0)[0], 20, "no more than the burst")

    def test_waiting_as_told_is_enough(self):
        empty = Allowance(0.0, 0.0)
        for wanted in range(1, 20):
            wait = empty.wait(wanted, 10, 20, 0.0)
            self.assertEqual(empty.take(wanted, 10, 20, wait)[0], wanted)
        self.assertAlmostEqual(empty.wait(50, 10, 20, 0.0), 2.0, msg="as many as it holds")
        self.assertEqual(Allowance(20.0, 0.0).wait(20, 10, 20, 0.0), 0.0)

    def test_a_clock_that_steps_back_grants_nothing(self):
        granted, left = Allowance(0.0, 100.0).take(5, 10, 20, 50.0)
        self.assertEqual((granted, left.at), (0, 100.0))

    def test_a_changed_limit_counts_at_once(self):
        saved = Allowance(20.0, 0.0)
        self.assertEqual(saved.take(50, 10, 5, 0.0)[0], 5)
        with self.assertRaises(ValueError):
            saved.take(1, 0, 5, 0.0)
