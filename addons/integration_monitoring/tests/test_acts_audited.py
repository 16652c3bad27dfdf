"""Who lets the suite be silent about something leaves an entry in the audit trail."""

from odoo import fields
from odoo.tests import new_test_user, tagged

from .error_group_case import ErrorGroupCase


@tagged("post_install", "-at_install")
class TestActsAudited(ErrorGroupCase):
    def entries(self, record):
        self.env.flush_all()
        return self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )

    def test_each_act_on_a_group_of_failures(self):
        group = self.group()
        mine = group.with_user(self.operator)
        mine.action_acknowledge()
        mine.action_take()
        mine.action_assign(self.colleague.id)
        mine.action_release()
        mine.action_snooze(24, "The partner moves tonight")
        mine.action_wake()
        mine.action_resolve("mapping", "BX was missing")
        found = self.entries(group)
        self.assertEqual(
            found.mapped("act"),
            ["acknowledge", "assign", "assign", "release", "snooze", "wake", "resolve"],
        )
        self.assertEqual(set(found.mapped("actor_login")), {"triage.op"})
        self.assertEqual(set(found.mapped("company_id")), {group.company_id.id})
        self.assertEqual(found[4].reason, "The partner moves tonight")
        self.assertIn("24", found[4].changes)
        self.assertIn(self.colleague.name, found[2].changes)
        self.assertEqual(found[6].reason, "BX was missing")

    def test_what_happens_by_itself_is_no_act(self):
        group = self.group()
        group.with_user(self.operator).action_snooze(1, "Known")
        group.sudo().snoozed_until = fields.Datetime.now()
        self.collect()
        self.assertEqual(group.state, "open")
        self.assertEqual(self.entries(group).mapped("act"), ["snooze"])

    def test_who_knows_of_a_late_document_and_no_name_of_it(self):
        rule = self.env.ref("integration_monitoring.business_rule_held")
        now = fields.Datetime.now()
        late = self.env["integration.business.breach"].create(
            {
                "rule_id": rule.id,
                "found_model": "res.partner",
                "found_id": self.env.user.partner_id.id,
                "res_model": "res.partner",
                "res_id": self.env.user.partner_id.id,
                "since": now,
                "detected_at": now,
            }
        )
        before = self.entries(rule)
        late.with_user(self.operator).action_acknowledge()
        late.with_user(self.operator).action_acknowledge()  # nothing more happens
        late.with_user(self.operator).action_release()
        found = self.entries(rule) - before
        self.assertEqual(found.mapped("act"), ["acknowledge", "release"])
        self.assertIn(f"res.partner,{late.found_id}", found[0].changes)
        self.assertNotIn(self.env.user.partner_id.name, str(found.read()))

    def test_parts_that_are_not_watched_any_more(self):
        part = self.env["integration.heartbeat"].search([], limit=1) or self.env[
            "integration.heartbeat"
        ].create(
            {
                "key": "job_runner",
                "kind": "job_runner",
                "name": "Job runner",
                "beat_at": fields.Datetime.now(),
                "every": 45,
            }
        )
        admin = new_test_user(self.env, "parts.admin", "integration_core.group_administrator")
        before = self.entries(part)
        part.with_user(admin).ignored = True
        found = self.entries(part) - before
        self.assertEqual(found.mapped("act"), ["change"])
        self.assertEqual(found.actor_login, "parts.admin")

    def test_by_what_silence_is_judged(self):
        self.env["integration.watch"]._observe(fields.Datetime.now())
        watch = self.env["integration.watch"].search([], limit=1)
        admin = new_test_user(self.env, "watch.admin", "integration_core.group_administrator")
        mine = watch.with_user(admin)
        mine.action_use_expected()
        mine.action_learn_anew()
        found = self.entries(watch)
        self.assertEqual(found.mapped("act"), ["change", "change"])
        self.assertIn("use_expected", found[0].changes)
        self.assertTrue(found[1].reason)
        self.assertEqual(set(found.mapped("actor_login")), {"watch.admin"})
