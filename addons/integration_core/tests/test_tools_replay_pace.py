from datetime import datetime, timedelta

from odoo.tests import BaseCase, tagged

from ..tools import replay_pace
from ..tools.replay_pace import Pace

START = datetime(2026, 3, 2, 8, 0, 0)


@tagged("post_install", "-at_install")
class TestReplayPace(BaseCase):
    def _worked(self, rate, minutes, *, every=1.0):
        """Messages that are taken by a worker that looks every so many seconds."""
        pace, taken = Pace(rate), []
        paid = pace.start(START)
        for tick in range(int(minutes * 60 / every)):
            now = START + timedelta(seconds=tick * every)
            while count := pace.allowance(paid, now):
                paid = pace.spend(paid, now, count)
                taken.append(count)
        return taken

    def test_rate_is_kept(self):
        for rate in (1, 7, 60, 600, 3000):
            with self.subTest(rate=rate):
                taken = self._worked(rate, 10)
                gulp = max(1, int(rate * replay_pace.INTERVAL / 60))
                self.assertLessEqual(abs(sum(taken) - rate * 10), gulp + 1)

    def test_works_in_gulps(self):
        self.assertGreaterEqual(min(self._worked(600, 1)), 50)
        self.assertEqual(set(self._worked(6, 5)), {1})

    def test_no_burst_after_a_standstill(self):
        pace = Pace(600)
        paid, now = START, START + timedelta(hours=3)
        taken = 0
        while count := pace.allowance(paid, now):
            paid = pace.spend(paid, now, count)
            taken += count
        self.assertEqual(taken, 150, "a quarter of a minute's worth")

    def test_a_slow_rate_saves_up(self):
        pace = Pace(1)
        self.assertEqual(pace.allowance(START, START + timedelta(seconds=59)), 0)
        self.assertEqual(pace.allowance(START, START + timedelta(seconds=60)), 1)
        self.assertEqual(pace.due(START), START + timedelta(seconds=60))

    def test_a_clock_that_was_set_back_gives_nothing(self):
        self.assertEqual(Pace(600).allowance(START, START - timedelta(hours=1)), 0)

    def test_first_gulp_is_due_at_once(self):
        for rate in (1, 7, 600, replay_pace.FASTEST):
            with self.subTest(rate=rate):
                pace = Pace(rate)
                self.assertGreaterEqual(pace.allowance(pace.start(START), START), 1)

    def test_minutes_are_rounded_up(self):
        self.assertEqual([Pace(600).minutes(n) for n in (0, 1, 600, 601)], [0, 1, 1, 2])
