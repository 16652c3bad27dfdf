from odoo.tests import HttpCase, new_test_user, tagged

from .test_mapping import MappingCase


@tagged("post_install", "-at_install")
class TestMappingUi(MappingCase, HttpCase):
    """Mending a missing value and trying a mapping in a browser."""

    def test_map_a_value_and_reprocess(self):
        messages = self.quarantine("blau", "blau")
        self.start_tour("/odoo", "integration_core_map_value", login="admin")
        line = self.value_map.line_ids.filtered(lambda one: one.source == "blau")
        self.assertEqual((line.target, line.state), ("blue", "confirmed"))
        # The browser's requests have a clock of their own, ahead of this transaction's.
        self.make_due(messages)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual(messages.mapped("state"), ["done", "done"])

    def test_propose_a_value(self):
        new_test_user(
            self.env,
            "olga",
            "integration_core.group_operator,integration_core.group_content_viewer",
        )
        message = self.quarantine("blau")
        self.start_tour("/odoo", "integration_core_propose_value", login="olga")
        line = self.value_map.line_ids.filtered(lambda one: one.source == "blau")
        self.assertEqual((line.target, line.state), ("red", "proposed"))
        self.env.invalidate_all()
        self.assertEqual(message.state, "quarantined")

    def test_try_a_mapping_on_a_message(self):
        self.quarantine("blau")
        self.start_tour("/odoo", "integration_core_try_mapping", login="admin")
        self.assertIn("blau", self.value_map.line_ids.mapped("source"))

    def test_try_a_mapping_in_its_form(self):
        self.quarantine("rot")
        url = f"/odoo/integration-mappings/{self.mapping.id}"
        self.start_tour(url, "integration_core_write_mapping", login="admin")
        self.assertEqual(self.mapping.state, "in_review")
