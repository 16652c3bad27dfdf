from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import drain, lanes, wakeup
from odoo.addons.integration_core.engine.inbound import InboundDrain

from .common import EngineCase


@tagged("post_install", "-at_install")
class TestGiveWay(EngineCase):
    """Batch work lets more urgent work go first, but not for ever."""

    def setUp(self):
        super().setUp()
        self.lane = self.env["integration.lane"].search([("interface_id", "=", self.inbound.id)])
        self.dispatcher = self.env["integration.lane"].search([("kind", "=", "dispatch")])
        self.env.cr.execute("UPDATE integration_lane SET wanted = false")

    def _batch(self):
        # SQL: the latency class of an active interface is not for people to change
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET latency_class = 'batch' WHERE id = %s",
            [self.inbound.id],
        )
        self.env.invalidate_all()

    def test_what_counts_as_urgent(self):
        self.assertFalse(lanes.urgent(self.env.cr))
        lanes.want(self.env.cr, self.lane.ids)
        self.assertTrue(lanes.urgent(self.env.cr))
        self._batch()
        self.assertFalse(lanes.urgent(self.env.cr), "batch work does not wait for batch work")
        lanes.want(self.env.cr, self.dispatcher.ids)
        self.assertTrue(lanes.urgent(self.env.cr), "events are urgent")

    def test_a_batch_drain_waits_a_moment_and_then_works(self):
        lanes.want(self.env.cr, self.dispatcher.ids)
        self.assertAlmostEqual(self._waited(gives_way=True), drain.GIVE_WAY, delta=0.021)
        self.assertEqual(self._waited(gives_way=False), 0)

    def test_a_batch_drain_does_not_wait_for_nothing(self):
        self.assertEqual(self._waited(gives_way=True), 0)

    def test_only_the_drain_of_a_batch_interface_gives_way(self):
        self.assertFalse(self._run_job().gives_way)
        self._batch()
        self.assertTrue(self._run_job().gives_way)
        self.assertEqual(wakeup.CHANNELS[self.lane._latency_class()][1], 20)

    def _waited(self, *, gives_way):
        """Seconds that it waits, by a clock of its own: a busy machine is no reason to fail."""
        one = InboundDrain(self.env.registry, self.lane.id)
        one.gives_way = gives_way
        slept = []
        with (
            self.enter_registry_test_mode(),
            patch.object(drain.time, "monotonic", lambda: sum(slept)),
            patch.object(drain.time, "sleep", slept.append),
        ):
            one._give_way()
        return sum(slept)

    def _run_job(self):
        with patch.object(InboundDrain, "run", autospec=True) as run:
            self.lane._drain()
        return run.call_args.args[0]
