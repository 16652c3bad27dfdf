from odoo.tests import TransactionCase

from odoo.addons.integration_core.tools import routing
from odoo.addons.integration_core.tools.stride import Strides


class TestTools(TransactionCase):
    def test_the_most_specific_rule_is_found_whatever_the_order(self):
        rules = {"*": "any", "ADT^A0*": "a0", "ADT^*": "adt", "ADT^A01": "a01"}
        for order in (rules, dict(reversed(rules.items()))):
            table = routing.Table(order)
            self.assertEqual(table.find("ADT^A01"), "a01")
            self.assertEqual(table.find("ADT^A02"), "a0")
            self.assertEqual(table.find("ADT^A11"), "adt")
            self.assertEqual(table.find("ADT"), "any")
            self.assertEqual(table.find(""), "any")

    def test_nothing_fits(self):
        self.assertIsNone(routing.Table({"ADT^A01": 1}).find("ADT^A01^ADT_A01"))
        self.assertIsNone(routing.Table({}).find("ADT^A01"))

    def test_a_star_is_no_type(self):
        self.assertIsNone(routing.Table({"ADT^A01": 1}).find("*"))

    def test_what_can_be_shown(self):
        self.assertEqual(routing.shown("ADT^A01"), "ADT^A01")
        for hidden in (None, "", "Jane Doe", "<b>", "A" * 41, "^A01"):
            self.assertEqual(routing.shown(hidden), "")

    def test_strides_of_several_handlers(self):
        strides = Strides()
        self.assertEqual(strides.limit, 1)
        strides.of("a", 500).failed(50)
        self.assertEqual(strides.of("a", 500).size, 25)
        self.assertEqual(strides.of("b", 10).size, 10)
        self.assertEqual(strides.limit, 500)
        self.assertEqual(strides.of("a", 20).size, 20, "another batch size begins anew")
        strides.failed(10)
        self.assertEqual((strides.of("a", 20).size, strides.of("b", 10).size), (5, 5))
