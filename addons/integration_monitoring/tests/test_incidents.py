from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .incident_case import CALM, HOUR, MINUTE, IncidentCase, Signal, Step


@tagged("post_install", "-at_install")
class TestIncidents(IncidentCase):
    """One incident for what belongs together, from its start to its end."""

    def test_a_flood_of_changes_is_one_incident_told_once(self):
        steps = (Step.STARTED, Step.ENDED)
        signals = (Signal.DEAD_LETTER, Signal.AVAILABILITY)
        for second in range(1000):
            signal = signals[(second // 2) % 2]
            self.take(self.of_interface(self.outbound, signal, steps[second % 2]))
            self.clock += 1
        incident = self.incidents()
        self.assertEqual(len(incident), 1)
        self.assertEqual(self.notices(incident, self.chat), ["start"])
        self.deliver()
        self.assertEqual(len(self.posts()), 1)
        self.assertEqual(incident.findings["dead_letter"]["times"], 250)
        self.assertLess(len(incident.event_ids), 10, "a flood does not fill the timeline either")

    def test_what_one_look_finds_is_told_once_as_severe_as_it_is(self):
        self.take(
            self.of_interface(self.outbound, Signal.ERROR_GROUP),
            self.of_interface(self.outbound, Signal.AVAILABILITY),
            self.of_interface(self.outbound, Signal.BREAKER_OPEN),
        )
        incident = self.incidents()
        self.assertEqual(self.notices(incident, self.chat), ["start"])
        told = incident.notice_ids.filtered(lambda one: one.channel_id == self.chat)
        self.assertEqual(told.severity, incident.severity)
        self.assertEqual(incident.severity, "2")

    def test_a_thousand_changes_at_once(self):
        self.take(
            *(
                self.of_interface(self.outbound, Signal.DEAD_LETTER, step)
                for _time in range(500)
                for step in (Step.STARTED, Step.ENDED)
            )
        )
        self.assertEqual(self.notices(self.incidents(), self.chat), ["start"])

    def test_the_end_is_told_once_and_only_when_it_is_sure(self):
        incident = self.open_one()
        self.deliver()
        self.later(5 * MINUTE)
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        end = self.clock
        self.later(CALM - 1)
        self.assertEqual(incident.state, "open")
        self.later(1)
        self.assertEqual(incident.state, "closed")
        self.assertEqual(incident.closed_at.timestamp() % 60, end % 60)
        for _time in range(3):
            self.later(MINUTE)
            self.deliver()
        self.assertEqual(self.notices(incident, self.chat), ["start", "end"])
        self.assertEqual(len(self.posts()), 2)
        self.assertIn("Healed", self.posts()[0].body)

    def test_what_comes_back_while_it_is_quiet_is_the_same_incident(self):
        incident = self.open_one()
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM - MINUTE)
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN))
        self.later(HOUR)
        self.assertEqual(self.incidents(), incident)
        self.assertNotEqual(incident.state, "closed")
        self.assertFalse(incident.quiet_since)

    def test_what_comes_back_after_the_end_is_a_new_one(self):
        first = self.open_one()
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.later(CALM)
        second = self.open_one()
        self.assertNotEqual(first, second)
        self.assertEqual(self.notices(second, self.chat), ["start"])

    def test_there_is_one_open_incident_of_a_subject_whoever_writes(self):
        incident = self.open_one()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            incident.copy(
                {
                    "subject": incident.subject,
                    "subject_ref": incident.subject_ref,
                    "state": "open",
                    "severity": "1",
                    "started_at": incident.started_at,
                    "detected_at": incident.detected_at,
                }
            ).flush_recordset()

    def test_an_end_without_a_start_and_a_subject_that_is_gone_make_nothing(self):
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        gone = self.outbound.copy({"name": "Gone"})
        observed = self.of_interface(gone, Signal.BREAKER_OPEN)
        gone.unlink()
        self.take(observed)
        self.take()
        self.assertFalse(self.incidents())

    def test_severity_is_that_of_the_interface_and_worse_is_told_once(self):
        self.outbound.criticality = "low"
        incident = self.open_one(Signal.VOLUME_LOW)
        self.assertEqual(incident.severity, "4")
        self.outbound.criticality = "vital"
        for signal in (Signal.VOLUME_HIGH, Signal.BREAKER_OPEN, Signal.DURABILITY):
            self.take(self.of_interface(self.outbound, signal))
        self.assertEqual(incident.severity, "1")
        self.assertEqual(self.notices(incident, self.chat), ["start", "worse", "worse"])
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN))
        self.assertEqual(self.notices(incident, self.chat), ["start", "worse", "worse"])

    # -- causes ----------------------------------------------------------------------------

    def _twenty(self):
        return [self._interface(f"Feed {number}", direction="inbound") for number in range(20)]

    def test_a_runner_that_stands_still_is_one_incident_not_twenty(self):
        silences = [self.of_interface(one, Signal.SILENCE) for one in self._twenty()]
        # The silences may well come first.
        self.take(*silences, self.of_suite(Signal.RUNNER_DOWN))
        incident = self.incidents()
        self.assertEqual((len(incident), incident.subject), (1, "suite"))
        self.assertEqual(incident.effect_count, 20)
        self.assertEqual(self.notices(incident, self.chat), ["start"])
        self.assertEqual(incident.severity, "2", "as bad as for the worst of its interfaces")
        self.assertFalse(incident.company_id)

    def test_what_waits_for_weeks_hides_no_runner_that_stands_still(self):
        self.take(self.of_suite(Signal.AUDIT_CHAIN))
        trail = self.incidents()
        trail.with_user(self.operator).action_acknowledge()
        self.later(HOUR)
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        runner = self.incidents() - trail
        self.assertEqual(self.notices(runner, self.chat), ["start"])
        self.assertNotEqual(trail.name, runner.name)
        self.take(self.of_suite(Signal.AUDIT_CHAIN, Step.ENDED))
        self.assertTrue(trail.quiet_since)
        self.assertFalse(runner.quiet_since)

    def test_effects_that_end_with_their_cause_are_never_told(self):
        twenty = self._twenty()
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.take(*(self.of_interface(one, Signal.SILENCE) for one in twenty))
        self.later(10 * MINUTE)
        self.take(self.of_suite(Signal.RUNNER_DOWN, Step.ENDED))
        self.take(*(self.of_interface(one, Signal.SILENCE, Step.ENDED) for one in twenty))
        self.later(CALM)
        incident = self.incidents()
        self.assertEqual((len(incident), incident.state), (1, "closed"))
        self.assertTrue(all(incident.effect_ids.mapped("ended_at")))
        self.assertIn("end", self.notices(incident, self.chat))

    def test_what_outlasts_its_cause_is_an_incident_of_its_own_told_once(self):
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.take(self.of_interface(self.inbound, Signal.SILENCE))
        self.later(MINUTE)
        self.take(self.of_suite(Signal.RUNNER_DOWN, Step.ENDED))
        self.later(14 * MINUTE)
        self.assertEqual(len(self.incidents()), 1, "traffic has to come back first")
        self.later(2 * MINUTE)
        own = self.incidents(("interface_id", "=", self.inbound.id))
        self.assertEqual(own.signals, {"silence": 0})
        self.assertEqual(self.notices(own, self.chat), ["start"])
        self.later(CALM)
        self.assertEqual(len(self.incidents()), 2)
        self.take(self.of_interface(self.inbound, Signal.SILENCE, Step.ENDED))
        self.later(CALM)
        self.assertEqual(set(self.incidents().mapped("state")), {"closed"})

    def test_what_was_told_before_its_cause_was_found_is_put_behind_it(self):
        early = self.open_one(Signal.SILENCE, self.inbound)
        self.later(5 * MINUTE)
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        cause = self.incidents(("subject", "=", "suite"))
        self.assertEqual(early.cause_id, cause)
        self.later(12 * HOUR)
        self.assertEqual(self.notices(early, self.chat), ["start"], "its ladder rests")
        self.assertEqual(early.state, "open")

    def test_more_than_its_cause_explains_is_told(self):
        early = self.open_one(Signal.SILENCE, self.inbound)
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.assertTrue(early.cause_id)
        self.inbound.criticality = "vital"
        self.take(self.of_interface(self.inbound, Signal.DURABILITY))
        self.assertFalse(early.cause_id)
        self.assertEqual(self.notices(early, self.chat), ["start", "worse"])

    def test_its_ladder_goes_on_when_its_cause_is_over(self):
        early = self.open_one(Signal.SILENCE, self.inbound)
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.later(HOUR)
        self.take(self.of_suite(Signal.RUNNER_DOWN, Step.ENDED))
        self.later(14 * MINUTE)
        self.assertEqual(early.reached, 1)
        self.later(MINUTE)
        self.assertEqual(early.reached, 2)

    def test_what_began_long_before_has_another_cause(self):
        early = self.open_one(Signal.SILENCE, self.inbound)
        self.later(HOUR)
        self.take(self.of_suite(Signal.RUNNER_DOWN))
        self.assertFalse(early.cause_id)

    def test_a_partner_that_does_not_answer_explains_its_interfaces_only(self):
        other = self.env["integration.system"].create({"name": "Other", "code": "OTHER"})
        elsewhere = self._interface("Elsewhere", direction="outbound", system_id=other.id)
        self.take(self.of_system(self.system, Signal.PROBE_FAILED))
        self.take(
            self.of_interface(self.outbound, Signal.BREAKER_OPEN),
            self.of_interface(elsewhere, Signal.BREAKER_OPEN),
        )
        found = {(one.subject, one.system_id) for one in self.incidents()}
        self.assertEqual(found, {("system", self.system), ("interface", other)})

    def test_an_effect_makes_its_cause_as_severe_as_itself(self):
        self.outbound.criticality = "vital"
        self.take(self.of_system(self.system, Signal.PROBE_FAILED))
        incident = self.incidents()
        self.assertEqual(incident.severity, "2")
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN))
        self.assertEqual(incident.severity, "1")
        self.assertEqual(self.notices(incident, self.chat), ["start", "worse"])

    # -- time ------------------------------------------------------------------------------

    def test_the_ladder_in_its_times(self):
        incident = self.open_one()
        self.assertEqual(incident.severity, "2")
        times = {}
        for minute in range(0, 150, 5):
            for kind in self.notices(incident, self.chat)[1:]:
                times.setdefault((kind, incident.reached), minute)
            self.later(5 * MINUTE)
        self.assertEqual(incident.state, "escalated")
        self.assertEqual(incident.reached, 3)
        self.assertEqual(set(incident.told_to), {"support", "owner", "business", "managers"})
        self.assertEqual(self.notices(incident, self.activities), ["start", "step", "step"])
        told = incident.event_ids.filtered(lambda one: one.kind == "told").sorted("at")
        began = told[0].at
        self.assertEqual(
            [int((one.at - began).total_seconds() / MINUTE) for one in told], [0, 30, 120]
        )

    def test_what_is_acknowledged_does_not_go_up_in_its_time(self):
        incident = self.open_one()
        incident.with_user(self.operator).action_acknowledge()
        self.later(7 * HOUR)
        self.assertEqual((incident.state, incident.reached), ("acknowledged", 1))
        self.later(HOUR)
        self.assertEqual((incident.state, incident.reached), ("escalated", 2))
        self.later(MINUTE)
        self.assertEqual(incident.reached, 2, "one step, not all that would have been due")

    def test_a_resolution_that_does_not_come_true_is_open_again(self):
        incident = self.open_one()
        incident.with_user(self.operator).action_resolve("Restarted")
        self.later(7 * HOUR)
        self.assertEqual(incident.state, "resolved")
        self.later(HOUR)
        self.assertEqual(incident.state, "open")
        self.assertEqual(self.notices(incident, self.chat), ["start", "again"])

    def test_a_new_signal_opens_what_was_resolved(self):
        incident = self.open_one()
        incident.with_user(self.operator).action_resolve("Restarted")
        self.take(self.of_interface(self.outbound, Signal.BREAKER_OPEN, Step.ENDED))
        self.assertEqual(incident.state, "resolved")
        self.take(self.of_interface(self.outbound, Signal.DEAD_LETTER))
        self.assertEqual(incident.state, "open")
        self.assertEqual(self.notices(incident, self.chat), ["start", "again"])
