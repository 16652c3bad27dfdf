from odoo.tests import tagged

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestAuditDeletion(EngineCase):
    """What the database deletes along with a record is told as well."""

    def assertDeletionTold(self, owner, *parts):  # noqa: N802
        told = [(one._name, one.id) for part in parts for one in part]
        self.assertTrue(told)
        owner.unlink()
        for model, number in told:
            self.assertFalse(self.env[model].browse(number).exists())
            entries = self.env["integration.audit.entry"].search(
                [("res_model", "=", model), ("res_id", "=", number), ("act", "=", "delete")]
            )
            self.assertEqual(len(entries), 1, model)
            self.assertTrue(entries.res_name)

    def test_contract_with_versions_and_their_waivers(self):
        contract = self.env["integration.contract"].create(
            {
                "name": "Unused",
                "code": "test.unused",
                "version_ids": [(0, 0, {"version": "1.0.0"}), (0, 0, {"version": "2.0.0"})],
            }
        )
        waiver = self.env["integration.waiver"].create(
            {
                "rule": "contract_break",
                "contract_version_id": contract.version_ids[0].id,
                "reason": "Never mind",
            }
        )
        self.assertDeletionTold(contract, contract.version_ids, waiver)

    def test_value_map_with_values(self):
        value_map = self.env["integration.value.map"].create(
            {
                "name": "Units",
                "code": "test.units",
                "line_ids": [
                    (0, 0, {"source": "a", "target": "b"}),
                    (0, 0, {"source": "c", "target": "d", "state": "proposed"}),
                ],
            }
        )
        self.assertDeletionTold(value_map, value_map.line_ids)

    def test_event_type_with_fields(self):
        event_type = self.env["integration.event.type"].create(
            {
                "name": "Contact",
                "code": "test.unused.contact",
                "model_name": "res.partner",
                "trigger": "created",
                "contract_id": self.contract.id,
                "field_ids": [(0, 0, {"path": "name"}), (0, 0, {"path": "ref"})],
            }
        )
        self.assertDeletionTold(event_type, event_type.field_ids)

    def test_mapping_with_sections(self):
        mapping = self.env["integration.mapping"].create(
            {
                "name": "Unused",
                "section_ids": [(0, 0, {"target": "a", "source": "b", "expression": "item"})],
            }
        )
        self.assertDeletionTold(mapping, mapping.section_ids)

    def test_credential_with_versions(self):
        credential = self.env["integration.credential"].create(
            {"name": "Unused", "version_ids": [(0, 0, {}), (0, 0, {})]}
        )
        self.assertDeletionTold(credential, credential.version_ids)

    def test_interface_with_a_draft_of_a_waiver(self):
        interface = self.env["integration.interface"].create(
            {"name": "Unused", "system_id": self.system.id, "policy_id": self.policy.id}
        )
        waiver = self.env["integration.waiver"].create(
            {"interface_id": interface.id, "reason": "Never mind"}
        )
        self.assertDeletionTold(interface, waiver)
