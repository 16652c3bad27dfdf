from odoo.tests import new_test_user, tagged

from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestPaymentStatus(FinanceCase):
    """What the payment system says is noted, unless it cannot be true."""

    handler = "integration.handler.payment_status"

    def setUp(self):
        super().setUp()
        order = self.confirmed(received=10)
        self.vendor_bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": "2026-11-20",
                "ref": "R-1",
                "invoice_line_ids": [
                    (0, 0, order.order_line._prepare_account_move_line()),
                ],
            }
        )
        self.vendor_bill.action_post()

    def notice(self, status="executed", **values):
        return {
            "document": {"type": "bill", "number": self.vendor_bill.name},
            "status": status,
            "date": "2026-10-18",
            "amount": "145.2",
            "currency": self.company.currency_id.name,
            "reference": "PAY-1",
            **values,
        }

    def test_no_notice_of_the_future(self):
        for day, code in (("2099-10-18", "moment_in_future"), ("0001-01-01", "no_such_moment")):
            message = self.deliver(self.notice(date=day))
            self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertFalse(self.vendor_bill.payment_notice_state)

    def test_executed_is_noted_once(self):
        before = len(self.vendor_bill.message_ids)
        self.assertEqual(self.bill(self.notice()), self.vendor_bill)
        self.assertEqual(self.vendor_bill.payment_notice_state, "executed")
        self.assertEqual(str(self.vendor_bill.payment_notice_date), "2026-10-18")
        self.assertEqual(self.vendor_bill.payment_state, "not_paid", "it books nothing")
        noted = len(self.vendor_bill.message_ids)
        self.assertGreater(noted, before)
        self.bill(self.notice())
        self.assertEqual(len(self.vendor_bill.message_ids), noted)
        self.refused(self.notice(reference="PAY-2"), "paid_twice")

    def test_rejected_gives_the_accountant_a_task(self):
        accountant = new_test_user(self.env, "acc.payment", "account.group_account_invoice")
        self.company.invoice_exception_user_id = accountant
        self.bill(self.notice("rejected", reason="The account is closed"))
        self.assertEqual(self.vendor_bill.payment_notice_state, "rejected")
        self.assertEqual(self.vendor_bill.activity_ids.user_id, accountant)
        self.assertIn("The account is closed", self.vendor_bill.activity_ids.summary)

    def test_what_was_overtaken_is_only_told(self):
        self.bill(self.notice("returned", date="2026-10-20"))
        self.bill(self.notice("executed", date="2026-10-18"))
        self.assertEqual(self.vendor_bill.payment_notice_state, "returned")
        told = len(self.vendor_bill.message_ids)
        self.bill(self.notice("executed", date="2026-10-18"))
        self.assertEqual(len(self.vendor_bill.message_ids), told, "said once")

    def test_what_cannot_be_true(self):
        foreign = "EUR" if self.company.currency_id.name != "EUR" else "USD"
        self.env.ref(f"base.{foreign}").active = True
        document = {"type": "bill", "number": "BILL/none"}
        self.refused(self.notice(document=document), "unknown_document")
        self.refused(self.notice(amount="145.21"), "amount_differs")
        self.refused(self.notice(currency=foreign), "currency_differs")
        self.vendor_bill._integration_dispute("Wrong price")
        self.refused(self.notice(), "disputed")
        self.vendor_bill._integration_end_dispute("Agreed")
        self.vendor_bill.button_draft()
        self.refused(self.notice(), "document_state")
        self.vendor_bill.button_cancel()
        self.refused(self.notice("rejected"), "document_state")
        self.assertFalse(self.vendor_bill.payment_notice_state)

    def test_payment(self):
        payment = self.pay(self.vendor_bill)
        document = {"type": "payment", "number": payment.name}
        message = self.deliver(self.notice(document=document))
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(payment.payment_notice_state, "executed")
        self.refused(self.notice("returned", document=document, amount="1"), "amount_differs")
