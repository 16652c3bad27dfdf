from datetime import UTC, datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.integration_core.engine import arming, outside
from odoo.addons.integration_core.tools.journal import Kind, Outcome

from .common import delivered
from .test_arming import ArmingCase

REASON = "Tested with the partner's test system"


@tagged("post_install", "-at_install")
class TestRelease(ArmingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(cls.env, "release.ada", "integration_core.group_administrator")
        cls.ben = new_test_user(cls.env, "release.ben", "integration_core.group_approver")

    def pretend_copy(self):
        """Make this database a copy of the one that was released."""
        self.pretend(database_oid="1", mark=7, mark_at=datetime.now() - timedelta(minutes=1))

    def message(self, name="Zedland", code="ZZ"):
        self.fire(name, code)
        self.dispatch()
        return self.messages(self.outbound)[-1]

    def release(self, user=None, **choices):
        """Release interfaces by ``name=choice``; the others stay held."""
        rearm = (
            self.env["integration.rearm"]
            .with_user(user or self.ada)
            .create({"reason": REASON, "confirmation": self.env.cr.dbname})
        )
        for line in rearm.line_ids:
            line.choice = choices.get(line.interface_id.name.lower(), "keep")
        rearm.action_confirm()
        arming.forget(self.env.cr.dbname)
        return rearm

    def note(self, kind, message, outcome=""):
        row = (message.uuid, message.external_key, message.message_type, str(outcome))
        outside.note(self.env.cr.dbname, kind, message.interface_id.id, [row])

    def setUp(self):
        super().setUp()
        # The journal is opened once a day; these tests have a folder each.
        self.patch(outside, "_open", {})

    def findings(self):
        found = self.env["integration.restore.finding"]
        found._examine()
        return {(one.kind, one.uuid) for one in found.search([])}

    # -- releasing ---------------------------------------------------------------------------

    def test_one_interface_after_the_other(self):
        sent = []
        self.send_with(lambda message: sent.append(message) or delivered(message))
        message = self.message()
        self.pretend_copy()
        self.release(inbound="send")
        self.assertIsNone(self.cause())
        self.assertTrue(self.outbound.awaits_release)
        self.assertFalse(self.inbound.awaits_release)
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual((message.state, message.held_reason), ("held", "unreleased"))
        self.assertEqual(sent, [])
        self.release(outbound="send")
        self.drain(self.outbound)
        message.invalidate_recordset()
        self.assertEqual(message.state, "done")
        self.assertEqual([one.external_key for one in sent], [message.external_key])

    def test_cancel_what_waits(self):
        message = self.message()
        parked = self.message("Yland", "YY")
        parked.action_park("not now")
        self.pretend_copy()
        self.release(outbound="cancel")
        self.env.invalidate_all()
        self.assertEqual((message.state, message.resolution), ("cancelled", REASON))
        self.assertEqual(parked.state, "held")
        self.assertFalse(self.outbound.awaits_release)

    def test_dialog_that_is_out_of_date_cancels_no_live_traffic(self):
        self.pretend_copy()
        self.release(inbound="send")
        values = {"reason": REASON, "confirmation": self.env.cr.dbname}
        stale = self.env["integration.rearm"].with_user(self.ada).create(values)
        self.release(outbound="send")
        message = self.message()
        stale.line_ids.choice = "cancel"
        with self.assertRaises(UserError) as refused:
            stale.action_confirm()
        self.assertIn("released meanwhile", str(refused.exception))
        message.invalidate_recordset()
        self.assertEqual(message.state, "queued")

    def test_close_what_the_partner_has(self):
        has, waits = self.message(), self.message("Yland", "YY")
        self.pretend_copy()
        self.write_outside(9)
        self.note(Kind.SENDING, has)
        self.note(Kind.ENDED, has, Outcome.TAKEN)
        self.assertEqual(self.findings(), {("delivered", has.uuid)})
        self.release(outbound="settle")
        self.env.invalidate_all()
        self.assertEqual((has.state, waits.state), ("cancelled", "queued"))
        self.assertIn("has it already", has.resolution)
        status = self.env["integration.record.sync"].search([("message_id", "=", has.id)])
        self.assertEqual(status.state, "synchronised")

    def test_needs_reason_name_and_right(self):
        self.pretend_copy()
        olga = new_test_user(self.env, "release.olga", "integration_core.group_operator")
        with self.assertRaises(AccessError):
            self.release(user=olga)
        for values in ({"reason": " "}, {"confirmation": "production"}):
            rearm = self.env["integration.rearm"].create(
                {"reason": REASON, "confirmation": self.env.cr.dbname, **values}
            )
            with self.assertRaises(UserError):
                rearm.action_confirm()
        self.assertEqual(self.cause(), "copy")

    def test_audit_and_approvers(self):
        self.pretend_copy()
        self.release(inbound="send")
        entries = self.env["integration.audit.entry"].search([("act", "=", "rearm")])
        found = {entry.res_model: entry for entry in entries}
        self.assertEqual(set(found), {"integration.arming", "integration.interface"})
        self.assertEqual({entry.reason for entry in entries}, {REASON})
        self.assertEqual({entry.actor_id for entry in entries}, {self.ada.id})
        self.assertIn("database_oid", found["integration.arming"].changes)
        asked = self.arming.activity_ids.mapped("user_id")
        self.assertIn(self.ben, asked)
        self.assertNotIn(self.ada, asked)

    def test_a_stranger_releases_no_other_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = new_test_user(
            self.env,
            "release.stranger",
            "integration_core.group_administrator",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.pretend_copy()
        rearm = self.release(user=stranger)
        self.assertFalse(rearm.line_ids)
        self.assertTrue(self.outbound.awaits_release)
        with self.assertRaises(AccessError):
            rearm.line_ids.create(
                {"rearm_id": rearm.id, "interface_id": self.outbound.id, "choice": "send"}
            )._release("mine now")

    def test_neutralized_crons_start_again(self):
        cron = self.env.ref("integration_core.ir_cron_watchdog")
        cron.active = False
        self.pretend(armed=False, held_because="neutralized")
        self.release()
        self.assertTrue(cron.active)

    def test_dialog(self):
        self.message()
        self.pretend_copy()
        with Form(self.env["integration.rearm"].with_user(self.ada)) as form:
            self.assertEqual(form.cause, "copy")
            form.reason = REASON
            form.confirmation = self.env.cr.dbname
        rearm = form.record
        names = {line.interface_id.name: line for line in rearm.line_ids}
        self.assertEqual(names["Outbound"].waiting_count, 1)
        self.assertIn("1", rearm.difference_html)

    # -- what was lost, what could be repeated -----------------------------------------------

    def test_without_a_journal_everything_may_have_left(self):
        message = self.message()
        self.pretend_copy()
        self.assertEqual(self.findings(), {("maybe", message.uuid)})

    def test_journal_against_ledger(self):
        taken, open_, refused, waits = (
            self.message(name, code)
            for name, code in (("Aland", "A1"), ("Bland", "B1"), ("Cland", "C1"), ("Dland", "D1"))
        )
        received = self.receive("known", {"key": "a"})
        self.pretend_copy()
        self.write_outside(9)
        for message, outcome in (
            (taken, Outcome.TAKEN),
            (open_, Outcome.UNKNOWN),
            (refused, Outcome.REFUSED),
        ):
            self.note(Kind.SENDING, message)
            self.note(Kind.ENDED, message, outcome)
        dbname, inbound, outbound = self.env.cr.dbname, self.inbound.id, self.outbound.id
        outside.note(
            dbname,
            Kind.ACCEPTED,
            inbound,
            [(received.uuid, "known", "", ""), ("lost-uuid", "lost-key", "", "")],
        )
        # Stored again since, under another id of ours: the partner has sent it once more.
        outside.note(dbname, Kind.ACCEPTED, inbound, [("older-uuid", "known", "", "")])
        outside.note(dbname, Kind.ENDED, outbound, [("gone", "gone-key", "t", "taken")])
        outside.note(dbname, Kind.ENDED, outbound, [("not-taken", "k", "t", "refused")])
        outside.note(dbname, Kind.ENDED, 2**30, [("of-no-interface", "k", "t", "taken")])
        self.assertEqual(
            self.findings(),
            {
                ("delivered", taken.uuid),
                ("maybe", open_.uuid),
                ("lost", "lost-uuid"),
                ("unknown", "gone"),
            },
        )
        self.assertTrue(waits)

    def release_anew(self):
        """The original goes on under a later release, of which this database, a backup, knows
        nothing; what is outside tells both."""
        outside.write(self.env.cr.dbname, self.arming.sudo().token, 7)
        outside.write(self.env.cr.dbname, "later", 3)
        outside.write(self.env.cr.dbname, "later", 4)

    def test_backup_of_before_a_later_release(self):
        message = self.message()
        self.pretend(mark=7, mark_at=datetime.now() - timedelta(minutes=1))
        self.release_anew()
        self.note(Kind.SENDING, message)
        self.note(Kind.ENDED, message, Outcome.TAKEN)
        outside.note(
            self.env.cr.dbname, Kind.ACCEPTED, self.inbound.id, [("lost-uuid", "lost", "", "")]
        )
        self.assertEqual(self.cause(), "older")
        self.assertTrue(self.arming.backup_at)
        self.assertEqual(self.findings(), {("delivered", message.uuid), ("lost", "lost-uuid")})

    def test_backup_that_was_taken_while_held(self):
        message = self.message()
        findings = self.env["integration.restore.finding"]
        self.pretend(armed=False, held_because="disarmed", mark=7, mark_at=datetime.now())
        outside.write(self.env.cr.dbname, self.arming.sudo().token, 7)
        self.assertFalse(findings._worth_examining(), "held here, nothing is lost")
        self.release_anew()
        self.note(Kind.ENDED, message, Outcome.TAKEN)
        self.assertEqual(self.cause(), "disarmed")
        self.assertTrue(findings._worth_examining())
        self.assertEqual(self.findings(), {("delivered", message.uuid)})
        self.pretend(token="never seen outside")
        self.assertTrue(findings._worth_examining())
        self.pretend(database_oid="1")
        (self.folder / self.env.cr.dbname / outside.MARKS).unlink()
        self.assertTrue(findings._worth_examining(), "a copy of one that was held")

    def test_what_is_settled_stays_settled(self):
        self.message()
        self.pretend_copy()
        self.findings()
        found = self.env["integration.restore.finding"].search([])
        olga = new_test_user(self.env, "settle.olga", "integration_core.group_operator")
        found.with_user(olga).action_settle()
        self.assertTrue(found.settled_at)
        self.findings()
        self.assertTrue(self.env["integration.restore.finding"].search([]).settled_at)

    def test_old_journals_go(self):
        place = self.folder / self.env.cr.dbname / "journal"
        place.mkdir(parents=True)
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        for day in ("2020-01-01", today):
            (place / f"{day}-host.jsonl").touch()
        outside.tidy(self.env.cr.dbname)
        self.assertEqual([one.name[:10] for one in place.iterdir()], [today])
