from odoo.fields import Command
from odoo.tests import tagged

from .finance_case import FinanceCase

PARTIAL, PAID = "supplier_invoice.partially_paid", "supplier_invoice.paid"


@tagged("post_install", "-at_install")
class TestPartialPayment(FinanceCase):
    """A bill that is paid in parts is told of with each of them."""

    def setUp(self):
        super().setUp()
        self.subscribe("supplier_invoice_partial", "supplier_invoice_paid")
        self.bill_of_ten = self.bill(self.invoice_of(self.confirmed(received=10)))
        self.bill_of_ten.action_post()
        self.next_transaction()

    def part(self, amount):
        """Money went out; it settles a part of the bill."""
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.journals["bank"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.accounts["44000"].id,
                            "debit": amount,
                            "partner_id": self.supplier.id,
                        }
                    ),
                    Command.create({"account_id": self.accounts["55000"].id, "credit": amount}),
                ],
            }
        )
        entry.action_post()
        line = entry.line_ids.filtered("debit")
        self.bill_of_ten.js_assign_outstanding_line(line.id)
        return line

    def open(self, code=PARTIAL):
        return [data["payment"]["open"] for data in self.told(self.bill_of_ten, code)]

    def test_a_bill_that_came_as_a_message_is_not_paid_by_it(self):
        """Odoo computes states on the way to the draft, none of which is told."""
        self.assertEqual(self.open(PAID) + self.open(), [])

    def test_each_part_is_told(self):
        for amount in (45.2, 30, 50):
            self.part(amount)
            self.env.cr.flush()
            self.next_transaction()
        self.assertEqual(self.open(), ["100", "70", "20"])
        self.part(20)
        self.assertEqual(self.open(PAID), ["0"])
        self.assertEqual(self.open(), ["100", "70", "20"], "the last one is told as paid")

    def test_parts_of_one_transaction_are_told_once(self):
        self.part(45.2)
        self.part(30)
        self.assertEqual(self.open(), ["70"])

    def test_part_that_is_taken_back(self):
        self.part(45.2)
        self.next_transaction()
        line = self.part(30)
        self.next_transaction()
        line.remove_move_reconcile()
        self.assertEqual(self.open(), ["100", "70", "100"])

    def test_what_does_not_change_what_is_open_is_not_told(self):
        self.part(45.2)
        self.next_transaction()
        self.bill_of_ten.narration = "Paid by Ada"
        self.assertEqual(self.open(), ["100"])
