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
            Place(1, start, date(2027, 6, 30), old),
        )

    def test_without_a_day_what_is_valid_today_is_replaced(self):
        past, now = price(1, None, date(2026, 5, 31)), price(2, date(2026, 6, 1))
        future = price(3, date(2027, 1, 1))
        found = place([past, future, now], offer(), TODAY)
        self.assertEqual((found.target, found.start, found.prior), (2, date(2026, 6, 1), now))
        found = place([past, future], offer(), TODAY)
        self.assertEqual((found.target, found.end), (1, None), "it goes on again")

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

    def test_jumps(self):
        prior = price(1)
        where = place([prior], offer(), TODAY)
        five = Decimal(5)
        self.assertFalse(is_jump(where, offer(amount="10.5"), five))
        self.assertTrue(is_jump(where, offer(amount="10.5001"), five))
        self.assertTrue(is_jump(where, offer(amount="9.4"), five))
        self.assertTrue(is_jump(where, offer(currency="USD"), five))
        self.assertFalse(is_jump(place([price(1, amount="0")], offer(), TODAY), offer(), five))
        self.assertFalse(is_jump(place([], offer(), TODAY), offer(), five))
