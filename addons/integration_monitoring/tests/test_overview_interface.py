from datetime import UTC, datetime, timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from ..engine import rollup_rows
from ..tools.histogram import Histogram
from ..tools.rollup import Rollup, Step, begin_of
from .overview_case import OverviewCase

DAY = 86400


@tagged("post_install", "-at_install")
class TestInterfacePage(OverviewCase):
    def load(self, range_name="24h", user=None):
        return self.overview(user).load_interface(self.inbound.id, range_name)

    def test_charts_add_up_to_the_rollups(self):
        for ago in (100, 200, 4000, 9000):
            self.store_message(self.inbound, "done", ago, seconds=2.0)
        self.roll(self.inbound, failed=1)
        self.beat()
        for name, expected in (("1h", 2), ("24h", 4), ("7d", 4)):
            points = self.load(name)["points"]
            with self.subTest(range=name):
                self.assertEqual(sum(point["done"] for point in points), expected)
                self.assertEqual(sum(point["received"] for point in points), expected)
                self.assertLessEqual(len(points), 400)
                classes = {code for point in points for code in point["errors"]}
                self.assertEqual(classes, {"transient"})
                latest = [point["p50"] for point in points if point["p50"] is not None]
                self.assertTrue(all(1.5 <= value <= 2.0 for value in latest), latest)

    def test_ninety_days_are_drawn_from_days_and_today_from_what_there_is(self):
        row = Rollup(
            received={"inbound": 5},
            finished={"done": 5},
            attempts=5,
            latency=Histogram.of([1.0] * 5),
        )
        yesterday = begin_of(self.now - DAY, Step.DAY)
        days = {yesterday - one * DAY: row for one in range(59)}
        for step, rows in (
            (Step.DAY, days),
            (Step.HOUR, {yesterday + 10 * Step.HOUR: row}),
            (Step.MINUTE, {self.minute - 3 * Step.MINUTE: row}),
        ):
            rollup_rows.store(self.env.cr, step, {self.inbound.id: rows})
        self.beat()
        points = self.load("90d")["points"]
        # Yesterday is not counted twice, though a day and an hour tell of it.
        self.assertEqual(sum(point["done"] for point in points), 60 * 5)
        self.assertLessEqual(len(points), 92)

    def test_runbook_and_fallback_stand_beside(self):
        self.inbound.write({"runbook": "<p>Call them</p>", "manual_fallback": "<p>Paper</p>"})
        answer = self.load()
        self.assertIn("Call them", answer["runbook"])
        self.assertIn("Paper", answer["manual_fallback"])

    def test_changes_are_marked_for_those_who_may_know(self):
        revision = self.env["integration.revision"].create(
            {"interface_id": self.inbound.id, "number": 3, "summary": "Another address"}
        )
        at = fields.Datetime.now() - timedelta(hours=2)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_revision SET state = 'in_force', applied_at = %s WHERE id = %s",
            [at, revision.id],
        )
        entry = {"actor_id": self.env.uid, "act": "pause", "res_id": self.inbound.id}
        self.env.cr.execute(
            """
            INSERT INTO integration_audit_entry
                   (occurred_at, actor_id, actor_login, act, res_model, res_id)
            VALUES (%s, %s, 'olga', 'pause', 'integration.interface', %s)
            """,
            [at, entry["actor_id"], entry["res_id"]],
        )
        auditor = new_test_user(
            self.env, "audits", "base.group_user,integration_core.group_auditor"
        )
        for user, kinds in ((self.observer, {"change"}), (auditor, {"change", "act"})):
            marks = [one for one in self.load(user=user)["marks"] if one["kind"] != "deployment"]
            with self.subTest(user=user.login):
                self.assertEqual({mark["kind"] for mark in marks}, kinds)
                seconds = int(at.replace(tzinfo=UTC).timestamp())
                self.assertTrue(all(abs(mark["at"] - seconds) <= 1 for mark in marks))
        mark = next(one for one in self.load()["marks"] if one["kind"] == "change")
        self.assertEqual(mark["open"], {"model": "integration.revision", "id": revision.id})
        self.assertIn("Another address", mark["text"])

    def test_what_was_updated_is_marked(self):
        self.env.cr.execute(
            "UPDATE ir_module_module SET write_date = %s WHERE name = 'integration_core'",
            [datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)],
        )
        texts = [one["text"] for one in self.load()["marks"] if one["kind"] == "deployment"]
        self.assertTrue(any("Integration Core" in text for text in texts), texts)

    def test_the_form_leads_here(self):
        action = self.inbound.action_open_page()
        self.assertEqual(action["tag"], "integration_monitoring.interface")
        self.assertEqual(action["context"], {"active_id": self.inbound.id})
