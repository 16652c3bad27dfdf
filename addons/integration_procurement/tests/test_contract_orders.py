import json

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.tools import contracts, schema_compat


@tagged("post_install", "-at_install")
class TestContractOrders(TransactionCase):
    """What was agreed before goes on working under the newer version."""

    def schema(self, name):
        version = self.env.ref(f"integration_procurement.contract_{name}")
        return json.loads(version.schema), json.loads(version.example)

    def test_old_confirmations_fulfil_the_new_contract(self):
        _old, old_example = self.schema("order_confirmation_1_0_0")
        new_schema, _example = self.schema("order_confirmation_2_0_0")
        new = contracts.compile_schema(new_schema)
        self.assertEqual(new.violations(old_example), [])
        line = dict(old_example["lines"][0])
        for name in ("quantity", "unit", "promised_date"):
            broken = {key: value for key, value in line.items() if key != name}
            self.assertTrue(new.violations({**old_example, "lines": [broken]}), name)

    def test_a_substitution_names_the_other_item(self):
        schema, example = self.schema("order_confirmation_2_0_0")
        new = contracts.compile_schema(schema)
        line = {"line_reference": "1", "status": "substituted"}
        self.assertTrue(new.violations({**example, "lines": [line]}))
        self.assertEqual(
            new.violations({**example, "lines": [{"line_reference": "1", "status": "rejected"}]}),
            [],
        )

    def test_readers_of_orders_go_on(self):
        old_schema, _example = self.schema("purchase_order_1_0_0")
        new_schema, new_example = self.schema("purchase_order_1_1_0")
        self.assertEqual(contracts.compile_schema(old_schema).violations(new_example), [])
        changes = schema_compat.compare(old_schema, new_schema)
        self.assertFalse([str(one) for one in changes if one.breaks_readers])
