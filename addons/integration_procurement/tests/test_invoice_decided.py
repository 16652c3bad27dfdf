from contextlib import nullcontext

from lxml import etree

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from ..models import account_move_match
from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestInvoiceDecided(FinanceCase):
    """What people decide about bills: those that stopped matching, and totals."""

    def shown(self, bill, button):
        """Whether the form shows a button of a bill."""
        arch = etree.fromstring(bill.get_view(view_type="form")["arch"])
        (node,) = arch.xpath(f"//header//button[@name='{button}']")
        with Form(bill) as form:
            names = (
                "integration_digest",
                "integration_exception_count",
                "move_type",
                "state",
            )
            return not safe_eval(node.get("invisible"), {name: form[name] for name in names})

    def test_bill_that_stopped_matching_can_be_decided(self):
        own = lambda _registry: nullcontext(self.env.cr)  # noqa: E731 - sees what is not committed
        self.patch(account_move_match, "own_cursor", own)
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order))
        self.assertFalse(self.exceptions(bill))
        order.order_line.price_unit = 11
        with self.assertRaisesRegex(UserError, "another price"), self.env.cr.savepoint():
            bill.action_post()
        self.assertFalse(self.exceptions(bill), "they were rolled back with the attempt")
        self.env.cr.postcommit.clear()  # as a rollback does
        self.env.cr.postrollback.run()
        exception = self.exceptions(bill)
        self.assertEqual(exception.kind, "invoice_price")
        self.env.invalidate_all()
        with Form(bill) as form:
            self.assertEqual(form.integration_exception_count, 1)
        exception.action_accept()
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_compared_again_by_hand(self):
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order))
        self.assertTrue(self.shown(bill, "action_open_integration_comparison"))
        self.assertEqual(bill.action_open_integration_comparison()["tag"], "display_notification")
        order.order_line.price_unit = 11
        action = bill.action_open_integration_comparison()
        self.assertEqual(action["res_model"], "integration.exception")
        self.assertEqual(self.exceptions(bill).kind, "invoice_price")
        self.env.invalidate_all()
        self.assertFalse(self.shown(bill, "action_open_integration_comparison"))

    def test_line_split_over_cost_centres_where_totals_agree(self):
        self.tax.write({"amount": 0, "integration_code": "ZERO"})
        order = self.confirmed(received=10)
        document = self.invoice_of(
            order,
            line={"taxes": [{"code": "ZERO", "rate": "0"}]},
            totals={"net": "120", "tax": "0", "gross": "120"},
        )
        bill = self.bill(document)
        self.assertFalse(self.exceptions(bill))
        line = bill.invoice_line_ids
        bill.invoice_line_ids = [
            Command.update(line.id, {"quantity": 4}),
            Command.create(
                {
                    "product_id": line.product_id.id,
                    "quantity": 6,
                    "price_unit": 12,
                    "tax_ids": [Command.set(line.tax_ids.ids)],
                    "purchase_line_id": line.purchase_line_id.id,
                }
            ),
        ]
        bill.action_open_integration_exceptions()
        self.assertEqual((self.exceptions(bill).kind, bill.amount_total), ("invoice_totals", 120))
        self.exceptions(bill).action_accept()
        self.assertEqual(bill.amount_total, 120)
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_total_that_is_not_net_and_tax_cannot_be_accepted(self):
        order = self.confirmed(received=10)
        totals = {"net": "120", "tax": "25.2", "gross": "150"}
        exception = self.exceptions(self.bill(self.invoice_of(order, totals=totals)))
        with self.assertRaises(UserError):
            exception.action_accept()
        self.assertEqual(exception.state, "open")

    def test_amounts_add_up_to_the_last_decimal(self):
        self.company.invoice_rounding_tolerance = 0
        order = self.confirmed(received=10)
        totals = {"net": "120", "tax": "25.21", "gross": "145.21"}
        bill = self.bill(self.invoice_of(order, totals=totals))
        exception = self.exceptions(bill)
        self.assertEqual(exception.kind, "invoice_totals")
        self.assertEqual(
            {(line.ours, line.theirs) for line in exception.line_ids},
            {("25.2", "25.21"), ("145.2", "145.21")},
        )
        exception.action_accept()
        self.assertEqual((bill.amount_tax, bill.amount_total), (25.21, 145.21))
        bill.action_post()
        self.assertEqual(bill.amount_total, 145.21)

    def test_lines_that_contradict_the_total_cannot_be_accepted(self):
        order = self.confirmed(received=10)
        totals = {"net": "130", "tax": "25.2", "gross": "155.2"}
        exception = self.exceptions(self.bill(self.invoice_of(order, totals=totals)))
        with self.assertRaises(UserError):
            exception.action_accept()
        self.assertEqual(exception.state, "open")
