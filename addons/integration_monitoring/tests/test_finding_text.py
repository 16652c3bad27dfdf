from odoo.tests import TransactionCase, tagged

from ..tools import burn_rate, database_state, health_wall, readings, silence, slo, volume
from ..tools.findings import Signal
from ..tools.traffic_profile import Basis, Expectation


def findings():
    """One of each signal, as the detectors make them."""
    totals, bads = [1000] * 7, [300] * 7
    usual = [Expectation(600.0, 20.0, 600.0, 8, Basis.HOUR_OF_WEEK)]
    few = [Expectation(5.0, 1.0, 5.0, 8, Basis.SIMILAR_DAYS)]
    return [
        *volume.judge(5000, usual, 60),
        *volume.judge(3, usual, 60),
        *volume.judge(60, few, 60),
        silence.judge(silence.Gap(0.0, 7200.0, 20.0)),
        burn_rate.judge(slo.Objective(slo.Kind.AVAILABILITY, 0.99), totals, bads),
        burn_rate.judge(slo.Objective(slo.Kind.LATENCY, 0.99, 5.0), totals, bads),
        readings.recovery(8000, 3600),
        readings.durability(slo.Objective(slo.Kind.DURABILITY, 0.999), 100, 1),
        readings.queue_age(900, 300),
        readings.dead_letters(3, 90),
        readings.duplicates(50, 10),
        readings.error_groups(readings.ErrorGroups(1, 2, 30)),
        readings.breaker_open("open"),
        readings.breaker_open("half_open"),
        readings.part_down(Signal.LISTENER_DOWN, 100, 45, "ward-1"),
        readings.part_down(Signal.RUNNER_DOWN, 100, 45, "runner"),
        readings.probe_failed(readings.Probe(3, 180, "timeout")),
        readings.expiry(3 * 86400, "certificate"),
        readings.expiry(-5, "secret"),
        readings.retention(readings.Retention(1, 2, 300)),
        readings.audit_chain("broken", 1, 500),
        readings.audit_chain("failed"),
        database_state.judge(database_state.State(connections=95, allowed=100)),
        database_state.judge(database_state.State(oldest=7200.0)),
        database_state.judge(database_state.State(table="integration_message", dead=0.6)),
        database_state.judge(database_state.State(disk=0.95)),
    ]


@tagged("post_install", "-at_install")
class TestFindingText(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.texts = cls.env["integration.finding.text"]

    def test_every_signal_has_a_sentence_with_numbers_and_an_advice(self):
        seen = set()
        for finding in findings():
            with self.subTest(finding.signal):
                if finding.level < 1:
                    continue
                seen.add(finding.signal)
                text = self.texts._sentence(finding.signal.value, finding.facts)
                self.assertNotEqual(text, self.texts._plain(finding.signal))
                self.assertTrue(text.endswith("."))
                self.assertNotIn("%(", text)
                self.assertTrue(self.texts._advice(finding.signal.value).endswith("."))
        self.assertEqual(seen, set(Signal))

    def test_without_facts_it_says_what_it_is_about(self):
        for signal in Signal:
            with self.subTest(signal):
                self.assertEqual(self.texts._sentence(signal, {}), self.texts._plain(signal))
                self.assertEqual(
                    self.texts._sentence(signal, {"of": "another version"}),
                    self.texts._plain(signal),
                )

    def test_numbers_are_those_of_the_finding(self):
        text = self.texts._sentence("queue_age", readings.queue_age(5400, 300).facts)
        self.assertIn("1 h 30 min", text)
        self.assertIn("5 min", text)
        silent = silence.judge(silence.Gap(0.0, 7200.0, 20.0))
        text = self.texts._sentence(silent.signal, silent.facts)
        self.assertIn("2 h", text)
        self.assertIn("2e-09", text)
        self.assertIn("0.0001", text)

    def test_every_reason_of_a_light_has_a_sentence(self):
        facts = {"seconds": 100, "allowed": 50, "count": 3, "attempts": 9, "failed": 4}
        facts |= {"objective": "latency", "rate": 15.2, "remaining": -1.0, "lifecycle": "draft"}
        for code in health_wall.CODES:
            with self.subTest(code):
                text = self.texts._reason(code, facts)
                self.assertNotEqual(text, code)
                self.assertTrue(text.endswith("."))

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        german = self.texts.with_context(lang="de_DE")
        # untranslated terms stay as they are; nothing fails on the way
        self.assertTrue(german._sentence("queue_age", readings.queue_age(900, 300).facts))

    def test_durations(self):
        for seconds, text in (
            (0.5, "0.5 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
            (86400, "1 d"),
            (100000, "1 d 4 h"),
        ):
            self.assertEqual(self.texts._duration(seconds), text)
