import json

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.engine import obstacles
from odoo.addons.integration_core.engine.outbound import OutboundDrain, Outcome
from odoo.addons.integration_core.tools import errors
from odoo.addons.integration_core.tools.breaker import Breaker, Circuit

from .common import EngineCase, delivered

BURST = 4


class NotReady:
    """A sender that lacks something before its first message."""

    def __init__(self, error):
        self.error = error

    def make_ready(self):
        raise self.error

    def __call__(self, message):
        raise AssertionError("nothing leaves")


@tagged("post_install", "-at_install")
class TestPermits(EngineCase):
    """What breaker and rate permitted is used, or given back: nothing stays taken."""

    def setUp(self):
        super().setUp()
        self.policy.write(
            {
                "concurrency": 1,
                "ordering": "none",
                "rate_per_second": 0.001,
                "rate_burst": BURST,
                "breaker_enabled": True,
                "breaker_min_calls": 1,
            }
        )
        for code in ("ZX", "ZY"):
            self.fire(code, code)
        self.dispatch()
        self.obstacle = errors.ConfigurationError("The proxy refuses us.")
        self.obstacle.holds = True

    def open_until_now(self):
        """The breaker when its time is over: the next call is a probe."""
        opened = Breaker(state=Circuit.OPEN, generation=3, open_seconds=30.0, opened_until=1.0)
        self.env["integration.breaker"].create(
            {
                "interface_id": self.outbound.id,
                "state": "open",
                "data": json.dumps(opened.to_dict()),
            }
        )

    def breaker(self):
        self.env.cr.execute(
            "SELECT data FROM integration_breaker WHERE interface_id = %s", [self.outbound.id]
        )
        return Breaker.from_dict(json.loads(self.env.cr.fetchone()[0]))

    def tokens(self):
        self.env.cr.execute(
            "SELECT tokens FROM integration_rate WHERE interface_id = %s", [self.outbound.id]
        )
        return round(self.env.cr.fetchone()[0], 1)

    def drain_with(self, sender):
        """Drain once; return when the drain wants to look again."""
        self.send_with(sender)
        lane = self.outbound_lane()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            drain = OutboundDrain(self.env.registry, lane.id)
            drain.run(patient=False)
            due = drain.next_due()
        self.env.invalidate_all()
        return due

    def outbound_lane(self):
        return self.env["integration.lane"].search(
            [("interface_id", "=", self.outbound.id)], limit=1
        )

    def assert_given_back(self):
        breaker = self.breaker()
        self.assertEqual((breaker.state, breaker.probes), (Circuit.HALF_OPEN, ()))
        self.assertEqual(self.tokens(), BURST)

    def take_over(self):
        """What happens to a claim whose lease ended: another drain has the messages."""
        self.env.cr.execute(
            "UPDATE integration_message SET claim_token = 'another'"
            " WHERE interface_id = %s AND state = 'processing'",
            [self.outbound.id],
        )

    # -- obstacles -------------------------------------------------------------------------

    def test_probe_that_met_an_obstacle_on_its_way(self):
        self.open_until_now()
        due = self.drain_with(lambda _message: Outcome(error=self.obstacle))
        self.assert_given_back()
        wait = (due - fields.Datetime.now()).total_seconds()
        self.assertLess(wait, obstacles.AGAIN_SECONDS + 5, "not when the probe's lease ends")
        self.patch(obstacles, "_met", obstacles._Met())
        self.drain_with(delivered)
        self.assertEqual(self.breaker().state, Circuit.CLOSED)
        self.assertEqual(set(self.messages(self.outbound).mapped("state")), {"done"})

    def test_probe_that_met_an_obstacle_before_it_left(self):
        self.open_until_now()
        due = self.drain_with(NotReady(self.obstacle))
        self.assert_given_back()
        wait = (due - fields.Datetime.now()).total_seconds()
        self.assertLess(wait, obstacles.AGAIN_SECONDS + 5)

    def test_probe_for_which_there_is_no_message(self):
        self.open_until_now()
        messages = self.messages(self.outbound)
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'retry',"
            " available_at = now() AT TIME ZONE 'UTC' + interval '5 seconds' WHERE id = ANY(%s)",
            [messages.ids],
        )
        due = self.drain_with(delivered)
        self.assert_given_back()
        wait = (due - fields.Datetime.now()).total_seconds()
        self.assertLess(wait, 10, "at the time of the retry")

    # -- leases that were lost -------------------------------------------------------------

    def test_answer_counts_for_the_breaker_whoever_has_the_message_now(self):
        self.open_until_now()

        def sender(message):
            self.take_over()
            return delivered(message)

        self.drain_with(sender)
        self.assertEqual(self.breaker().state, Circuit.CLOSED)

    def test_outage_counts_for_the_breaker_whoever_has_the_message_now(self):
        self.open_until_now()

        def sender(_message):
            self.take_over()
            return Outcome(error=errors.TransientError("Down."))

        self.drain_with(sender)
        self.assertEqual(self.breaker().state, Circuit.OPEN)

    def test_what_did_not_leave_is_given_back_whoever_has_the_message_now(self):
        self.open_until_now()

        def sender(_message):
            self.take_over()
            return Outcome(error=errors.ConfigurationError("Not this message."))

        self.drain_with(sender)
        self.assert_given_back()
