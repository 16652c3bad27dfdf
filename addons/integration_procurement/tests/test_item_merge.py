from odoo.tests import tagged

from .test_item import ItemCase


@tagged("post_install", "-at_install")
class TestItemMerge(ItemCase):
    def setUp(self):
        super().setUp()
        self.bring_well(self.item("I-1", name="Keeps"), self.item("I-2", name="Goes"))
        self.survivor, self.merged = self.known("I-1"), self.known("I-2")
        self.reconfigure(self.inbound, handler="integration.handler.item_merge")

    def merge(self, survivor="I-1", merged="I-2"):
        (message,) = self.bring({"survivor": survivor, "merged": merged, "reason": "twice"})
        return message

    def assert_blocked(self, code="merge_blocked"):
        message = self.merge()
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertEqual(self.known("I-2"), self.merged)
        self.assertTrue(self.merged.active)
        return message

    def test_numbers_mean_the_survivor(self):
        other = self.env["integration.system"].create(
            {"name": "Warehouse", "code": "WMS", "kind": "logistics"}
        )
        self.links._link(other.id, self.merged, "W-2")
        message = self.merge()
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(message.res_id, self.survivor.id)
        self.assertEqual((self.known("I-1"), self.known("I-2")), (self.survivor, self.survivor))
        self.assertEqual(self.links._find_record(other.id, "product.product", "W-2"), self.survivor)
        self.assertFalse(self.merged.active)
        self.assertFalse(self.merged.product_tmpl_id.active)
        audited = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.record.link"), ("act", "=", "change")]
        )
        self.assertEqual(set(audited.mapped("reason")), {"twice"})

    def test_once_more_is_harmless(self):
        self.merge()
        self.assertEqual(self.merge().state, "done")
        self.assertTrue(self.survivor.active)

    def test_messages_of_both_show_on_the_survivor(self):
        self.merge()
        found = self.env["integration.message"].search(
            [("res_model", "=", "product.product"), ("res_id", "=", self.survivor.id)]
        )
        self.assertEqual(len(found), 3)

    def test_stock(self):
        self.env["stock.quant"]._update_available_quantity(
            self.merged, self.env.ref("stock.stock_location_stock"), 3
        )
        self.assertIn("stock", self.assert_blocked().error_message)

    def test_open_order(self):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [(0, 0, {"product_id": self.merged.id, "product_qty": 1})],
            }
        )
        self.assertIn("orders", self.assert_blocked().error_message)
        order.button_cancel()
        self.assertEqual(self.merge().state, "done")

    def test_goods_under_way(self):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.supplier.id,
                "order_line": [(0, 0, {"product_id": self.merged.id, "product_qty": 1})],
            }
        )
        order.button_confirm()
        self.assertIn("on their way", self.assert_blocked().error_message)

    def test_draft_bill(self):
        self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_line_ids": [(0, 0, {"product_id": self.merged.id, "quantity": 1})],
            }
        )
        self.assertIn("bills", self.assert_blocked().error_message)

    def test_other_unit(self):
        self.merged.uom_id = self.env.ref("uom.product_uom_dozen")
        self.env.flush_all()
        self.assert_blocked("merge_unit_differs")

    def test_unknown_number(self):
        message = self.merge(merged="I-9")
        self.assertEqual((message.state, message.error_code), ("quarantined", "unknown_item"))
