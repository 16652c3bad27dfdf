from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ..engine.rollup_rows import moment
from ..tools.causes import Node, Subject
from ..tools.findings import Signal
from ..tools.readings import ErrorGroups, Probe
from .watch_case import WatchCase


@tagged("post_install", "-at_install")
class TestWatchReadings(WatchCase):
    """What is read plainly of an interface: one start, one end, the right light."""

    def setUp(self):
        super().setUp()
        self.minutes(self.inbound, 10, **self.inbound_traffic(20))
        self.minutes(self.outbound, 10, received={"outbound": 1}, attempts=1)

    def test_queue_age(self):
        message = self.receive("old", {"key": "a"})
        self._since(message, 400)
        self.go(1)
        self.assertEqual(self.steps(Signal.QUEUE_AGE), ["started"])
        facts = self.told[0].change.finding.facts
        self.assertEqual((facts["seconds"], facts["allowed"]), (460, 300))
        self.assertEqual(self.watch(self.inbound).light, "degraded")
        self._state(message, "done")
        self.go(5)
        self.assertEqual(self.steps(Signal.QUEUE_AGE), ["started", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_queue_age_follows_the_class_and_the_recovery_time(self):
        message = self.receive("old", {"key": "a"})
        self._since(message, 100)
        self.go(1)
        self.assertEqual(self.told, [])
        self.inbound.rto_minutes = 1
        self.go(1)
        self.assertEqual(self.steps(Signal.QUEUE_AGE), ["started"])

    def test_a_late_acknowledgement_waits_as_well(self):
        message = self.receive("old", {"key": "a"})
        self._since(message, 1000)
        self._state(message, "waiting", available_at=moment(self.now + 3600))
        self.go(1)
        self.assertEqual(self.steps(Signal.QUEUE_AGE), ["started"])

    def test_dead_letters(self):
        messages = [self.receive(f"dead-{n}", {"key": "a"}) for n in range(12)]
        self._state(messages[0], "dead", available_at=moment(self.now))
        self.go(2)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started"])
        self.assertEqual(self.watch(self.inbound).light, "degraded")
        self.assertIn("dead_letters", self.codes(self.inbound))
        for message in messages:
            self._state(message, "dead", available_at=moment(self.now))
        self.go(2)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "raised"])
        for message in messages:
            self._state(message, "cancelled")
        self.go(3)
        self.assertEqual(self.steps(Signal.DEAD_LETTER), ["started", "raised", "ended"])
        self.assertEqual(self.watch(self.inbound).light, "ok")

    def test_durability(self):
        """A dead letter that nobody handles within a day is not kept."""
        self.minutes(self.inbound, 10, **self.inbound_traffic(20))
        message = self.receive("lost", {"key": "a"})
        self._state(message, "dead", available_at=moment(self.now - 3600))
        self.go(1)
        self.assertEqual(self.steps(Signal.DURABILITY), [])
        self._state(message, "dead", available_at=moment(self.now - 90000))
        self.go(1)
        self.assertEqual(self.steps(Signal.DURABILITY), ["started"])
        slo = self.env["integration.slo"].search(
            [("interface_id", "=", self.inbound.id), ("kind", "=", "durability")]
        )
        self.assertEqual((slo.bad, slo.state), (1, "burning"))
        self.assertLess(slo.remaining, 0)
        self._state(message, "cancelled")
        self.go(3)
        self.assertEqual(self.steps(Signal.DURABILITY), ["started", "ended"])

    def test_breaker(self):
        self._breaker("open")
        self.go(1)
        self.assertEqual(self.steps(Signal.BREAKER_OPEN, self.outbound.id), ["started"])
        self.assertEqual(self.watch(self.outbound).light, "down")
        self._breaker("half_open")
        self.go(1)
        self._breaker("open")
        self.go(1)
        self.assertEqual(self.steps(Signal.BREAKER_OPEN), ["started"])
        self._breaker("closed")
        self.go(3)
        self.assertEqual(self.steps(Signal.BREAKER_OPEN), ["started", "ended"])
        self.assertEqual(self.watch(self.outbound).light, "ok")

    def test_breaker_of_a_person_is_no_trouble(self):
        self._breaker("forced_open")
        self.go(2)
        self.assertEqual(self.told, [])
        self.assertEqual(self.watch(self.outbound).light, "paused")

    def test_expiry(self):
        version = self._secret(days=40)
        self.go(1)
        self.assertEqual(self.told, [])
        self._ends(version, days=10)
        self.go(1)
        self._ends(version, days=1)
        self.go(1)
        self.assertEqual(self.steps(Signal.EXPIRY, self.outbound.id), ["started", "raised"])
        facts = self.told[0].change.finding.facts
        self.assertEqual((facts["what"], facts["ended"]), ("secret", 0))
        self._ends(version, days=400)
        self.go(1)
        self.assertEqual(self.steps(Signal.EXPIRY), ["started", "raised", "ended"])

    def test_recovery(self):
        self.inbound.rto_minutes = 10
        self.env["integration.slo"]._ensure(self.inbound)
        message = self.receive("old", {"key": "a"})
        self._since(message, 1000)
        self.go(9)
        self.assertEqual(self.steps(Signal.RECOVERY), [])
        self.go(3)
        self.assertEqual(self.steps(Signal.RECOVERY), ["started"])
        self._state(message, "done")
        self.go(6)
        self.assertEqual(self.steps(Signal.RECOVERY), ["started", "ended"])

    def test_a_kind_of_failure_that_nobody_has_looked_at(self):
        group = self.env["integration.error.group"].create(
            {
                "interface_id": self.inbound.id,
                "company_id": self.inbound.company_id.id,
                "fingerprint": "v1:new",
                "title": "No such unit",
                "state": "new",
                "waiting_count": 2,
                "first_seen": moment(self.now),
                "last_seen": moment(self.now),
            }
        )
        self.go(3)
        self.assertEqual(self.steps(Signal.ERROR_GROUP, self.inbound.id), ["started"])
        group.waiting_count = 0
        self.go(3)
        self.assertEqual(self.steps(Signal.ERROR_GROUP, self.inbound.id), ["started", "ended"])

    def test_what_others_have_read(self):
        watches = type(self.env["integration.watch"])
        probe, groups = Probe(2, 120, "timeout"), ErrorGroups(new=1, messages=3)
        with (
            patch.object(
                watches,
                "_probe_readings",
                lambda _self, _now: {
                    Node(Subject.INTERFACE, self.outbound.id): probe,
                    Node(Subject.SYSTEM, self.system.id): probe,
                },
            ),
            patch.object(
                watches, "_error_group_readings", lambda _self, ids: {self.inbound.id: groups}
            ),
        ):
            self.go(3)
        self.assertEqual(self.steps(Signal.PROBE_FAILED, self.outbound.id), ["started"])
        self.assertEqual(self.steps(Signal.ERROR_GROUP, self.inbound.id), ["started"])
        kinds = {one.node.kind for one in self.told}
        self.assertEqual(kinds, {Subject.INTERFACE, Subject.SYSTEM})
        self.go(3)
        ends = [one for one in self.told if one.change.step == "ended"]
        self.assertEqual(len(ends), 3)

    def test_place_names_what_the_interface_depends_on(self):
        self._breaker("open")
        self.go(1)
        place = self.told[0].place
        self.assertEqual(
            (place.interface, place.system, place.direction, place.listener),
            (self.outbound.id, self.system.id, "outbound", None),
        )

    # -- helpers ---------------------------------------------------------------------------

    def _since(self, message, seconds):
        at = moment(self.now - seconds)
        self.env.cr.execute(
            "UPDATE integration_message SET created_at = %s, available_at = %s WHERE id = %s",
            [at, at, message.id],
        )

    def _state(self, message, state, available_at=None):
        self.env.cr.execute(
            "UPDATE integration_message SET state = %s, available_at = %s WHERE id = %s",
            [state, available_at, message.id],
        )
        self.env.invalidate_all()

    def _breaker(self, state):
        self.env.cr.execute(
            """
            INSERT INTO integration_breaker (interface_id, state) VALUES (%s, %s)
            ON CONFLICT (interface_id) DO UPDATE SET state = EXCLUDED.state
            """,
            [self.outbound.id, state],
        )

    def _secret(self, days):
        credential = self.env["integration.credential"].create({"name": "Shared"})
        version = self.env["integration.credential.version"].create(
            {"credential_id": credential.id, "secret": "whsec_" + "QUJD" * 8}
        )
        self.env.cr.execute(
            "UPDATE integration_interface SET credential_id = %s WHERE id = %s",
            [credential.id, self.outbound.id],
        )
        self._ends(version, days)
        return version

    def _ends(self, version, days):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_credential_version SET not_after = %s WHERE id = %s",
            [moment(self.now) + timedelta(days=days), version.id],
        )
        self.env.invalidate_all()
