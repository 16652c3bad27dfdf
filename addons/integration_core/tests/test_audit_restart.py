from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .audit_common import KEYS, AuditCase

TRAIL = "odoo.addons.integration_core.models.integration_audit_trail"


@tagged("post_install", "-at_install")
class TestAuditRestart(AuditCase):
    """After a restore somebody accepts that the trail is another one; earlier checkpoints end."""

    def setUp(self):
        super().setUp()
        quiet = mute_logger(TRAIL)
        quiet.__enter__()
        self.addCleanup(quiet.__exit__)
        entries = self.act("One", "Two", "Three", "Four")
        self.seal()
        self.checkpoint()
        # What a backup does not have.
        first = entries[0].seal_number
        self.tamper("DELETE FROM integration_audit_entry WHERE id >= %s", [entries[2].id])
        self.tamper("DELETE FROM integration_audit_seal WHERE sequence >= %s", [first + 2])
        self.older = self.verify()
        self.auditor = new_test_user(self.env, "audit.ed", "integration_core.group_auditor")

    def accept(self):
        self.older.with_user(self.auditor).action_accept("Restored the backup of last night")

    def accept_and_die(self):
        """The acceptance is committed, and the line is not written."""
        self.accept()
        self.env.cr.postcommit.clear()
        self.seal()

    def minute(self):
        """What happens each minute, whether or not a checkpoint is due."""
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.trail._checkpoint()
        self.env.invalidate_all()

    def lines(self):
        """How many lines say so."""
        return self.checkpoint_file.read_text().count('"restart"')

    def test_checkpoints_begin_anew(self):
        with self.enter_registry_test_mode():
            self.accept()
            self.assertEqual(self.lines(), 0, "it may be rolled back")
            self.env.cr.flush()
            self.env.cr.postcommit.run()
        self.assertEqual(self.lines(), 1)
        self.seal()
        self.checkpoint()
        again = self.verify()
        self.assertEqual(again.state, "intact", again.findings_text)
        self.assertIn("after a restore", again.remarks_text)
        self.assertEqual(self.lines(), 1)

    def test_an_acceptance_that_is_rolled_back_leaves_no_line(self):
        before = self.checkpoint_file.read_text()
        with self.enter_registry_test_mode():
            self.accept()
            self.env.cr.postcommit.clear()  # what a rollback does
        self.assertEqual(self.checkpoint_file.read_text(), before)

    def test_a_line_that_was_not_written_is_made_up_for_once(self):
        self.accept_and_die()
        self.assertTrue(self.older.restart_owed)
        for _minute in range(3):
            self.minute()
            self.assertFalse(self.older.restart_owed)
            self.assertTrue(self.older._is_genuine())
        self.assertEqual(self.lines(), 1)
        self.assertEqual(self.verify().state, "intact")

    def test_a_line_that_cannot_be_written_is_still_owed(self):
        self.accept_and_die()
        self.configure(KEYS, "/nonexistent/checkpoints")
        self.minute()
        self.assertTrue(self.older.restart_owed)
        self.configure(KEYS)
        self.minute()
        self.assertFalse(self.older.restart_owed)
        self.assertEqual(self.lines(), 1)

    def test_the_database_alone_lets_no_checkpoint_stop_counting(self):
        """Neither what it says is owed, nor what was owed long ago."""
        self.accept_and_die()
        self.minute()
        for change in (
            "restart_owed = true",
            "restart_owed = true, accepted_at = now() AT TIME ZONE 'UTC'",
        ):
            self.env.cr.execute(f"UPDATE integration_audit_verification SET {change}")
            self.env.invalidate_all()
            self.minute()
            self.assertEqual(self.lines(), 1, change)
        self.older.write({"restart_owed": True, "accepted_at": "2020-01-01"})
        self.older._sign()
        self.minute()
        self.assertEqual(self.lines(), 1, "too old")

    def test_findings_about_entries_let_checkpoints_be(self):
        self.older.write({"findings": [["missing", {"sequence": 1, "entry": 1}]]})
        self.older._sign()
        self.accept_and_die()
        self.assertFalse(self.older.restart_owed)
        self.minute()
        self.assertEqual(self.lines(), 0)
