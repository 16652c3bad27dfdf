from odoo.exceptions import UserError
from odoo.tests import tagged

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestChargeCredits(ChargeCase):
    """A credit takes back exactly the charge that it names."""

    def test_all_of_a_draft_takes_its_line_away(self):
        self.post(self.one("TX-1"))
        self.post(self.one("TX-2", "DRESSING", "1", "12.5"))
        credit = self.post(self.credit("CR-1"))
        charge = self.charge("TX-1")
        self.assertEqual((charge.state, credit.state), ("credited", "credited"))
        self.assertEqual((charge.credited_amount, charge.net_amount), (900, 0))
        self.assertEqual(credit.net_amount, -900)
        [invoice] = self.invoices()
        self.assertEqual(invoice.amount_untaxed, 12.5)
        self.assertEqual(len(invoice.invoice_line_ids), 1)

    def test_a_draft_without_lines_is_gone(self):
        self.post(self.one("TX-1"))
        self.post(self.credit("CR-1"))
        self.assertFalse(self.invoices())

    def test_charge_and_credit_in_one_message(self):
        self.post(self.one("TX-1"), self.credit("CR-1"), self.one("TX-2"))
        self.assertEqual(self.charge("TX-1").state, "credited")
        self.assertEqual(self.invoices().amount_untaxed, 900)

    def test_a_part_of_a_draft_is_a_negative_line(self):
        charge = self.post(self.one("TX-1"))
        credit = self.post(self.credit("CR-1", quantity="1", amount="450"))
        charge = self.charge("TX-1")
        self.assertEqual((charge.state, credit.state), ("drafted", "drafted"))
        self.assertEqual(charge.move_id.amount_untaxed, 450)
        self.assertEqual(credit.move_line_id.quantity, -1)
        self.assertEqual(credit.move_line_id.tax_ids, self.sales_tax)
        self.assertEqual(charge.move_id.amount_tax, 27)

    def test_signs_do_not_matter(self):
        self.post(self.one("TX-1"))
        self.post(self.credit("CR-1", quantity="-1", amount="-450"))
        self.assertEqual(self.charge("TX-1").credited_amount, 450)

    def test_after_posting_there_is_one_credit_note(self):
        invoice = self.post(self.one("TX-1"), self.one("TX-2")).move_id
        invoice.action_post()
        first = self.post(self.credit("CR-1", quantity="1", amount="450"))
        second = self.post(self.credit("CR-2", "TX-2"))
        note = first.move_id
        self.assertEqual(note, second.move_id)
        self.assertEqual((note.move_type, note.state), ("out_refund", "draft"))
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertEqual((note.amount_untaxed, note.amount_tax), (1350, 81))
        self.assertEqual(self.charge("TX-1").state, "invoiced")
        self.assertEqual(self.charge("TX-2").state, "credited")
        note.action_post()
        last = self.post(self.credit("CR-3", quantity="1", amount="450"))
        self.assertNotEqual(last.move_id, note)
        self.assertEqual(self.charge("TX-1").state, "credited")
        self.assertEqual(self.charge("TX-1").net_amount, 0)

    def test_the_last_part_takes_what_is_left(self):
        self.post(self.one("TX-1", "DRESSING", "3", "100"))
        for number in range(3):
            self.post(self.credit(f"CR-{number}", code="DRESSING", quantity="1", amount=None))
        amounts = self.charge("TX-1").credit_ids.sorted("id").mapped("amount")
        self.assertEqual(amounts, [33.33, 33.33, 33.34])
        self.assertEqual(self.charge("TX-1").state, "credited")
        self.assertEqual(self.invoices().amount_untaxed, 0)

    def test_credits_with_and_without_an_amount(self):
        self.post(self.one("TX-1", "DRESSING", "3", "100"))
        self.post(self.credit("CR-1", code="DRESSING", quantity="1", amount=None))
        self.post(self.credit("CR-2", code="DRESSING", quantity="2", amount="66.67"))
        self.assertEqual(self.charge("TX-1").state, "credited")
        self.post(self.one("TX-2", "DRESSING", "3", "100"))
        self.post(self.credit("CR-3", "TX-2", code="DRESSING", quantity="1", amount="100"))
        self.assertEqual(self.charge("TX-2").state, "credited")

    def test_of_an_own_price_its_share_is_taken_back(self):
        self.company.ehr_charge_price_rule = "own"
        charge = self.post(self.one("TX-1", amount="800"))
        self.assertEqual(charge.amount, 900)
        credit = self.post(self.credit("CR-1", quantity="1", amount="400"))
        self.assertEqual(credit.amount, 450)
        credit = self.post(self.credit("CR-2", quantity="1", amount="400"))
        self.assertEqual(credit.amount, 450)
        self.assertEqual(self.charge("TX-1").state, "credited")

    def test_the_credit_may_have_the_number_of_its_charge(self):
        self.post(self.one("TX-1"))
        credit = self.post({**self.credit("TX-1"), "reverses": None})
        self.assertEqual(credit.reverses_id, self.charge("TX-1"))
        self.post({**self.credit("TX-1"), "reverses": None})
        self.assertEqual(self.charge("TX-1").credited_amount, 900, "the same credit again")

    def test_what_was_taken_back_is_not_taken_back_again(self):
        self.post(self.one("TX-1"))
        self.post(self.credit("CR-1"))
        self.refused_charge("credit_too_large", self.credit("CR-2"))
        self.refused_charge("credit_too_large", self.credit("CR-3", quantity="5", amount=None))

    def test_no_charge_no_credit(self):
        self.refused_charge("credit_without_charge", self.credit("CR-1", "TX-404"))
        self.post(self.one("TX-1"))
        self.refused_charge("credit_differs", self.credit("CR-1", code="DRESSING"))
        self.refused_charge("credit_of_nothing", self.credit("CR-1", quantity="0", amount=None))
        self.encounter("V2")
        self.refused_charge("credit_differs", self.credit("CR-1"), visit={"number": "V2"})

    def test_the_visit_may_be_cancelled_since(self):
        self.post(self.one("TX-1"))
        self.visit.state = "cancelled"
        self.post(self.credit("CR-1"))
        self.assertEqual(self.charge("TX-1").state, "credited")

    def test_of_a_cancelled_invoice_nothing_is_left_to_reverse(self):
        charge = self.post(self.one("TX-1"))
        charge.move_id.button_cancel()
        credit = self.post(self.credit("CR-1"))
        self.assertFalse(credit.move_line_id)
        self.assertEqual(self.charge("TX-1").state, "credited")

    def test_of_a_fraction_that_lines_do_not_keep(self):
        charge = self.post(self.one("TX-1", quantity="0.125", amount="10"))
        self.assertEqual((charge.quantity, charge.move_line_id.price_subtotal), (0.125, 10))
        small = self.post(self.one("TX-2", quantity="0.004", amount="10"))
        self.assertEqual((small.quantity, small.move_line_id.price_subtotal), (0.004, 10))
        part = self.post(self.credit("CR-1", quantity="0.025", amount=None))
        self.assertEqual((part.amount, part.move_line_id.price_subtotal), (2, -2))
        self.assertFalse(charge.is_credited)
        self.post(self.credit("CR-2", quantity="0.1", amount=None))
        self.assertEqual(self.charge("TX-1").state, "credited")
        self.post(self.credit("CR-3", "TX-2", quantity="0.004", amount="10"))
        self.assertEqual(self.charge("TX-2").state, "credited")
        self.assertEqual(self.invoices().amount_untaxed, 0)

    def test_nothing_is_added_to_what_was_posted_once(self):
        invoice = self.post(self.one("TX-1")).move_id
        invoice.action_post()
        invoice.button_draft()
        self.assertNotEqual(self.post(self.one("TX-2")).move_id, invoice)
        self.refused_charge("invoice_reopened", self.credit("CR-1"))
        self.assertEqual(invoice.amount_untaxed, 900)
        invoice.action_post()
        note = self.post(self.credit("CR-2", quantity="1", amount="450")).move_id
        note.action_post()
        note.button_draft()
        last = self.post(self.credit("CR-3", quantity="1", amount="450"))
        self.assertNotEqual(last.move_id, note)

    def test_what_people_reversed_is_not_reversed_again(self):
        invoice = self.post(self.one("TX-1")).move_id
        invoice.action_post()
        invoice._reverse_moves(cancel=True)
        self.refused_charge("invoice_reversed", self.credit("CR-1"))
        self.assertEqual(self.charge("TX-1").state, "credited")

    def test_a_credit_is_not_taken_away_by_hand(self):
        """Its sender was told that the charge is credited."""
        invoice = self.post(self.one("TX-1")).move_id
        part = self.post(self.credit("CR-1", quantity="1", amount="450"))
        with self.assertRaises(UserError):
            part.move_line_id.unlink()
        invoice.action_post()
        note = self.post(self.credit("CR-2", quantity="1", amount="450")).move_id
        for take_away in (note.unlink, note.button_cancel, note.invoice_line_ids.unlink):
            with self.assertRaises(UserError):
                take_away()
        self.assertEqual(self.charge("CR-2", "credit").move_id, note)
        draft = self.post(self.one("TX-3")).move_id
        self.post(self.credit("CR-3", "TX-3", quantity="1", amount="450"))
        draft.unlink()
        self.assertEqual(self.charge("TX-3").state, "refused", "with its charge it may go")
