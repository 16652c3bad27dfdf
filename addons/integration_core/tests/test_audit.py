import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import audit

from .common import EngineCase

SECRET = "whsec_dGhlIGNhbmFyeSBpbiB0aGUgY29hbCBtaW5l"


@tagged("post_install", "-at_install")
class TestAudit(EngineCase):
    def entries(self, record):
        return self.env["integration.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )

    def test_change_is_told_with_both_values(self):
        ana = new_test_user(self.env, "ana.audit", groups="integration_core.group_administrator")
        self.system.with_user(ana).write({"environment": "production", "name": "Other"})
        entry = self.entries(self.system)[-1]
        self.assertEqual((entry.act, entry.actor_login), ("change", "ana.audit"))
        self.assertEqual(entry.res_name, "Other")
        self.assertIn("Environment: Test → Production", entry.changes_text)
        self.assertIn("Name: Partner → Other", entry.changes_text)

    def test_what_does_not_change_is_not_told(self):
        before = len(self.entries(self.system))
        self.system.write({"name": self.system.name})
        self.assertEqual(len(self.entries(self.system)), before)

    def test_lines_and_relations_are_told(self):
        value_map = self.env["integration.value.map"].create(
            {
                "name": "Units",
                "code": "test.units",
                "line_ids": [(0, 0, {"source": "a", "target": "b"})],
            }
        )
        line = value_map.line_ids
        line.target = "c"
        self.assertEqual(self.entries(line).mapped("act"), ["create", "change"])
        line.unlink()
        self.assertEqual(self.entries(line).mapped("act")[-1], "delete")

    def test_long_texts_are_cut(self):
        self.system.description = "x" * 5000
        self.assertLess(len(self.entries(self.system)[-1].changes), 3 * audit.TEXT_LIMIT)

    def test_what_not_everybody_may_read_is_told_without_its_value(self):
        before, after = "digest-of-one-address", "digest-of-another-address"
        self.inbound.former_address_digest = before
        self.inbound.former_address_digest = after
        entry = self.entries(self.inbound)[-1]
        self.assertEqual(entry.act, "change")
        self.assertIn("••• → •••", entry.changes_text)
        for secret in (before, after):
            self.assertNotIn(secret, entry.changes)

    def test_secret_is_not_told(self):
        credential = self.env["integration.credential"].create(
            {"name": "Shared", "version_ids": [(0, 0, {"secret": SECRET})]}
        )
        self.assertTrue(credential.version_ids.has_secret)
        self.env.cr.execute("SELECT string_agg(e::text, ' ') FROM integration_audit_entry e")
        text = self.env.cr.fetchone()[0]
        self.assertNotIn(SECRET, text)
        self.assertNotIn(credential.version_ids.sudo().ciphertext, text)

    def test_orm_refuses_to_forge_change_or_delete(self):
        model = self.env["integration.audit.entry"]
        entry = model.search([], limit=1)
        with self.assertRaises(AccessError):
            model.create({"act": "approve", "res_model": "res.partner", "res_id": 1})
        with self.assertRaises(AccessError):
            entry.write({"reason": "other"})
        with self.assertRaises(AccessError):
            entry.unlink()

    @mute_logger("odoo.sql_db")
    def test_database_refuses_to_change_or_delete(self):
        for statement in (
            "UPDATE integration_audit_entry SET reason = 'other'",
            "DELETE FROM integration_audit_entry",
            "TRUNCATE integration_audit_entry",
        ):
            with (
                self.subTest(statement),
                self.assertRaises(psycopg2.errors.InsufficientPrivilege),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_statement_that_meets_no_entry_passes(self):
        # What Odoo runs over all tables with a reference when it takes accounts apart.
        self.env.cr.execute("UPDATE integration_audit_entry SET res_id = 1 WHERE id < 0")
        self.assertEqual(self.env.cr.rowcount, 0)

    def test_rolled_back_act_leaves_no_entry(self):
        count = len(self.entries(self.system))
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.system.name = "Never"
            self.env.flush_all()
            raise ZeroDivisionError
        self.assertEqual(len(self.entries(self.system)), count)

    def test_reason_wizard_calls_named_acts_only(self):
        wizard = self.env["integration.reason.wizard"].create(
            {
                "res_model": "res.partner",
                "res_ids": str(self.env.user.partner_id.id),
                "method": "unlink",
                "reason": "because",
            }
        )
        with self.assertRaises(AccessError):
            wizard.action_confirm()

    def test_deleting_a_mapping_tells_of_its_sections(self):
        section = {"target": "lines", "source": "rows", "expression": "item"}
        mapping = self.env["integration.mapping"].create(
            {"name": "To be deleted", "section_ids": [(0, 0, section)]}
        )
        section = mapping.section_ids
        mapping.unlink()
        self.assertEqual(self.entries(section)[-1].act, "delete")

    def test_a_system_with_a_history_is_kept(self):
        system = self.env["integration.system"].create({"name": "Former", "code": "FORMER"})
        interface = self.env["integration.interface"].create(
            {"name": "Archived", "system_id": system.id, "direction": "inbound", "active": False}
        )
        with self.assertRaisesRegex(UserError, "“Former”"):
            system.unlink()
        interface.unlink()
        link = self.env["integration.record.link"].create(
            {
                "system_id": system.id,
                "res_model": "res.partner",
                "res_id": self.env.user.partner_id.id,
                "external_id": "P-1",
            }
        )
        with self.assertRaisesRegex(UserError, "identifiers"):
            system.unlink()
        link.unlink()
        system.unlink()
