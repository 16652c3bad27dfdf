import json
import time

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..engine import rollup_rows
from ..engine.rollup_rows import moment
from ..tools.rollup import Rollup, Step
from .watch_case import START, WatchCase

DAY = 86400


@tagged("post_install", "-at_install")
class TestSlo(WatchCase):
    """Objectives: defaults, what they count, budgets and history."""

    def look_later(self):
        self.now += 60
        self.look()

    def _slo(self, kind, interface=None):
        interface = interface or self.inbound
        return self.env["integration.slo"].search(
            [("interface_id", "=", interface.id), ("kind", "=", kind)]
        )

    def test_defaults_come_with_the_activation(self):
        self.inbound.write({"criticality": "vital", "rto_minutes": 20})
        self.look()
        slos = self.env["integration.slo"].search([("interface_id", "=", self.inbound.id)])
        self.assertEqual(len(slos), 4)
        self.assertEqual(self._slo("availability").target, 99.9)
        self.assertEqual(self._slo("latency").threshold, 60)
        self.assertEqual(self._slo("recovery").threshold, 1200)
        self.assertEqual(self._slo("durability").target, 99.99)
        # what was taken away on purpose does not come back, whatever asks for defaults
        self._slo("latency").active = False
        self.look()
        self.env["integration.slo"].action_suggest()
        self.assertFalse(self._slo("latency"))
        self._slo("recovery").unlink()
        self.env["integration.slo"].action_suggest()
        self.assertTrue(self._slo("recovery"))

    def test_a_day_on_which_nobody_looked_is_counted_at_night(self):
        self.look()
        slo = self._slo("availability")
        today = int(time.time()) // DAY * DAY
        begin = today - 2 * DAY + 10 * 3600
        traffic = self.inbound_traffic(50, failed=2)
        self.minutes(self.inbound, 1, Step.HOUR, begin=begin, **traffic)
        with self.enter_registry_test_mode():
            self.env["integration.watch"]._cron_learn()
        self.env.invalidate_all()
        [day] = slo.day_ids.filtered(lambda one: one.day == moment(begin).date())
        self.assertEqual((day.total, day.bad), (50, 2))

    def test_budget_and_history(self):
        self.look()
        self.minutes(self.inbound, 60, **self.inbound_traffic(100, failed=1))
        self.look_later()
        slo = self._slo("availability")
        self.assertEqual((slo.total, slo.bad, slo.state), (6000, 60, "kept"))
        self.assertAlmostEqual(slo.remaining, 0.0)
        self.go(1, self.inbound, **self.inbound_traffic(100, failed=2))
        slo = self._slo("availability")
        self.assertEqual((slo.total, slo.bad, slo.state), (6100, 62, "spent"))
        self.assertIn("budget_spent", self.codes(self.inbound))
        self.assertEqual(slo.day_ids.mapped(lambda day: (day.total, day.bad)), [(6100, 62)])
        self.assertFalse(slo.day_ids.met)

    def test_days_add_up_to_the_period(self):
        self.look()
        hours = {
            START - START % DAY - day * DAY + hour * 3600: Rollup(
                received={"inbound": 10}, attempts=10, errors={"transient": 1}
            )
            for day in range(1, 41)
            for hour in (3, 15)
        }
        rollup_rows.store(self.env.cr, Step.HOUR, {self.inbound.id: hours})
        slo = self._slo("availability")
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        self.assertGreater(today, moment(START))
        self.patch(fields.Datetime, "now", lambda: moment(START))
        slo.period_days = 7
        self.assertEqual(len(slo.day_ids), 6)  # today has counted nothing
        self.look_later()
        self.assertEqual((self._slo("availability").total, slo.bad), (120, 12))

    def test_a_new_threshold_counts_again(self):
        self.look()
        self.minutes(self.inbound, 60, **self.inbound_traffic(10, seconds=20.0))
        self.patch(fields.Datetime, "now", lambda: moment(START))
        self.look_later()
        self.assertEqual(self._slo("latency").bad, 0)
        self._slo("latency").threshold = 10
        self.look_later()
        self.assertEqual(self._slo("latency").bad, 600)

    def test_hours_that_are_rolled_up_are_not_counted_twice(self):
        self.look()
        self.minutes(self.inbound, 90, **self.inbound_traffic(10, failed=1))
        self.minutes(
            self.inbound,
            1,
            Step.HOUR,
            received={"inbound": 600},
            attempts=600,
            errors={"transient": 60},
        )
        self.look_later()
        slo = self._slo("availability")
        self.assertEqual((slo.total, slo.bad), (900, 90))
        self.assertAlmostEqual(slo.burn_three_days, 10, places=1)

    def test_recovery_counts_incidents_once(self):
        self.inbound.rto_minutes = 60
        self.look()
        for hours, lasted in ((5, 0.5), (8, 2)):
            self.env["integration.incident"].create(
                {
                    "subject": "interface",
                    "subject_ref": self.inbound.id,
                    "interface_id": self.inbound.id,
                    "severity": "3",
                    "state": "closed",
                    "started_at": moment(START - hours * 3600),
                    "detected_at": moment(START - hours * 3600),
                    "closed_at": moment(START - (hours - lasted) * 3600),
                }
            )
        self.go(3)
        slo = self._slo("recovery")
        self.assertEqual((slo.total, slo.bad), (2, 1))

    def test_chart_has_an_hour_for_each_point(self):
        self.look()
        self.patch(fields.Datetime, "now", lambda: moment(START))
        self.minutes(
            self.inbound,
            2,
            Step.HOUR,
            received={"inbound": 100},
            attempts=100,
            errors={"transient": 2},
        )
        chart = json.loads(self._slo("availability").chart)
        self.assertEqual(len(chart["rates"]), 48)
        self.assertEqual(chart["rates"][-3:], [0.0, 2.0, 2.0])
        # The hour that runs is left out: the last point is the hour before it.
        self.assertEqual(chart["times"][-1], START // 3600 * 3600 - 3600)
        self.assertEqual(chart["limits"], [1.0, 3.0, 6.0, 14.4])

    def test_what_cannot_be_promised(self):
        self.look()
        slo = self._slo("latency")
        for values in ({"target": 100}, {"target": 0}, {"threshold": 0}, {"period_days": 0}):
            with self.subTest(values), self.assertRaises(ValidationError):
                slo.write(values)
                self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            slo.copy()
            self.env.flush_all()

    def test_people_change_promises_and_not_what_was_counted(self):
        self.look()
        administrator = new_test_user(
            self.env, "slo.administrator", "integration_core.group_administrator"
        )
        slo = self._slo("availability").with_user(administrator)
        slo.target = 98.0
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", slo._name), ("res_id", "=", slo.id), ("act", "=", "change")]
        )
        self.assertTrue(entries)
        with self.assertRaises(AccessError):
            slo.remaining = 100
        operator = new_test_user(self.env, "slo.operator", "integration_core.group_operator")
        self.assertTrue(slo.with_user(operator).standing)
        with self.assertRaises(AccessError):
            slo.with_user(operator).target = 50
        with self.assertRaises(UserError):
            self.env["integration.slo"].with_user(operator).action_suggest()
