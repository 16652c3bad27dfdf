from datetime import date
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..tools import answers
from ..tools.answers import Answer, Delivery, Deviation, Ordered, Status, Tolerance

DAY, LATER = date(2026, 12, 1), date(2026, 12, 4)
ORDERED = Ordered(Decimal(12), Decimal("0.1"), Decimal(0), DAY)


@tagged("post_install", "-at_install")
class TestToolsAnswers(BaseCase):
    def said(self, quantity="12", day=DAY, **values):
        return Answer(None, [Delivery(Fraction(quantity), day)], **values)

    def deviations(self, answer, **tolerance):
        return answers.deviations(ORDERED, answer, Tolerance(**tolerance))

    def test_as_ordered(self):
        self.assertFalse(self.deviations(self.said()))
        self.assertEqual(answers.status_of(ORDERED, self.said()), Status.ACCEPTED)

    def test_numbers_count_whatever_they_are_called(self):
        answer = Answer(Status.ACCEPTED, [Delivery(Decimal(11), DAY)])
        self.assertEqual(answers.status_of(ORDERED, answer), Status.CHANGED)

    def test_tolerance_is_inclusive_and_works_both_ways(self):
        for quantity in ("9", "15"):
            self.assertFalse(self.deviations(self.said(quantity), quantity_percent=25))
        for quantity in ("8.99", "15.01"):
            self.assertEqual(
                self.deviations(self.said(quantity), quantity_percent=25), {Deviation.QUANTITY}
            )

    def test_price_below_a_cent(self):
        answer = self.said(unit_price=Decimal("0.1001"))
        self.assertEqual(self.deviations(answer), {Deviation.PRICE})
        self.assertFalse(self.deviations(answer, price_percent=Decimal("0.1")))

    def test_free_of_charge_is_not_agreed(self):
        free = Ordered(Decimal(12), Decimal(0), Decimal(0), DAY)
        found = answers.deviations(
            free, self.said(unit_price=Decimal("0.01")), Tolerance(price_percent=Decimal(1000))
        )
        self.assertEqual(found, {Deviation.PRICE})

    def test_discount_and_price_count_together(self):
        answer = self.said(unit_price=Decimal("0.2"), discount_percent=Decimal(50))
        self.assertFalse(self.deviations(answer))

    def test_only_later_is_late(self):
        self.assertFalse(self.deviations(self.said(day=date(2026, 11, 1))))
        self.assertEqual(self.deviations(self.said(day=LATER)), {Deviation.DATE})
        self.assertFalse(self.deviations(self.said(day=LATER), days_late=3))
        self.assertEqual(self.deviations(self.said(day=LATER), days_late=2), {Deviation.DATE})

    def test_several_deliveries(self):
        answer = Answer(None, [Delivery(Decimal(7), DAY), Delivery(Decimal(5), LATER)])
        self.assertEqual((answer.quantity, answer.promised), (12, LATER))
        self.assertEqual(self.deviations(answer), {Deviation.DATE})

    def test_rejected_is_rejected_whatever_else(self):
        self.assertEqual(
            self.deviations(Answer(Status.REJECTED), quantity_percent=100), {Deviation.REJECTED}
        )

    def test_a_box_of_twelve(self):
        self.assertEqual(answers.convert(Decimal(1), 12.0, 1.0), 12)
        third = answers.convert(Decimal(4), 1.0, 12.0)
        self.assertEqual(third, Fraction(1, 3))
        self.assertIsNone(answers.kept(third, 2))
        self.assertEqual(answers.kept(answers.convert(Decimal(6), 1.0, 12.0), 2), Decimal("0.5"))
        self.assertEqual(answers.convert_price(Decimal(100), 12.0, 1.0), Fraction(25, 3))

    def test_a_quotient_that_was_written_is_the_same_price(self):
        price = answers.convert_price(Decimal(100), 12.0, 1.0)
        written = Decimal(repr(float(price)))
        self.assertFalse(answers.is_beyond(price, written, 0))

    def test_factors_are_decimals(self):
        self.assertEqual(answers.convert(Decimal(300), 0.001, 1.0), Fraction(3, 10))
