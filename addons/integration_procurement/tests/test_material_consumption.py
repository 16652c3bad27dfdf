from odoo.tests import tagged

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestMaterialConsumption(ProcurementCase):
    """What was used up elsewhere is taken from stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service_user.group_ids += cls.env.ref("stock.group_stock_user")
        cls.reconfigure(cls.inbound, handler="integration.handler.material_consumption")
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.env.company.id)], limit=1
        )
        cls.place = cls.env["stock.location"].create(
            {"name": "Lab", "barcode": "LAB-1", "location_id": warehouse.lot_stock_id.id}
        )
        cls.product.is_storable = True
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.place, 10)

    def use(self, key, *lines, **values):
        lines = lines or ({},)
        return self.confirm(
            key,
            {
                "location": "LAB-1",
                "consumed_at": "2026-03-02T08:45:00+01:00",
                "lines": [{"item": "GLV", "quantity": "2", "unit": "C62", **one} for one in lines],
                **values,
            },
        )

    def left(self, product=None):
        self.env.invalidate_all()
        return (product or self.product).with_context(location=self.place.id).qty_available

    def assert_quarantined(self, message, code):
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertEqual(self.left(), 10)

    def test_one_transfer_for_all_lines(self):
        self.env.ref("uom.product_uom_pack_6").integration_code = "PK"
        message = self.use("k1", {}, {"quantity": "0.5", "unit": "PK"})
        self.assertEqual(message.state, "done", message.error_message)
        transfer = self.env["stock.picking"].browse(message.res_id)
        self.assertEqual((transfer.state, len(transfer.move_ids)), ("done", 2))
        self.assertEqual(str(transfer.scheduled_date), "2026-03-02 07:45:00")
        self.assertEqual(transfer.location_dest_id.usage, "production")
        self.assertIn("Partner", transfer.origin)
        self.assertEqual(self.left(), 5)

    def test_more_than_there_was(self):
        self.assertEqual(self.use("k1", {"quantity": "12"}).state, "done")
        self.assertEqual(self.left(), -2)

    def test_place_by_record_link(self):
        self.env["integration.record.link"]._link(self.system.id, self.place, "Chemistry")
        self.assertEqual(self.use("k1", location="Chemistry").state, "done")
        self.assertEqual(self.left(), 8)

    def test_unknown_place(self):
        self.assert_quarantined(self.use("k1", location="LAB-2"), "unknown_location")

    def test_unknown_item_undoes_the_others(self):
        self.assert_quarantined(self.use("k1", {}, {"item": "nothing"}), "unknown_item")

    def test_item_that_two_products_have(self):
        self.env["product.product"].create({"name": "Twin", "default_code": "GLV"})
        self.assert_quarantined(self.use("k1"), "unknown_item")

    def test_unit_of_another_kind(self):
        self.assert_quarantined(self.use("k1", {"unit": "KGM"}), "unit_differs")

    def test_unknown_unit(self):
        self.assert_quarantined(self.use("k1", {"unit": "XYZ"}), "unknown_unit")

    def test_unit_out_of_use(self):
        self.assertFalse(self.env.ref("uom.product_uom_dozen").active)
        self.assert_quarantined(self.use("k1", {"unit": "DZN"}), "unknown_unit")

    def test_own_code_of_a_unit(self):
        self.product.uom_id.integration_code = "XPP"
        self.assert_quarantined(self.use("k1", {"unit": "C62"}), "unknown_unit")
        self.assertEqual(self.use("k2", {"unit": "XPP"}).state, "done")

    def test_nothing_is_rounded_or_left_out(self):
        self.assert_quarantined(self.use("k1", {"quantity": "0.00001"}), "quantity_not_kept")
        self.assert_quarantined(self.use("k2", {"quantity": "1.00001"}), "quantity_not_kept")
        self.assert_quarantined(self.use("k3", {"quantity": "0"}), "quantity_not_kept")

    def test_lots(self):
        product = self.env["product.product"].create(
            {"name": "CRP", "default_code": "CRP", "is_storable": True, "tracking": "lot"}
        )
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": product.id})
        self.env["stock.quant"]._update_available_quantity(product, self.place, 5, lot_id=lot)
        self.assert_quarantined(self.use("k1", {"item": "CRP"}), "unknown_lot")
        self.assert_quarantined(self.use("k2", {"item": "CRP", "lot": "L2"}), "unknown_lot")
        self.assertEqual(self.use("k3", {"item": "CRP", "lot": "L1"}).state, "done")
        self.assertEqual(self.left(product), 3)
