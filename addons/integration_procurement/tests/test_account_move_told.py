from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from .test_account_move import AccountMoveCase


@tagged("post_install", "-at_install")
class TestAccountMoveTold(AccountMoveCase):
    """The rarer events of bills, and those of invoices to customers."""

    def customer_invoice(self):
        invoice = self.make("out_invoice", line={"tax_ids": [Command.clear()]})
        invoice.action_post()
        return invoice

    def test_customer_invoice(self):
        self.subscribe("customer_invoice_posted", "supplier_invoice_validated")
        invoice = self.customer_invoice()
        (data,) = self.told(invoice, "customer_invoice.posted")
        self.assertEqual(self.violations(data, "customer_invoice"), [])
        self.assertEqual(data["customer"]["name"], "Supplier")
        self.assertFalse(self.told(invoice, "supplier_invoice.validated"))

    def test_customer_invoice_paid(self):
        self.subscribe("customer_invoice_paid", "customer_invoice_reversed")
        invoice = self.customer_invoice()
        self.pay(invoice)
        (data,) = self.told(invoice, "customer_invoice.paid")
        self.assertEqual(self.violations(data, "customer_invoice"), [])
        self.assertEqual((data["payment"]["state"], data["payment"]["open"]), ("paid", "0"))
        self.assertFalse(self.told(invoice, "customer_invoice.reversed"))

    def test_customer_invoice_reversed(self):
        self.subscribe("customer_invoice_paid", "customer_invoice_reversed")
        invoice = self.customer_invoice()
        invoice._reverse_moves([{"invoice_date": "2026-11-21"}], cancel=True)
        (data,) = self.told(invoice, "customer_invoice.reversed")
        self.assertEqual(self.violations(data, "customer_invoice"), [])
        self.assertEqual(data["payment"]["state"], "reversed")
        self.assertFalse(self.told(invoice, "customer_invoice.paid"))

    def test_cancelled(self):
        self.subscribe("supplier_invoice_cancelled")
        bill, customers = self.make(), self.make("out_invoice", line={"tax_ids": [Command.clear()]})
        for move in bill, customers:
            move.button_cancel()
        (data,) = self.told(bill, "supplier_invoice.cancelled")
        self.assertEqual(self.violations(data), [])
        self.assertEqual(data["state"], "cancelled")
        self.assertFalse(self.told(customers, "supplier_invoice.cancelled"))

    def test_in_payment(self):
        self.subscribe("supplier_invoice_in_payment", "supplier_invoice_paid")
        bill = self.make()
        bill.action_post()
        # Editions and addons that wait for the bank say so by this method.
        with patch.object(type(bill), "_get_invoice_in_payment_state", lambda move: "in_payment"):
            self.pay(bill)
            (data,) = self.told(bill, "supplier_invoice.in_payment")
        self.assertEqual(self.violations(data), [])
        self.assertEqual(data["payment"]["state"], "in_payment")
        self.assertFalse(self.told(bill, "supplier_invoice.paid"))
