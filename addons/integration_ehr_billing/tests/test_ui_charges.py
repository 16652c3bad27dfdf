from odoo.tests import HttpCase, new_test_user, tagged

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestChargesUi(ChargeCase, HttpCase):
    def test_a_charge_credited(self):
        """A biller follows a charge to its credit note, and decides about another one."""
        invoice = self.post(self.one("TX-1")).move_id
        invoice.action_post()
        credit = self.post(self.credit("CR-1")).move_id
        self.assertEqual((credit.move_type, credit.state), ("out_refund", "draft"))
        self.assertEqual(
            (credit.partner_id, credit.amount_total), (invoice.partner_id, invoice.amount_total)
        )
        self.company.ehr_charge_price_rule = "compare"
        waits = self.post(self.one("TX-2", amount="800"))
        self.assertEqual(waits.state, "waiting")
        new_test_user(self.env, "bill.tour", "account.group_account_invoice", tz="UTC")
        self.start_tour("/odoo", "integration_ehr_billing_credited", login="bill.tour")
        self.assertEqual(self.charge("TX-2").state, "drafted")
        self.assertEqual(self.charge("TX-2").amount, 800)
