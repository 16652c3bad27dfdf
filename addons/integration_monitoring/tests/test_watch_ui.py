from odoo.tests import HttpCase, tagged

from ..tools.rollup import Step
from .watch_case import WatchCase


@tagged("post_install", "-at_install")
class TestWatchUi(WatchCase, HttpCase):
    """The health of interfaces and their service levels in a browser."""

    def test_from_a_light_to_its_reasons_and_to_the_objective(self):
        self.minutes(self.inbound, 20, Step.HOUR, **self.inbound_traffic(1200, failed=3))
        self.minutes(self.inbound, 120, **self.inbound_traffic(20))
        self.go(15, self.inbound, **self.inbound_traffic(20, failed=20))
        self.start_tour("/odoo/integration-health", "integration_monitoring_watch", login="admin")
        setting = self.watch(self.inbound).setting_ids
        self.assertEqual((setting.signal, setting.watched), ("availability", False))
