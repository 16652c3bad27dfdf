from datetime import UTC
from unittest.mock import patch

from odoo.tests import tagged

from ..engine import watch_rows
from ..tools.findings import Signal
from ..tools.rollup import Step
from ..tools.traffic_profile import Profile
from .watch_case import START, WatchCase, usual


@tagged("post_install", "-at_install")
class TestWatchTraffic(WatchCase):
    """Trouble in the traffic of an interface: one start, one end, the right light."""

    def test_outage_burns_the_budget_of_availability(self):
        self._days_before()
        self.look()
        self.assertEqual(self.watch(self.inbound).light, "ok")
        self.go(15, self.inbound, **self.inbound_traffic(20, failed=20))
        self.assertEqual(self.budget_steps(Signal.AVAILABILITY), ["started"])
        watch = self.watch(self.inbound)
        self.assertEqual(watch.light, "down")
        self.assertIn("all_fail", self.codes(self.inbound))
        self.assertIn("budget_burning", self.codes(self.inbound))
        slo = self._slo("availability")
        self.assertEqual(slo.state, "burning")
        self.assertGreater(slo.burn_hour, 14.4)
        self.go(60, self.inbound, **self.inbound_traffic(20))
        self.assertEqual(self.budget_steps(Signal.AVAILABILITY), ["started", "ended"])
        self.assertNotIn("budget_burning", self.codes(self.inbound))

    def test_what_a_message_says_is_no_outage(self):
        self.minutes(self.inbound, 120, **self.inbound_traffic(20))
        self.go(15, self.inbound, **self.inbound_traffic(20, failed=20, error="mapping"))
        self.assertEqual(self.steps(Signal.AVAILABILITY), [])

    def test_slow_partner_burns_the_budget_of_latency(self):
        self._days_before()
        self.go(12, self.inbound, **self.inbound_traffic(20, slow=18))
        self.assertEqual(self.budget_steps(Signal.LATENCY), ["started"])
        self.assertEqual(self.watch(self.inbound).light, "degraded")
        facts = self.told[-1].change.finding.facts
        self.assertEqual(facts["threshold"], 60.0)
        self.go(60, self.inbound, **self.inbound_traffic(20))
        self.assertEqual(self.budget_steps(Signal.LATENCY), ["started", "ended"])

    def test_budget_burns_slowly(self):
        """Three days of hours, read as hours: a ticket, no page."""
        self.minutes(self.inbound, 80, Step.HOUR, **self.inbound_traffic(1000, failed=20))
        self.minutes(self.inbound, 180, **self.inbound_traffic(17, failed=1))
        self.look()
        self.assertEqual(self.budget_steps(Signal.AVAILABILITY), ["started"])
        change = self.told[0].change
        self.assertEqual(int(change.finding.grade), 1)
        slo = self._slo("availability")
        self.assertGreater(slo.burn_three_days, 1)
        self.assertLess(slo.burn_three_days, 3)

    def test_silence_is_told_once_and_from_when_it_was_one(self):
        self.learn_by_hand(self.inbound, usual(2))
        self.minutes(self.inbound, 10, **self.inbound_traffic(2))
        self.look()
        self.go(1, self.inbound, **self.inbound_traffic(2))
        last = self.now
        expected = self.watch(self.inbound).significant_at
        self.go(12)
        self.assertEqual(self.steps(Signal.SILENCE), ["started"])
        facts = self.told[0].change.finding.facts
        self.assertEqual(facts["significant_at"], _epoch(expected))
        # An arrival each half minute is missed for long enough after some minutes.
        self.assertGreater(facts["significant_at"], last + 300)
        self.assertLessEqual(self.told[0].change.at - facts["significant_at"], 60)
        self.assertEqual(self.watch(self.inbound).light, "silent")
        self.go(15, self.inbound, **self.inbound_traffic(2))
        self.assertEqual(self.steps(Signal.SILENCE), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_silence_within_the_present_minute_is_told_at_once(self):
        self.learn_by_hand(self.inbound, usual(2))
        self.go(5, self.inbound, **self.inbound_traffic(2))
        significant = self.watch(self.inbound).significant_at
        moment = _epoch(significant)
        self.now = moment // 60 * 60
        self.look()
        self.assertEqual(self.steps(Signal.SILENCE), [])
        self.now = moment + 1
        self.look()
        self.assertEqual(self.steps(Signal.SILENCE), ["started"])
        self.assertEqual(self.told[0].change.at, moment + 1)

    def test_a_message_of_the_present_minute_is_no_silence(self):
        self.learn_by_hand(self.inbound, usual(2))
        self.go(5, self.inbound, **self.inbound_traffic(2))
        significant = self.watch(self.inbound).significant_at
        moment = _epoch(significant)
        self.now = moment // 60 * 60
        self.look()
        message = self.receive("just-now", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = %s WHERE id = %s",
            [significant, message.id],
        )
        self.now = moment + 1
        self.look()
        self.assertEqual(self.steps(Signal.SILENCE), [])

    def test_surge(self):
        self.learn_by_hand(self.inbound, usual(20))
        self.go(20, self.inbound, **self.inbound_traffic(20))
        self.assertEqual(self.steps(Signal.VOLUME_HIGH), [])
        self.go(15, self.inbound, **self.inbound_traffic(200))
        self.assertEqual(self.steps(Signal.VOLUME_HIGH), ["started"])
        self.go(20, self.inbound, **self.inbound_traffic(20))
        self.assertEqual(self.steps(Signal.VOLUME_HIGH), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_duplicates(self):
        self.minutes(self.inbound, 10, **self.inbound_traffic(5, duplicates=1))
        self.look()
        self.assertEqual(self.steps(Signal.DUPLICATES), [])
        self.go(1, self.inbound, **self.inbound_traffic(5, duplicates=60))
        self.assertEqual(self.steps(Signal.DUPLICATES), ["started"])
        self.assertEqual(self.watch(self.inbound).light, "degraded")
        self.go(10, self.inbound, **self.inbound_traffic(5))
        self.assertEqual(self.steps(Signal.DUPLICATES), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_what_is_the_same_as_before_is_not_read_anew(self):
        """A look costs little, four times a minute: profiles and past minutes are parsed once."""
        self.learn_by_hand(self.inbound, usual(3.25))
        self.minutes(self.inbound, 3, **self.inbound_traffic(21, failed=1))
        with patch.object(Profile, "from_dict", side_effect=Profile.from_dict) as parsed:
            self.go(3, self.inbound, **self.inbound_traffic(21, failed=1))
        self.assertEqual(parsed.call_count, 1)
        directions = {self.inbound.id: "inbound"}
        args = (self.env.cr, directions, Step.MINUTE, START - 180, self.now)
        one, other = (watch_rows.counts(*args)[self.inbound.id] for _look in range(2))
        self.assertEqual(len(one), 6)
        self.assertTrue(all(one[at].latency is other[at].latency for at in one))

    def test_nothing_learnt_nothing_judged(self):
        self.go(10, self.inbound, **self.inbound_traffic(20))
        self.go(60)
        self.go(30, self.inbound, **self.inbound_traffic(2000))
        self.assertEqual(self.told, [])
        self.assertIn("not judged", self.watch(self.inbound).profile_text)

    def test_expected_number_until_enough_is_learnt(self):
        self.inbound.expected_per_day = 2000
        self.go(1, self.inbound, **self.inbound_traffic(2))
        self.watch(self.inbound).action_use_expected()
        self.assertIn("2000", self.watch(self.inbound).profile_text)
        self.go(1, self.inbound, **self.inbound_traffic(2))
        self.now += 30 * 3600
        # thirty hours were not looked at, then it goes on minute by minute
        for _each in range(12):
            self.now += 3 * 3600
            self.look()
        self.assertEqual(self.steps(Signal.SILENCE), ["started"])

    def test_the_same_look_twice_changes_nothing(self):
        self.minutes(self.inbound, 120, **self.inbound_traffic(20))
        self.go(15, self.inbound, **self.inbound_traffic(20, failed=20))
        told = list(self.told)
        state = self.watch(self.inbound).state
        self.look()
        self.assertEqual(self.told, told)
        self.assertEqual(self.watch(self.inbound).state, state)

    def test_within_a_minute_that_was_judged_only_readings_are_looked_at(self):
        self.minutes(self.inbound, 120, **self.inbound_traffic(20))
        self.look()
        before = self._slo("availability").burn
        self.minutes(self.inbound, 120, **self.inbound_traffic(20, failed=20))
        self.now += 20
        self.look()
        self.assertEqual(self.steps(Signal.AVAILABILITY), [])
        self.assertEqual(self._slo("availability").burn, before)
        self.assertEqual(self.watch(self.inbound).light, "down")  # all fail
        message = self.receive("dead", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'dead' WHERE id = %s", [message.id]
        )
        self.now += 15
        self.look()
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started"])

    def test_what_the_present_minute_has_brought_is_told_at_once(self):
        self._days_before()
        self.look()
        self.now += 25
        failing = self.inbound_traffic(500, failed=500, slow=500, duplicates=600)
        self.minutes(self.inbound, 1, begin=self.now - 25, **failing)
        self.look(settle=5)
        for signal in (Signal.AVAILABILITY, Signal.LATENCY, Signal.DUPLICATES):
            self.assertEqual(self.budget_steps(signal), ["started"])
        self.assertEqual(self.watch(self.inbound).light, "degraded")
        self.now += 15
        self.look(settle=5)
        self.now += 25
        self.look(settle=5)
        self.assertEqual(self.budget_steps(Signal.LATENCY), ["started"])

    def test_a_slow_partner_of_a_busy_interface_is_told_within_a_minute(self):
        """Not before it has been so for half a minute: seconds of it are no trouble."""
        self._days_before()
        self.look()
        begin = self.now
        for count, told in ((8, []), (16, []), (24, ["started"])):
            self.now += 15
            slow = self.inbound_traffic(count, slow=count - 1)
            self.minutes(self.inbound, 1, begin=begin, **slow)
            self.look(settle=5)
            self.assertEqual(self.budget_steps(Signal.LATENCY), told)
        self.assertEqual(self.watch(self.inbound).light, "degraded")

    def test_a_minute_settles_before_it_is_judged(self):
        self.go(5, self.inbound, **self.inbound_traffic(2))
        judged = self.watch(self.inbound).state["next_minute"]
        self.now += 60
        self.look(settle=5)
        self.assertEqual(self.watch(self.inbound).state["next_minute"], judged)
        self.now += 5
        self.look(settle=5)
        self.assertEqual(self.watch(self.inbound).state["next_minute"], judged + 1)

    def test_a_minute_is_judged_once_the_rollups_hold_it(self):
        self.look(measured_at=None)
        self.assertFalse(self.watch(self.inbound).state["next_minute"], "nothing was measured yet")
        self.minutes(self.inbound, 60, **self.inbound_traffic(20))
        self.look()
        judged = self.watch(self.inbound).state["next_minute"]
        self.now += 90
        self.look(measured_at=self.now - 60)
        self.assertEqual(self.watch(self.inbound).state["next_minute"], judged)
        self.look(measured_at=self.now - 20)
        self.assertEqual(self.watch(self.inbound).state["next_minute"], judged + 1)

    def test_minutes_that_were_missed_are_looked_at_later(self):
        self.learn_by_hand(self.inbound, usual(20))
        self.go(5, self.inbound, **self.inbound_traffic(20))
        for _each in range(30):
            self.minutes(self.inbound, 1, begin=self.now, **self.inbound_traffic(200))
            self.now += 60
        self.look()
        self.assertEqual(self.steps(Signal.VOLUME_HIGH), ["started"])
        self.assertLess(self.told[0].change.at, START + 30 * 60)

    def test_a_light_says_since_when(self):
        self.minutes(self.inbound, 60, **self.inbound_traffic(20))
        self.look()
        since = self.watch(self.inbound).since
        self.go(3, self.inbound, **self.inbound_traffic(20))
        self.assertEqual(self.watch(self.inbound).since, since)
        self.go(1, self.inbound, **self.inbound_traffic(400, failed=400))
        self.assertGreater(self.watch(self.inbound).since, since)

    def test_without_rollups_nothing_is_known(self):
        self.minutes(self.inbound, 60, **self.inbound_traffic(20))
        self.look()
        self.assertEqual(self.watch(self.inbound).light, "ok")
        self.look(measured_at=self.now - 600)
        self.assertEqual(self.watch(self.inbound).light, "unknown")
        self.assertEqual(self.codes(self.inbound), ["unmeasured"])
        self.assertEqual(self.watch(self.outbound).light, "unknown")

    def _days_before(self):
        """Days without trouble."""
        self.minutes(self.inbound, 80, Step.HOUR, **self.inbound_traffic(1200))
        self.minutes(self.inbound, 120, **self.inbound_traffic(20))

    def _slo(self, kind):
        return self.env["integration.slo"].search(
            [("interface_id", "=", self.inbound.id), ("kind", "=", kind)]
        )


def _epoch(naive):
    """Seconds since 1970 of a naive moment in UTC."""
    return int(naive.replace(tzinfo=UTC).timestamp())
