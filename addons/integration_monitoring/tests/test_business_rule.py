"""What has to happen in time: rules, late documents, and who is told."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.integration_core.engine import batches

from ..models import integration_business_rule

PARTNER = "base.model_res_partner"


@tagged("post_install", "-at_install")
class TestBusinessRule(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env,
            "rules.admin",
            "integration_core.group_administrator,base.group_partner_manager",
        )
        cls.owner = new_test_user(cls.env, "rules.owner", "integration_core.group_observer")
        cls.operator = new_test_user(cls.env, "rules.operator", "integration_core.group_operator")
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Waits {number}", "ref": "WAITS"} for number in range(3)]
        )
        cls.rule = cls.env["integration.business.rule"].create(cls.values())

    @classmethod
    def values(cls, **values):
        return {
            "name": "Partners that wait",
            "model_id": cls.env.ref(PARTNER).id,
            "condition": "[('ref', '=', 'WAITS')]",
            "date_field_id": cls.env.ref("base.field_res_partner__create_date").id,
            "threshold": 2,
            "threshold_unit": "hours",
            "user_id": cls.owner.id,
            **values,
        }

    def age(self, partners, hours):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = now() AT TIME ZONE 'UTC' - %s WHERE id = ANY(%s)",
            [timedelta(hours=hours), partners.ids],
        )
        partners.invalidate_recordset()

    def look(self, rule=None):
        rule = rule or self.rule
        rule._look()
        self.env.invalidate_all()
        return rule.breach_ids.filtered(lambda one: one.state != "healed")

    def look_at_due(self):
        """What happens each minute, on the test's own transaction."""
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_args, **_more: 0.0)
        self.env["integration.business.rule"]._cron_business_rules()

    def test_batches_with_items_missing_are_counted_and_listed(self):
        system = self.env["integration.system"].create({"name": "Sender", "code": "SENDER"})
        interface = self.env["integration.interface"].create(
            {"name": "Batches", "system_id": system.id, "direction": "inbound"}
        )
        spec = {"id": interface.id, "company_id": interface.company_id.id}
        for key, declared in (("short", 3), ("fresh", 3), ("whole", 1)):
            batches.keep(self.env.cr, spec, batches.REQUEST, key, {1: "gone"}, declared)
        self.env.cr.execute(
            "UPDATE integration_batch SET arrived_at = arrived_at - interval '61 minutes' "
            "WHERE key <> 'fresh'"
        )
        self.env["integration.batch"]._cron_settle()
        rule = self.env.ref("integration_monitoring.business_rule_batch_incomplete")
        late = self.look(rule).filtered(lambda one: one.company_id == interface.company_id)
        batch = self.env["integration.batch"].search([("key", "=", "short")])
        self.assertEqual((late.res_model, late.res_id), ("integration.batch", batch.id))
        self.assertEqual(rule.breach_count, 1)
        self.assertIn("Batches", late.with_user(self.operator).document_name)
        self.assertEqual(late.action_open_document()["res_id"], batch.id)
        batch.with_user(self.operator).action_accept("The sender has no more")
        self.assertFalse(self.look(rule))

    def test_late_is_what_waits_for_longer_than_the_threshold(self):
        self.age(self.partners[0], 3)
        self.age(self.partners[1], 1.9)
        late = self.look()
        self.assertEqual(late.mapped("res_id"), self.partners[0].ids)
        self.assertEqual(late.user_id, self.owner)
        self.assertAlmostEqual(
            late.since, fields.Datetime.now() - timedelta(hours=3), delta=timedelta(minutes=1)
        )
        self.assertEqual(self.rule.breach_count, 1)

    def test_it_heals_by_itself_and_may_be_late_again(self):
        self.age(self.partners, 3)
        first = self.look()
        self.assertEqual(len(first), 3)
        self.partners[0].ref = "DONE"
        self.assertEqual(len(self.look()), 2)
        healed = self.rule.breach_ids.filtered(lambda one: one.state == "healed")
        self.assertEqual(healed.res_id, self.partners[0].id)
        self.assertTrue(healed.healed_at)
        self.partners[0].ref = "WAITS"
        again = self.look()
        self.assertEqual(len(again), 3)
        self.assertNotIn(healed, again)

    def test_looking_twice_changes_nothing(self):
        self.age(self.partners, 3)
        self.assertEqual(self.look(), self.look())

    def test_a_document_that_is_gone_is_not_late(self):
        self.age(self.partners, 3)
        self.look()
        self.partners[1].unlink()
        self.assertEqual(len(self.look()), 2)

    def test_the_owner_is_told_once_and_when_it_is_over(self):
        self.age(self.partners, 3)
        self.look()
        self.look()
        self.assertEqual(len(self.rule.activity_ids), 1)
        self.assertEqual(self.rule.activity_ids.user_id, self.owner)
        self.partners.write({"ref": "DONE"})
        self.look()
        self.assertFalse(self.rule.activity_ids)

    def test_a_day_counts_from_its_end(self):
        today = fields.Date.today()
        dated = self.env["ir.model.fields"]._get("res.currency.rate", "name")
        rule = self.env["integration.business.rule"].create(
            self.values(
                model_id=dated.model_id.id,
                date_field_id=dated.id,
                condition="[]",
                threshold=1,
                threshold_unit="days",
            )
        )
        currency = self.env["res.currency"].create({"name": "QQQ", "symbol": "Q"})
        rates = self.env["res.currency.rate"].create(
            [
                {"currency_id": currency.id, "name": today - timedelta(days=days), "rate": 1}
                for days in (0, 1, 2)
            ]
        )
        late = self.look(rule).filtered(lambda one: one.res_id in rates.ids)
        self.assertEqual(late.mapped("res_id"), rates[2].ids)

    def test_a_broken_rule_says_so_and_stops_no_other(self):
        other = self.env["integration.business.rule"].create(self.values(name="Other"))
        self.age(self.partners, 3)
        self.env.cr.execute(
            "UPDATE integration_business_rule SET condition = %s WHERE id = %s",
            ["[('gone', '=', 1)]", self.rule.id],
        )
        self.env.invalidate_all()
        with self.assertLogs(level="WARNING"):
            self.look_at_due()
        self.env.invalidate_all()
        self.assertIn("gone", self.rule.problem)
        self.assertEqual(other.breach_count, 3)
        self.rule.condition = "[('ref', '=', 'WAITS')]"
        self.look()
        self.assertFalse(self.rule.problem)

    def test_whatever_one_rule_raises_others_are_looked_at(self):
        other = self.env["integration.business.rule"].create(self.values(name="Other"))
        self.age(self.partners, 3)
        tell = type(self.rule)._tell
        first = self.rule.id

        def broken(rule, before, after):
            if rule.id == first:
                raise AccessError(rule.env._("The owner may not see it."))
            tell(rule, before, after)

        self.patch(type(self.rule), "_tell", broken)
        with self.assertLogs(level="WARNING"):
            self.look_at_due()
        self.env.invalidate_all()
        self.assertEqual(other.breach_count, 3)
        self.assertIn("may not see", self.rule.problem)
        self.assertTrue(self.rule.next_check)

    def test_a_collision_with_an_act_is_no_fault_of_the_rule(self):
        def busy(_rule):
            raise psycopg2.errors.SerializationFailure

        self.patch(type(self.rule), "_find_late", busy)
        self.rule._look()
        self.env.invalidate_all()
        self.assertFalse(self.rule.problem)
        self.assertLessEqual(self.rule.next_check, fields.Datetime.now() + timedelta(minutes=1))

    def test_a_rule_that_is_switched_off_has_nothing_late(self):
        self.age(self.partners, 3)
        self.look()
        self.rule.active = False
        self.look_at_due()
        self.env.invalidate_all()
        self.assertEqual(set(self.rule.breach_ids.mapped("state")), {"healed"})
        self.assertFalse(self.rule.activity_ids)

    def test_rules_are_looked_at_when_they_are_due(self):
        self.look()
        after = self.rule.next_check - fields.Datetime.now()
        self.assertAlmostEqual(after, timedelta(minutes=12), delta=timedelta(minutes=1))
        self.age(self.partners, 3)
        self.look_at_due()
        self.env.invalidate_all()
        self.assertFalse(self.rule.breach_count)
        self.rule.threshold = 1  # a changed rule is looked at soon
        self.look_at_due()
        self.env.invalidate_all()
        self.assertEqual(self.rule.breach_count, 3)

    def test_more_than_are_kept_is_said(self):
        self.age(self.partners, 3)
        kept = self.look()
        self.age(self.partners[0], 1)
        with (
            patch.object(integration_business_rule, "MOST", 1),
            patch("odoo.addons.integration_monitoring.models.integration_business_breach.MOST", 1),
        ):
            self.age(self.partners[0], 4)
            late = self.look()
        self.assertTrue(self.rule.more)
        # What is behind the end of what was read is late all the same.
        self.assertEqual(late, kept)

    def test_of_one_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.partners[0].company_id = other
        self.age(self.partners, 3)
        self.rule.company_id = other
        late = self.look()
        self.assertEqual(late.mapped("res_id"), self.partners[0].ids)
        self.assertEqual(late.company_id, other)

    # -- who may what ------------------------------------------------------------------------

    def test_observers_see_what_is_late(self):
        self.age(self.partners, 3)
        self.look()
        seen = self.env["integration.business.breach"].with_user(self.owner)
        self.assertEqual(seen.search_count([("rule_id", "=", self.rule.id)]), 3)
        stranger = new_test_user(self.env, "rules.stranger", "base.group_user")
        with self.assertRaises(AccessError):
            seen.with_user(stranger).search([])

    def test_operators_and_the_owner_look_after_it(self):
        self.age(self.partners, 3)
        late = self.look()
        late[0].with_user(self.operator).action_acknowledge()
        late[1].with_user(self.owner).action_acknowledge()
        self.assertEqual(late[0].user_id, self.operator)
        self.assertEqual(late[:2].mapped("state"), ["acknowledged"] * 2)
        late[0].with_user(self.operator).action_release()
        self.assertEqual((late[0].state, late[0].user_id), ("open", self.owner))
        observer = new_test_user(self.env, "rules.observer", "integration_core.group_observer")
        with self.assertRaises(AccessError):
            late[2].with_user(observer).action_acknowledge()
        self.assertEqual(self.look(), late)

    def test_an_administrator_makes_a_rule_without_code(self):
        self.age(self.partners, 3)
        rule = self.env["integration.business.rule"].with_user(self.admin).create(self.values())
        action = rule.action_look_now()
        shown = self.env[action["res_model"]].with_user(self.admin).search(action["domain"])
        self.assertEqual(shown.mapped("res_id"), self.partners.ids)
        self.assertEqual(shown[0].document_name, self.partners[0].display_name)

    def test_names_of_documents_are_for_those_who_may_read_them(self):
        self.age(self.partners, 3)
        breach = self.look()[0]
        self.env["ir.rule"].create(
            {
                "name": "No partners that wait",
                "model_id": self.env.ref(PARTNER).id,
                "domain_force": "[('ref', '!=', 'WAITS')]",
            }
        )
        seen = breach.with_user(self.operator)
        self.assertNotIn("Waits", seen.document_name)
        self.assertIn(str(self.partners[0].id), seen.document_name)

    def test_what_an_administrator_may_not_read_he_may_not_watch(self):
        plain = new_test_user(self.env, "rules.plain", "integration_core.group_administrator")
        field = self.env["ir.model.fields"]._get("ir.cron", "nextcall")
        with self.assertRaises(UserError):
            self.env["integration.business.rule"].with_user(plain).create(
                self.values(model_id=field.model_id.id, date_field_id=field.id, condition="[]")
            )

    def test_secrets_are_not_watched(self):
        for model, date in (
            ("res.users.apikeys", "create_date"),
            ("integration.credential", "create_date"),
        ):
            field = self.env["ir.model.fields"]._get(model, date)
            with self.subTest(model=model), self.assertRaises(ValidationError):
                self.env["integration.business.rule"].create(
                    self.values(model_id=field.model_id.id, date_field_id=field.id, condition="[]")
                )

    def test_what_cannot_be_used_is_refused(self):
        field = self.env["ir.model.fields"]._get("res.partner", "name")
        foreign = self.env["ir.model.fields"]._get("res.company", "create_date")
        for wrong in (
            {"condition": "[('nothing', '=', 1)]"},
            {"condition": "[('ref', '=', uid)]"},
            {"condition": "__import__('os')"},
            {"date_field_id": field.id},
            {"date_field_id": foreign.id},
            {"threshold": 0},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                self.env["integration.business.rule"].create(self.values(**wrong))

    def test_changes_are_audited_and_looks_are_not(self):
        entries = self.env["integration.audit.entry"]
        domain = [("res_model", "=", "integration.business.rule"), ("res_id", "=", self.rule.id)]
        self.env.flush_all()
        before = entries.search_count(domain)
        self.age(self.partners, 3)
        self.look()
        self.assertEqual(entries.search_count(domain), before)
        self.rule.with_user(self.admin).threshold = 5
        self.env.flush_all()
        self.assertEqual(entries.search_count(domain), before + 1)

    def test_what_is_finished_is_never_late(self):
        """Whatever a condition over the ledger says, and who asks for it only is told so."""
        model = self.env.ref("integration_core.model_integration_message")
        field = self.env.ref("integration_core.field_integration_message__created_at")
        values = self.values(model_id=model.id, date_field_id=field.id)
        for condition in ("[('state', '=', 'done')]", "[('state', 'in', ['done', 'cancelled'])]"):
            with self.subTest(condition=condition), self.assertRaises(ValidationError):
                self.env["integration.business.rule"].create({**values, "condition": condition})
        rule = self.env["integration.business.rule"].create({**values, "condition": "[]"})
        asked = rule._late_domain()
        self.assertEqual(
            set(next(one.value for one in asked.iter_conditions() if one.field_expr == "state")),
            set(integration_business_rule.WAITS["integration.message"]),
        )

    def test_shipped_rules_can_be_looked_at(self):
        for rule in self.env["integration.business.rule"].search([("user_id", "=", False)]):
            with self.subTest(rule=rule.name):
                self.look(rule)
                self.assertFalse(rule.problem)
                self.assertTrue(rule.explanation)
