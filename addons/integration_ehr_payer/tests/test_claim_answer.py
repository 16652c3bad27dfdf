from odoo.exceptions import UserError
from odoo.tests import tagged

from .payer_case import PayerCase

DENIED = {"code": "96", "text": "Not covered"}


@tagged("post_install", "-at_install")
class TestClaimAnswer(PayerCase):
    """What payers decide of claims, line by line."""

    def refused_answer(self, claim, code, *lines, **members):
        facts = ["state", "paid_amount", "answered_at", "answer_ids", "payer_number"]
        before = claim.read(facts)
        document = self.decision(claim, *lines, **members)
        message = self.take("ehr_claim_answer", document, state="quarantined")
        self.assertEqual(message.error_code, code)
        self.assertEqual(claim.read(facts), before)

    def test_paid(self):
        claim = self.claim()
        self.take(
            "ehr_claim_answer",
            {
                "use": "claim",
                "request": {"number": claim.number},
                "outcome": "queued",
                "answered_at": "2026-03-10T08:00:00Z",
                "payer_number": "55-1",
            },
        )
        self.assertEqual((claim.state, claim.payer_number), ("accepted", "55-1"))
        self.decided(claim, (1, "954"), (2, "13.25"))
        self.assertEqual((claim.state, claim.paid_amount), ("paid", 967.25))
        self.assertEqual(claim.move_id.ehr_claim_state, "paid")
        self.assertFalse(claim.denial_ids)
        self.assertEqual(len(claim.answer_ids), 2)

    def test_decided_in_parts(self):
        claim = self.claim()
        self.decided(claim, (1, "900"), outcome="partial", at="2026-03-10T08:00:00Z")
        self.assertEqual((claim.state, claim.paid_amount), ("accepted", 900))
        self.assertEqual(claim.line_ids.mapped("state"), ["partial", "open"])
        self.decided(claim, (1, "954"), (2, "0", DENIED))
        self.assertEqual((claim.state, claim.denied_amount), ("partial", 13.25))
        self.assertEqual(claim.line_ids.mapped("state"), ["paid", "denied"])

    def test_what_is_left_to_the_patient_is_not_denied(self):
        claim = self.claim()
        document = self.decision(claim, (1, "900"), (2, "13.25"))
        document["lines"][0]["patient"] = "54"
        self.take("ehr_claim_answer", document)
        self.assertEqual((claim.state, claim.patient_amount), ("paid", 54))
        self.assertFalse(claim.denial_ids)

    def test_denied_lines_become_work(self):
        claim = self.claim()
        self.decided(claim, (1, "500", DENIED), (2, "0", DENIED))
        self.assertEqual(claim.state, "partial")
        first, second = claim.denial_ids.sorted("amount", reverse=True)
        self.assertEqual((first.amount, second.amount), (454, 13.25))
        self.assertEqual((first.reason_codes, first.reason_text), ("96", "Not covered"))
        self.assertEqual(first.denied_on.isoformat(), "2026-03-20")
        self.assertEqual(first.deadline.isoformat(), "2026-04-19")
        self.assertEqual(first.visit_reference, self.visit.reference)

    def test_repeated_and_late_answers_change_nothing(self):
        claim = self.claim()
        document = self.decision(claim, (1, "954"), (2, "13.25"))
        self.take("ehr_claim_answer", document)
        self.take("ehr_claim_answer", document)
        self.assertEqual(len(claim.answer_ids), 1)
        self.decided(claim, (1, "0", DENIED), (2, "0", DENIED), at="2026-03-19T08:00:00Z")
        self.assertEqual((claim.state, len(claim.answer_ids)), ("paid", 2))
        self.assertEqual(claim.answer_ids.filtered("late").denied_amount, 967.25)
        self.assertFalse(claim.denial_ids)

    def test_a_later_payment_wins(self):
        claim = self.claim()
        self.decided(claim, (1, "954"), (2, "0", DENIED))
        denial = claim.denial_ids
        self.assertEqual(denial.state, "to_work")
        self.decided(claim, (1, "954"), (2, "13.25"), at="2026-03-25T08:00:00Z")
        self.assertEqual((denial.state, claim.state), ("won", "paid"))
        self.decided(claim, (1, "954"), (2, "3.25", DENIED), at="2026-03-28T08:00:00Z")
        self.assertEqual((denial.state, denial.amount, claim.state), ("to_work", 10, "partial"))

    def test_refused_as_a_whole(self):
        claim = self.claim()
        document = self.decision(claim, outcome="error", reasons=["A3"])
        document.pop("lines")
        self.take("ehr_claim_answer", document)
        self.assertEqual((claim.state, claim.reason_codes), ("failed", "A3"))
        claim.move_id.with_user(self.biller).action_submit_claim()
        self.assertEqual(claim.move_id.ehr_claim_state, "submitted")

    def test_refused_after_something_was_paid_is_not_claimed_as_a_whole_again(self):
        claim = self.claim()
        self.decided(claim, (1, "954"), outcome="partial", at="2026-03-19T08:00:00Z")
        document = self.decision(claim, outcome="error", reasons=["A3"])
        document.pop("lines")
        self.take("ehr_claim_answer", document)
        self.assertEqual((claim.state, claim.paid_amount), ("failed", 954))
        with self.assertRaisesRegex(UserError, claim.number):
            claim.move_id.with_user(self.biller).action_submit_claim()

    def test_an_answer_after_it_was_cancelled_is_kept_and_changes_nothing(self):
        claim = self.claim()
        claim.with_user(self.biller).action_cancel("Wrong cover")
        self.decided(claim, (1, "0", DENIED), (2, "0", DENIED))
        self.assertEqual((claim.state, claim.answer_ids.late), ("cancelled", True))
        self.assertFalse(claim.denial_ids)

    def test_money_for_a_cancelled_claim_is_for_a_person(self):
        claim = self.claim()
        claim.with_user(self.biller).action_cancel("Wrong cover")
        self.refused_answer(claim, "cancelled_claim_paid", (1, "954"), (2, "13.25"))

    def test_a_clock_that_is_wrong_does_not_lock_out_later_answers(self):
        claim = self.claim()
        self.refused_answer(
            claim, "in_future", (1, "954"), (2, "13.25"), answered_at="2199-01-01T00:00:00Z"
        )

    def test_what_the_payer_adds_and_notes(self):
        claim = self.claim()
        added = [{"sequences": [2], "paid": "10", "reasons": [{"code": "45"}]}]
        self.decided(claim, (1, "954"), (2, "0", DENIED), added=added, notes=2)
        self.assertEqual((claim.denied_amount, claim.answer_ids.note_count), (3.25, 2))
        self.assertEqual(claim.denial_ids.reason_codes, "96 45")
        more = {"at": "2026-03-21T08:00:00Z", "added": [{"paid": "5"}]}
        self.refused_answer(claim, "claim_line_added", (1, "954"), (2, "13.25"), **more)

    def test_what_cannot_be_right_waits(self):
        claim = self.claim()
        self.refused_answer(claim, "claim_lines_missing", (1, "954"))
        self.refused_answer(claim, "unknown_claim_line", (1, "954"), (2, "1"), (3, "1"))
        self.refused_answer(claim, "claim_line_twice", (1, "954"), (1, "954"))
        self.refused_answer(claim, "paid_too_much", (1, "955"), (2, "13.25"))
        self.refused_answer(claim, "negative_amount", (1, "-1"), (2, "13.25"))
        total = {"paid": "900"}
        self.refused_answer(claim, "total_differs", (1, "954"), (2, "13.25"), total=total)
        self.refused_answer(claim, "currency_differs", (1, "954"), (2, "13.25"), currency="XAF")

    def test_an_answer_to_nothing_waits(self):
        claim = self.claim()
        document = {**self.decision(claim), "request": {"number": "CLM999999"}}
        document.pop("lines")
        message = self.take("ehr_claim_answer", document, state="quarantined")
        self.assertEqual(message.error_code, "unknown_request")
        self.assertFalse(claim.answer_ids)
