from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import replay
from odoo.addons.integration_core.engine.inbound_run import Received

from .list_case import StaffListCase


@tagged("post_install", "-at_install")
class TestComing(StaffListCase):
    """What a list says of a later day waits for it."""

    def test_what_takes_effect_later_waits_for_its_time(self):
        later = {"effective_at": self.moment(days=3)}
        message = self.list(
            self.record(role="NURSE"),
            self.record("update", role="SURGEON", **later),
            self.record(number="D2", **later),
            self.record(number="D3", effective_at=self.moment(days=5)),
        )
        self.assert_done(message)
        self.assertEqual(self.known().role, "NURSE")
        self.assertFalse(self.known("D2"))
        self.assertEqual(self.coming().mapped("name"), ["D1, D2", "D3"])
        self.assert_done(self.list(self.record(number="D3", effective_at=self.moment(days=5))))
        self.assertEqual(len(self.coming()), 2, "told again, it is no other change")
        self.on_day(2)
        self.assertFalse(self.known("D2"))
        # Something that holds since before that day does not undo what was to come.
        self.list(self.record("update", role="PORTER"))
        self.on_day(4)
        self.assertEqual(self.known().role, "SURGEON")
        self.assertTrue(self.known("D2"))
        self.assertFalse(self.known("D3"))
        self.assertEqual(self.coming().mapped("state"), ["applied", "waiting"])
        self.coming()[1].with_user(self.manager()).action_give_up()
        self.on_day(6)
        self.assertFalse(self.known("D3"))

    def test_what_cannot_be_applied_when_its_time_has_come(self):
        later = {"effective_at": self.moment(days=3)}
        self.list(self.record(number="D4", **later), self.record("deactivate", "D9", **later))
        coming = self.coming().with_user(self.manager())
        with self.assertRaisesRegex(UserError, "time has not come"):
            coming.action_apply()
        with mute_logger("odoo.addons.integration_ehr_bridge.models.ehr_coming"):
            self.on_day(4)
        self.assertEqual(coming.state, "waiting")
        self.assertIn("Record 2 of the list: Nobody is known by the number", coming.problem)
        self.assertFalse(self.known("D4"), "all or none")
        with self.days_later(4):
            with self.assertRaisesRegex(UserError, "Nobody is known by the number"):
                coming.action_apply()
            self.list(self.record(number="D9"))
            coming.action_apply()
        self.assertEqual((coming.state, coming.problem), ("applied", False))
        self.assertTrue(self.known("D4"))
        with self.assertRaisesRegex(UserError, "already"):
            coming.action_give_up()

    def test_what_the_database_refuses_keeps_no_other(self):
        self.list(
            self.record(number="D4", effective_at=self.moment(days=3)),
            self.record(number="D5", effective_at=self.moment(days=4)),
        )
        handler = type(self.env["integration.handler.ehr_staff_list"])
        apply_all = handler._apply_all

        def refuse_the_first(handler, received, numbered):
            if numbered[0][1]["staff"]["number"] == "D4":
                handler.env.cr.execute("SELECT 1 / 0", log_exceptions=False)
            return apply_all(handler, received, numbered)

        with (
            patch.object(handler, "_apply_all", refuse_the_first),
            mute_logger("odoo.addons.integration_ehr_bridge.models.ehr_coming"),
        ):
            self.on_day(5)
        self.assertTrue(self.known("D5"))
        self.assertEqual(self.coming().mapped("state"), ["waiting", "applied"])
        self.assertIn("error of the server", self.coming()[0].problem)

    def test_what_fails_for_a_day_is_asked_about_once(self):
        self.list(self.record("deactivate", "D9", effective_at=self.moment(days=3)))
        exceptions = self.env["integration.exception"]
        coming = self.coming()
        self.on_day(3.5)
        self.assertTrue(coming.problem)
        self.assertFalse(exceptions._of(coming), "it may be mended within the day")
        for _time in range(2):
            self.on_day(4.5)
        [asked] = exceptions._of(coming)
        self.assertEqual(asked.line_ids.theirs, coming.problem)
        manager = self.manager()
        with self.days_later(4.5), self.assertRaisesRegex(UserError, "Nobody is known"):
            asked.with_user(manager).action_accept()
        asked.with_user(manager).action_reject()
        self.assertEqual((coming.state, asked.state), ("given_up", "rejected"))
        self.list(self.record("deactivate", "D9", effective_at=self.moment(minutes=60, days=3)))
        self.on_day(5)
        again = self.coming() - coming
        [asked] = exceptions._of(again)
        self.list(self.record(number="D9"))
        with self.days_later(5):
            again.with_user(manager).action_apply()
        self.assertEqual((again.state, asked.state), ("applied", "void"))

    def test_what_failed_before_comes_last(self):
        """And the job ends when its time is up, with all that it did."""
        for number, days in (("D9", 3), ("D5", 4), ("D6", 5)):
            action = "deactivate" if number == "D9" else "add"
            self.list(self.record(action, number, effective_at=self.moment(days=days)))
        for day, states in (
            (6, ["waiting", "waiting", "waiting"]),
            (6, ["waiting", "applied", "waiting"]),
            (6, ["waiting", "applied", "applied"]),
        ):
            self.on_day(day, left=0)
            self.assertEqual(self.coming().mapped("state"), states)

    def test_what_was_given_up_may_be_told_again(self):
        def tell():
            return self.list(self.record("add", "D3", effective_at=self.moment(days=3)))

        told = tell()
        first = self.coming()
        first.with_user(self.manager()).action_give_up()
        replay.create(told, told.ids)
        self.drain(self.inbound)
        self.assertEqual(self.coming().mapped("state"), ["given_up"], "nobody told it anew")
        self.assert_done(tell())
        self.assert_done(tell())
        self.assertEqual(self.coming().mapped("state"), ["given_up", "waiting"])
        self.on_day(4)
        self.assertTrue(self.known("D3"))
        self.assertEqual(set(self.coming().mapped("state")), {"given_up", "applied"})

    def test_two_systems_announce_the_same(self):
        self.list(self.record("add", "D3", effective_at=self.moment(days=3)))
        other = self.env["integration.system"].create({"name": "B", "code": "B", "kind": "hr"})
        [one] = self.coming()
        received = Received(0, "uuid-b", None, None, None, other.id)
        kept = one._keep("staff", received, one.records, one.effective_at)
        self.assertNotEqual(kept, one)
        self.assertEqual(kept.system_id, other)

    def test_what_is_over_goes_with_its_message(self):
        message = self.list(
            self.record("add", "D3", effective_at=self.moment(days=3)),
            self.record("add", "D4", effective_at=self.moment(days=9)),
        )
        self.on_day(4)
        self.env["ehr.coming"]._gc_over()
        self.assertEqual(self.coming().mapped("state"), ["applied", "waiting"])
        self.env.cr.execute("DELETE FROM integration_payload WHERE message_id = %s", [message.id])
        self.env["ehr.coming"]._gc_over()
        self.assertEqual(self.coming().mapped("state"), ["waiting"], "it is yet to come")

    def test_of_changes_of_one_time_the_later_to_arrive_counts(self):
        later = {"effective_at": self.moment(days=3)}
        self.list(self.record(role="NURSE", **later), self.record("deactivate", "D9", **later))
        self.list(self.record(role="SURGEON", **later))
        with mute_logger("odoo.addons.integration_ehr_bridge.models.ehr_coming"):
            self.on_day(4)
        self.assertEqual(self.known().role, "SURGEON")
        self.list(self.record(number="D9"))
        self.on_day(5)
        self.assertEqual(set(self.coming().mapped("state")), {"applied"})
        self.assertEqual(self.known().role, "SURGEON", "what stood in the way made it no younger")

    def test_coming_changes_are_applied_in_the_name_of_their_system(self):
        """What another system owns is not taken over, whenever it takes effect."""
        self.list(self.record(role="SURGEON"))
        self.own_roles()
        self.list(self.record("update", role="NURSE", effective_at=self.moment(days=3)))
        self.on_day(4)
        self.assertEqual(self.known().role, "SURGEON")
        self.assertTrue(self.coming().problem)

    def coming(self):
        self.env.invalidate_all()
        return self.env["ehr.coming"].search([])

    def manager(self):
        return new_test_user(
            self.env, "ehr.coming.manager", "integration_ehr_bridge.group_census_manager"
        )

    def days_later(self, days):
        return freeze_time(self.now + timedelta(days=days), tick=True)

    def on_day(self, days, left=60):
        """Let the scheduled job run so many days later; it has so many seconds."""
        cron = type(self.env["ir.cron"])
        with self.days_later(days), patch.object(cron, "_commit_progress", lambda *_a, **_k: left):
            self.env["ehr.coming"]._cron_due()
        self.env.flush_all()
