from odoo.tests import TransactionCase


class TestUnitCodes(TransactionCase):
    def test_a_standard_unit_has_its_code_without_a_statement(self):
        unit = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(unit._integration_unit_code(), "DZN")
        self.assertFalse(unit.integration_code)
        with self.assertQueryCount(0):
            self.assertEqual(unit._integration_unit_code(), "DZN")

    def test_a_unit_of_ones_own_has_the_code_that_was_typed_or_none(self):
        unit = self.env["uom.uom"].create({"name": "Tray"})
        self.assertIsNone(unit._integration_unit_code())
        unit.integration_code = "PU"
        self.assertEqual(unit._integration_unit_code(), "PU")

    def test_a_further_external_id_changes_nothing(self):
        unit = self.env.ref("uom.product_uom_dozen")
        self.env["ir.model.data"].create(
            {"module": "a_first_one", "name": "dozen", "model": "uom.uom", "res_id": unit.id}
        )
        self.assertEqual(unit._integration_unit_code(), "DZN")
