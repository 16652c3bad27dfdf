# Copyright 2026 Integration Suite Contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import UTC, datetime

from odoo.tests import BaseCase, tagged

from ..tools import retry_after

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)


@tagged("post_install", "-at_install")
class TestRetryAfter(BaseCase):
    """RFC 9110, sections 5.6.7 and 10.2.3."""

    def test_seconds(self):
        self.assertEqual(retry_after.parse("120", NOW), 120)
        self.assertEqual(retry_after.parse(" 0 ", NOW), 0)

    def test_the_three_date_forms_of_the_rfc(self):
        for value in (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ):
            self.assertEqual(retry_after.parse(value, NOW), 37, value)

    def test_the_past_means_now(self):
        self.assertEqual(retry_after.parse("Sat, 05 Nov 1994 08:49:37 GMT", NOW), 0)

    def test_two_digit_years(self):
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.assertEqual(retry_after.parse("Thursday, 01-Jan-26 00:00:05 GMT", now), 5)
        self.assertEqual(retry_after.parse("Sunday, 06-Nov-94 08:49:37 GMT", now), 0)

    def test_nobody_stops_a_flow_for_ever(self):
        for value in ("86401", "9" * 60, "Sun, 06 Nov 2094 08:49:37 GMT"):
            self.assertEqual(retry_after.parse(value, NOW), 86400)

    def test_rubbish_is_no_instruction(self):
        for value in (
            None, "", "soon", "-5", "1.5", "1e3", "0x10", "\u0661\u0662", "5 seconds", "9" * 65,
            "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET", "1994-11-06T08:49:37Z",
        ):  # fmt: skip
            self.assertIsNone(retry_after.parse(value, NOW), value)

    def test_now_needs_a_zone(self):
        with self.assertRaises(ValueError):
            retry_after.parse("5", datetime(2026, 1, 1))
