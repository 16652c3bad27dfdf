from odoo.tests import tagged

from .receipt_case import ReceiptCase

HANDLERS = "integration.handler."


@tagged("post_install", "-at_install")
class TestReceiptSchedule(ReceiptCase):
    """Goods that come in two deliveries: messages name the order, and mean the next of them."""

    def setUp(self):
        super().setUp()
        self.line = self.purchase.order_line[0]
        self.line.write(
            {
                "supplier_schedule": [[3, "2026-12-01"], [2, "2026-12-20"]],
                "supplier_promised_date": "2026-12-20",
            }
        )
        self.line._integration_plan_promised()
        self.later = self.purchase.picking_ids - self.picking
        self.assertEqual(len(self.later), 1)

    def handled(self, handler, key, document):
        self.reconfigure(self.inbound, handler=HANDLERS + handler)
        message = self.confirm(key, {"order_number": self.purchase.name, **document})
        self.env.invalidate_all()
        return message

    def prove(self, key, quantity):
        return self.handled(
            "proof_of_delivery",
            key,
            {
                "proof_number": key,
                "delivered_at": "2026-03-04T10:41:00Z",
                "lines": [{"item": "GLV", "quantity": quantity, "unit": "C62"}],
            },
        )

    def test_notice_of_the_whole_line(self):
        message = self.notice(
            "n1", {"item": None, "line_reference": str(self.line.id), "quantity": "5"}
        )
        self.assert_done(message)
        self.assertEqual(self.operations(product=self.product), [(3, "", "", True)])
        self.assertEqual(self.operations(self.later), [(2, "", "", True)])
        self.assertFalse(self.exceptions(self.picking | self.later))

    def test_proofs_are_about_the_next_delivery(self):
        self.assert_done(self.prove("p1", "3"))
        self.assertEqual((self.picking.state, self.line.qty_received), ("done", 3))
        self.assertEqual(self.later.state, "assigned")
        self.assert_done(self.prove("p2", "2"))
        self.assertEqual((self.later.state, self.line.qty_received), ("done", 5))
        self.assertFalse(self.exceptions(self.picking | self.later))

    def test_more_than_the_next_delivery_is_to_be_decided(self):
        self.assert_done(self.prove("p1", "4"))
        self.assertEqual(self.line.qty_received, 0)
        self.assertTrue(self.exceptions(kind="delivery_differs"))

    def test_statuses_are_about_the_next_delivery(self):
        planned = self.later.scheduled_date
        message = self.handled(
            "shipment_status",
            "s1",
            {
                "status": "in_transit",
                "occurred_at": "2026-10-20T08:00:00Z",
                "expected_at": "2026-12-03T08:00:00Z",
            },
        )
        self.assert_done(message)
        self.assertEqual(str(self.picking.scheduled_date), "2026-12-03 08:00:00")
        self.assertEqual(self.later.scheduled_date, planned)
        self.assertFalse(self.later.integration_shipment_event_ids)

    def test_receipts_made_by_hand_are_still_asked_about(self):
        self.line.integration_planned = False
        message = self.prove("p1", "2")
        self.assert_quarantined(message, "several_receipts")
