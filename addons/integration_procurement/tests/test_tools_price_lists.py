from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.price_lists import Offer, Place, Price, is_jump, place

TODAY = date(2026, 6, 15)


def price(record_id, start=None, end=None, amount="10", currency="EUR"):
    return Price(record_id, start, end, Decimal(amount), currency)


def offer(start=None, end=None, amount="10", currency="EUR"):
    return Offer(start, end, Decimal(amount), currency)


@tagged("post_install", "-at_install")
class TestToolsPriceLists(BaseCase):
    def test_nothing_there(self):
        self.assertEqual(place([], offer(), TODAY), Place(None, None, None, None))

    def test_from_the_same_day_on_it_is_replaced(self):
        start = date(2027, 1, 1)
        old = price(1, start)
        self.assertEqual(
            place([price(2), old], offer(start, date(2027, 6, 30)), TODAY),
            Place(1, start, date(2027, 6, 30), old, near=old),
        )

    def test_without_a_day_what_is_valid_today_is_replaced(self):
        past, now = price(1, None, date(2026, 5, 31)), price(2, date(2026, 6, 1))
        future = price(3, date(2027, 1, 1))
        found = place([past, future, now], offer(), TODAY)
        self.assertEqual((found.target, found.start, found.prior), (2, date(2026, 6, 1), now))
        found = place([past, future], offer(), TODAY)
        self.assertEqual((found.target, found.end), (1, date(2026, 12, 31)), "it goes on again")
        found = place([past], offer(), TODAY)
        self.assertEqual((found.target, found.end), (1, None))
        ended = price(4, date(2026, 1, 1), date(2026, 5, 31))
        found = place([ended, future], offer(), TODAY)
        self.assertEqual((found.target, found.start, found.end), (None, TODAY, date(2026, 12, 31)))

    def test_what_goes_on_ends_the_day_before(self):
        found = place([price(1)], offer(date(2027, 1, 1)), TODAY)
        self.assertEqual((found.target, found.ends), (None, date(2026, 12, 31)))

    def test_what_has_ended_before_is_left_alone(self):
        found = place([price(1, None, date(2026, 1, 31))], offer(date(2027, 1, 1)), TODAY)
        self.assertEqual((found.prior, found.ends), (None, None))

    def test_between_two_periods_it_does_not_reach_into_the_next(self):
        later = price(2, date(2028, 1, 1))
        found = place([price(1), later], offer(date(2027, 1, 1)), TODAY)
        self.assertEqual(found.end, date(2027, 12, 31))

    def test_said_again_a_price_does_not_reach_into_the_next(self):
        now = price(1, date(2026, 1, 1), date(2026, 6, 30))
        later = price(2, date(2026, 7, 1), amount="12")
        for said in (
            offer(now.start),
            offer(None),
            offer(now.start, date(2026, 12, 31)),
            offer(None, date(2026, 12, 31)),
        ):
            found = place([now, later], said, TODAY)
            self.assertEqual(
                (found.target, found.start, found.end), (1, now.start, date(2026, 6, 30))
            )
        again = place([now, later], offer(later.start, amount="12"), TODAY)
        self.assertEqual((again.target, again.end), (2, None))
        sooner = place([now, later], offer(now.start, date(2026, 6, 20)), TODAY)
        self.assertEqual(sooner.end, date(2026, 6, 20))

    def test_compared_with_the_last_that_began_before_else_the_next(self):
        old = price(1, date(2025, 1, 1), date(2025, 12, 31))
        ended = price(2, date(2026, 1, 1), date(2026, 12, 31))
        found = place([old, ended], offer(date(2027, 3, 1)), TODAY)
        self.assertEqual((found.target, found.prior, found.near), (None, None, ended))
        self.assertEqual(place([ended], offer(date(2025, 1, 1)), TODAY).near, ended)

    def test_jumps(self):
        prior = price(1)
        where = place([prior], offer(), TODAY).near
        five = Decimal(5)
        self.assertFalse(is_jump(where, offer(amount="10.5"), five))
        self.assertTrue(is_jump(where, offer(amount="10.5001"), five))
        self.assertTrue(is_jump(where, offer(amount="9.4"), five))
        self.assertTrue(is_jump(where, offer(currency="USD"), five))
        self.assertFalse(is_jump(price(1, amount="0"), offer(), five))
        self.assertFalse(is_jump(None, offer(), five))
