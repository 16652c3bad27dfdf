import doctest
from decimal import Decimal
from fractions import Fraction

from odoo.tests import BaseCase, tagged

from ..tools import invoice_match, invoice_totals, journal_entry
from ..tools.invoice_match import Agreed, Aspect, Invoiced, Limit, Tolerance
from ..tools.invoice_totals import Amounts


def line(quantity, price, key=1, order_key=7):
    return Invoiced(key, order_key, Fraction(quantity), Fraction(price))


def order(ordered=10, price=12, **limits):
    bounds = limits or {"ordered": ordered}
    return Agreed(
        Fraction(ordered),
        Fraction(price),
        {Limit(name): Fraction(value) for name, value in bounds.items()},
    )


def found(lines, agreed, **tolerance):
    tolerance = Tolerance(**{name: Fraction(value) for name, value in tolerance.items()})
    return [
        (one.key, one.aspect, one.limit, one.ours, one.theirs)
        for one in invoice_match.differences(lines, {7: agreed}, tolerance)
    ]


@tagged("post_install", "-at_install")
class TestInvoiceMatch(BaseCase):
    def test_as_agreed_or_less_matches(self):
        self.assertEqual(found([line(10, 12)], order()), [])
        self.assertEqual(found([line(4, 12)], order()), [])

    def test_the_worst_limit_is_told(self):
        bounds = order(ordered=10, received=6)
        self.assertEqual(found([line(8, 12)], bounds), [(1, Aspect.QUANTITY, Limit.RECEIVED, 6, 8)])

    def test_lines_share_what_is_open(self):
        lines = [line(6, 12, key=1), line(6, 12, key=2)]
        self.assertEqual(found(lines, order()), [(2, Aspect.QUANTITY, Limit.ORDERED, 4, 6)])

    def test_tolerance_of_quantities_is_a_share_of_the_order(self):
        bounds = order(ordered=10, received=0)
        self.assertEqual(found([line(1, 12)], bounds, quantity=10), [])
        self.assertTrue(found([line("1.01", 12)], bounds, quantity=10))

    def test_prices_up_and_down(self):
        self.assertEqual(
            found([line(1, "12.01")], order()),
            [(1, Aspect.PRICE, None, 12, Fraction("12.01"))],
        )
        self.assertTrue(found([line(1, "11.99")], order()))
        self.assertEqual(found([line(1, "12.6")], order(), price=5), [])
        self.assertTrue(found([line(1, "12.61")], order(), price=5))

    def test_a_box_of_twelve_is_twelve_pieces(self):
        twelfth = 1 / 12  # a piece, where the box is the reference
        self.assertEqual(invoice_match.convert_quantity(Fraction(30), twelfth, 1.0), Fraction(5, 2))
        self.assertEqual(invoice_match.convert_price(Fraction(1), 1.0, 12.0), 12)
        self.assertEqual(invoice_match.convert_price(Fraction(1), twelfth, 1.0), 12)

    def test_text_for_people(self):
        self.assertEqual(invoice_match.as_text(Fraction(5, 2)), "2.5")
        self.assertEqual(invoice_match.as_text(Fraction(10)), "10")
        self.assertEqual(invoice_match.as_text(Fraction(1, 3)), "0.333333")


@tagged("post_install", "-at_install")
class TestJournalEntryLines(BaseCase):
    def code(self, *lines, digits=2):
        with self.assertRaises(journal_entry.EntryError) as caught:
            journal_entry.balances(lines, digits)
        return caught.exception.code, caught.exception.line

    def test_debit_is_positive(self):
        lines = [{"debit": "1.50"}, {"credit": "1.5", "debit": None}]
        self.assertEqual([str(one) for one in journal_entry.balances(lines, 2)], ["1.50", "-1.5"])

    def test_what_is_no_entry(self):
        self.assertEqual(self.code({"debit": "1"}, {"credit": "1.01"}), ("unbalanced", None))
        self.assertEqual(self.code({"debit": "1"}, {}), ("one_side", 2))
        self.assertEqual(self.code({"debit": "1", "credit": "1"}), ("one_side", 1))
        self.assertEqual(self.code({"debit": "-1"}, {"credit": "-1"}), ("negative", 1))
        self.assertEqual(
            self.code({"debit": "10"}, {"credit": "10.5"}, digits=0), ("amount_not_kept", 2)
        )


@tagged("post_install", "-at_install")
class TestInvoiceTotals(BaseCase):
    def rounding(self, lines, ours, theirs, slack="0.01"):
        lines = [(Decimal(our), Decimal(their)) for our, their in lines]
        ours, theirs = (Amounts(*map(Decimal, one)) for one in (ours, theirs))
        found = invoice_totals.rounding(lines, ours, theirs, Decimal(slack))
        return found and (found.net, found.tax)

    def test_doctests(self):
        self.assertFalse(doctest.testmod(invoice_totals).failed)

    def test_totals_may_differ_by_as_much_as_all_lines(self):
        lines = [("1.00", "1.01"), ("2.00", "2.01")]
        found = self.rounding(lines, ("3.00", "0.63"), ("3.02", "0.65"))
        self.assertEqual(found, (Decimal("0.02"), Decimal("0.02")))
        self.assertIsNone(self.rounding(lines, ("3.00", "0.63"), ("3.02", "0.66")))

    def test_lines_that_cancel_out_must_each_be_rounding(self):
        lines = [("1.00", "1.02"), ("2.00", "1.98")]
        self.assertIsNone(self.rounding(lines, ("3.00", "0"), ("3.00", "0")))

    def test_nothing_differs(self):
        self.assertEqual(self.rounding([], ("0", "0"), ("0", "0"), "0"), (0, 0))
