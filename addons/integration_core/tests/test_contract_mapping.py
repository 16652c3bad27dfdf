from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestMapping(EngineCase):
    def setUp(self):
        super().setUp()
        self.value_map = self.env["integration.value.map"].create(
            {
                "name": "Colours",
                "code": "colour",
                "line_ids": [(0, 0, {"source": "rot", "target": "red"})],
            }
        )
        self.mapping = self.env["integration.mapping"].create(
            {
                "name": "Partner thing",
                "header": "{key: lookup('colour', root.farbe), amount: decimal(root.menge)}",
                "value_map_ids": [(6, 0, self.value_map.ids)],
            }
        )
        self._use(self.mapping)

    def _use(self, mapping):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET mapping_id = %s WHERE id = %s",
            [mapping.id or None, self.inbound.id],
        )
        self.env.invalidate_all()

    def test_mapped_content_reaches_the_handler(self):
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data))
        self.receive("m1", b'{"farbe": "rot", "menge": 12.50}')
        self.drain(self.inbound)
        self.assertEqual(seen, [{"key": "red", "amount": "12.5"}])

    def test_unmapped_value_is_quarantined_and_mended(self):
        seen = []
        self.handle_with(lambda handler, received, data: seen.append(data["key"]))
        message = self.receive("m1", b'{"farbe": "blau", "menge": 1}')
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "mapping"))
        self.assertIn("colour", message.error_message)
        self.value_map.line_ids = [(0, 0, {"source": "blau", "target": "blue"})]
        message.action_retry()
        self.drain(self.inbound)
        self.assertEqual(seen, ["blue"])

    def test_mapped_content_must_satisfy_the_canonical_contract(self):
        self.handle_with(lambda *args: self.fail("must not be handled"))
        self._use(self.mapping.copy({"header": "{amount: root.menge}"}))
        message = self.receive("m1", b'{"farbe": "rot", "menge": "1"}')
        self.drain(self.inbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))

    def test_new_mapping_begins_valid(self):
        mapping = self.env["integration.mapping"].create({"name": "New"})
        self.assertEqual(mapping._compiled().apply({"a": 1}, {}, {}), {})

    def test_wrong_expression_is_refused_when_it_is_entered(self):
        self._use(self.mapping.browse())
        with self.assertRaises(ValidationError):
            self.mapping.header = "{key: root."
        with self.assertRaises(ValidationError):
            self.mapping.section_ids = [
                (0, 0, {"target": "lines", "source": "a[", "expression": "item"})
            ]

    def test_mapping_in_use_does_not_change(self):
        for values in (
            {"header": "root"},
            {"section_ids": [(0, 0, {"target": "a", "source": "a", "expression": "item"})]},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self.mapping.write(values)
        self.mapping.name = "Another name"
        self.inbound.action_retire()
        self.inbound.action_back_to_draft()
        self.mapping.header = "root"
