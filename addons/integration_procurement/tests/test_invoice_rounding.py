from odoo.tests import tagged

from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestInvoiceRounding(FinanceCase):
    """A supplier who rounds otherwise is paid what he invoices, and nobody has to decide."""

    def rounded(self, net, tax, line_net=None, **values):
        """The bill of an invoice over 120 + 25.20 that says other amounts."""
        gross = f"{float(net) + float(tax):.3f}".rstrip("0").rstrip(".")
        order = values.pop("order", None) or self.confirmed(received=10)
        values.setdefault("line", {})["net_amount"] = line_net or net
        totals = {"net": net, "tax": tax, "gross": gross}
        return self.bill(self.invoice_of(order, totals=totals, **values))

    def rounding_line(self, bill):
        return bill.invoice_line_ids.filtered("integration_is_rounding")

    def test_a_cent_of_a_line(self):
        for net, difference in (("120.01", 0.01), ("119.99", -0.01)):
            with self.subTest(net):
                bill = self.rounded(net, "25.2", number=net)
                self.assertFalse(self.exceptions(bill))
                line = self.rounding_line(bill)
                self.assertAlmostEqual(line.price_subtotal, difference, 5)
                self.assertFalse(line.tax_ids)
                self.assertEqual(line.account_id, (bill.invoice_line_ids - line).account_id)
                self.assertEqual((bill.amount_untaxed, bill.amount_tax), (float(net), 25.2))
                self.assertEqual(bill.amount_total, float(net) + 25.2)
                self.assertIn(net, bill.message_ids[0].body, "nothing is rounded silently")
                bill.action_post()
                self.assertEqual(bill.amount_total, float(net) + 25.2)

    def test_a_cent_of_tax(self):
        bill = self.rounded("120", "25.19")
        self.assertFalse(self.exceptions(bill))
        self.assertFalse(self.rounding_line(bill))
        self.assertEqual((bill.amount_tax, bill.amount_total), (25.19, 145.19))

    def test_net_and_tax_together(self):
        bill = self.rounded("120.01", "25.21")
        self.assertFalse(self.exceptions(bill))
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (120.01, 25.21))

    def test_two_cents_of_one_line_are_to_be_decided(self):
        bill = self.rounded("120.02", "25.2")
        self.assertEqual(self.exceptions(bill).kind, "invoice_totals")
        self.assertFalse(self.rounding_line(bill))
        self.assertEqual(bill.amount_total, 145.2, "Odoo's figures until somebody decides")
        self.company.invoice_rounding_tolerance = 2
        bill.action_open_integration_exceptions()
        self.assertFalse(self.exceptions(bill))
        self.assertEqual(bill.amount_untaxed, 120.02)

    def test_each_line_has_its_own_cent(self):
        order = self.confirmed(received=10)
        document = self.invoice_of(order)
        document["lines"] = [
            {**document["lines"][0], "quantity": quantity, "net_amount": net}
            for quantity, net in (("4", "48.01"), ("6", "72.01"))
        ]
        document["totals"] = {"net": "120.02", "tax": "25.2", "gross": "145.22"}
        bill = self.bill(document)
        self.assertFalse(self.exceptions(bill))
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (120.02, 145.22))
        document["number"] = "R-2"
        document["lines"][0]["net_amount"], document["lines"][1]["net_amount"] = "48.02", "72"
        uneven = self.exceptions(self.bill(document))
        self.assertIn("invoice_totals", uneven.mapped("kind"), "two cents of one line")

    def test_zero_decides_everything(self):
        self.company.invoice_rounding_tolerance = 0
        bill = self.rounded("120.01", "25.2")
        self.assertEqual(self.exceptions(bill).kind, "invoice_totals")

    def test_currencies_with_other_decimals(self):
        for code, price, net, tax, beyond in (
            ("JPY", "1200", "12001", "2520", "12002"),
            ("KWD", "1.234", "12.341", "2.591", "12.342"),
        ):
            currency = self.env.ref(f"base.{code}")
            currency.active = True
            for number, told in ((code, net), (f"{code}-2", beyond)):
                with self.subTest(number):
                    order = self.confirmed(price=float(price), received=10, currency_id=currency.id)
                    bill = self.rounded(
                        told, tax, order=order, price=price, number=number, currency=code
                    )
                    kinds = self.exceptions(bill).mapped("kind")
                    self.assertEqual(kinds, [] if told == net else ["invoice_totals"])
                    if told == net:
                        self.assertEqual(bill.amount_untaxed, float(net))

    def test_a_cent_of_a_currency_with_more_is_no_rounding(self):
        dinar = self.env.ref("base.KWD")
        dinar.active = True
        order = self.confirmed(price=1.234, received=10, currency_id=dinar.id)
        bill = self.rounded("12.35", "2.591", order=order, price="1.234", currency="KWD")
        self.assertEqual(self.exceptions(bill).kind, "invoice_totals")

    def test_credit_note(self):
        order = self.confirmed(received=10)
        self.bill(self.invoice_of(order)).action_post()
        refund = self.rounded(
            "120.01", "25.19", order=order, number="C-1", type="credit_note", original_invoice="R-1"
        )
        self.assertEqual(refund.move_type, "in_refund")
        self.assertFalse(self.exceptions(refund))
        self.assertEqual((refund.amount_untaxed, refund.amount_tax), (120.01, 25.19))

    def test_own_total_that_contradicts_is_no_rounding(self):
        totals = {"net": "120", "tax": "25.2", "gross": "145.21"}
        bill = self.bill(self.invoice_of(self.confirmed(received=10), totals=totals))
        self.assertEqual(self.exceptions(bill).kind, "invoice_totals")

    def test_without_tax_there_is_no_tax_to_round(self):
        self.tax.write({"amount": 0, "integration_code": "ZERO"})
        bill = self.rounded("120", "0.01", line={"taxes": [{"code": "ZERO", "rate": "0"}]})
        self.assertEqual(self.exceptions(bill).kind, "invoice_totals")

    def test_line_goes_when_the_bill_is_corrected(self):
        bill = self.rounded("120.01", "25.2")
        ordered = bill.invoice_line_ids - self.rounding_line(bill)
        ordered.price_unit = 12.001
        bill.action_open_integration_exceptions()
        self.assertFalse(self.rounding_line(bill))
        self.assertEqual(bill.amount_untaxed, 120.01)
        ordered.price_unit = 13
        bill.action_open_integration_exceptions()
        self.assertIn("invoice_totals", self.exceptions(bill).mapped("kind"))

    def test_matched_again_changes_nothing(self):
        bill = self.rounded("120.01", "25.21")
        notes = len(bill.message_ids)
        bill.action_open_integration_comparison()
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (120.01, 25.21))
        self.assertEqual((len(self.rounding_line(bill)), len(bill.message_ids)), (1, notes))
