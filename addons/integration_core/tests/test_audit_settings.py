from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestAuditSettings(TransactionCase):
    """Settings of Odoo with which an administrator could weaken the suite."""

    def last(self, record):
        return self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], limit=1
        )

    def test_a_rule_that_is_weakened(self):
        rule = self.env.ref("integration_core.rule_integration_audit_entry_company")
        rule.domain_force = "[(1, '=', 1)]"
        entry = self.last(rule)
        self.assertEqual(entry.act, "change")
        self.assertIn("[(1, '=', 1)]", entry.changes_text)
        rule.unlink()
        self.assertEqual(self.last(rule).act, "delete")

    def test_a_right_that_is_added(self):
        access = self.env["ir.model.access"].create(
            {
                "name": "everybody",
                "model_id": self.env["ir.model"]._get_id("integration.audit.entry"),
                "group_id": self.env.ref("base.group_user").id,
            }
        )
        self.assertEqual(self.last(access).act, "create")
        # no context of a client hides it
        access.with_context(install_mode=True, module="x").perm_read = True
        self.assertIn("✓", self.last(access).changes)

    def test_a_scheduled_action_that_is_switched_off(self):
        cron = self.env.ref("integration_core.ir_cron_audit_seal")
        cron.active = False
        self.assertIn("✗", self.last(cron).changes)

    def test_what_is_not_of_the_suite(self):
        cron = self.env.ref("base.autovacuum_job")
        cron.active = False
        self.assertFalse(self.last(cron))
