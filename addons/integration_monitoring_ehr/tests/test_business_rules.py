"""Each rule finds messages of its kinds that are not handled in time, and names no patient."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.engine import triggers


@tagged("post_install", "-at_install")
class TestClinicalRules(TransactionCase):
    def setUp(self):
        super().setUp()
        system = self.env["integration.system"].create(
            {"name": "EHR", "code": "RULES", "kind": "ehr"}
        )
        self.interface = self.env["integration.interface"].create(
            {"name": "Feed", "system_id": system.id, "direction": "inbound"}
        )

    def rules(self):
        module = __name__.split(".")[2]
        rows = self.env["ir.model.data"].search(
            [("module", "=", module), ("model", "=", "integration.business.rule")]
        )
        return self.env["integration.business.rule"].browse(rows.mapped("res_id"))

    def message(self, kind, state, days=1):
        self.env.cr.execute(
            """
            INSERT INTO integration_message (uuid, interface_id, company_id, direction, state,
                                             message_type, created_at, attempts, priority, depth)
            VALUES (gen_random_uuid()::text, %s, %s, 'inbound', %s, %s,
                    now() AT TIME ZONE 'UTC' - make_interval(days => %s), 0, 10, 0)
            RETURNING id
            """,
            [self.interface.id, self.env.company.id, state, kind, days],
        )
        return self.env.cr.fetchone()[0]

    def test_each_kind_is_found_until_it_is_handled(self):
        rules = self.rules()
        self.assertTrue(rules)
        handlers = {
            self.env[name]._contract
            for name in self.env.registry
            if name.startswith("integration.handler.") and self.env[name]._contract
        }
        for rule in rules:
            for condition in triggers.parse_domain(rule.condition).iter_conditions():
                if condition.field_expr != "message_type":
                    continue
                value = condition.value
                for kind in [value] if isinstance(value, str) else value:
                    with self.subTest(rule=rule.name, kind=kind):
                        self.assertIn(kind, handlers, "nothing handles such messages")
                        wanted = self.message(kind, "quarantined")
                        self.message(kind, "done")
                        self.message(kind, "queued", days=0)
                        rule._look()
                        self.assertFalse(rule.problem)
                        late = rule.breach_ids.filtered(
                            lambda one, wanted=wanted: one.found_id == wanted
                        )
                        self.assertEqual(late.state, "open")
                        self.assertEqual(late.message_id.id, wanted)

    def test_others_are_not_found(self):
        self.message("procurement.item", "quarantined")
        for rule in self.rules():
            rule._look()
            self.assertFalse(rule.breach_ids, rule.name)
