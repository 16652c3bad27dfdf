from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .payer_case import MEMBER, PayerCase


@tagged("post_install", "-at_install")
class TestClaim(PayerCase):
    """Posted invoices are claimed, with the least fields, or refused for a reason."""

    def refused_claim(self, move, *words):
        with self.assertRaises(UserError) as caught:
            move.with_user(self.biller).action_submit_claim()
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.assertFalse(move.ehr_claim_ids)

    def test_submitted(self):
        claim = self.claim()
        move = claim.move_id
        self.assertEqual((claim.state, move.ehr_claim_state), ("submitted", "submitted"))
        self.assertEqual(claim.amount, move.amount_total)
        self.assertEqual(claim.line_ids.mapped("charge_code"), ["OR-HOUR", "DRESSING"])
        self.assertEqual(sum(claim.line_ids.mapped("amount")), move.amount_total)
        [(code, data)] = self.heard()
        self.assertEqual((code, data["number"]), ("claim.submitted", claim.number))
        self.assertEqual((data["member"], data["invoice"]), (MEMBER, move.name))
        self.assertEqual(data["amount"], "967.25")
        self.assertEqual([one["amount"] for one in data["lines"]], ["954", "13.25"])
        self.assertEqual(data["lines"][0]["date"], "2026-03-02")
        told = str(data)
        for private in ("V1", "P1", "27447", "Theatre"):
            self.assertNotIn(private, told)

    def test_procedures_only_for_payers_that_want_them(self):
        self.payer.claim_procedures = True
        claim = self.claim(self.one("TX-1", procedure="27447", modifiers=["LT"]))
        [(_code, data)] = self.heard()
        self.assertEqual(data["lines"][0]["procedure"], "27447")
        self.assertEqual(data["lines"][0]["modifiers"], ["LT"])
        self.assertEqual(claim.line_ids.procedure_code, "27447")

    def test_what_is_missing_is_said_before_it_leaves(self):
        move = self.invoice()
        self.refused_claim(move, "Only posted")
        move.action_post()
        self.refused_claim(move, "No active cover")
        self.cover(member=None)
        self.refused_claim(move, "no member number")
        self.payer.write({"claim_diagnoses": True, "claim_procedures": True})
        self.payer.claim_authorization = True
        self.refused_claim(
            move, "wants diagnoses", "No procedure code: OR-HOUR, DRESSING", "authorised nothing"
        )
        self.payer.write({"takes_claims": False})
        self.refused_claim(move, "takes no claims")
        self.assertFalse(self.heard())

    def test_a_line_without_a_charge_is_not_claimed(self):
        self.cover()
        move = self.invoice()
        move.invoice_line_ids = [(0, 0, {"name": "Extra", "quantity": 1, "price_unit": 5})]
        move.action_post()
        self.refused_claim(move, "No charge stands behind: Extra")

    def test_what_nobody_sends_is_not_submitted(self):
        self.cover()
        move = self.invoice()
        move.action_post()
        self.retire()
        self.refused_claim(move, "No interface sends it", "ehr.claim.submitted")

    def test_what_is_paid_or_credited_is_not_claimed(self):
        self.cover()
        move = self.invoice()
        move.action_post()
        self.pay(move, amount=100)
        self.refused_claim(move, "Less than that is open")

    def test_two_patients_are_not_claimed_under_one_number(self):
        self.cover()
        move = self.invoice()
        move.ehr_charge_ids[0].encounter_id = self.encounter("V3", patient="P3")
        move.action_post()
        self.refused_claim(move, "several patients")

    def test_the_cover_counts_on_the_day_of_the_service(self):
        cover = self.cover(until="2026-03-31")
        move = self.invoice()
        move.action_post()
        self.assertGreater(move.invoice_date, cover.valid_until)
        move.with_user(self.biller).action_submit_claim()
        self.assertEqual(move.ehr_claim_ids.coverage_id, cover)

    def test_one_that_is_decided_in_part_is_not_taken_back(self):
        claim = self.claim()
        self.decided(claim, (1, "954"), outcome="partial")
        self.assertEqual(claim.state, "accepted")
        with self.assertRaisesRegex(UserError, "has decided"):
            claim.with_user(self.biller).action_cancel("Wrong cover")

    def test_claimed_once(self):
        claim = self.claim()
        with self.assertRaisesRegex(UserError, claim.number):
            claim.move_id.with_user(self.biller).action_submit_claim()
        self.assertEqual(len(claim.move_id.ehr_claim_ids), 1)

    def test_who_does_not_invoice_does_not_claim(self):
        self.cover()
        move = self.invoice()
        move.action_post()
        with self.assertRaises(AccessError):
            move.with_user(self.feeder).action_submit_claim()

    def test_cancelled_for_a_reason_and_claimed_again(self):
        claim = self.claim()
        self.heard()
        with self.assertRaisesRegex(UserError, "Cancel the claim first"):
            claim.move_id.button_draft()
        claim.with_user(self.biller).action_cancel("Wrong cover")
        [(code, data)] = self.heard()
        self.assertEqual((code, data["status"]), ("claim.cancelled", "cancelled"))
        claim.move_id.with_user(self.biller).action_submit_claim()
        second = claim.move_id.ehr_claim_ids - claim
        self.assertEqual((second.is_latest, claim.is_latest), (True, False))
        self.decided(second, (1, "954"), (2, "13.25"))
        with self.assertRaisesRegex(UserError, "has decided"):
            second.with_user(self.biller).action_cancel("Too late")

    def test_nobody_writes_on_claims(self):
        claim = self.claim()
        for values in ({"state": "paid"}, {"amount": 1}):
            with self.assertRaises(AccessError):
                claim.with_user(self.biller).write(values)

    def test_the_invoice_shows_what_became_of_its_claim(self):
        claim = self.claim()
        move = claim.move_id
        self.heard()
        self.env.invalidate_all()
        self.assertEqual(move.integration_sync_state, "pending")
        self.assertIn(
            move, self.env["account.move"].search([("integration_sync_state", "=", "pending")])
        )
        self.assertIn(
            move, self.env["account.move"].search([("ehr_claim_state", "=", "submitted")])
        )
        self.assertNotIn(move, self.env["account.move"].search([("ehr_claim_state", "=", "paid")]))
