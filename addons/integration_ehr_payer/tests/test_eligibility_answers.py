from odoo.tests import tagged

from .eligibility_case import EligibilityCase


@tagged("post_install", "-at_install")
class TestEligibilityAnswers(EligibilityCase):
    """What payers say, too early, late, unclearly, or to nothing."""

    def test_an_answer_outruns_what_is_known_of_the_question(self):
        self.cover()
        question = self.with_payer()
        self.reconfigure(self.outbound, system_id=self.system.id)
        self.dispatch()
        document = {
            "request": {"record": "CoverageEligibilityRequest/12"},
            "outcome": "complete",
            "answered_at": "2026-03-02T10:00:00Z",
            "in_force": True,
        }
        message = self.take("ehr_eligibility_answer", document, state="retry")
        self.assertEqual(message.error_code, "request_under_way")
        links = self.env["integration.record.link"]
        links._link(self.system.id, question, "CoverageEligibilityRequest/12", alias=True)
        self.reconfigure(
            self.inbound,
            handler="integration.handler.ehr_eligibility_answer",
            user_id=self.feeder.id,
        )
        self.make_due(message)
        self.drain(self.inbound)
        self.assertEqual(question.state, "eligible")

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
        self.assertEqual((question.state, question.reason_codes), ("failed", "75"))

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
