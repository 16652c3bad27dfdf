"""What all rules over messages have to do, for the addons that bring some."""

from odoo.addons.integration_core.engine import triggers


class MessageRulesMixin:
    """Rules over messages find those of their kinds that are not handled in time, and no others.

    ``kinds`` says, by external id of the rule, which contracts its handlers serve.
    """

    kinds = {}

    def setUp(self):
        super().setUp()
        system = self.env["integration.system"].create(
            {"name": "EHR", "code": "RULES", "kind": "ehr"}
        )
        self.interface = self.env["integration.interface"].create(
            {"name": "Feed", "system_id": system.id, "direction": "inbound"}
        )

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

    def names(self, contracts):
        """What messages are called that such handlers get: by contract, or as HL7 says."""
        lines = self.env["integration.routing.line"].search([("handler", "!=", False)])
        told = {
            line.message_type for line in lines if self.env[line.handler]._contract in contracts
        }
        return {*contracts, *told}

    def late(self, rule):
        rule._look()
        self.assertFalse(rule.problem)
        self.env.invalidate_all()
        return rule.breach_ids.filtered(lambda one: one.state == "open").mapped("found_id")

    def test_each_kind_is_found_until_it_is_handled(self):
        handled = {
            getattr(self.env[name], "_contract", None)
            for name in self.env.registry
            if name.startswith("integration.handler.")
        }
        for xmlid, contracts in self.kinds.items():
            rule = self.env.ref(xmlid)
            self.assertLessEqual(contracts, handled, "nothing handles such messages")
            for name in self.names(contracts):
                with self.subTest(rule=rule.name, name=name):
                    wanted = self.message(name, "quarantined")
                    self.message(name, "done")
                    self.message(name, "queued", days=0)
                    self.assertIn(wanted, self.late(rule))
                    self.env.cr.execute(
                        "UPDATE integration_message SET state = 'cancelled' WHERE id = %s", [wanted]
                    )
                    self.env.invalidate_all()
                    self.assertFalse(self.late(rule))

    def test_others_are_not_found(self):
        self.message("procurement.item", "quarantined")
        for xmlid in self.kinds:
            self.assertFalse(self.late(self.env.ref(xmlid)), xmlid)

    def test_conditions_ask_for_kinds_and_states_only(self):
        for xmlid in self.kinds:
            domain = triggers.parse_domain(self.env.ref(xmlid).condition)
            asked = {one.field_expr for one in domain.iter_conditions()}
            self.assertLessEqual(asked, {"direction", "message_type", "state"})
