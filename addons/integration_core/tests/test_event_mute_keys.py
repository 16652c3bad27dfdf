from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.tools.keyring import KeyRing, KeyRingError

from .mute_case import MuteCase


@tagged("post_install", "-at_install")
class TestEventMuteKeys(MuteCase):
    """A deleted record keeps its content, sealed: what happens when the key is not there."""

    def clinical_deletion(self):
        """An event type whose events carry sealed content, and whose interface is at work."""
        gone = self.env["integration.event.type"].create(
            {
                "name": "Country deleted",
                "code": "test.country.deleted",
                "model_name": "res.country",
                "trigger": "deleted",
                "contract_id": self.contract.id,
            }
        )
        self._interface(
            "Clinical",
            direction="outbound",
            data_class="clinical",
            event_type_ids=[(6, 0, gone.ids)],
        )
        gone._triggers_changed()
        return gone

    def delete_one(self):
        record = self.countries(1)
        self.env.cr.postcommit.data.clear()  # it exists since long
        record.unlink()
        self.env.cr.flush()

    def test_lost_key_does_not_stop_other_mutes(self):
        admin = new_test_user(self.env, "mute.admin", "integration_core.group_administrator")
        gone = self.clinical_deletion()
        waits = self.mute(event_type_ids=[(6, 0, gone.ids)], start=False)
        waits.with_user(admin).action_mute()
        self.delete_one()
        self.assertEqual(len(self.rows(waits)), 1)
        other = self.mute()
        self.reach(self.countries(1))
        (waits | other).action_unmute()
        with (
            patch.object(KeyRing, "decrypt", side_effect=KeyRingError("lost")),
            mute_logger("odoo.addons.integration_core.models.integration_event_mute"),
        ):
            self.run_cron()
            waits._set(worked_at=None)
            self.run_cron()
        self.assertEqual(other.told_count, 1)
        self.assertEqual(len(self.rows(waits)), 1, "it waits for its key")
        self.assertEqual(waits.activity_ids.user_id, admin)
        self.assertEqual(len(waits.activity_ids), 1, "told once")
        waits._set(worked_at=None)
        waits._set(ended_at=fields.Datetime.now() - timedelta(minutes=5))
        self.run_cron()
        self.assertEqual((waits.told_count, waits.state), (1, "done"))
        self.assertFalse(waits.activity_ids)

    def test_deletion_goes_on_without_a_key(self):
        gone = self.clinical_deletion()
        mute = self.mute(event_type_ids=[(6, 0, gone.ids)])
        with patch.object(KeyRing, "encrypt", side_effect=KeyRingError("no current key")):
            self.delete_one()
        self.env.cr.execute(
            "SELECT data, body, problem FROM integration_event_muted WHERE mute_id = %s", [mute.id]
        )
        data, body, problem = self.env.cr.fetchone()
        self.assertEqual((data, body), ("{}", None))
        self.assertIn("no key ring", problem)
