from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..tools.findings import Signal
from .watch_case import WatchCase


@tagged("post_install", "-at_install")
class TestWatchSwitches(WatchCase):
    """Signals are switched off and on; what a person has decided is no trouble."""

    def setUp(self):
        super().setUp()
        self.minutes(self.inbound, 10, **self.inbound_traffic(20))
        self.dead = self.receive("dead", {"key": "a"})
        self._state("dead")
        self.go(2)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started"])

    def test_switched_off_ends_at_once_and_on_starts_again(self):
        setting = self._setting(signal="dead_letter", watched=False)
        self.go(1)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended"])
        self.go(3)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended"])
        setting.watched = True
        self.go(2)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended", "started"])

    def test_own_switch_goes_before_that_of_all(self):
        self._setting(watch_id=False, signal="dead_letter", watched=False)
        self.go(1)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended"])
        self._setting(signal="dead_letter", watched=True)
        self.go(1)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended", "started"])

    def test_limit(self):
        self._setting(signal="dead_letter", limit_value=5)
        self.go(3)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended"])

    def test_signals_of_the_suite(self):
        self._setting(watch_id=False, signal="runner_down", watched=False)
        heartbeat = self.env["integration.heartbeat"].create(
            {
                "key": "runner",
                "kind": "job_runner",
                "name": "Job runner",
                "every": 60,
                "beat_at": "2026-01-01",
            }
        )
        self.go(1)
        self.assertEqual(self.steps(Signal.RUNNER_DOWN), [])
        self.assertTrue(heartbeat.exists())

    def test_what_makes_no_sense_is_refused(self):
        for values in (
            {"signal": "silence", "limit_value": 3},
            {"signal": "queue_age", "limit_value": -1},
            {"signal": "audit_chain"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._setting(**values)
        self._setting(signal="silence", watched=False)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._setting(signal="silence", watched=True)

    def test_each_change_is_audited(self):
        setting = self._setting(signal="silence", watched=False)
        setting.watched = True
        entries = self.env["integration.audit.entry"].search(
            [("res_model", "=", setting._name), ("res_id", "=", setting.id)]
        )
        self.assertEqual(sorted(entries.mapped("act")), ["change", "create"])

    def test_paused(self):
        self.receive("old", {"key": "b"})
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = '2026-01-01', available_at = NULL"
            " WHERE state = 'queued'"
        )
        self.go(1)
        self.assertEqual(self.steps(Signal.QUEUE_AGE), ["started"])
        self.inbound.processing_paused = True
        self.go(1)
        self.assertEqual(self.steps(Signal.QUEUE_AGE), ["started", "ended"])
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started"])
        self.assertEqual(self.watch(self.inbound).light, "paused")

    def test_archived(self):
        self.inbound.active = False
        self.go(1)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "paused")

    def test_an_objective_that_is_gone_is_not_judged(self):
        slo = self.env["integration.slo"].search(
            [("interface_id", "=", self.inbound.id), ("kind", "=", "durability")]
        )
        self.env.cr.execute(
            "UPDATE integration_message SET available_at = '2026-01-01' WHERE id = %s",
            [self.dead.id],
        )
        self.go(1)
        self.assertEqual(self.steps(Signal.DURABILITY), ["started"])
        slo.active = False
        self.go(1)
        self.assertEqual(self.steps(Signal.DURABILITY), ["started", "ended"])

    def test_only_administrators_set_up(self):
        operator = new_test_user(self.env, "watch.operator", "integration_core.group_operator")
        watch = self.watch(self.inbound).with_user(operator)
        for act in (watch.action_learn_anew, watch.action_use_expected):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(AccessError):
            self.env["integration.watch.setting"].with_user(operator).create(
                {"watch_id": watch.id, "signal": "silence", "watched": False}
            )
        administrator = new_test_user(
            self.env, "watch.administrator", "integration_core.group_administrator"
        )
        watch.with_user(administrator).action_learn_anew()

    # -- helpers ---------------------------------------------------------------------------

    def _setting(self, **values):
        watch = self.watch(self.inbound)
        return self.env["integration.watch.setting"].create({"watch_id": watch.id, **values})

    def _state(self, state):
        self.env.cr.execute(
            "UPDATE integration_message SET state = %s WHERE id = %s", [state, self.dead.id]
        )
