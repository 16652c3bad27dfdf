from datetime import date, datetime

from odoo.tests import BaseCase, tagged

from ..tools import moments
from ..tools.errors import ContractError

NOW = datetime(2026, 11, 22, 10, 0)


@tagged("post_install", "-at_install")
class TestToolsMoments(BaseCase):
    def assert_refused(self, code, read, *args):
        with self.assertRaises(ContractError) as caught:
            read(*args)
        self.assertEqual(caught.exception.code, code, args)

    def test_moments_are_naive_and_in_utc(self):
        for text, expected in (
            ("2026-11-22T11:00:00+01:00", NOW),
            ("2026-11-22t10:00:00z", NOW),
            ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59)),
            ("2027-01-01T00:59:60.5+01:00", datetime(2026, 12, 31, 23, 59, 59, 500000)),
        ):
            self.assertEqual(moments.read_moment(text), expected)

    def test_no_such_moment(self):
        for text in (
            "2026-02-30T10:00:00Z",
            "2026-11-22T10:00:00",
            "2026-11-22",
            "2026-11-22T10:60:00Z",
            "9999-12-31T23:59:59-05:00",
            "0001-01-01T00:00:00+05:00",
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2201-01-01T00:00:00Z",
            "soon",
        ):
            self.assert_refused("no_such_moment", moments.read_moment, text)
            self.assert_refused("no_such_moment", moments.read_past_moment, text, NOW)

    def test_days(self):
        self.assertEqual(moments.read_day("1970-01-01"), date(1970, 1, 1))
        self.assertEqual(moments.read_day("2200-12-31"), date(2200, 12, 31))
        for text in ("2026-02-30", "0001-01-01", "1969-12-31", "2201-01-01", "9999-12-31", "soon"):
            self.assert_refused("no_such_moment", moments.read_day, text)
            self.assert_refused("no_such_moment", moments.read_past_day, text, NOW)

    def test_nothing_has_happened_in_the_future(self):
        # Clocks differ a little.
        self.assertEqual(
            moments.read_past_moment("2026-11-22T10:05:00Z", NOW), datetime(2026, 11, 22, 10, 5)
        )
        self.assert_refused(
            "moment_in_future", moments.read_past_moment, "2026-11-22T10:05:01Z", NOW
        )
        self.assert_refused("moment_in_future", moments.read_past_moment, "2199-11-22T10:05:01Z")

    def test_a_day_may_have_begun_elsewhere(self):
        self.assertEqual(moments.read_past_day("2026-11-23", NOW), date(2026, 11, 23))
        self.assert_refused("moment_in_future", moments.read_past_day, "2026-11-24", NOW)
        self.assert_refused(
            "moment_in_future", moments.read_past_day, "2026-11-23", NOW.replace(hour=9)
        )
        self.assert_refused("moment_in_future", moments.read_past_day, "2199-11-22")
