from odoo.tests import HttpCase, new_test_user, tagged

from .test_item import ItemCase


@tagged("post_install", "-at_install")
class TestUiSteward(ItemCase, HttpCase):
    def test_both_sides_and_the_decision(self):
        new_test_user(
            self.env,
            "steward.tour",
            "integration_core.group_steward,integration_core.group_content_viewer,"
            "product.group_product_manager",
        )
        self.bring_well({**self.item("I-1", reference="GZ-1"), "name": "Gauze, known"})
        asked = self.refuse(
            "possible_duplicate", {**self.item("I-2", reference="GZ-1"), "name": "Gauze, sent"}
        )
        duplicate = self.env["integration.duplicate"].search([("message_id", "=", asked.id)])
        self.start_tour(
            f"/odoo/integration-duplicates/{duplicate.id}",
            "integration_procurement_possible_duplicate",
            login="steward.tour",
        )
        duplicate.invalidate_recordset()
        self.assertEqual(duplicate.decision, "link")
