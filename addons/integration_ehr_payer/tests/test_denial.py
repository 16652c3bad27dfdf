from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .payer_case import PayerCase

DENIED = {"code": "96", "text": "Not covered"}


@tagged("post_install", "-at_install")
class TestDenial(PayerCase):
    """The work list: its order, and what people do."""

    def denied(self):
        claim = self.claim()
        self.decided(claim, (1, "0", DENIED), (2, "0", DENIED))
        return claim, claim.denial_ids.sorted("amount", reverse=True).with_user(self.biller)

    def test_the_score_says_what_it_is_for(self):
        _claim, (first, second) = self.denied()
        self.assertGreater(first.score, second.score)
        self.assertEqual(self.env["ehr.denial"].search([])[:1], first.with_user(self.env.user))
        lines = first.score_text.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(sum(int(line.split()[0]) for line in lines), first.score)
        self.assertIn("is at stake", lines[0])
        self.assertIn("days", lines[1])

    def test_a_deadline_that_is_near_comes_first(self):
        _claim, (first, _second) = self.denied()
        today = fields.Date.today()
        first.deadline = fields.Date.add(today, days=80)
        far = first.score
        first.deadline = fields.Date.add(today, days=2)
        self.assertEqual(first.score, far + 30)
        first.deadline = fields.Date.subtract(today, days=1)
        self.assertEqual(first.score, far)
        self.assertIn("no appeal is heard", first.score_text)
        first.deadline = False
        self.assertIn("no deadline is known", first.score_text)

    def test_it_can_be_switched_off(self):
        _claim, (first, second) = self.denied()
        self.company.ehr_denials_scored = False
        self.assertEqual((first.score, first.score_text), (0, False))
        second.deadline = fields.Date.add(fields.Date.today(), days=1)
        first.deadline = fields.Date.add(fields.Date.today(), days=2)
        self.env.flush_all()
        self.assertEqual(self.env["ehr.denial"].search([]).ids, (second + first).ids)
        self.company.ehr_denials_scored = True
        self.assertTrue(first.score)

    def test_what_was_denied_while_it_was_off_comes_behind(self):
        self.company.ehr_denials_scored = False
        _claim, (first, second) = self.denied()
        self.env.flush_all()
        self.env.cr.execute("SELECT DISTINCT score FROM ehr_denial")
        self.assertEqual(self.env.cr.fetchall(), [(0,)], "none would be the first")
        self.assertEqual(self.env["ehr.denial"].search([]).ids, (first + second).ids)

    def test_age_goes_on_by_itself(self):
        _claim, (first, _second) = self.denied()
        first.sudo().write({"denied_on": fields.Date.today(), "deadline": False})
        before = first.score
        first.sudo().denied_on = fields.Date.subtract(fields.Date.today(), days=90)
        self.env["ehr.denial"]._cron_rate()
        self.assertEqual(first.score, before + 20)

    def test_claimed_once_more(self):
        claim, (first, second) = self.denied()
        self.heard()
        (first + second).action_resubmit()
        again = claim.move_id.ehr_claim_ids - claim
        self.assertEqual((again.replaces_id, again.amount), (claim, claim.amount))
        self.assertEqual(set((first + second).mapped("state")), {"resubmitted"})
        [(code, data)] = self.heard()
        self.assertEqual((code, data["replaces"]), ("claim.submitted", claim.number))
        self.decided(again, (1, "954"), (2, "0", DENIED), at="2026-04-20T08:00:00Z")
        self.assertEqual((first.state, second.state), ("won", "lost"))
        self.assertEqual((again.denial_ids.state, again.denial_ids.amount), ("to_work", 13.25))
        self.assertEqual(claim.answer_ids.denied_amount, 967.25, "the history stays")
        again.denial_ids.with_user(self.biller).action_resubmit()
        third = claim.move_id.ehr_claim_ids.filtered("is_latest")
        self.assertEqual((third.amount, third.replaces_id), (13.25, again))

    def test_only_some_lines(self):
        claim, (first, second) = self.denied()
        second.action_resubmit()
        again = claim.move_id.ehr_claim_ids - claim
        self.assertEqual((again.line_ids.sequence, again.amount), (2, 13.25))
        first.action_resubmit()
        third = claim.move_id.ehr_claim_ids - claim - again
        self.assertEqual((third.line_ids.sequence, third.replaces_id), (1, claim))

    def test_what_came_to_nothing_is_worked_on_again(self):
        _claim, (first, second) = self.denied()
        first.action_resubmit()
        again = first.resubmitted_id
        again.action_cancel("Wrong code")
        self.assertEqual((first.state, first.resubmitted_id.id), ("to_work", False))
        (first + second).action_resubmit()
        again = first.resubmitted_id
        document = self.decision(again, outcome="error", reasons=["A3"])
        document.pop("lines")
        self.take("ehr_claim_answer", document)
        self.assertEqual(set((first + second).mapped("state")), {"to_work"})

    def test_no_more_is_claimed_again_than_is_open(self):
        claim, (first, _second) = self.denied()
        self.pay(claim.move_id, amount=100)
        with self.assertRaisesRegex(UserError, "Less than that is open"):
            first.action_resubmit()

    def test_who_was_written_off_comes_back_if_more_is_denied(self):
        claim = self.claim()
        self.decided(claim, (1, "944", DENIED), (2, "13.25"))
        denial = claim.denial_ids
        denial.with_user(self.biller).action_write_off("Ten euros")
        self.decided(claim, (1, "945", DENIED), (2, "13.25"), at="2026-03-21T08:00:00Z")
        self.assertEqual(denial.state, "written_off")
        self.decided(claim, (1, "0", DENIED), (2, "13.25"), at="2026-03-22T08:00:00Z")
        self.assertEqual((denial.state, denial.amount), ("to_work", 954))

    def test_appealed_written_off_taken_up(self):
        _claim, (first, second) = self.denied()
        first.action_take()
        self.assertEqual(first.user_id, self.biller)
        first.action_appeal("Sent the report of the theatre")
        self.assertEqual(first.state, "appealed")
        first.action_lose("The payer stays with it")
        self.assertEqual((first.state, first.is_open), ("lost", False))
        first.action_reopen()
        first.action_write_off("Below what an appeal costs")
        self.assertEqual(
            (first.state, first.act_reason), ("written_off", "Below what an appeal costs")
        )
        second.action_appeal("Sent the list")
        second.action_win()
        self.assertEqual(second.state, "won")
        with self.assertRaises(UserError):
            second.action_write_off("Too late")
        entries = self.env["integration.audit.entry"].search([("res_model", "=", "ehr.denial")])
        self.assertIn("Below what an appeal costs", entries.mapped("reason"))

    def test_the_state_is_closed(self):
        _claim, (first, _second) = self.denied()
        with self.assertRaises(AccessError):
            first.with_user(self.feeder).action_write_off("Not mine")
        for values in ({"state": "won"}, {"score": 100}, {"amount": 1}):
            with self.assertRaises(AccessError):
                first.write(values)
