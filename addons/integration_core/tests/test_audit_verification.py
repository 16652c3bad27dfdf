from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import audit_checkpoints, audit_export

from ..tools import audit_export as format_of_exports
from .audit_common import KEYS, AuditCase

TRAIL = "odoo.addons.integration_core.models.integration_audit_trail"
COPY = """
    INSERT INTO integration_audit_entry (occurred_at, actor_id, actor_login, act, res_model, res_id)
    SELECT occurred_at, actor_id, actor_login, act, res_model, res_id
      FROM integration_audit_entry WHERE id = %s
"""


@tagged("post_install", "-at_install")
class TestAuditVerification(AuditCase):
    """A superuser switches the trigger off and tampers; the action and the export show where."""

    def setUp(self):
        super().setUp()
        quiet = mute_logger(TRAIL)
        quiet.__enter__()
        self.addCleanup(quiet.__exit__)
        self.entries = self.act("One", "Two", "Three", "Four")
        self.seal()
        self.checkpoint()
        self.first = self.entries[0].seal_number

    def found(self, code, sequence):
        """Verify, with Odoo and from an export, and expect this to be named first."""
        verification = self.verify()
        self.assertEqual(verification.state, "broken")
        told, values = verification.findings[0]
        self.assertEqual((told, values["sequence"]), (code, sequence))
        self.assertIn("The audit trail is broken", self.alerts())
        self.assertEqual(self.trail.state, "broken")
        report, problem = self.exported()
        self.assertEqual(problem, "", "the export is as it was exported")
        self.assertEqual((report.findings[0].code, report.findings[0].sequence), (code, sequence))
        return verification

    def exported(self):
        with self.enter_registry_test_mode():
            records = [
                *audit_export.records(
                    self.env.registry,
                    KEYS,
                    frozenset(self.env["res.company"].search([]).ids),
                    login="auditor",
                    reason="test",
                )
            ]
            points = audit_checkpoints.read(self.env.cr, KEYS)
        checked = format_of_exports.checked(iter(records), KEYS)
        points, self.later = format_of_exports.known_then(format_of_exports.header(checked), points)
        return format_of_exports.verify(checked, KEYS, points)

    def test_an_intact_trail(self):
        verification = self.verify()
        self.assertEqual((verification.state, verification.finding_count), ("intact", 0))
        self.assertEqual(verification.checked, verification.head_sequence)
        self.assertIn("Checkpoints that agree: 1", verification.remarks_text)
        entry = self.env["integration.audit.entry"].search([], limit=1)
        self.assertEqual((entry.act, entry.res_model), ("verify", verification._name))
        self.assertIn("Intact", entry.changes)
        self.assertFalse(self.alerts())
        report, problem = self.exported()
        self.assertEqual((report.intact, problem), (True, ""))
        self.assertEqual(self.later, 0, "a checkpoint of the second before the export counts")
        self.assertIn("waiting", [one.code for one in report.remarks])

    def test_changed(self):
        self.tamper(
            "UPDATE integration_audit_entry SET reason = 'nothing' WHERE id = %s",
            [self.entries[1].id],
        )
        found = self.found("changed", self.first + 1)
        self.assertIn(f"Number {self.first + 1} ", found.first_finding)
        self.assertEqual(found.finding_count, 1)

    def test_deleted(self):
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", [self.entries[2].id])
        self.found("missing", self.first + 2)

    def test_deleted_with_its_seal(self):
        for table, column in (("entry", "id"), ("seal", "entry_id")):
            self.tamper(
                f"DELETE FROM integration_audit_{table} WHERE {column} = %s", [self.entries[1].id]
            )
        self.found("gap", self.first + 1)

    def test_deleted_end(self):
        self.tamper("DELETE FROM integration_audit_entry WHERE id >= %s", [self.entries[2].id])
        self.tamper("DELETE FROM integration_audit_seal WHERE sequence >= %s", [self.first + 2])
        found = self.found("older", self.first + 2)
        self.assertIn("older than checkpoint", found.first_finding)

    def test_deleted_end_after_which_sealing_went_on(self):
        self.tamper("DELETE FROM integration_audit_entry WHERE id >= %s", [self.entries[2].id])
        self.tamper("DELETE FROM integration_audit_seal WHERE sequence >= %s", [self.first + 2])
        with self.enter_registry_test_mode():
            self.trail._checkpoint(due=True)
        self.assertIn("The audit trail is broken", self.alerts(), "noticed by the next checkpoint")
        self.checkpoint_file.write_text(self.checkpoint_file.read_text().splitlines()[0] + "\n")
        self.act("Five", "Six", "Seven")
        self.seal()
        self.found("replaced", self.first + 3)

    def test_deleted_altogether(self):
        self.tamper("DELETE FROM integration_audit_entry")
        self.tamper("DELETE FROM integration_audit_seal")
        self.found("older", 1)

    def test_inserted(self):
        """With the trigger off a new entry does not even get into the queue."""
        self.tamper(COPY, [self.entries[0].id])
        found = self.verify()
        self.assertEqual(self.codes(found), ["unsealed"])
        report, _problem = self.exported()
        self.assertEqual([one.code for one in report.findings], ["unsealed"])

    def test_inserted_with_a_seal_of_its_own(self):
        self.tamper(COPY, [self.entries[0].id])
        self.tamper(
            """
            INSERT INTO integration_audit_seal
                (sequence, entry_id, previous_mac, content_mac, mac, key_id, sealed_at)
            SELECT s.sequence + 1, (SELECT max(id) FROM integration_audit_entry), s.mac,
                   s.content_mac, repeat('a', 64), s.key_id, s.sealed_at
              FROM integration_audit_seal s ORDER BY sequence DESC LIMIT 1
            """
        )
        self.found("forged", self.first + 4)

    def test_inserted_with_a_seal_without_number(self):
        self.tamper(COPY, [self.entries[0].id])
        self.tamper(
            """
            INSERT INTO integration_audit_seal
                (sequence, entry_id, previous_mac, content_mac, mac, key_id, sealed_at)
            VALUES (0, (SELECT max(id) FROM integration_audit_entry), '', '', '', '', now())
            """
        )
        self.assertEqual(self.codes(self.verify()), ["unsealed"])

    def test_reordered_entries(self):
        one, other = self.entries[0].id, self.entries[2].id
        for old, new in ((one, -1), (other, one), (-1, other)):
            self.tamper("UPDATE integration_audit_entry SET id = %s WHERE id = %s", [new, old])
        self.found("changed", self.first)

    def test_reordered_seals(self):
        for old, new in ((self.first, -1), (self.first + 2, self.first), (-1, self.first + 2)):
            self.tamper(
                "UPDATE integration_audit_seal SET sequence = %s WHERE sequence = %s", [new, old]
            )
        found = self.found("reordered", self.first)
        self.assertIn(f"was sealed as number {self.first + 2}", found.first_finding)

    def test_changed_mac(self):
        self.tamper(
            "UPDATE integration_audit_seal SET mac = repeat('b', 64) WHERE sequence = %s",
            [self.first + 1],
        )
        self.found("forged", self.first + 1)

    def test_deleted_before_it_was_sealed(self):
        (entry,) = self.act("Short-lived")
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", [entry.id])
        self.seal()
        self.assertEqual(self.codes(self.verify()), ["lost"])

    def test_a_forged_checkpoint(self):
        line = self.checkpoint_file.read_text().replace('"kind": "checkpoint"', '"kind": "restart"')
        self.checkpoint_file.write_text(line)
        found = self.verify()
        self.assertEqual(self.codes(found), ["false_checkpoint"])
        self.assertIn("Line 1 of the checkpoint file", found.first_finding)

    # -- nightly ---------------------------------------------------------------------------

    def test_each_night_what_is_new(self):
        self.assertEqual(self.verify(full=False).scope, "full", "the first one")
        self.act("Five")
        self.seal()
        second = self.verify(full=False)
        self.assertEqual((second.scope, second.state), ("new", "intact"))
        self.assertLess(second.checked, second.head_sequence)
        self.tamper(
            "UPDATE integration_audit_entry SET reason = 'x' WHERE id = %s", [self.entries[0].id]
        )
        self.assertEqual(self.verify(full=False).state, "intact", "only what is new")
        self.env.cr.execute(
            "UPDATE integration_audit_verification SET started_at = started_at - interval '8 days'"
        )
        self.env.invalidate_all()
        for earlier in self.env["integration.audit.verification"].search([]):
            earlier._sign()
        weekly = self.verify(full=False)
        self.assertEqual((weekly.scope, weekly.state), ("full", "broken"))

    def test_a_trail_that_does_not_reach_the_last_verification_is_read_anew(self):
        self.verify()
        self.tamper("DELETE FROM integration_audit_seal")
        nightly = self.verify(full=False)
        self.assertEqual((nightly.scope, nightly.state), ("full", "broken"))

    def test_a_verification_that_the_database_made_up_is_not_believed(self):
        self.verify()
        self.assertEqual(self.verify(full=False).scope, "new")
        for change in (
            "started_at = started_at + interval '1 day'",
            "head_sequence = head_sequence - 1",
            "signature = NULL",
            "signature = 't2:' || split_part(signature, ':', 2)",
        ):
            self.verify()
            self.env.cr.execute(f"UPDATE integration_audit_verification SET {change}")
            self.env.invalidate_all()
            self.assertEqual(self.verify(full=False).scope, "full", change)

    def test_findings_that_the_database_closed_are_still_told(self):
        auditor = new_test_user(self.env, "audit.ed", "integration_core.group_auditor")
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", [self.entries[0].id])
        found = self.verify()
        self.trail.activity_ids.unlink()
        self.env.cr.execute("UPDATE integration_audit_verification SET accepted_at = now()")
        self.env.invalidate_all()
        self.assertEqual(self.trail.state, "broken")
        self.verify()
        self.assertIn("The audit trail is broken", self.alerts())
        self.env.cr.execute("UPDATE integration_audit_verification SET accepted_at = NULL")
        self.env.cr.execute("UPDATE integration_audit_verification SET finding_count = 2")
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Verify again"):
            found.with_user(auditor).action_accept("Nothing")

    def test_the_nightly_action(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.trail._cron_verify()
        self.assertEqual(self.trail.verification_state, "intact")

    def test_a_verification_whose_process_died(self):
        gone = self.env["integration.audit.verification"]._begin(full=True)
        gone.alive_at = "2020-01-01"
        gone._give_up_silent()
        self.assertEqual(gone.state, "failed")

    def test_without_a_key_nothing_is_verified(self):
        self.configure(None)
        verification = self.verify()
        self.assertEqual(verification.state, "failed")
        self.assertIn("audit_key", verification.problem)

    # -- people ----------------------------------------------------------------------------

    def test_an_auditor_verifies_and_closes_a_finding(self):
        auditor = new_test_user(self.env, "audit.ed", "integration_core.group_auditor")
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", [self.entries[0].id])
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = self.trail.with_user(auditor).action_verify()
        verification = self.env[action["res_model"]].browse(action["res_id"]).with_user(auditor)
        self.assertEqual((verification.state, verification.user_id), ("broken", auditor))
        with self.assertRaises(UserError):
            verification.action_accept(" ")
        verification.action_accept("A restore that went wrong")
        entry = self.env["integration.audit.entry"].search([], limit=1)
        self.assertEqual((entry.act, entry.actor_login), ("resolve", "audit.ed"))
        self.assertFalse(self.alerts())
        self.assertEqual(self.trail.state, "sealed")
        again = self.verify()
        self.assertEqual(again.state, "broken", "it stays on record")
        self.assertFalse(self.alerts(), "but nobody is called again")
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", [self.entries[1].id])
        self.assertEqual(self.trail.state, "sealed", "and the screen agrees")
        self.verify()
        self.assertTrue(self.alerts(), "something new is told")
        self.assertEqual(self.trail.state, "broken")

    def test_new_findings_behind_many_accepted_ones(self):
        """Only some are stored, yet one more is told; and the same ones again are not."""
        auditor = new_test_user(self.env, "audit.ed", "integration_core.group_auditor")
        entries = self.act(*(f"Name {number}" for number in range(30)))
        self.seal()
        self.tamper(
            "UPDATE integration_audit_entry SET reason = 'x' WHERE id = ANY(%s)",
            [entries[:25].ids],
        )
        first = self.verify()
        self.assertEqual((first.finding_count, len(first.findings)), (25, 20))
        first.with_user(auditor).action_accept("Somebody corrected reasons")
        self.verify()
        self.assertEqual((self.alerts(), self.trail.state), ([], "sealed"))
        # One more and one less: neither their number nor the first twenty tell.
        self.tamper(
            "UPDATE integration_audit_entry SET reason = NULL WHERE id = %s", [entries[24].id]
        )
        self.tamper(
            "UPDATE integration_audit_entry SET reason = 'x' WHERE id = %s", [entries[27].id]
        )
        other = self.verify()
        self.assertEqual((other.finding_count, other.findings), (25, first.findings))
        self.assertIn("The audit trail is broken", self.alerts())
        self.assertEqual(self.trail.state, "broken")

    def test_nobody_else(self):
        for group in ("group_observer", "group_administrator", "group_approver"):
            user = new_test_user(self.env, f"audit.{group}", f"integration_core.{group}")
            with self.assertRaises(AccessError):
                self.trail.with_user(user).action_verify()

    def test_entries_of_other_companies_are_withheld_from_an_export(self):
        with self.enter_registry_test_mode():
            records = [
                *audit_export.records(
                    self.env.registry, KEYS, frozenset(), login="auditor", reason="test"
                )
            ]
        text = str(records)
        self.assertNotIn("Three", text)
        self.assertIn("withheld", {record["type"] for record in records})
        checked = format_of_exports.checked(iter(records), KEYS)
        format_of_exports.header(checked)
        report, problem = format_of_exports.verify(checked, KEYS, ())
        self.assertEqual((report.intact, problem), (True, ""))
