from odoo.tests import tagged

from .catalogue_case import CatalogueCase


@tagged("post_install", "-at_install")
class TestStockAvailability(CatalogueCase):
    handler = "integration.handler.stock_availability"

    def seen(self, key, as_of="2026-11-22T06:00:00Z", **item):
        return self.send(
            key,
            as_of=as_of,
            items=[
                {
                    "item": {"supplier_code": "S-1"},
                    "available_quantity": "30",
                    "unit": "C62",
                    **item,
                }
            ],
        )

    def test_beside_the_price_and_as_a_hint_on_the_order(self):
        boxes = self.seller(product_uom_id=self.box.id, min_qty=5)
        pieces = self.seller()
        message = self.seen("a1", next_available_date="2026-12-05")
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual((pieces.supplier_available_qty, boxes.supplier_available_qty), (30, 2.5))
        self.assertEqual(str(pieces.supplier_available_date), "2026-12-05")
        pieces.min_qty = 0
        boxes.supplier_available_at = False
        line = self.order().order_line[0]
        self.assertIn("30.00 Units on 11/22/2026; more on 12/05/2026", line.supplier_availability)
        self.assertTrue(line.order_id.supplier_tells_stock)
        self.assertFalse(line.supplier_is_short)
        line.product_qty = 31
        self.assertTrue(line.supplier_is_short)

    def test_never_more_than_there_is(self):
        boxes = self.seller(product_uom_id=self.box.id)
        self.seen("a1", available_quantity="19")
        self.assertEqual(boxes.supplier_available_qty, 1.58)

    def test_an_older_look_does_not_overwrite(self):
        row = self.seller()
        self.seen("a1")
        self.seen("a2", as_of="2026-11-21T06:00:00Z", available_quantity="1")
        self.assertEqual(row.supplier_available_qty, 30)

    def test_nobody_looks_into_the_future(self):
        row = self.seller()
        self.assert_quarantined(self.seen("a1", "2062-11-22T06:00:00Z"), "moment_in_future")
        self.seen("a2")
        self.assertEqual(row.supplier_available_qty, 30)
        wrong = self.seen("a3", next_available_date="9999-12-31")
        self.assert_quarantined(wrong, "no_such_moment")

    def test_by_barcode_beside_the_price_of_the_only_variant(self):
        self.product.barcode = "4006381333931"
        row = self.seller()
        self.assertEqual(self.seen("a1", item={"gtin": "4006381333931"}).state, "done")
        self.assertEqual(row.supplier_available_qty, 30)

    def test_without_conditions_of_purchase(self):
        self.product.barcode = "4006381333931"
        message = self.seen("a1", item={"gtin": "4006381333931"})
        self.assert_quarantined(message, "unknown_items", "positions 1.")
