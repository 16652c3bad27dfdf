from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .eligibility_case import EligibilityCase
from .payer_case import MEMBER


@tagged("post_install", "-at_install")
class TestEligibility(EligibilityCase):
    """Invoices wait for the word of payers that want to be asked."""

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

    def test_who_pays_follows_from_the_cover_where_no_feed_says_it(self):
        """Records of visits in FHIR name no payer."""
        self.assertFalse(self.question())
        cover = self.cover()
        question = self.question()
        self.assertEqual((question.state, question.payer_id), ("asked", self.payer))
        self.assertEqual(self.visit.eligibility_state, "asked")
        other = self.env["ehr.payer"].create({"code": "OTHER", "name": "Other"})
        self.visit.payer_code = "OTHER"
        self.assertEqual(self.visit._ehr_payer(), other)
        self.assertEqual(cover.payer_id, self.payer)

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
        self.assertIn("has not reached", move.ehr_held_because)
        self.has_reached(question)
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
        self.assertEqual((question.state, question.reason_codes), ("not_eligible", "expired"))
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
        self.has_reached(question, hours=49)
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

    def test_one_that_has_not_reached_the_payer_is_not_released_by_time(self):
        self.cover()
        question = self.with_payer()
        self.company.ehr_eligibility_hours = 48
        question.asked_at = fields.Datetime.now() - timedelta(hours=99)
        self.env["ehr.eligibility"]._cron_release()
        self.assertEqual(question.state, "asked")
        self.has_reached(question, hours=47)
        self.env["ehr.eligibility"]._cron_release()
        self.assertEqual(question.state, "asked", "the time runs from when it arrived")

    def test_what_nobody_sends_is_not_asked(self):
        self.retire()
        self.cover()
        question = self.with_payer()
        self.assertEqual(question.state, "to_ask")
        self.assertIn("No interface sends it", question.lacking)
        with self.assertRaisesRegex(UserError, "No interface"):
            question.with_user(self.biller).action_request()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'active' WHERE id = %s", [self.outbound.id]
        )
        self.env.invalidate_all()
        self.env["ehr.eligibility"]._cron_ask()
        self.assertEqual((question.state, question.lacking), ("asked", False))

    def test_a_question_is_no_echo_of_the_cover(self):
        """Whoever tells of the cover is asked about it, though echoes are not sent."""
        self.reconfigure(self.outbound, system_id=self.system.id)
        self.assertFalse(self.outbound.echo_allowed)
        question = self.with_payer()
        cover = self.cover()
        self.assertEqual((question.state, question.coverage_id), ("asked", cover))
        self.dispatch()
        message = self.messages(self.outbound)
        self.assertEqual((message.res_model, message.res_id), ("ehr.eligibility", question.id))
        self.assertEqual(message.correlation_id, self.messages(self.inbound)[-1:].correlation_id)

    def test_covers_that_are_handled_at_once_are_asked_about(self):
        self.reconfigure(
            self.inbound, handler="integration.handler.ehr_coverage", user_id=self.feeder.id
        )
        self.reconfigure(self.outbound, system_id=self.system.id)
        self.with_payer()
        other = self.encounter("V2", patient="P2", payer_code="AOK")
        second = self.cover_told(record="Coverage/8", patient={"number": "P2"}, member="B1")
        messages = self.post_all(self.cover_told(), second)
        self.assertEqual(messages.mapped("state"), ["done", "done"])
        asked = self.question() + self.question(other)
        self.assertEqual(asked.mapped("state"), ["asked", "asked"])
        self.dispatch()
        self.assertEqual(set(self.messages(self.outbound).mapped("res_id")), set(asked.ids))

    def test_the_cover_counts_on_the_day_of_the_visit(self):
        self.visit.admitted_at = "2025-12-30 10:00:00"
        self.cover(until="2025-12-31")
        question = self.with_payer()
        self.assertEqual(question.state, "asked")
        [(_code, data)] = self.heard()
        self.assertEqual(data["service_date"], "2025-12-30")
        self.assertFalse(self.env["ehr.coverage"]._of(self.visit, self.payer, "2026-01-01"))

    def test_a_clock_that_is_wrong_does_not_lock_out_later_answers(self):
        self.cover()
        question = self.with_payer()
        document = {
            "request": {"number": question.number},
            "outcome": "complete",
            "answered_at": "2199-03-02T10:00:00Z",
            "in_force": False,
        }
        message = self.take("ehr_eligibility_answer", document, state="quarantined")
        self.assertEqual(message.error_code, "in_future")
        self.answered(question)
        self.assertEqual(question.state, "eligible")

    def test_of_two_answers_of_one_moment_the_one_that_arrived_later_counts(self):
        self.cover()
        question = self.with_payer()
        self.answered(question, in_force=False)
        self.answered(question, in_force=True)
        self.assertEqual(question.state, "eligible")
        question.answered_place += 1000
        self.answered(question, in_force=False)
        self.assertEqual(question.state, "eligible", "it was overtaken by a later one")

    def test_several_covers_in_one_answer(self):
        cover = self.cover()
        question = self.with_payer()
        document = {
            "request": {"number": question.number},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
            "covers": [{"record": "Coverage/9", "in_force": True}, {"in_force": False}],
        }
        message = self.take("ehr_eligibility_answer", document, state="quarantined")
        self.assertEqual(message.error_code, "covers_differ")
        self.assertEqual(question.coverage_id, cover)
        document["covers"][1]["number"] = MEMBER
        self.take("ehr_eligibility_answer", document)
        self.assertEqual(question.state, "not_eligible")
        named = [{"record": "Coverage/7", "in_force": True}, {"in_force": False}]
        later = {**document, "covers": named, "answered_at": "2026-03-03T10:00:00Z"}
        self.take("ehr_eligibility_answer", later)
        self.assertEqual(question.state, "eligible", "by how its system calls the cover")

    def test_a_visit_is_asked_about_once_at_a_time(self):
        self.cover()
        question = self.with_payer()
        values = {"payer_id": self.payer.id, "encounter_id": self.visit.id}
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env["ehr.eligibility"].create(values)
        question.with_user(self.biller).action_request()
        self.assertEqual((question.is_latest, self.question().is_latest), (False, True))

    def test_a_visit_that_was_cancelled_is_not_asked_about(self):
        question = self.with_payer()
        self.visit.state = "cancelled"
        self.cover()
        self.assertEqual(question.state, "to_ask")

    def test_what_an_account_is_billed_for_is_asked_about_by_its_visits(self):
        self.cover()
        account = self.env["ehr.account"]._open("", "A-1", self.visit)
        nobody = self.env["ehr.encounter"]
        question = self.env["ehr.eligibility"]._demand(self.payer, nobody, account)
        self.assertEqual(question.state, "asked")
        account.encounter_ids |= self.encounter("V3", patient="P3")
        question.asked_at = False
        self.assertFalse(question._cover(), "of two patients nobody knows which one is meant")

    def test_asked_by_hand_and_once_more(self):
        self.payer.eligibility_required = False
        self.cover()
        move = self.invoice()
        self.env.cr.execute("UPDATE ehr_payer SET eligibility_required = true")
        self.env.invalidate_all()
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
        kept = self.encounter("V2", patient=None)
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
