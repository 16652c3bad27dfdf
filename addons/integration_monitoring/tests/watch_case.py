from datetime import UTC, datetime
from unittest.mock import patch

from odoo.addons.integration_core.tests.common import EngineCase

from ..engine import rollup_rows
from ..tools.histogram import Histogram
from ..tools.hours_of_week import HALVES, SLOTS
from ..tools.rollup import Rollup, Step
from ..tools.traffic_profile import Basis, Expectation, Profile

#: A Tuesday, ten o'clock.
START = int(datetime(2026, 3, 3, 10, tzinfo=UTC).timestamp())
MINUTE = 60


def usual(per_minute, width=5):
    """A profile of the same traffic at each hour of the week."""
    bucket = per_minute * width
    expectation = Expectation(bucket, bucket**0.5, bucket, 8, Basis.HOUR_OF_WEEK)
    return Profile(width, (expectation,) * SLOTS, (float(per_minute),) * HALVES)


class WatchCase(EngineCase):
    """Interfaces whose traffic is stored as rollups, looked at minute by minute.

    What the watch hands over to the incidents is recorded; incidents have tests of their own.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.tz = "UTC"
        cls.told = []

        def record(_model, observed):
            cls.told.extend(observed)

        incidents = type(cls.env["integration.incident"])
        cls.startClassPatcher(patch.object(incidents, "_take_changes", record))
        # Other interfaces of a database that was tried by hand have no part in this.
        cls.env.cr.execute(
            "UPDATE integration_interface SET activated_at = NULL WHERE id != ALL(%s)",
            [[cls.inbound.id, cls.outbound.id]],
        )
        cls.env["integration.heartbeat"].search([]).unlink()
        cls.env["integration.interface"].invalidate_model()

    def setUp(self):
        super().setUp()
        self.told.clear()
        self.now = START

    # -- traffic ---------------------------------------------------------------------------

    def minutes(self, interface, count, step=Step.MINUTE, begin=None, **counts):
        """Store rollups of successive minutes up to now, or from ``begin`` on."""
        begin = self.now - count * step if begin is None else begin
        window = Rollup(**counts)
        rows = {begin + at * step: window for at in range(count)}
        rollup_rows.store(self.env.cr, step, {interface.id: rows})

    @staticmethod
    def inbound_traffic(count, failed=0, seconds=0.1, slow=0, error="transient", duplicates=0):
        """Counts of a minute in which ``slow`` of the messages took an hour."""
        latency = Histogram().add(seconds, count - slow).add(4000.0, slow)
        return {
            "received": {"inbound": count},
            "attempts": count,
            "errors": {error: failed} if failed else {},
            "latency": latency,
            "duplicates": duplicates,
        }

    # -- looking ---------------------------------------------------------------------------

    def look(self, **kwargs):
        self.env["integration.watch"]._observe(self.now, **kwargs)
        self.env.invalidate_all()

    def go(self, minutes, interface=None, **counts):
        """Let minutes pass, each with the same traffic, and look after each of them."""
        for _each in range(minutes):
            if interface:
                self.minutes(interface, 1, begin=self.now, **counts)
            self.now += MINUTE
            self.look()

    def watch(self, interface):
        return self.env["integration.watch"].search([("interface_id", "=", interface.id)])

    def learn_by_hand(self, interface, profile):
        self.look()
        self.watch(interface).profile = profile.to_dict()
        self.env.flush_all()

    def codes(self, interface):
        return [reason["code"] for reason in self.watch(interface).reasons]

    def steps(self, signal, node_id=None, raised=True):
        """Starts, rises and ends that were told of a signal, in order."""
        return [
            str(one.change.step)
            for one in self.told
            if one.change.finding.signal == signal
            and node_id in (None, one.node.id)
            and (raised or one.change.step != "raised")
        ]

    def budget_steps(self, signal):
        """Starts and ends: a budget that burns faster and faster is a ticket first, then a page."""
        return self.steps(signal, self.inbound.id, raised=False)
