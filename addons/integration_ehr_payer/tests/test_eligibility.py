from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .payer_case import MEMBER, PayerCase


@tagged("post_install", "-at_install")
class TestEligibility(PayerCase):
    """Invoices wait for the word of payers that want to be asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payer.eligibility_required = True

    def question(self, visit=None):
        self.env.invalidate_all()
        return self.env["ehr.eligibility"].search(
            [("encounter_id", "=", (visit or self.visit).id)], order="id desc", limit=1
        )

    def with_payer(self):
        self.visit.payer_code = "AOK"
        return self.question()

    def test_asked_as_soon_as_it_can_be_asked(self):
        question = self.with_payer()
        self.assertEqual(question.state, "to_ask")
        self.assertIn("No active cover", question.lacking)
        self.assertFalse(self.heard())
        self.cover(member=None)
        self.assertIn("no member number", question.lacking)
        self.cover(stated_at="2026-03-02T08:00:00Z")
        self.assertEqual((question.state, question.lacking), ("asked", False))
        [(code, data)] = self.heard()
        self.assertEqual(code, "eligibility.asked")
        self.assertEqual((data["number"], data["member"]), (question.number, MEMBER))
        self.assertEqual((data["payer"], data["reference"]), ("AOK", self.visit.reference))
        self.assertNotIn("V1", str(data))
        self.cover(stated_at="2026-03-03T08:00:00Z")
        self.assertFalse(self.heard(), "it is asked once")

    def test_visits_that_are_there_are_asked_about_when_a_payer_begins_to_want_it(self):
        self.payer.eligibility_required = False
        self.visit.payer_code = "AOK"
        self.assertFalse(self.question())
        self.payer.eligibility_required = True
        self.assertEqual(self.question().state, "to_ask")
        self.assertEqual(self.visit.eligibility_state, "to_ask")

    def test_an_invoice_waits_and_goes_on_with_the_answer(self):
        self.cover()
        question = self.with_payer()
        move = self.invoice()
        self.assertIn("has not answered", move.ehr_held_because)
        with self.assertRaisesRegex(UserError, "waits for its payer.*has not answered"):
            move.action_post()
        self.answered(question)
        self.assertEqual((question.state, self.visit.eligibility_state), ("eligible", "eligible"))
        self.assertFalse(move.ehr_held_because)
        move.with_user(self.biller).action_post()
        self.assertEqual(move.state, "posted")

    def test_a_payer_that_says_no_holds_it(self):
        self.cover()
        question = self.with_payer()
        move = self.invoice()
        self.answered(question, in_force=False, reasons=["expired"])
        self.assertEqual((question.state, question.reason_code), ("not_eligible", "expired"))
        with self.assertRaisesRegex(UserError, "not in force"):
            move.action_post()

    def test_released_by_hand_for_a_reason(self):
        self.with_payer()
        move = self.invoice()
        with self.assertRaises(AccessError):
            move.with_user(self.biller).action_ask_eligibility_release()
        with self.assertRaises(AccessError):
            self.question().with_user(self.biller).action_override("It is urgent")
        action = move.with_user(self.releaser).action_ask_eligibility_release()
        wizard = self.env["integration.reason.wizard"].with_user(self.releaser)
        wizard = wizard.with_context(**action["context"])
        with self.assertRaises(UserError):
            wizard.create({"reason": " "}).action_confirm()
        wizard.create({"reason": "Confirmed on the phone"}).action_confirm()
        question = self.question()
        self.assertEqual((question.state, question.released_by_id), ("overridden", self.releaser))
        self.assertEqual(question.release_reason, "Confirmed on the phone")
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "ehr.eligibility"), ("act", "=", "release")]
        )
        self.assertEqual(entry.reason, "Confirmed on the phone")
        move.with_user(self.biller).action_post()
        self.assertEqual(move.state, "posted")

    def test_a_late_no_does_not_hold_again_what_was_released(self):
        self.cover()
        question = self.with_payer()
        question.with_user(self.releaser).action_override("Confirmed on the phone")
        self.answered(question, in_force=False)
        self.assertEqual((question.state, question.answer), ("overridden", "not_eligible"))

    def test_released_by_time_only_where_an_administrator_says_so(self):
        self.cover()
        question = self.with_payer()
        question.asked_at = fields.Datetime.now() - timedelta(hours=49)
        self.env["ehr.eligibility"]._cron_release()
        self.assertEqual(question.state, "asked")
        self.company.ehr_eligibility_hours = 50
        self.env["ehr.eligibility"]._cron_release()
        self.assertEqual(question.state, "asked")
        self.company.ehr_eligibility_hours = 48
        self.env["ehr.eligibility"]._cron_release()
        self.assertEqual((question.state, question.released_by_id.id), ("expired", False))
        self.assertIn("48", question.release_reason)
        self.assertTrue(
            self.env["integration.audit.entry"].search(
                [("res_model", "=", "ehr.eligibility"), ("act", "=", "release")]
            )
        )

    def test_one_that_was_never_asked_is_not_released_by_time(self):
        question = self.with_payer()
        self.company.ehr_eligibility_hours = 1
        question.create_date = fields.Datetime.now() - timedelta(days=9)
        self.env["ehr.eligibility"]._cron_release()
        self.assertEqual(question.state, "to_ask")

    def test_repeated_and_late_answers_change_nothing(self):
        self.cover()
        question = self.with_payer()
        self.answered(question, at="2026-03-02T10:00:00Z")
        first = question.message_uuid
        self.answered(question, in_force=False, at="2026-03-02T09:00:00Z")
        self.assertEqual((question.state, question.message_uuid), ("eligible", first))

    def test_an_unclear_answer_waits(self):
        self.cover()
        question = self.with_payer()
        document = {
            "request": {"number": question.number},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
        }
        message = self.take("ehr_eligibility_answer", document, state="quarantined")
        self.assertEqual(message.error_code, "cover_not_told")
        self.take("ehr_eligibility_answer", {**document, "outcome": "queued"})
        self.assertEqual(question.state, "asked")
        self.take("ehr_eligibility_answer", {**document, "outcome": "error", "reasons": ["75"]})
        self.assertEqual((question.state, question.reason_code), ("failed", "75"))

    def test_an_answer_to_nothing_waits(self):
        document = {
            "request": {"number": "ELG999999"},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
            "in_force": True,
        }
        message = self.take("ehr_eligibility_answer", document, state="quarantined")
        self.assertEqual(message.error_code, "unknown_request")

    def test_an_answer_of_another_system_waits(self):
        self.cover()
        question = self.with_payer()
        self.payer.system_id = self.payer_system
        document = {
            "request": {"number": question.number},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
            "in_force": True,
        }
        message = self.take("ehr_eligibility_answer", document, state="quarantined")
        self.assertEqual(message.error_code, "answer_of_other_system")
        self.assertEqual(question.state, "asked")

    def test_by_how_its_system_calls_it(self):
        self.cover()
        question = self.with_payer()
        links = self.env["integration.record.link"]
        links._link(self.system.id, question, "CoverageEligibilityRequest/12", alias=True)
        document = {
            "request": {"record": "CoverageEligibilityRequest/12"},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
            "in_force": True,
        }
        self.assertEqual(self.take("ehr_eligibility_answer", document), question)
        self.assertEqual(question.state, "eligible")

    def test_asked_by_hand_and_once_more(self):
        self.cover()
        move = self.invoice()
        self.assertFalse(self.question())
        with self.assertRaisesRegex(UserError, "was not asked yet"):
            move.action_post()
        move.with_user(self.biller).action_request_eligibility()
        first = self.question()
        self.assertEqual(first.state, "asked")
        self.answered(first, in_force=False)
        move.with_user(self.biller).action_request_eligibility()
        second = self.question()
        self.assertNotEqual(first, second)
        self.assertEqual((first.state, second.state), ("not_eligible", "asked"))
        self.answered(second)
        move.action_post()
        self.assertEqual(move.state, "posted")

    def test_the_visit_that_it_was_joined_with(self):
        self.cover()
        question = self.with_payer()
        kept = self.encounter("V2")
        self.visit.joined_into_id = kept
        self.assertEqual(self.env["ehr.eligibility"]._latest(self.payer, kept), question)

    def test_other_payers_and_credit_notes_are_not_held(self):
        self.payer.eligibility_required = False
        move = self.invoice()
        move.action_post()
        self.payer.eligibility_required = True
        credit = self.post(self.credit("CR-1")).move_id
        self.assertEqual(credit.move_type, "out_refund")
        credit.action_post()
        self.assertEqual(credit.state, "posted")
