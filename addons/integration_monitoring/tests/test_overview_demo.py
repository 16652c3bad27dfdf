from odoo.tests import tagged

from ..demo import traffic
from .overview_case import OverviewCase


@tagged("post_install", "-at_install")
class TestTrafficOfTheDemo(OverviewCase):
    def test_a_day_of_messages_and_months_of_rollups(self):
        self.env["integration.heartbeat"].search([]).unlink()
        name = "interface_told"
        self.env["ir.model.data"].create(
            {
                "module": "integration_core",
                "name": name,
                "model": "integration.interface",
                "res_id": self.inbound.id,
            }
        )
        self.patch(traffic, "A_DAY", {name: 40})
        self.patch(traffic, "TYPES", {name: "test.thing"})
        traffic.tell(self.env)
        traffic.tell(self.env)  # told once only
        messages = self.env["integration.message"].search([("interface_id", "=", self.inbound.id)])
        self.assertIn(len(messages), (18, 40))  # fewer at the weekend
        self.assertEqual(set(messages.mapped("state")), {"done"})
        answer = self.overview().load_interface(self.inbound.id, "24h")
        self.assertFalse(answer["stale"])
        told = sum(point["done"] for point in answer["points"])
        self.assertAlmostEqual(told, len(messages), delta=3)
        quarter = self.overview().load_interface(self.inbound.id, "90d")["points"]
        self.assertGreater(sum(point["done"] for point in quarter), 1000)
        self.assertEqual(len(self.env["integration.heartbeat"].search([])), 1)
