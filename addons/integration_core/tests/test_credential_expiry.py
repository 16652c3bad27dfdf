from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import sealed_secrets
from odoo.addons.integration_core.engine.last_uses import LastUses

from .common import EngineCase

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACTIVITY = "integration_core.mail_activity_credential"


@tagged("post_install", "-at_install")
class TestCredentialExpiry(EngineCase):
    """Who hears of the end of a secret, when, and how often."""

    def setUp(self):
        super().setUp()
        self.person = new_test_user(
            self.env, "expiry.person", "integration_core.group_administrator"
        )
        self.credential = self.env["integration.credential"].create(
            {"name": "Ends", "user_id": self.person.id}
        )
        self.credential.rotate({}, SECRET)
        self.now = fields.Datetime.now().replace(microsecond=0)
        self.credential.version_ids.not_after = self.now + timedelta(days=40)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET credential_id = %s WHERE id = %s",
            [self.credential.id, self.outbound.id],
        )
        self.env.invalidate_all()

    def look(self, days):
        """Run the scheduled action so many days before the end; return the open notices."""
        moment = self.now + timedelta(days=40) - timedelta(days=days)
        self.env.invalidate_all()
        with patch.object(fields.Datetime, "now", lambda *_args: moment):
            self.env["integration.credential"]._cron_credentials()
        return self.notices()

    def use(self, version):
        with self.enter_registry_test_mode():
            sealed_secrets.note_use(self.env.registry, version.ids)

    def notices(self, record=None):
        record = self.credential if record is None else record
        return record.activity_search([ACTIVITY])

    def test_each_notice_comes_once(self):
        seen = []
        for days in (35, 30, 29, 15, 14, 10, 7, 2, 1, 0.5, 0, -1):
            found = self.look(days)
            self.assertLessEqual(len(found), 1)
            if found and found.id not in seen:
                seen.append(found.id)
        self.assertEqual(len(seen), 5)
        self.assertEqual(self.notices().user_id, self.person)
        self.assertIn("expired", self.notices().summary)
        self.assertIn("Outbound", self.notices().note)

    def test_a_new_end_is_told_again(self):
        self.assertTrue(self.look(1))
        self.credential.version_ids.not_after += timedelta(days=100)
        self.notices().unlink()
        self.assertFalse(self.look(1))
        self.assertTrue(self.look(-75))

    def test_an_old_secret_that_ends_in_a_rotation_is_no_news(self):
        self.credential.rotate({"overlap_hours": 24}, SECRET)
        self.assertFalse(self.look(0))
        self.assertEqual(self.credential.status, "rotating")

    def test_owners_are_told_when_nobody_is_responsible(self):
        owner = new_test_user(self.env, "expiry.owner", "integration_core.group_observer")
        self.outbound.owner_id = owner
        self.credential.user_id = False
        self.assertFalse(self.look(7))
        self.assertEqual(self.notices(self.outbound).user_id, owner)

    def test_certificates_end_as_well(self):
        version = self.credential.version_ids
        version.sudo().certificate_ends_at = self.now + timedelta(days=20)
        self.assertEqual(self.credential.ends_at, version.certificate_ends_at)
        self.assertTrue(self.look(30))

    def test_last_use_is_noted_now_and_then(self):
        version = self.credential.version_ids
        self.env.flush_all()
        with patch.object(sealed_secrets, "_uses", LastUses()):
            self.use(version)
            version.invalidate_recordset()
            first = version.last_used_at
            self.assertTrue(first)
            self.env.cr.execute(
                "UPDATE integration_credential_version SET last_used_at = NULL WHERE id = %s",
                [version.id],
            )
            self.use(version)
            version.invalidate_recordset()
            self.assertFalse(version.last_used_at, "one process writes once in a while only")
