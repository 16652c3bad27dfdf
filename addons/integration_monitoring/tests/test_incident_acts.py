from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .incident_case import CALM, IncidentCase, Signal, Step


@tagged("post_install", "-at_install")
class TestIncidentActs(IncidentCase):
    """Operators act; what they did stands in the timeline and in the audit trail."""

    def setUp(self):
        super().setUp()
        self.incident = self.open_one()
        self.mine = self.incident.with_user(self.operator)

    def _acts(self):
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.incident"), ("res_id", "=", self.incident.id)],
            order="id",
        )
        return [(one.act, one.actor_id, one.reason or "") for one in entries]

    def test_who_acknowledges_looks_after_it(self):
        self.mine.action_acknowledge()
        self.assertEqual(self.incident.state, "acknowledged")
        self.assertEqual(self.incident.user_id, self.operator)
        self.assertTrue(self.incident.acknowledged_at)
        self.assertEqual(self._acts(), [("acknowledge", self.operator.id, "")])
        line = self.incident.event_ids.filtered(lambda one: one.kind == "acknowledge")
        self.assertEqual(line.user_id, self.operator)
        self.assertTrue(line.sentence)

    def test_escalating_tells_the_next_people_at_once(self):
        self.mine.action_escalate("The partner does not pick up the phone")
        self.assertEqual((self.incident.state, self.incident.reached), ("escalated", 2))
        self.assertEqual(self.notices(self.incident, self.activities), ["start", "step"])
        self.deliver()
        self.assertTrue(self.tasks(self.business))
        self.assertEqual(self._acts()[0][0], "escalate")

    def test_resolving_needs_words_and_the_signals_close_it(self):
        with self.assertRaises(UserError):
            self.mine.action_resolve("  ")
        self.mine.action_resolve("The certificate was renewed")
        self.assertEqual(self.incident.state, "resolved")
        self.assertEqual(self.incident.resolution, "The certificate was renewed")
        self.assertEqual(
            self._acts(), [("resolve", self.operator.id, "The certificate was renewed")]
        )
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM)
        self.assertEqual(self.incident.state, "closed")

    def test_opening_again(self):
        with self.assertRaises(UserError):
            self.mine.action_reopen("It goes on")
        self.mine.action_resolve("Restarted")
        self.mine.action_reopen("It goes on")
        self.assertEqual(self.incident.state, "open")
        self.assertEqual(self.notices(self.incident, self.chat), ["start", "again"])
        self.assertEqual([act for act, _who, _why in self._acts()], ["resolve", "open_again"])

    def test_assigning_asks_somebody_else(self):
        colleague = new_test_user(self.env, "incident.mate", "integration_core.group_operator")
        self.mine.action_assign(colleague.id)
        self.assertEqual(self.incident.user_id, colleague)
        self.assertEqual(self.incident.state, "acknowledged")
        self.assertTrue(self.tasks(colleague))
        self.assertEqual(self._acts()[0][0], "assign")
        with self.assertRaises(UserError):
            self.mine.action_assign(self.owner.id)

    def test_assigning_through_the_dialog(self):
        action = self.mine.action_ask_assign()
        wizard = self.env[action["res_model"]].with_user(self.operator)
        wizard = wizard.with_context(**action["context"]).create({"user_id": self.operator.id})
        wizard.action_confirm()
        self.assertEqual(self.incident.user_id, self.operator)

    def test_notes_stand_in_the_timeline(self):
        self.mine.action_note("The partner calls back at noon")
        self.env.invalidate_all()
        note = self.incident.event_ids[0]
        self.assertEqual((note.kind, note.user_id), ("note", self.operator))
        self.assertEqual(note.sentence, "The partner calls back at noon")

    def test_what_is_healed_is_over(self):
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM)
        for act in ("action_escalate", "action_resolve", "action_reopen"):
            with self.subTest(act), self.assertRaises(UserError):
                getattr(self.mine, act)("because")
        with self.assertRaises(UserError):
            self.mine.action_acknowledge()

    def test_observers_only_look(self):
        theirs = self.incident.with_user(self.owner)
        self.assertEqual(theirs.name, self.outbound.name)
        for act in ("action_escalate", "action_resolve", "action_reopen", "action_note"):
            with self.subTest(act), self.assertRaises(AccessError):
                getattr(theirs, act)("because")
        with self.assertRaises(AccessError):
            theirs.action_acknowledge()
        with self.assertRaises(AccessError):
            self.mine.write({"state": "closed"})
        with self.assertRaises(AccessError):
            self.incident.event_ids.with_user(self.operator).write({"text": "nothing"})

    def test_other_companies_see_and_do_nothing(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "incident.stranger",
            "integration_core.group_operator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        with self.assertRaises(AccessError):
            self.incident.with_user(stranger).action_acknowledge()
        for model in (
            "integration.incident",
            "integration.incident.event",
            "integration.incident.notice",
        ):
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        with self.assertRaises(UserError):
            self.mine.action_assign(stranger.id)

    def test_of_the_whole_suite_everybody_sees_only_their_own_interfaces(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "incident.stranger",
            "integration_core.group_operator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.take(self.of_interface(self.inbound, Signal.SILENCE))
        theirs = self.env["integration.incident"].with_user(stranger).search([])
        self.assertEqual(theirs.subject, "suite")
        self.assertEqual(theirs.effect_count, 0)
        self.env.invalidate_all()
        mine = theirs.with_user(self.operator)
        self.assertEqual(mine.effect_count, 1)

    def test_the_form_tells_what_it_means_and_what_to_do(self):
        self.outbound.write(
            {
                "failure_impact": "No orders reach the supplier.",
                "runbook": "<p>Call the partner.</p>",
                "manual_fallback": "<p>Order by fax.</p>",
            }
        )
        self.assertEqual(self.mine.failure_impact, "No orders reach the supplier.")
        self.assertIn("Call", self.mine.runbook)
        self.assertIn("fax", self.mine.manual_fallback)
        self.assertTrue(self.mine.wrong_html)
        spec = {
            "name": {},
            "wrong_html": {},
            "headline": {},
            "advice": {},
            "duration": {},
            "event_ids": {"fields": {"sentence": {}, "kind": {}}},
            "notice_ids": {"fields": {"detail": {}, "state": {}}},
        }
        shown = self.mine.web_read(spec)[0]
        self.assertIn("began", str(shown["event_ids"]))

    def test_words_of_a_message_are_shown_nowhere(self):
        self.take(self.of_interface(self.outbound, Signal.ERROR_GROUP, title="Jane Doe", count=3))
        self.deliver()
        told = self.mine._told_text(self.incident.notice_ids[0])
        self.assertNotIn("Jane", told)
        self.assertNotIn("Jane", str(self.incident._told_data()))
        self.assertNotIn("Jane", " ".join(self.posts().mapped("body")))
