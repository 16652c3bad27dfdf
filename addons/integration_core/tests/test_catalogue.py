import json

from odoo.tests import tagged

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestCatalogue(EngineCase):
    """What a subscriber finds about an event type."""

    def test_schema_example_and_subscribers(self):
        version = self.contract.version_ids
        self.assertEqual(self.event_type.catalogue_version_id, version)
        self.assertEqual(self.event_type.catalogue_schema, version.schema)
        self.assertFalse(self.event_type.catalogue_example)
        self.assertEqual(self.event_type.interface_ids, self.outbound)

    def test_only_what_is_in_force_is_shown(self):
        self.contract.version_ids.create(
            {
                "contract_id": self.contract.id,
                "version": "1.1.0",
                "schema": json.dumps({"type": "object"}),
            }
        )
        self.assertEqual(self.event_type.catalogue_version_id.version, "1.0.0")

    def test_engine_types_show_theirs(self):
        exhausted = self.env.ref("integration_core.event_type_message_exhausted")
        self.assertEqual(json.loads(exhausted.catalogue_example)["error_code"], "http_503")
        self.assertIn("tells of its own work", exhausted.happens)
