# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools.breaker import Breaker, BreakerConfig, Circuit


@tagged("post_install", "-at_install")
class TestBreaker(BaseCase):
    """A partner goes down and comes back."""

    def opened(self, now=100.0, **config):
        return Breaker(BreakerConfig(**config)).record(now, 0, 10, 0)

    def test_a_partner_goes_down_and_comes_back(self):
        breaker = Breaker()
        self.assertEqual(breaker.permits(100, 50), (50, breaker))
        breaker = breaker.record(101, 5, 4, breaker.generation)
        self.assertEqual(breaker.state, Circuit.CLOSED, "nine calls are too few to judge")
        breaker = breaker.record(102, 0, 1, breaker.generation)
        self.assertEqual(breaker.state, Circuit.OPEN)
        self.assertEqual(breaker.permits(110, 50), (0, breaker))
        self.assertEqual(breaker.next_probe_at(110), 132)

        granted, breaker = breaker.permits(132, 50)
        self.assertEqual((granted, breaker.state), (1, Circuit.HALF_OPEN))
        self.assertEqual(breaker.permits(133, 50)[0], 0, "one probe at a time")
        breaker = breaker.record(134, 1, 0, breaker.generation)
        self.assertEqual((breaker.state, breaker.open_seconds), (Circuit.CLOSED, 0))
        self.assertEqual(breaker.permits(135, 50)[0], 50)

    def test_failed_probes_double_the_wait_up_to_ten_minutes(self):
        breaker, now, waits = self.opened(), 100.0, []
        for _ in range(7):
            waits.append(breaker.open_seconds)
            now = breaker.next_probe_at(now)
            _, breaker = breaker.permits(now, 1)
            breaker = breaker.record(now, 0, 1, breaker.generation)
        self.assertEqual(waits, [30, 60, 120, 240, 480, 600, 600])

    def test_late_results_change_nothing(self):
        closed = Breaker()
        opened = closed.record(100, 0, 10, 0)
        _, probing = opened.permits(130, 1)
        self.assertIs(probing.record(131, 50, 0, closed.generation), probing)
        self.assertIs(probing.record(131, 0, 50, opened.generation), probing)

    def test_old_failures_leave_the_window(self):
        breaker = Breaker().record(100, 0, 9, 0)
        self.assertEqual(breaker.record(150, 0, 1, 0).state, Circuit.OPEN)
        self.assertEqual(breaker.record(161, 0, 1, 0).state, Circuit.CLOSED)

    def test_a_success_never_opens(self):
        breaker = Breaker().record(100, 0, 9, 0)
        self.assertEqual(breaker.record(101, 1, 0, 0).state, Circuit.CLOSED)

    def test_three_probes_must_all_succeed(self):
        granted, breaker = self.opened(probes=3).permits(130, 50)
        self.assertEqual(granted, 3)
        breaker = breaker.record(131, 2, 0, breaker.generation)
        self.assertEqual(breaker.state, Circuit.HALF_OPEN)
        self.assertEqual(breaker.permits(132, 50)[0], 0)
        self.assertEqual(breaker.record(132, 1, 0, breaker.generation).state, Circuit.CLOSED)
        self.assertEqual(breaker.record(132, 1, 1, breaker.generation).state, Circuit.OPEN)

    def test_a_probe_whose_worker_died_is_replaced(self):
        _, breaker = self.opened().permits(130, 1)
        self.assertEqual(breaker.permits(189, 1)[0], 0)
        self.assertEqual(breaker.next_probe_at(189), 190)
        self.assertEqual(breaker.permits(190, 1)[0], 1)

    def test_unused_permits_are_given_back(self):
        _, breaker = self.opened().permits(130, 1)
        generation = breaker.generation
        self.assertIs(breaker.release(1, generation - 1), breaker)
        self.assertEqual(breaker.release(1, generation).permits(131, 1)[0], 1)

    def test_by_hand(self):
        forced = Breaker().force_open()
        self.assertEqual(forced.permits(10**9, 5), (0, forced))
        self.assertIsNone(forced.next_probe_at(100))
        disabled = self.opened().disable()
        self.assertEqual(disabled.permits(101, 5), (5, disabled))
        self.assertIs(disabled.record(101, 0, 99, disabled.generation), disabled)
        self.assertEqual(disabled.reset().state, Circuit.CLOSED)
        self.assertGreater(disabled.reset().generation, disabled.generation)

    def test_storage(self):
        _, breaker = self.opened().permits(130, 1)
        self.assertEqual(Breaker.from_dict(breaker.to_dict()), breaker)
        self.assertEqual(Breaker.from_dict(None), Breaker())
        for broken in ({"state": "ajar"}, {**breaker.to_dict(), "buckets": [[1]]}):
            with self.assertRaises((KeyError, TypeError, ValueError)):
                Breaker.from_dict(broken)

    def test_senseless_calls_and_configurations(self):
        with self.assertRaises(ValueError):
            Breaker().permits(0, -1)
        with self.assertRaises(ValueError):
            Breaker().record(0, -1, 0, 0)
        for values in (
            {"bucket": 0}, {"bucket": 0.1}, {"min_calls": 0}, {"failure_ratio": 0},
            {"open_seconds": 0}, {"open_seconds": 700}, {"probes": 4}, {"probe_lease": 0},
        ):  # fmt: skip
            with self.assertRaises(ValueError):
                BreakerConfig(**values)
