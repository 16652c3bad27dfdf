# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import BaseCase, tagged

from ..tools.pace import FAST, SLOW, Pace


@tagged("post_install", "-at_install")
class TestPace(BaseCase):
    def _verdict(self, *durations):
        pace = Pace()
        for seconds in durations:
            pace.note(seconds)
        return pace.is_slow()

    def test_nothing_tried_says_nothing(self):
        self.assertIsNone(self._verdict())

    def test_limits(self):
        self.assertIs(self._verdict(SLOW), True)
        self.assertIs(self._verdict(FAST), False)
        self.assertIsNone(self._verdict((SLOW + FAST) / 2), "in between nothing changes")

    def test_one_slow_answer_among_many_is_no_slow_partner(self):
        self.assertIs(self._verdict(15.0, *[0.01] * 50), False)

    def test_a_partner_that_mostly_hangs_is_slow(self):
        self.assertIs(self._verdict(15.0, 15.0, 0.01, 0.01), True)
