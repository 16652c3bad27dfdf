from datetime import datetime, timedelta

from odoo.tests import BaseCase

from odoo.addons.integration_core.tools import endpoint_health as health
from odoo.addons.integration_core.tools.endpoint_health import Health, Reason

START = datetime(2026, 11, 22, 10, 0)
LIMIT = timedelta(hours=120)


def at(hours):
    return START + timedelta(hours=hours)


class TestEndpointHealth(BaseCase):
    def fail(self, state, *hours, limit=LIMIT):
        """Verdicts of failures at some hours, and the state after the last one."""
        verdicts = []
        for hour in hours:
            verdict = health.after_failure(state, at(hour), limit)
            state = verdict.health
            verdicts.append(verdict)
        return verdicts, state

    def test_the_usual_course(self):
        verdicts, state = self.fail(Health(), 0, 1, 59.9, 60, 70, 84, 100, 108, 119.9, 120, 121)
        said = [verdict.announcement and verdict.announcement.percent for verdict in verdicts]
        self.assertEqual(said, [None, None, None, 50, None, 70, None, 90, None, None, None])
        self.assertEqual([bool(v.disabling) for v in verdicts], [False] * 9 + [True, False])
        self.assertEqual((state.disabled_at, state.disabled_because), (at(120), Reason.FAILING))

    def test_texts_get_what_they_need(self):
        verdicts, _state = self.fail(Health(), 0, 61.5, 85, 108, 120)
        self.assertEqual(
            verdicts[1].announcement.parameters(),
            {
                "percent": 50,
                "failing_since": START,
                "failing_hours": 61,
                "disable_at": at(120),
                "hours_left": 58,
            },
        )
        self.assertEqual(
            verdicts[4].disabling.parameters(),
            {"reason": "failing", "failing_since": START, "failing_hours": 120},
        )

    def test_a_success_resets(self):
        _verdicts, state = self.fail(Health(), 0, 60, 84, 108)
        state = health.after_success(state)
        self.assertEqual(state, Health())
        verdicts, state = self.fail(state, 119, 120, 178)
        self.assertFalse(any(v.announcement or v.disabling for v in verdicts))
        self.assertEqual(state.failing_since, at(119))

    def test_gone_disables_at_once(self):
        verdict = health.after_gone(Health(), START)
        self.assertEqual(verdict.disabling.reason, Reason.GONE)
        self.assertEqual(verdict.disabling.failing_since, START)
        self.assertEqual(verdict.health.disabled_because, Reason.GONE)
        self.assertIsNone(health.after_gone(verdict.health, at(1)).disabling)
        _verdicts, state = self.fail(Health(), 0, 5)
        self.assertEqual(health.after_gone(state, at(6)).disabling.parameters()["failing_hours"], 6)

    def test_a_late_success_enables_nobody(self):
        state = health.after_gone(Health(), START).health
        self.assertEqual(health.after_success(state), state)

    def test_missed_announcements_are_made_up_for_once(self):
        """The server was down from hour 10 to hour 300."""
        verdicts, state = self.fail(Health(), 0, 10, 300, 301, 311.9)
        self.assertEqual(verdicts[2].announcement.percent, 90)
        self.assertEqual(verdicts[2].announcement.disable_at, at(312))
        self.assertFalse(any(v.announcement or v.disabling for v in verdicts[3:]))
        self.assertTrue(health.after_failure(state, at(312), LIMIT).disabling)

    def test_a_late_first_announcement(self):
        verdicts, _state = self.fail(Health(), 0, 90)
        self.assertEqual(verdicts[1].announcement.percent, 70)
        self.assertEqual(verdicts[1].announcement.disable_at, at(120))

    def test_a_lower_limit_disables_nobody_unannounced(self):
        _verdicts, state = self.fail(Health(), 0, 60)
        verdicts, state = self.fail(state, 61, 62, 65, limit=timedelta(hours=40))
        self.assertEqual(verdicts[0].announcement.percent, 90)
        self.assertEqual(verdicts[0].announcement.disable_at, at(65))
        self.assertTrue(verdicts[2].disabling)

    def test_a_higher_limit_announces_anew(self):
        _verdicts, state = self.fail(Health(), 0, 60, 84, 108)
        verdicts, _state = self.fail(state, 109, 110, 140, 180, 200, limit=timedelta(hours=200))
        said = [verdict.announcement and verdict.announcement.percent for verdict in verdicts]
        self.assertEqual(said, [50, None, 70, 90, None])
        self.assertTrue(verdicts[4].disabling)

    def test_clocks_that_differ(self):
        verdicts, state = self.fail(Health(), 0, 60.01, 59.99, 60.02)
        self.assertEqual([bool(v.announcement) for v in verdicts], [False, True, False, False])
        _verdicts, state = self.fail(Health(), 10, 0)
        self.assertEqual(state.failing_since, at(0))

    def test_a_limit_that_is_too_short(self):
        with self.assertRaises(ValueError):
            health.after_failure(Health(), START, timedelta(minutes=59))
