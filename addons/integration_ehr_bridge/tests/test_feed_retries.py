"""What waited for a person, or is replayed, is as old as it was when it arrived."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine import operations, replay
from odoo.addons.integration_core.tools.acts import Act

from .feed_case import FeedCase
from .list_case import ListCase


class RetryCase:
    def retry(self, interface, message):
        operations.operate(message, Act.RETRY, "what it needs is there")
        self.drain(interface)

    def replay(self, interface, message):
        replay.create(message, message.ids)
        self.drain(interface)


@tagged("post_install", "-at_install")
class TestScheduleRetries(RetryCase, FeedCase):
    """Several messages of one minute about one appointment."""

    def book(self, number, unit="min", start="20261201080000"):
        return self.message(
            "SIU^S12",
            f"SCH|{number}^CARE|{number}^THEATRE|||||ELECTIVE|SURGERY|90|{unit}|^^90^{start}",
            "RGS|1",
            "AIS|1||27130^Hip",
        )

    def known(self, number):
        self.env.invalidate_all()
        return self.env["ehr.appointment"].search([("filler_number", "=", number)])

    def assert_it_stays_cancelled(self, number, again):
        cancel = self.message("SIU^S15", f"SCH|{number}^CARE|{number}^THEATRE", "RGS|1")
        told = self.arrive(self.book(number, "MINUTEN"), cancel)
        self.assertEqual(told.mapped("state"), ["quarantined", "done"])
        value_map = self.env["integration.value.map"].search([("code", "=", "hl7_duration_unit")])
        self.env["integration.value.map.line"].create(
            {"map_id": value_map.id, "source": "MINUTEN", "target": "min"}
        )
        again(self.feed, told[0])
        one = self.known(number)
        self.assertEqual(one.minutes, 90, "it was handled")
        self.assertEqual(one.status, "cancelled")
        self.assertEqual((one.type_code, one.resource_ids.code), ("SURGERY", "27130"))

    def test_a_booking_that_waited_does_not_undo_the_cancellation(self):
        self.assert_it_stays_cancelled("R1", self.retry)

    def test_a_booking_that_is_replayed_does_not_undo_the_cancellation(self):
        self.assert_it_stays_cancelled("R2", self.replay)

    def test_resources_of_a_booking_that_is_replayed(self):
        moved = self.message(
            "SIU^S14", "SCH|R3^CARE|R3^THEATRE", "RGS|1", "AIS|1||27447^Knee"
        )  # fmt: skip
        told = self.arrive(self.book("R3"), moved)
        self.assertEqual(self.known("R3").resource_ids.mapped("code"), ["27447"])
        self.replay(self.feed, told[0])
        self.assertEqual(self.known("R3").resource_ids.mapped("code"), ["27447"])


@tagged("post_install", "-at_install")
class TestFileRetries(RetryCase, FeedCase):
    """Master files that do not say since when their entries hold."""

    def places(self, centre, when=""):
        return self.message(
            "MFN^M05", f"MFI|LOC||UPD|||AL{when}", "MFE|MUP|||8W^^^MAIN|PL", "LOC|8W^^^MAIN||N",
            f"LDP|8W^^^MAIN|{centre}",
        )  # fmt: skip

    def staff(self, active, role):
        return self.message(
            "MFN^M02", "MFI|STF||UPD|||AL", "MFE|MUP|||D8|CWE", f"STF||D8^^^MAIN||{role}|||{active}"
        )

    def test_they_hold_since_they_were_sent(self):
        """A file that was sent before another one changes nothing that the other one said."""
        plan = self.env["account.analytic.plan"].create({"name": "Wards"})
        accounts = self.env["account.analytic.account"].create(
            [{"name": code, "code": code, "plan_id": plan.id} for code in ("8100", "8200")]
        )
        control, kind, raw = self.places("8100")
        late = control, kind, raw.replace(b"20250302080000", b"20250301080000")
        self.assertEqual(self.arrive(self.places("8200"), late).mapped("state"), ["done", "done"])
        ward = self.env["ehr.location"].search([("point_of_care", "=", "8W")])
        self.assertEqual(ward.analytic_account_id, accounts[1])

    def test_a_file_of_staff_that_waited(self):
        told = self.arrive(self.staff("Z", "NURSE"), self.staff("A", "SURGEON"))
        self.assertEqual(
            told.mapped("state"), ["quarantined", "done"], told.mapped("error_message")
        )
        value_map = self.env["integration.value.map"].search([("code", "=", "hl7_active")])
        self.env["integration.value.map.line"].create(
            {"map_id": value_map.id, "source": "Z", "target": "inactive"}
        )
        for again in (self.retry, self.replay):
            again(self.feed, told[0])
            self.env.invalidate_all()
            one = self.env["ehr.staff"].search([("number", "=", "D8")])
            self.assertEqual(one.role, "SURGEON")


@tagged("post_install", "-at_install")
class TestListRetries(RetryCase, ListCase):
    """Lists whose mapping says nothing of when."""

    handler = "integration.handler.ehr_location_list"

    def test_a_list_that_waited_overrides_no_newer_one(self):
        plan = self.env["account.analytic.plan"].create({"name": "Wards"})
        accounts = self.env["account.analytic.account"]
        right = accounts.create({"name": "Right", "code": "8200", "plan_id": plan.id})
        old = self.list(self.record("8100"))
        self.assert_quarantined(old, "unknown_cost_centre")
        self.assert_done(self.list(self.record("8200")))
        accounts.create({"name": "Wrong", "code": "8100", "plan_id": plan.id})
        for again in (self.retry, self.replay):
            with freeze_time(fields.Datetime.now() + timedelta(hours=1), tick=True):
                again(self.inbound, old)
            self.env.invalidate_all()
            self.assert_done(old)
            ward = self.env["ehr.location"].search([("point_of_care", "=", "8W")])
            self.assertEqual(ward.analytic_account_id, right)

    def record(self, centre):
        return {"action": "update", "location": {"point_of_care": "8W"}, "cost_centre": centre}
