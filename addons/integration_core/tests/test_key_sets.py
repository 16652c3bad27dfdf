import json
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing


@tagged("post_install", "-at_install")
class TestKeySets(HttpCase):
    """Partners fetch our public keys without a login, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ring = KeyRing.parse(f"test:{keyring.generate_key()}")
        cls.startClassPatcher(patch.object(settings, "key_ring", lambda: ring))
        cls.env["integration.encryption.key"].search([]).unlink()
        system = cls.env["integration.system"].create({"name": "Partner", "code": "PARTNER"})
        cls.credential = cls.env["integration.credential"].create(
            {"name": "Key pair", "kind": "ed25519"}
        )
        cls.credential.rotate({"generate": True})
        cls.interface = cls.env["integration.interface"].create(
            {"name": "Outbound", "system_id": system.id, "credential_id": cls.credential.id}
        )

    def _get(self, public_id=None, **headers):
        name = public_id or self.interface.public_id
        return self.url_open(f"/integration/jwks/{name}.json", headers=headers)

    def test_a_key_set(self):
        answer = self._get()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/jwk-set+json")
        self.assertIn("max-age=300", answer.headers["Cache-Control"])
        self.assertNotIn("Set-Cookie", answer.headers)
        [key] = answer.json()["keys"]
        self.assertEqual((key["kty"], key["crv"], key["use"]), ("OKP", "Ed25519", "sig"))
        self.assertNotIn("d", key)
        self.assertIn(self.interface.public_id, self.interface.published_keys_url)

    def test_cached_by_its_tag(self):
        tag = self._get().headers["ETag"]
        self.assertEqual(self._get(**{"If-None-Match": tag}).status_code, 304)

    def test_old_and_new_keys_overlap_and_revoked_ones_are_gone(self):
        old = self.credential.version_ids
        self.credential.rotate({"generate": True, "overlap_hours": 24})
        self.assertEqual(len(self._get().json()["keys"]), 2)
        old.action_revoke("It became known.")
        [key] = self._get().json()["keys"]
        new = (self.credential.version_ids - old).public_key
        self.assertTrue(new)
        self.assertNotIn(json.dumps(key), old.public_key)

    def test_nothing_about_others(self):
        system = self.interface.system_id
        shared = self.env["integration.credential"].create({"name": "Shared", "kind": "hmac"})
        shared.rotate({"generate": True})
        other = self.env["integration.interface"].create(
            {"name": "Other", "system_id": system.id, "credential_id": shared.id}
        )
        for name in (other.public_id, "unknown", self.interface.token, str(self.interface.id)):
            answer = self._get(name)
            self.assertEqual((answer.status_code, answer.content), (404, b""))
        self.assertFalse(other.published_keys_url)
        self.interface.active = False
        self.assertEqual(self._get().status_code, 404)

    def test_names_differ_and_are_not_copied(self):
        copy = self.interface.copy()
        self.assertNotEqual(copy.public_id, self.interface.public_id)
        self.assertNotIn("public_id", self.interface._proposable_names())
