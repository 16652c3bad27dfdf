from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import errors, keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from .common import EngineCase

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the example of the standard


@tagged("post_install", "-at_install")
class TestCredential(EngineCase):
    def _credential(self, **version):
        return self.env["integration.credential"].create(
            {"name": "Shared", "version_ids": [(0, 0, {"secret": SECRET, **version})]}
        )

    def test_secret_is_usable_and_never_readable(self):
        credential = self._credential()
        version = credential.version_ids
        self.assertEqual(credential._secrets(), [SECRET])
        self.assertTrue(version.has_secret)
        saved = version.web_save({"secret": SECRET}, {"secret": {}, "has_secret": {}})
        shown = [version.read(["secret"]), saved, version.export_data(["secret", "key_id"])]
        self.assertNotIn("MfKQ9r8G", str(shown))
        self.env.cr.execute("SELECT * FROM integration_credential_version")
        self.assertNotIn("MfKQ9r8G", str(self.env.cr.fetchall()))

    def test_generated_secret_is_shown_once(self):
        credential = self.env["integration.credential"].create({"name": "Made here"})
        shown = credential.rotate({"generate": True})["secret"]
        self.assertEqual(credential._secrets(), [shown])
        self.assertGreater(len(shown), 40)

    def test_versions_overlap_and_expire(self):
        now = fields.Datetime.now()
        credential = self._credential(not_after=now + timedelta(hours=1))
        credential.version_ids = [
            (0, 0, {"secret": SECRET, "not_before": now - timedelta(hours=2)})
        ]
        self.assertEqual(len(credential._secrets()), 2)
        credential.version_ids.not_after = now - timedelta(hours=1)
        with self.assertRaises(errors.ConfigurationError):
            credential._secrets()
        self.assertFalse(credential.usable)

    def test_ciphertext_is_bound_to_its_record(self):
        credential = self._credential()
        other = self._credential()
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE integration_credential_version SET ciphertext = (
                SELECT ciphertext FROM integration_credential_version WHERE credential_id = %s)
             WHERE credential_id = %s
            """,
            [other.id, credential.id],
        )
        self.env.invalidate_all()
        with self.assertRaises(keyring.DecryptionFailed):
            credential._secrets()

    def test_without_a_key_ring_nothing_is_stored(self):
        def missing():
            raise keyring.KeyRingMissing("no key ring is configured")

        with patch.object(settings, "key_ring", missing), self.assertRaises(UserError):
            self._credential()

    def test_lost_key_is_named(self):
        credential = self._credential()
        other = KeyRing.parse(f"other:{keyring.generate_key()}")
        with (
            patch.object(settings, "key_ring", lambda: other),
            self.assertRaises(keyring.UnknownKey) as caught,
        ):
            credential._secrets()
        self.assertIn("test", str(caught.exception))

    def _entries(self, records):
        return self.env["integration.audit.entry"].search(
            [("res_model", "=", records._name), ("res_id", "in", records.ids)], order="id"
        )

    def test_replacing_a_secret_is_told(self):
        version = self._credential().version_ids
        before = self._entries(version)
        version.secret = SECRET
        entry = self._entries(version) - before
        self.assertEqual((entry.act, entry.company_id), ("change", self.env.company.id))
        self.assertIn("Secret: former secret → new secret", entry.changes_text)
        version.credential_id.rotate({"generate": True})
        made = version.credential_id.version_ids - version
        self.assertIn("rotate", self._entries(made).mapped("act"))

    def test_the_last_usable_secret_of_an_interface_stays(self):
        administrator = new_test_user(
            self.env, "secret.administrator", "integration_core.group_administrator"
        )
        credential = self._credential().with_user(administrator)
        self.env.cr.execute(
            "UPDATE integration_interface SET credential_id = %s WHERE id = %s",
            [credential.id, self.inbound.id],
        )
        self.env.invalidate_all()
        first = credential.version_ids
        for act in (
            first.unlink,
            credential.unlink,
            lambda: credential.write({"active": False}),
            lambda: credential.write({"version_ids": [(2, first.id)]}),
        ):
            with self.assertRaisesRegex(UserError, "last usable secret"):
                act()
        credential.rotate({"generate": True})
        first.unlink()
        self.assertEqual(self._entries(first)[-1].act, "delete")
        # What is not valid any more can go.
        credential.version_ids.sudo().not_after = fields.Datetime.now() - timedelta(hours=1)
        credential.active = False

    def test_a_secret_stays_with_its_credential(self):
        administrator = new_test_user(
            self.env, "secret.mover", "integration_core.group_administrator"
        )
        first, second = self._credential(), self._credential()
        first.rotate({"generate": True})
        for env in (self.env(user=administrator), self.env):
            version = first.with_env(env).version_ids[0]
            for act in (
                lambda version=version: version.write({"credential_id": second.id}),
                lambda version=version: version.write({"credential_id": False}),
                lambda version=version: second.with_env(version.env).write(
                    {"version_ids": [(4, version.id)]}
                ),
                lambda version=version: second.with_env(version.env).write(
                    {"version_ids": [(6, 0, version.ids)]}
                ),
            ):
                with self.assertRaisesRegex(UserError, "stays with its credential"):
                    act()
                self.env.invalidate_all()
            version.write({"credential_id": first.id})
        self.assertEqual((len(first.version_ids), len(second.version_ids)), (2, 1))

    def test_secrets_are_not_imported_from_files(self):
        credentials = self.env["integration.credential"]
        before = credentials.search_count([])
        for model, names, row in (
            (credentials, ["name", "version_ids/secret"], ["Imported", SECRET]),
            (credentials.version_ids, ["credential_id", "secret"], ["Imported", SECRET]),
        ):
            with self.assertRaisesRegex(UserError, "not imported from files"):
                model.load(names, [row])
        self.assertEqual(credentials.search_count([]), before)
        self.assertTrue(credentials.load(["name", "kind"], [["Imported", "hmac"]])["ids"])

    def test_deleting_a_credential_tells_of_its_secrets(self):
        credential = self._credential()
        version = credential.version_ids
        credential.unlink()
        self.assertEqual(self._entries(version)[-1].act, "delete")
