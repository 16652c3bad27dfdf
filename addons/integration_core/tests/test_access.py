from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .access_matrix import MATRIX, OPERATIONS, ROLES
from .common import EngineCase

SECRET = "whsec_dGhlIGNhbmFyeSBpbiB0aGUgY29hbCBtaW5l"


@tagged("post_install", "-at_install")
class TestAccess(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(cls.env, f"integration.{role}", group)
            for role, group in ROLES.items()
        }

    def _as(self, role, record):
        return record.with_user(self.users[role])

    def test_matrix(self):
        for models, rights in MATRIX.items():
            for name in models:
                for role, allowed in rights.items():
                    model = self._as(role, self.env[name])
                    for operation, letter in OPERATIONS.items():
                        with self.subTest(model=name, role=role, operation=operation):
                            self.assertEqual(model.has_access(operation), letter in allowed)

    def test_matrix_is_complete(self):
        """A new model of this addon must be placed in the matrix."""
        known = {name for models in MATRIX for name in models}
        ours = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("integration.")
            and model._original_module == "integration_core"
            and not model._abstract
            and not model._transient
        }
        self.assertEqual(ours, known)

    def test_first_administrator(self):
        self.assertTrue(
            self.env.ref("base.user_admin").has_group("integration_core.group_administrator")
        )

    def test_menus_are_hidden_from_business_users(self):
        root = self.env.ref("integration_core.menu_root")
        for role, visible in (("user", False), ("observer", True)):
            menus = self.env["ir.ui.menu"].with_user(self.users[role])._visible_menu_ids()
            self.assertEqual(root.id in menus, visible, role)

    def test_ledger_is_closed_to_the_orm(self):
        message = self.receive("k1", {"key": "a"})
        # sudo: not even the superuser's environment writes messages
        for env_message in (message.sudo(), self._as("administrator", message)):
            with self.assertRaises(AccessError):
                env_message.write({"state": "done"})
            with self.assertRaises(AccessError):
                env_message.create({"uuid": "x"})
            with self.assertRaises(UserError):
                env_message.unlink()
        self.assertEqual(message.state, "queued")

    def test_content_is_for_content_viewers(self):
        message = self.receive("k1", {"key": "canary"})
        self.assertIn("canary", self._as("content_viewer", message).payload_ids.content)
        for role in ("observer", "operator"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._as(role, message).payload_ids.read(["content"])

    def test_bytes_are_for_nobody(self):
        payload = self._as("administrator", self.receive("k1", {"key": "a"}).payload_ids)
        with self.assertRaises(AccessError):
            payload.read(["body"])

    def test_event_data_is_for_content_viewers(self):
        self.fire()
        event = self.env["integration.event"].search([("type_id", "=", self.event_type.id)])
        self.assertTrue(event)
        self.assertIn("Zedland", self._as("content_viewer", event).data)
        self.assertNotIn("data", self._as("operator", event).read()[0])
        with self.assertRaises(AccessError):
            self._as("operator", event).read(["data"])

    def test_only_operators_operate(self):
        message = self.receive("k1", {"key": "a"})
        for role in ("user", "observer", "content_viewer"):
            with self.subTest(role=role), self.assertRaises(UserError):
                self._as(role, message).action_park("not now")
            with self.subTest(role=role), self.assertRaises(UserError):
                self._as(role, self.inbound).action_pause()
        self._as("operator", message).action_park("not now")
        self.assertEqual(message.state, "held")
        self._as("operator", self.inbound).action_pause()
        self.assertTrue(self.inbound.processing_paused)

    def test_operators_do_not_configure(self):
        for act in ("action_propose_change", "action_retire", "action_deprecate"):
            with self.subTest(act=act), self.assertRaises(AccessError):
                getattr(self._as("operator", self.inbound), act)()
        with self.assertRaises(AccessError):
            self._as("operator", self.inbound).name = "Mine"

    def test_token_is_for_administrators(self):
        self.assertTrue(self._as("administrator", self.inbound).token)
        with self.assertRaises(AccessError):
            self._as("operator", self.inbound).read(["token"])

    def test_interface_form_opens_without_credential_rights(self):
        credential = self.env["integration.credential"].create({"name": "Shared"})
        self.env.cr.execute(
            "UPDATE integration_interface SET credential_id = %s WHERE id = %s",
            [credential.id, self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        for role in ("observer", "operator", "administrator"):
            interface = self._as(role, self.inbound)
            arch = etree.fromstring(interface.get_view(view_type="form")["arch"])
            shown = bool(arch.xpath("//field[@name='credential_id']"))
            self.assertEqual(shown, role == "administrator", role)
            spec = {
                node.get("name"): {} for node in arch.xpath("//sheet//field[not(ancestor::list)]")
            }
            self.assertEqual(interface.web_read(spec)[0]["id"], self.inbound.id)

    def test_secret_leaves_by_no_way(self):
        self.users["administrator"].group_ids += self.env.ref("base.group_allow_export")
        credential = self._as("administrator", self.env["integration.credential"]).create(
            {"name": "Shared"}
        )
        answer = credential.web_save(
            {"version_ids": [(0, 0, {"secret": SECRET})]},
            {"version_ids": {"fields": {"secret": {}, "has_secret": {}, "key_id": {}}}},
        )
        version = credential.version_ids
        self.assertTrue(version.has_secret)
        ways = {
            "web_save": answer,
            "second web_save": version.web_save({"secret": SECRET}, {"secret": {}}),
            "read": version.read(),
            "web_read": version.web_read({"secret": {}, "display_name": {}}),
            "search_read": version.search_read([], ["secret"]),
            "export": version.export_data(["secret", "credential_id/version_ids/secret"]),
            "copy": version.copy_data(),
            "chatter": credential.message_ids.mapped("body"),
        }
        for way, shown in ways.items():
            self.assertNotIn(SECRET[6:], str(shown), way)
        for closed in (["ciphertext"], ["secret", "ciphertext"]):
            with self.assertRaises(AccessError):
                version.read(closed)

    def test_other_companies_stay_hidden(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "integration.stranger",
            "integration_core.group_administrator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        message = self.receive("k1", {"key": "a"})
        for record in (self.system, self.inbound, message, message.payload_ids):
            with self.subTest(model=record._name):
                self.assertFalse(record.with_user(stranger).search([("id", "in", record.ids)]))
                with self.assertRaises(AccessError):
                    record.with_user(stranger).read(["display_name"])
        self.assertTrue(self.env["integration.policy"].with_user(stranger).search([]))
