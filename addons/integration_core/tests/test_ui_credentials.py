from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.engine import settings
from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from .common import EngineCase

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@tagged("post_install", "-at_install")
class TestUiCredentials(EngineCase, HttpCase):
    """Secrets and keys in a browser, as an administrator meets them."""

    def test_rotate_and_undo(self):
        credential = self.env["integration.credential"].create({"name": "Tour secret"})
        credential.rotate({}, SECRET)
        self.start_tour(
            "/odoo/integration-credentials", "integration_core_rotate_credential", login="admin"
        )
        credential.invalidate_recordset()
        states = credential._newest_first().mapped("state")
        self.assertEqual(states, ["revoked", "signing"])
        self.assertEqual(credential._secrets(), [SECRET])
        self.assertEqual(credential._newest_first()[0].not_after.year, 2099)

    def test_reencrypt(self):
        old = keyring.generate_key()
        ring = KeyRing.parse(f"old:{old}")
        with patch.object(settings, "key_ring", lambda: ring):
            self.env["integration.credential"].create({"name": "x"}).rotate({}, SECRET)
        both = KeyRing.parse(f"old:{old} new:{keyring.generate_key()}")
        with patch.object(settings, "key_ring", lambda: both):
            self.start_tour("/odoo/integration-keys", "integration_core_reencrypt", login="admin")
        run = self.env["integration.reencryption"].search([], limit=1)
        self.assertEqual((run.state, run.started_by), ("paused", "admin"))
