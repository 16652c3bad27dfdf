import json
from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import audit_checkpoints, audit_sealer
from odoo.addons.integration_core.tools.audit_chain import AuditKeys
from odoo.addons.integration_core.tools.audit_export import ENTRY_COLUMNS

from .audit_common import KEYS, AuditCase

TRAIL = "odoo.addons.integration_core.models.integration_audit_trail"


@tagged("post_install", "-at_install")
class TestAuditSeal(AuditCase):
    """Sealing, checkpoints, and what the screen says; processes are in tests/e2e/test_audit.py."""

    def seals(self, entries):
        found = self.env["integration.audit.seal"].search([("entry_id", "in", entries.ids)])
        return found.sorted("sequence")

    def test_every_column_is_signed(self):
        """A new column of the table belongs into ENTRY_COLUMNS."""
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'integration_audit_entry'"
        )
        self.assertEqual({row[0] for row in self.env.cr.fetchall()}, set(ENTRY_COLUMNS))

    def test_what_waits_is_sealed_in_a_dense_order(self):
        entries = self.act("One", "Two", "Three")
        self.assertEqual(entries.mapped("seal_number"), [0, 0, 0])
        self.assertGreaterEqual(self.seal().count, 3)
        seals = self.seals(entries)
        self.assertEqual(seals.mapped("entry_id"), entries.ids)
        last = seals[-1].sequence
        self.assertEqual(seals.mapped("sequence"), [last - 2, last - 1, last])
        self.assertEqual(seals[-1].previous_mac, seals[-2].mac)
        self.assertEqual(entries[-1].seal_number, last)
        self.assertEqual(self.seal().count, 0)
        self.env.cr.execute("SELECT count(*), max(sequence) FROM integration_audit_seal")
        self.assertEqual(*self.env.cr.fetchone())

    def test_a_late_entry_with_a_lower_id_is_sealed(self):
        (entry,) = self.act("Late")
        self.env.cr.execute("DELETE FROM integration_audit_unsealed WHERE id = %s", [entry.id])
        later = self.act("Later")
        self.seal()
        self.assertFalse(entry.seal_number)
        # its transaction commits now
        self.env.cr.execute("INSERT INTO integration_audit_unsealed (id) VALUES (%s)", [entry.id])
        self.seal()
        self.assertEqual(entry.seal_number, later.seal_number + 1)
        self.assertEqual(self.verify().state, "intact")

    @mute_logger(TRAIL)
    def test_without_a_key_entries_are_written_and_sealed_later(self):
        self.configure(None)
        entry = self.act("Unsealed")
        self.assertEqual(self.seal().count, 0)
        self.trail._watch()
        self.assertEqual(self.trail.state, "no_key")
        self.assertIn("configure audit_key", self.trail.advice)
        self.assertIn("The audit trail is not sealed", self.alerts())
        self.configure(KEYS)
        self.seal()
        self.assertTrue(entry.seal_number)
        self.trail._watch()
        self.assertNotIn("The audit trail is not sealed", self.alerts())

    @mute_logger(TRAIL)
    def test_late_sealing_is_told(self):
        (entry,) = self.act("Old")
        self.tamper(
            "UPDATE integration_audit_entry SET occurred_at = occurred_at - interval '1 hour' "
            "WHERE id = %s",
            [entry.id],
        )
        self.trail._watch()
        self.assertEqual(self.trail.state, "late")
        self.assertEqual(len(self.alerts()), len(set(self.people())))
        self.trail._watch()
        self.assertEqual(len(self.alerts()), len(set(self.people())), "once as long as it is open")

    @mute_logger(TRAIL)
    def test_an_auditor_closes_an_alert(self):
        auditor = new_test_user(self.env, "audit.closer", "integration_core.group_auditor")
        self.trail._alert("checkpoint", "The disk is full.")
        mine = self.trail.activity_ids.filtered(lambda one: one.user_id == auditor)
        self.assertEqual(len(mine), 1)
        mine.with_user(auditor).action_feedback("Cleared")
        self.assertNotIn(auditor, self.trail.activity_ids.user_id)

    def people(self):
        groups = ("integration_core.group_auditor", "integration_core.group_administrator")
        return (
            self.env["res.groups"].union(*map(self.env.ref, groups)).all_user_ids.filtered("active")
        )

    @mute_logger("odoo.sql_db")
    def test_seals_are_insert_only(self):
        self.act("One")
        self.seal()
        for statement in (
            "UPDATE integration_audit_seal SET mac = 'x'",
            "DELETE FROM integration_audit_seal",
            "TRUNCATE integration_audit_seal",
        ):
            with (
                self.subTest(statement),
                self.assertRaises(psycopg2.errors.InsufficientPrivilege),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        seal = self.env["integration.audit.seal"].search([], limit=1)
        for forged in (lambda: seal.create({}), lambda: seal.write({}), seal.unlink):
            with self.assertRaises(AccessError):
                forged()

    def test_rotation_of_the_key(self):
        (old,) = self.act("Old key")
        self.seal()
        both = AuditKeys({"t1": KEYS._keys["t1"], "t2": b"2" * 32}, "t2")
        self.configure(both)
        (new,) = self.act("New key")
        self.seal()
        self.assertEqual(self.seals(old + new).mapped("key_id"), ["t1", "t2"])
        self.assertEqual(self.verify().state, "intact")
        self.configure(AuditKeys({"t2": b"2" * 32}, "t2"))
        with mute_logger(TRAIL):
            broken = self.verify()
        self.assertEqual(set(self.codes(broken)), {"unknown_key"})
        self.assertIn("“t1”", broken.first_finding)

    def test_another_key_under_an_old_name_is_refused(self):
        self.act("Sealed")
        self.seal()
        self.act("Waits")
        self.configure(AuditKeys({"t1": b"x" * 32}, "t1"))
        with self.assertRaises(audit_sealer.WrongKeyError):
            self.seal()
        with mute_logger(TRAIL), self.enter_registry_test_mode():
            self.assertFalse(self.trail._seal())
        self.assertIn("another key named", self.trail.sealer_problem)
        self.assertIn("The audit trail cannot be sealed", self.alerts())
        self.configure(KEYS)
        with self.enter_registry_test_mode():
            self.trail._seal()
        self.assertFalse(self.trail.sealer_problem)
        self.assertFalse(self.alerts())

    def test_a_seal_that_was_tampered_with_does_not_stop_the_sealer(self):
        self.act("One", "Two")
        self.seal()
        self.tamper(
            "UPDATE integration_audit_seal SET mac = repeat('0', 64) "
            "WHERE sequence = (SELECT max(sequence) FROM integration_audit_seal)"
        )
        (entry,) = self.act("Three")
        self.seal()
        self.assertTrue(entry.seal_number)

    # -- checkpoints -------------------------------------------------------------------------

    def test_a_checkpoint_leaves_the_database(self):
        self.act("One")
        self.seal()
        self.checkpoint()
        (line,) = self.checkpoint_file.read_text().splitlines()
        content = json.loads(line)
        head = audit_sealer.head(self.env.cr)
        self.assertEqual((content["sequence"], content["mac"]), tuple(head))
        self.assertEqual(
            content["database"], self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        )
        self.assertEqual(self.checkpoint_file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.trail.checkpoint_id.state, "written")
        self.assertFalse(self.trail._checkpoint_due())
        with self.enter_registry_test_mode():
            self.trail._checkpoint()
        self.assertEqual(len(self.checkpoint_file.read_text().splitlines()), 1)

    def test_checkpoints_are_due_every_five_minutes(self):
        self.checkpoint()
        for minutes, due in ((4, False), (5, True)):
            self.env.cr.execute(
                "UPDATE integration_audit_checkpoint SET taken_at = %s",
                [fields.Datetime.now() - timedelta(minutes=minutes)],
            )
            self.env.invalidate_all()
            self.assertEqual(self.trail._checkpoint_due(), due, minutes)

    @mute_logger(TRAIL)
    def test_a_checkpoint_that_cannot_be_written_is_told_and_repeated(self):
        self.configure(KEYS, checkpoint_file="/nowhere/at/all/checkpoints")
        self.checkpoint()
        self.assertIn("/nowhere/at/all/checkpoints: No such file", self.trail.checkpoint_problem)
        self.assertIn("/nowhere/at/all", self.trail.advice)
        self.assertIn("Audit checkpoints cannot be written", self.alerts())
        self.assertTrue(self.trail._checkpoint_due(), "the next minute tries again")
        self.configure(KEYS)
        self.checkpoint()
        self.assertFalse(self.trail.checkpoint_problem)
        self.assertFalse(self.alerts())

    def test_a_torn_line_does_not_spoil_the_next(self):
        self.act("One")
        self.seal()
        self.checkpoint()
        with self.checkpoint_file.open("a") as stream:
            stream.write('{"number": 2, "ki')
        self.checkpoint()
        self.seal()
        verification = self.verify()
        self.assertEqual(verification.state, "intact")
        self.assertIn(
            "Lines of the checkpoint file that are no checkpoints: 1", verification.remarks_text
        )
        self.assertIn("Checkpoints that agree: 2", verification.remarks_text)

    def test_a_held_copy_writes_no_checkpoints(self):
        """They would go where those of the original go, under the same uuid."""
        self.act("Before")
        self.seal()
        self.checkpoint()
        before = self.checkpoint_file.read_text()
        released = self.env["integration.arming"]._current()
        released = released or self.env["integration.arming"]._remember("The original")
        released.write({"database_oid": "1"})
        self.checkpoint()
        self.assertEqual(self.checkpoint_file.read_text(), before)
        self.env["integration.arming"]._remember("Released here")
        self.checkpoint()
        self.assertGreater(len(self.checkpoint_file.read_text()), len(before))

    def test_a_symbolic_link_is_not_followed(self):
        self.checkpoint_file.symlink_to("/tmp/elsewhere")
        with self.assertRaises(OSError):
            audit_checkpoints.append(str(self.checkpoint_file), "x")

    # -- searching ---------------------------------------------------------------------------

    def test_an_auditor_finds_entries(self):
        auditor = new_test_user(self.env, "audit.seeker", "integration_core.group_auditor")
        entry = self.act("Sought")
        entries = self.env["integration.audit.entry"].with_user(auditor)
        for domain in (
            [("kind_name", "ilike", "integration system")],
            [("company", "=", self.system.company_id.id)],
            [("company", "ilike", self.system.company_id.name)],
            [("seal_number", "=", 0)],
            [("changes", "ilike", "Sought")],
        ):
            self.assertIn(entry, entries.search(domain), domain)
        self.assertNotIn(entry, entries.search([("kind_name", "not ilike", "integration system")]))
        self.seal()
        self.assertNotIn(entry, entries.search([("seal_number", "=", 0)]))
        self.assertIn(entry, entries.search([("seal_number", ">=", entry.seal_number)]))

    def test_entries_by_company(self):
        company = self.env["res.company"].create({"name": "Audited Clinic"})
        here = self.act("Here")
        # As acts of another company and of none leave them.
        for company_id in (company.id, None):
            self.env.cr.execute(
                """
                INSERT INTO integration_audit_entry
                    (occurred_at, actor_id, act, res_model, res_id, company_id)
                VALUES (now(), 1, 'change', 'res.company', 1, %s)
                """,
                [company_id],
            )
        nowhere, there = here.search([], limit=2)
        three = here | there | nowhere
        for domain, expected in (
            ([("company", "=", company.id)], there),
            ([("company", "ilike", "audited cl")], there),
            ([("company", "not ilike", "audited cl")], here | nowhere),
            ([("company.name", "=", "Audited Clinic")], there),
            ([("company", "=", False)], nowhere),
            ([("company", "!=", False)], here | there),
            ([("company", "not in", company.ids)], here | nowhere),
        ):
            found = three.search([*domain, ("id", "in", three.ids)], order="id")
            self.assertEqual(found, expected, domain)

    def test_entries_by_number(self):
        sealed = self.act("One", "Two")
        self.seal()
        waiting = self.act("Three")
        number = sealed[1].seal_number
        for operator, value, expected in (
            ("<", number, sealed[0] | waiting),
            ("<=", number, sealed | waiting),
            ("<", 1, waiting),
            ("<", 0, sealed.browse()),
            (">", number - 1, sealed[1]),
            (">=", 0, sealed | waiting),
            ("=", number, sealed[1]),
            ("!=", number, sealed[0] | waiting),
            ("in", [0, number], sealed[1] | waiting),
        ):
            domain = [("seal_number", operator, value), ("id", "in", (sealed | waiting).ids)]
            self.assertEqual(sealed.search(domain, order="id"), expected, (operator, value))

    def test_a_list_export_is_recorded(self):
        auditor = new_test_user(
            self.env, "audit.exporter", "integration_core.group_auditor,base.group_allow_export"
        )
        entry = self.act("Exported").with_user(auditor)
        self.assertIn("Exported", entry.export_data(["res_name"])["datas"][0])
        last = self.env["integration.audit.entry"].search([], limit=1)
        self.assertEqual((last.act, last.actor_login), ("export", "audit.exporter"))
