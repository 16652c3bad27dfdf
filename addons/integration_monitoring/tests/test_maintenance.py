from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .incident_case import CALM, HOUR, MINUTE, IncidentCase, Signal, Step


@tagged("post_install", "-at_install")
class TestMaintenance(IncidentCase):
    """What was announced is recorded and wakes nobody, unless it outlasts it."""

    def test_what_lasts_is_told_when_the_window_is_over(self):
        window = self.window(hours=2)
        incident = self.open_one()
        self.assertEqual(incident.maintenance_id, window)
        self.assertEqual(incident.muted_until, window.end_at)
        self.assertEqual(window.incident_count, 1)
        self.later(2 * HOUR - 1)
        self.assertFalse(incident.notice_ids)
        self.later(1)
        self.assertEqual(self.notices(incident, self.chat), ["start"])
        self.assertFalse(incident.muted_until)
        self.assertEqual(incident.maintenance_id, window, "it stays part of its history")
        self.later(29 * MINUTE)
        self.assertEqual(incident.reached, 1, "its ladder begins with the end of the window")

    def test_what_ended_meanwhile_is_never_told(self):
        self.window(hours=2)
        incident = self.open_one()
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM)
        self.assertEqual(incident.state, "closed")
        self.later(3 * HOUR)
        self.assertFalse(incident.notice_ids)

    def test_the_end_of_what_was_told_before_is_told(self):
        incident = self.open_one()
        self.window(hours=5)
        self.later(3 * HOUR)
        self.assertEqual(self.notices(incident, self.chat), ["start"], "nothing goes up meanwhile")
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM)
        self.assertEqual(self.notices(incident, self.chat), ["start", "end"])

    def test_what_goes_on_in_spite_of_a_resolution_is_told_after_it(self):
        incident = self.open_one()
        incident.with_user(self.operator).action_resolve("Restarted")
        self.window(hours=2)
        self.take(self.of_interface(self.outbound, Signal.DEAD_LETTER))
        self.assertEqual(incident.state, "open")
        self.assertEqual(self.notices(incident, self.chat), ["start"])
        self.later(2 * HOUR)
        self.assertEqual(self.notices(incident, self.chat), ["start", "start"])

    def test_windows_concern_what_they_say(self):
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        self.window(system_ids=[(6, 0, other.ids)])
        self.assertTrue(self.open_one().notice_ids)
        self.window(interface_ids=[(6, 0, self.inbound.ids)])
        self.assertFalse(self.open_one(Signal.SILENCE, self.inbound).notice_ids)

    def test_everything_concerns_the_suite_unless_it_is_of_a_company(self):
        mine = self.window(everything=True, company_id=self.env.company.id)
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        incident = self.incidents()
        self.assertTrue(incident.notice_ids)
        self.assertFalse(self.open_one(Signal.DURABILITY).notice_ids)
        mine.company_id = False
        self.take(self.of_suite(Signal.AUDIT_CHAIN))
        [other] = self.incidents(("subject", "=", "suite")) - incident
        self.assertFalse(other.notice_ids)

    def test_it_is_ended_before_its_time(self):
        window = self.window(hours=5)
        window.begin_at -= timedelta(minutes=5)
        incident = self.open_one()
        window.with_user(self.operator).action_end()
        self.assertEqual(window.state, "over")
        self.later(MINUTE)
        self.assertEqual(self.notices(incident, self.chat), ["start"])
        with self.assertRaises(UserError):
            window.action_end()

    def test_what_a_window_may_be(self):
        now = fields.Datetime.now()
        for values in (
            {"everything": True, "begin_at": now, "end_at": now},
            {"everything": True, "begin_at": now, "end_at": now + timedelta(days=32)},
            {"everything": False},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.window(**values)

    def test_who_announces_and_that_it_is_audited(self):
        windows = self.env["integration.maintenance"]
        values = {"name": "Move", "everything": True}
        with self.assertRaises(AccessError):
            windows.with_user(self.owner).create(values)
        mine = windows.with_user(self.operator).create(values)
        self.assertEqual(mine.user_id, self.operator)
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", mine._name), ("res_id", "=", mine.id)]
        )
        self.assertEqual((entry.act, entry.actor_id), ("create", self.operator.id))
        with self.assertRaises(UserError):
            mine.sudo().unlink()

    def test_nobody_mutes_the_alerts_of_a_company_that_is_not_his(self):
        foreign = self.env["res.company"].create({"name": "Other hospital"})
        theirs = self.env["integration.system"].create(
            {"name": "Theirs", "code": "THEIRS", "company_id": foreign.id}
        )
        windows = self.env["integration.maintenance"].with_user(self.operator)
        for values in ({"everything": True}, {"system_ids": [(4, theirs.id)]}):
            with self.subTest(values), self.assertRaises(AccessError):
                windows.create({"name": "Move", "company_id": False, **values})
        mine = windows.create(
            {"name": "Move", "company_id": False, "system_ids": [(4, self.system.id)]}
        )
        with self.assertRaises(AccessError):
            mine.everything = True
        everybodys = self.window(everything=True, company_id=False)
        with self.assertRaises(AccessError):
            everybodys.with_user(self.operator).action_end()
        self.operator.company_ids += foreign
        everybodys.with_user(self.operator).end_at += timedelta(hours=1)

    def test_states_are_found(self):
        running, planned = self.window(hours=2), self.window(hours=2)
        planned.write(
            {
                "begin_at": fields.Datetime.now() + timedelta(days=1),
                "end_at": fields.Datetime.now() + timedelta(days=2),
            }
        )
        running.begin_at -= timedelta(minutes=5)
        found = self.env["integration.maintenance"].search([("state", "=", "running")])
        self.assertEqual(found, running)
        self.assertEqual((running.state, planned.state), ("running", "planned"))
