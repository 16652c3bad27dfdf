from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from unittest.mock import patch

from psycopg2.errors import DataError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.integration_core.engine import retention, retention_batches

from .retention_case import RetentionCase


@tagged("post_install", "-at_install")
class TestRetentionWatch(RetentionCase):
    """The clock of the server, suspension, and who hears of trouble."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = new_test_user(
            cls.env, "retention.admin", "integration_core.group_administrator"
        )

    def cron(self):
        """The hourly look. Its second cursor is the test's transaction, too."""
        self.env.flush_all()
        self.look()
        self.retention._tell()
        self.env.invalidate_all()

    def set_looked_at(self, **ago):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_retention SET looked_at = now() AT TIME ZONE 'UTC' - %s",
            [timedelta(**ago)],
        )
        self.env.invalidate_all()

    def activities(self):
        return self.retention.activity_search(["integration_core.mail_activity_retention"])

    # -- the clock -------------------------------------------------------------------------------

    def test_clock_that_jumps_ahead_stops_everything(self):
        message = self.finished("old", 500)
        self.set_looked_at(days=365)
        with self.assertLogs("odoo.addons.integration_core.engine.retention", "WARNING"):
            self.assertEqual(self.sweep(), 0)
        self.assertTrue(message.payload_ids)
        self.assertEqual(
            (self.retention.state, self.retention.stopped_because), ("suspended", "clock")
        )
        self.cron()
        self.assertIn(self.admin, self.activities().user_id)
        number = len(self.activities())
        self.cron()
        self.assertEqual(len(self.activities()), number, "told once")
        with self.assertRaises(UserError):
            self.retention.with_user(self.admin).action_run_now()
        self.retention.with_user(self.admin).action_resume("The server was moved, it was off")
        self.assertFalse(self.activities())
        self.sweep()
        self.assertFalse(message.exists())

    def test_traffic_shows_that_time_has_passed(self):
        for days in range(9):
            self.finished(f"daily{days}", days)
        self.finished("old", 500)
        self.set_looked_at(days=8)
        self.assertTrue(self.look())

    # -- suspension ------------------------------------------------------------------------------

    def test_suspended_removes_nothing_and_reminds(self):
        message = self.finished("old", 500)
        with self.assertRaises(UserError):
            self.retention.with_user(self.admin).action_suspend("")
        self.retention.with_user(self.admin).action_suspend("An inquiry is under way")
        self.assertEqual(self.sweep(), 0)
        self.assertTrue(message.payload_ids)
        self.cron()
        self.assertTrue(self.activities())
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.retention")], limit=1
        )
        self.assertEqual((entry.act, entry.reason), ("pause", "An inquiry is under way"))

    def test_suspended_does_not_judge_the_time(self):
        """Which may cost a look at the whole ledger, each minute."""
        self.retention.with_user(self.admin).action_suspend("An inquiry is under way")
        self.set_looked_at(days=365)
        with patch.object(retention.retention_clocks, "time_is_plausible") as judged:
            self.assertFalse(self.look())
        judged.assert_not_called()

    def test_state_moves_by_buttons_only(self):
        with self.assertRaises(AccessError):
            self.retention.with_user(self.admin).write({"state": "suspended"})
        self.retention.with_user(self.admin).events_days = 60
        with self.assertRaises(UserError):
            self.retention.sudo().unlink()

    # -- falling behind and failing --------------------------------------------------------------

    def test_behind_for_a_day_is_told_until_it_is_fine(self):
        self.finished("old", 500)
        self.look()
        self.env.cr.execute(
            "UPDATE integration_retention_clock SET caught_up_at = now() - interval '25 hours'"
        )
        self.cron()
        self.assertIn(self.admin, self.activities().user_id)
        self.assertIn("Behind for more than a day with Inbound", self.retention.problem)
        self.sweep()
        self.cron()
        self.assertFalse(self.activities())
        self.assertFalse(self.retention.problem)

    def test_overdue_for_less_than_a_day_is_nobodys_business(self):
        self.sweep()
        self.finished("old", 500)
        self.cron()
        self.assertFalse(self.activities())

    def test_crons_that_do_not_run_are_told_by_the_page(self):
        self.set_looked_at(hours=7)
        self.assertIn("scheduled actions", self.retention.problem)

    def test_one_table_that_fails_does_not_stop_the_others(self):
        self.sweep()
        self.env.cr.execute("UPDATE integration_retention SET last_success_at = '2026-01-01'")
        self.env.invalidate_all()
        success = self.retention.last_success_at
        message = self.finished("old", 500)

        def fails(cr, clock, limit):
            if clock.kind == "payload":
                raise DataError("broken")
            return remove(cr, clock, limit)

        remove = retention_batches.remove
        with (
            patch.object(retention_batches, "remove", fails),
            mute_logger("odoo.addons.integration_core.engine.retention"),
        ):
            self.sweep()
        self.assertFalse(message.exists(), "the clock of messages went on")
        self.assertEqual(self.retention.last_success_at, success, "this was none")
        self.cron_tell()
        self.assertIn("DataError", self.retention.problem)
        self.assertTrue(self.activities())
        self.finished("older", 40)
        self.sweep()
        self.cron()
        self.assertFalse(self.retention.problem)
        self.assertFalse(self.activities())

    def cron_tell(self):
        self.retention._tell()
        self.env.invalidate_all()

    # -- the screen ------------------------------------------------------------------------------

    def test_preview_counts_and_removes_nothing(self):
        messages = [self.finished(f"old{number}", 40) for number in range(3)]
        self.retention.with_user(self.admin).action_preview()
        clock = self.env["integration.retention.clock"].search(
            [
                ("interface_id", "=", self.inbound.id),
                ("kind", "=", "payload"),
                ("track", "=", "done"),
            ]
        )
        self.assertEqual((clock.overdue, clock.kept_days), (3, 30))
        self.assertTrue(all(message.payload_ids for message in messages))
        shown = self.env["integration.message"].search(clock.action_open_messages()["domain"])
        self.assertEqual(shown, sum(messages, self.env["integration.message"]))
        groups = self.env["integration.retention.clock"]._read_group(
            [("overdue", ">", 0)], ["policy_id"], ["overdue:sum"]
        )
        self.assertIn((self.policy, 3), groups)
        self.assertEqual(self.retention.overdue, 3)

    def test_run_now_wakes_the_sweep(self):
        self.finished("old", 40)
        lane = self.env.ref("integration_core.lane_retention")
        before = self.env["queue.job"].search_count([("name", "=", "Drain Retention")])
        answer = self.retention.with_user(self.admin).action_run_now()
        self.assertEqual(answer["params"]["type"], "success")
        lane.invalidate_recordset()
        self.assertTrue(lane.wanted)
        jobs = self.env["queue.job"].search([("name", "=", "Drain Retention")], order="id desc")
        self.assertEqual(len(jobs), before + 1)
        self.assertEqual(jobs[0].channel, "root.integration_background.batch")

    def test_sweep_comes_back_after_a_rest(self):
        for number in range(3):
            self.finished(f"old{number}", 40)
        self.look()
        lane = self.env.ref("integration_core.lane_retention")
        before = self.env["queue.job"].search([])
        with (
            self.enter_registry_test_mode(),
            patch.object(retention.retention, "WORK_SECONDS", -1),
        ):
            retention.Sweep(self.env.registry, lane.id).run(patient=False)
        self.env.invalidate_all()
        job = self.env["queue.job"].search([("name", "=", "Drain Retention")]) - before
        self.assertEqual(len(job), 1)
        self.assertGreater(job.eta, fields.Datetime.now())
        self.assertFalse(lane.wanted)
        self.assertFalse(lane.lease_until)

    # -- upgrade ---------------------------------------------------------------------------------

    def test_after_an_upgrade_it_waits_for_a_person(self):
        message = self.finished("old", 500)
        self.set_columns(message, finished_at=None)
        self.migrate()
        self.assertEqual(message.finished_at, message.created_at)
        self.assertEqual(self.sweep(), 0)
        self.assertTrue(message.payload_ids)
        self.assertIn("new here", self.retention.problem)
        self.retention.with_user(self.admin).action_resume("The days were set")
        self.sweep()
        self.assertFalse(message.exists())

    def migrate(self):
        path = file_path("integration_core/migrations/19.0.1.1.0/post-retention.py")
        spec = spec_from_file_location("post_retention", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_autovacuum_comes_early_unless_somebody_decided_otherwise(self):
        cr = self.env.cr
        cr.execute("ALTER TABLE integration_payload SET (autovacuum_vacuum_scale_factor = 0.01)")
        cr.execute("ALTER TABLE integration_message RESET (autovacuum_vacuum_scale_factor)")
        self.retention._tune_autovacuum()
        cr.execute(
            "SELECT relname, reloptions::text FROM pg_class "
            "WHERE relname IN ('integration_payload', 'integration_message')"
        )
        options = dict(cr.fetchall())
        self.assertIn("autovacuum_vacuum_scale_factor=0.05", options["integration_message"])
        self.assertIn("autovacuum_vacuum_scale_factor=0.01", options["integration_payload"])
