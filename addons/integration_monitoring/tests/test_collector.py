from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.tests.common import delivered
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_monitoring.engine import collector, minutes, repeats

from .collect_common import CollectCase


@tagged("post_install", "-at_install")
class TestCollector(CollectCase):
    """What real drains did is counted as what it was."""

    def _handled(self, process, *keys):
        self.handle_with(process)
        for key in keys:
            self.receive(key, {"key": key})
        self.drain(self.inbound)
        self.collect()
        return self.total(self.inbound)

    def test_done(self):
        found = self._handled(lambda _handler, _received, _data: None, "a", "b")
        self.assertEqual(found.received, {"inbound": 2})
        self.assertEqual(found.finished, {"done": 2})
        self.assertEqual((found.attempts, found.errors), (2, {}))
        self.assertEqual(found.latency.total, 2)
        self.assertEqual(self.size(self.inbound), 2 * len(b'{"key": "a"}'))
        self.assertEqual(found.bytes, 0, "not before the minute is over")
        self.assertEqual((found.depth, found.held), (0, 0))

    def test_quarantined(self):
        def refuse(_handler, _received, _data):
            raise errors.ConflictError("no")

        found = self._handled(refuse, "a")
        self.assertEqual(found.finished, {"quarantined": 1})
        self.assertEqual((found.attempts, found.errors), (1, {"conflict": 1}))
        self.assertEqual(found.latency.total, 0)

    def test_retry_and_dead(self):
        def fail(_handler, _received, _data):
            raise errors.TransientError("not now")

        found = self._handled(fail, "a")
        self.assertEqual(found.finished, {"retry": 1})
        self.assertEqual((found.depth, found.depth_peak), (1, 1))
        for _attempt in range(2):
            self.make_due(self.messages(self.inbound))
            self.drain(self.inbound)
        self.collect()
        found = self.total(self.inbound)
        self.assertEqual(found.finished, {"retry": 2, "dead": 1})
        self.assertEqual((found.attempts, found.errors), (3, {"transient": 3}))
        self.assertEqual(found.depth, 0)
        self.assertEqual(found.depth_peak, 1, "a peak stays")

    def test_filtered_and_cancelled(self):
        self.handle_with(lambda _handler, _received, _data: None)
        kept, cancelled = self.receive("a", {"key": "a"}), self.receive("b", {"key": "b"})
        for message, state in ((kept, "filtered"), (cancelled, "cancelled")):
            self.env.cr.execute(
                "UPDATE integration_message SET state = %s, finished_at = now() AT TIME ZONE 'UTC' "
                "WHERE id = %s",
                [state, message.id],
            )
        self.collect()
        found = self.total(self.inbound)
        self.assertEqual(found.finished, {"filtered": 1, "cancelled": 1})
        self.assertEqual(found.attempts, 0)

    def test_refused_at_the_door(self):
        """An id that is used for another content is quarantined by nobody's attempt."""
        self.receive("a", {"key": "a"})
        self.receive("a", {"key": "other"})
        self.collect()
        found = self.total(self.inbound)
        self.assertEqual(found.finished, {"quarantined": 1})
        self.assertEqual((found.received, found.attempts), ({"inbound": 2}, 0))

    def test_outbound(self):
        self.send_with(delivered)
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        self.collect()
        found = self.total(self.outbound)
        self.assertEqual(found.received, {"outbound": 1})
        self.assertEqual((found.finished, found.attempts), ({"done": 1}, 1))
        self.assertGreater(self.size(self.outbound), 0)

    def test_waits_for_an_acknowledgement(self):
        """The attempt counts when its end is known, and what came of it."""
        self.send_with(lambda _message: Outcome(http_status=202, sent=b"{}", waits=60.0))
        self.fire()
        self.dispatch()
        self.drain(self.outbound)
        self.collect()
        found = self.total(self.outbound)
        self.assertEqual((found.attempts, found.finished, found.depth), (0, {}, 1))
        message = self.messages(self.outbound)
        self.make_due(message)
        self.drain(self.outbound)
        self.collect()
        found = self.total(self.outbound)
        self.assertEqual(found.attempts, 1)
        self.assertEqual(sum(found.errors.values()), 1)
        self.assertTrue(message.attempt_ids.ended_at)

    def test_held_apart(self):
        self.inbound.processing_paused = True
        self.receive("a", {"key": "a"})
        self.drain(self.inbound)
        self.collect()
        found = self.total(self.inbound)
        self.assertEqual((found.depth, found.held, found.oldest), (0, 1, 0.0))

    def test_oldest(self):
        message = self.receive("a", {"key": "a"})
        self.shift("message", "created_at", message.ids, minutes=3)
        self.collect()
        self.assertAlmostEqual(self.total(self.inbound).oldest, 180, delta=30)

    def test_twice_is_the_same(self):
        self._handled(lambda _handler, _received, _data: None, "a", "b")
        self.env.cr.execute("SELECT * FROM integration_rollup ORDER BY interface_id, begin_at")
        before = self.env.cr.fetchall()
        self.collect()
        self.env.cr.execute("SELECT * FROM integration_rollup ORDER BY interface_id, begin_at")
        self.assertEqual(self.env.cr.fetchall(), before)

    def test_duplicates(self):
        """Counted after the commit, by the process that answered."""
        self.receive("a", {"key": "a"})
        self.env.cr.postcommit.clear()
        self.receive("a", {"key": "a"})
        self.receive("a", {"key": "a"})
        self.assertTrue(repeats.told.listeners, "nobody listens")
        told = []
        self.patch(repeats.told, "listeners", [lambda *args: told.append(args)])
        self.env.cr.postcommit.run()
        self.assertEqual(told, [(self.env.cr.dbname, self.inbound.id, 1)] * 2)
        with self.enter_registry_test_mode():
            repeats.write(self.env.registry, [(self.inbound.id, 2), (2**31 - 1, 5)])
        self.collect()
        self.assertEqual(self.total(self.inbound).duplicates, 2)

    def test_two_at_once(self):
        """The second finds the lock taken, and does nothing."""
        self.receive("a", {"key": "a"})
        with self.env.registry.cursor() as other:
            self.assertFalse(minutes.lock(other), "the test's own transaction has collected")
        with patch.object(collector, "lock", lambda _cr: False):
            self.assertIsNone(self.collect())
        self.assertEqual(self.total(self.inbound).received, {})

    def test_hook(self):
        seen = []
        self.patch(
            type(self.env["integration.rollup"]),
            "_after_collect",
            lambda model, collected: seen.append((model.env.su, collected)),
        )
        with self.enter_registry_test_mode():
            self.env["integration.rollup"]._collect(0)
        self.assertEqual([su for su, _collected in seen], [True])

    def test_a_detector_that_fails_keeps_nobody_from_counting(self):
        def fail(_model, _collected):
            raise ValueError("detector")

        self.patch(type(self.env["integration.rollup"]), "_after_collect", fail)
        self.receive("a", {"key": "a"})
        with (
            self.enter_registry_test_mode(),
            self.assertLogs("odoo.addons.integration_monitoring.models.integration_rollup"),
        ):
            self.env["integration.rollup"]._collect(0)
        self.assertEqual(self.total(self.inbound).received, {"inbound": 1})
