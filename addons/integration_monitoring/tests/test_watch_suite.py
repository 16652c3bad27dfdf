from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from ..engine import watch_parts, watch_rows
from ..engine.rollup_rows import moment
from ..tools.causes import SUITE, Node, Subject
from ..tools.findings import Finding, Signal
from .watch_case import WatchCase


@tagged("post_install", "-at_install")
class TestWatchSuite(WatchCase):
    """The suite as a whole, and listeners."""

    def test_runner_down(self):
        self.minutes(self.inbound, 10, **self.inbound_traffic(20))
        runner = self._beat("runner:a", "job_runner", "Job runner", 60)
        self.go(1)
        self.assertEqual(self.told, [])
        self._seen(runner, 200)
        self.go(1)
        self.assertEqual(self.steps(Signal.RUNNER_DOWN), ["started"])
        self.assertEqual(self.told[0].node, SUITE)
        self.assertEqual(self.watch(self.inbound).light, "down")
        self.assertEqual(self.codes(self.inbound), ["runner_down"])
        self._seen(runner, 0)
        self.go(2)
        self.assertEqual(self.steps(Signal.RUNNER_DOWN), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_systems_of_other_companies_are_not_shown_and_break_no_list(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        theirs = self.system.copy({"name": "Theirs", "code": "THEIRS", "company_id": other.id})
        self.env.flush_all()
        findings = {
            Node(Subject.SYSTEM, system.id): [Finding(Signal.PROBE_FAILED, 2.0)]
            for system in (self.system, theirs)
        }
        watch_parts.look(self.env.cr, {**findings, SUITE: []}, frozenset(), self.now)
        observer = new_test_user(self.env, "part.ob", "integration_core.group_observer")
        parts = self.env["integration.watch.part"].with_user(observer).search([])
        self.assertEqual(
            set(parts.mapped("name")) & {"Theirs", self.system.display_name},
            {self.system.display_name},
        )
        self.assertEqual(parts.filtered("system_id").system_id, self.system)

    def test_one_of_two_runners_is_enough(self):
        self._beat("runner:a", "job_runner", "Job runner", 60)
        dead = self._beat("runner:b", "job_runner", "Job runner", 60)
        self._seen(dead, 5000)
        self.go(1)
        self.assertEqual(self.told, [])

    def test_listener_down(self):
        self.minutes(self.inbound, 10, **self.inbound_traffic(20))
        self.env.cr.execute(
            "UPDATE integration_interface SET transport = 'mllp' WHERE id = %s", [self.inbound.id]
        )
        listener = self._beat("listener:a", "listener", "ward-1", 45)
        self._seen(listener, 100)
        self.go(1)
        self.assertEqual(self.steps(Signal.LISTENER_DOWN), ["started"])
        told = self.told[0]
        self.assertEqual((told.node.kind, told.node.id), (Subject.LISTENER, listener.id))
        self.assertIn("ward-1", told.change.finding.facts["part"])
        self.assertEqual(self.watch(self.inbound).light, "down")
        self.assertEqual(self.watch(self.outbound).light, "unknown")
        part = self.env["integration.watch.part"].search([("subject", "=", "listener")])
        self.assertEqual((part.name, part.open_count), (listener.display_name, 1))
        self.assertIn("ward-1", part.reasons_text)
        # one that was taken away for good ends what was said of it
        self.env.cr.execute("DELETE FROM integration_heartbeat WHERE id = %s", [listener.id])
        self.go(1)
        self.assertEqual(self.steps(Signal.LISTENER_DOWN), ["started", "ended"])
        self.assertFalse(part.exists(), "what is gone is not looked at for ever")
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_signals_of_an_interface_name_its_listener(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET transport = 'mllp' WHERE id = %s", [self.inbound.id]
        )
        listener = self._beat("listener:a", "listener", "ward-1", 45)
        message = self.receive("dead", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'dead' WHERE id = %s", [message.id]
        )
        self.go(1)
        told = [one for one in self.told if one.node.kind is Subject.INTERFACE]
        self.assertEqual([one.place.listener for one in told], [listener.id])

    def test_retention(self):
        self.env.cr.execute(
            """
            INSERT INTO integration_retention_clock (kind, track, interface_id, overdue, problem)
            VALUES ('payload', 'done', %s, 5, 'disk full')
            """,
            [self.inbound.id],
        )
        self.go(2)
        self.assertEqual(self.steps(Signal.RETENTION), ["started"])
        self.assertEqual(self.told[0].change.finding.facts["overdue"], 5)
        self.env.cr.execute("DELETE FROM integration_retention_clock")
        self.go(2)
        self.assertEqual(self.steps(Signal.RETENTION), ["started", "ended"])

    def test_audit_chain(self):
        verifications = self.env["integration.audit.verification"]
        one = verifications.create(
            {"scope": "full", "state": "broken", "finding_count": 2, "checked": 100}
        )
        self.env.flush_all()
        self.go(2)
        self.assertEqual(self.steps(Signal.AUDIT_CHAIN), ["started"])
        facts = self.told[0].change.finding.facts
        self.assertEqual((facts["findings"], facts["checked"]), (2, 100))
        with patch.object(type(verifications), "_is_known", lambda _self: True):
            self.go(2)
        self.assertEqual(self.steps(Signal.AUDIT_CHAIN), ["started", "ended"])
        one.state = "intact"

    def test_a_copy_is_not_judged(self):
        self.minutes(self.inbound, 10, **self.inbound_traffic(20))
        message = self.receive("dead", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'dead' WHERE id = %s", [message.id]
        )
        self.go(1)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started"])
        round_of = "odoo.addons.integration_monitoring.engine.watch_round.arming.is_held"
        with patch(round_of, lambda _cr: True):
            self.go(1)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "paused")

    def test_only_one_looks_at_a_time(self):
        watches = self.env["integration.watch"]
        with self.registry.cursor() as other:
            self.assertTrue(watch_rows.lock(other))
            self.assertFalse(watches._observe(self.now))
        self.assertTrue(watches._observe(self.now))

    def test_who_dies_before_the_end_has_done_nothing(self):
        """State and incident are one transaction: the next look tells the same, once."""
        self.go(1)
        message = self.receive("dead", {"key": "a"})
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'dead' WHERE id = %s", [message.id]
        )

        class Died(Exception):
            pass

        def die(_model, _observed):
            raise Died

        self.now += 60
        incidents = type(self.env["integration.incident"])
        with (
            patch.object(incidents, "_take_changes", die),
            self.assertRaises(Died),
            self.env.cr.savepoint(),
        ):
            self.env["integration.watch"]._observe(self.now)
        self.env.invalidate_all()
        self.look()
        self.look()
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started"])

    def test_the_scheduled_action_leaves_alone_what_was_looked_at(self):
        watches = self.env["integration.watch"]
        with self.enter_registry_test_mode():
            watches._cron_watch()
        self.env.invalidate_all()
        looked = self.watch(self.inbound).updated_at
        self.assertTrue(looked)
        calls = []
        with (
            patch.object(type(watches), "_observe", lambda *args: calls.append(args)),
            self.enter_registry_test_mode(),
        ):
            watches._cron_watch()
        self.assertEqual(calls, [])

    def test_where_nothing_is_watched_yet_the_suite_is(self):
        self.env.cr.execute("UPDATE integration_interface SET activated_at = NULL")
        self.env.cr.execute("DELETE FROM integration_watch")
        self.env.invalidate_all()
        self.assertTrue(self.env["integration.watch"]._observe(self.now + 600))
        self.assertFalse(self.env["integration.watch"].search_count([]))
        self.assertTrue(self.env["integration.watch.part"].search_count([]))

    # -- helpers ---------------------------------------------------------------------------

    def _beat(self, key, kind, name, every):
        heartbeats = self.env["integration.heartbeat"]
        heartbeat = heartbeats.create(
            {"key": key, "kind": kind, "name": name, "every": every, "beat_at": moment(self.now)}
        )
        self._seen(heartbeat, 0)
        return heartbeat

    def _seen(self, heartbeat, seconds):
        """Seen so many seconds before the next look."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_heartbeat SET beat_at = %s WHERE id = %s",
            [moment(self.now + 60 - seconds), heartbeat.id],
        )
        heartbeat.invalidate_recordset()
