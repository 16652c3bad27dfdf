from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.integration_procurement.tools import canonical

from .receipt_case import ReceiptCase


@tagged("post_install", "-at_install")
class TestStockAdjustment(ReceiptCase):
    """Stock is corrected with a reason, exactly where it is said, or a person decides."""

    handler = "integration.handler.stock_adjustment"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        warehouse = cls.picking.picking_type_id.warehouse_id
        cls.place = cls.env["stock.location"].create(
            {"name": "Lab", "barcode": "LAB-1", "location_id": warehouse.lot_stock_id.id}
        )
        cls.lot = cls.env["stock.lot"].create({"name": "A", "product_id": cls.reagent.id})
        cls.product.standard_price = 2
        cls.stock(cls.product, 100)
        cls.stock(cls.reagent, 50, lot_id=cls.lot)

    @classmethod
    def stock(cls, product, quantity, **values):
        cls.env["stock.quant"]._update_available_quantity(product, cls.place, quantity, **values)

    def adjust(self, key, *lines, **values):
        lines = lines or ({},)
        default = {"item": "GLV", "unit": "C62", "reason": "damaged"}
        return self.confirm(
            key,
            {
                "adjustment_number": key,
                "location": "LAB-1",
                "adjusted_at": "2026-03-02T17:05:00+01:00",
                "lines": [
                    {**default, **(one if "counted" in one else {"difference": "-2", **one})}
                    for one in lines
                ],
                **values,
            },
        )

    def left(self, product=None, **domain):
        self.env.invalidate_all()
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("location_id", "=", self.place.id),
                *((name, "=", value.id) for name, value in domain.items()),
            ]
        )
        return sum(quants.mapped("quantity"))

    def test_a_difference_with_its_reason(self):
        message = self.adjust("a1", {"difference": "-3"})
        self.assert_done(message)
        self.assertEqual(self.left(), 97)
        move = self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("is_inventory", "=", True)]
        )
        self.assertEqual((move.quantity, move.reference), (3, f"Damaged: a1 ({self.system.name})"))
        self.assertEqual(move.create_uid, self.service_user)
        adjustment = self.env["integration.stock.adjustment"].browse(message.res_id)
        self.assertEqual((adjustment.state, adjustment.line_ids.state), ("settled", "applied"))

    def test_a_count_in_boxes_and_lots(self):
        self.box_of_12()
        self.assert_done(
            self.adjust(
                "a1",
                {"counted": "8", "unit": "BX", "reason": "count"},
                {"item": "CRP", "lot": "A", "counted": "48", "reason": "count"},
            )
        )
        self.assertEqual((self.left(), self.left(self.reagent, lot_id=self.lot)), (96, 48))

    def test_counted_as_known(self):
        self.assert_done(self.adjust("a1", {"counted": "100", "reason": "count"}))
        self.assertEqual(self.left(), 100)

    def test_the_same_number_is_applied_once(self):
        self.assert_done(self.adjust("a1"))
        self.assert_done(self.adjust("k2", adjustment_number="a1"))
        self.assertEqual(self.left(), 98)
        self.assert_quarantined(
            self.adjust("k3", {"difference": "-1"}, adjustment_number="a1"), "adjustment_differs"
        )
        self.assertEqual(self.left(), 98)

    def test_differences_add_up_and_counts_do_not(self):
        self.assert_done(self.adjust("a1", {"difference": "-2"}, {"difference": "-1"}))
        self.assertEqual(self.left(), 97)
        count = {"counted": "97", "reason": "count"}
        self.assert_quarantined(self.adjust("a2", count, count), "stock_repeated")
        self.assert_quarantined(self.adjust("a3", count, {}), "stock_repeated")
        self.assert_quarantined(self.adjust("a4", {}, {"reason": "lost"}), "stock_repeated")
        self.assertEqual(self.left(), 97)

    def test_a_large_one_is_for_the_storekeeper(self):
        message = self.adjust("a1", {"difference": "-30"}, {"item": "CRP", "lot": "A"})
        self.assert_done(message)
        self.assertEqual((self.left(), self.left(self.reagent)), (100, 48))
        adjustment = self.env["integration.stock.adjustment"].browse(message.res_id)
        self.assertEqual(adjustment.state, "waiting")
        exception = self.exceptions(adjustment).with_user(self.keeper)
        self.assertEqual((exception.kind, exception.area), ("stock_adjustment", "stock"))
        self.assertIn("70", exception.line_ids.theirs)
        exception.action_accept()
        self.assertEqual(self.left(), 70)
        self.assertEqual(adjustment.state, "settled")

    def test_limits_of_value_and_share(self):
        company = self.env.company
        company.integration_adjustment_value = 5
        self.assert_done(self.adjust("a1", {"difference": "-3"}))
        self.assertEqual(self.left(), 100)
        company.integration_adjustment_value = 6
        self.assert_done(self.adjust("a2", {"difference": "-3"}))
        self.assertEqual(self.left(), 97)
        company.integration_adjustment_percent = 1
        self.assert_done(self.adjust("a3", {"difference": "1", "reason": "found"}))
        self.assertEqual(self.left(), 97)

    def test_rejected(self):
        message = self.adjust("a1", {"difference": "-30"})
        adjustment = self.env["integration.stock.adjustment"].browse(message.res_id)
        self.exceptions(adjustment).with_user(self.keeper).action_reject()
        self.assertEqual((self.left(), adjustment.line_ids.state), (100, "rejected"))

    def test_a_count_that_is_out_of_date(self):
        message = self.adjust("a1", {"counted": "10", "reason": "count"})
        adjustment = self.env["integration.stock.adjustment"].browse(message.res_id)
        self.stock(self.product, 1)
        with self.assertRaises(UserError):
            self.exceptions(adjustment).with_user(self.keeper).action_accept()
        self.assertEqual(self.left(), 101)

    def use(self, product, quantity):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": self.place.id,
                "location_dest_id": product.property_stock_production.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()

    def test_a_count_that_is_older_than_moves_is_for_the_storekeeper(self):
        self.use(self.product, 5)
        count = {"counted": "100", "reason": "count"}
        message = self.adjust("a1", count)
        self.assert_done(message)
        self.assertEqual(self.left(), 95)
        adjustment = self.env["integration.stock.adjustment"].browse(message.res_id)
        exception = self.exceptions(adjustment).with_user(self.keeper)
        self.assertIn("after it was counted", exception.name)
        exception.action_accept()
        self.assertEqual(self.left(), 100)
        # What is counted afterwards, differs by nothing or by so much, needs nobody.
        self.assert_done(self.adjust("a2", count))
        self.assert_done(self.adjust("a3", {"difference": "-1"}))
        later = {"counted": "98", "reason": "count"}
        # The clocks of both sides differ by a minute or so.
        soon = canonical.moment(fields.Datetime.now() + timedelta(minutes=2))
        self.assert_done(self.adjust("a4", later, adjusted_at=soon))
        self.assertEqual(self.left(), 98)

    def test_moves_of_something_else_do_not_matter_to_a_count(self):
        package = self.env["stock.package"].create({"name": "PACK-1"})
        self.stock(self.reagent, 20, lot_id=self.lot, package_id=package)
        self.use(self.product, 5)
        count = {"item": "CRP", "lot": "A", "reason": "count", "package": "PACK-1", "counted": "19"}
        self.assert_done(self.adjust("a1", count))
        self.assertEqual(self.left(self.reagent, package_id=package), 19)

    def test_less_than_nothing(self):
        message = self.adjust("a1", {"difference": "-101"})
        self.env.company.integration_adjustment_percent = 1000
        self.env.company.integration_adjustment_value = 1000
        other = self.adjust("a2", {"difference": "-102"})
        self.assertEqual(self.left(), 100)
        for one in (message, other):
            adjustment = self.env["integration.stock.adjustment"].browse(one.res_id)
            with self.assertRaises(UserError):
                self.exceptions(adjustment).with_user(self.keeper).action_accept()

    def test_packages_are_named_or_refused(self):
        package = self.env["stock.package"].create({"name": "PACK-1"})
        self.stock(self.product, 20, package_id=package)
        self.assert_quarantined(self.adjust("a1"), "several_stocks")
        self.assert_quarantined(self.adjust("a2", {"package": "PACK-2"}), "unknown_package")
        self.assert_done(self.adjust("a3", {"package": "PACK-1"}))
        self.assertEqual(self.left(package_id=package), 18)

    def test_stock_of_another_owner(self):
        self.stock(self.product, 20, owner_id=self.supplier)
        self.assert_quarantined(self.adjust("a1"), "owned_stock")

    def test_somebody_is_counting(self):
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.place.id)]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = 90
        self.assert_quarantined(self.adjust("a1"), "count_open")

    def test_what_cannot_be_meant(self):
        self.assert_quarantined(self.adjust("a1", location="LAB-2"), "unknown_location")
        self.assert_quarantined(self.adjust("a2", {"item": "nothing"}), "unknown_item")
        self.assert_quarantined(self.adjust("a3", {"item": "CRP"}), "unknown_lot")
        self.assert_quarantined(self.adjust("a4", {"item": "CRP", "lot": "B"}), "unknown_lot")
        self.assert_quarantined(self.adjust("a5", {"unit": "KGM"}), "unit_differs")
        self.assert_quarantined(self.adjust("a6", {"difference": "0"}), "quantity_not_kept")
        self.assert_quarantined(self.adjust("a7", {"reason": "because"}), "contract_violation")
        self.env["product.product"].create({"name": "Pen", "default_code": "PEN"})
        self.assert_quarantined(self.adjust("a8", {"item": "PEN"}), "not_tracked")
        self.assertFalse(self.env["integration.stock.adjustment"].search([]))

    def test_serial_numbers_are_one_piece_each(self):
        lot = self.env["stock.lot"].create({"name": "S1", "product_id": self.device.id})
        self.stock(self.device, 1, lot_id=lot)
        pump = {"item": "PMP", "lot": "S1"}
        self.assert_quarantined(self.adjust("a1", {**pump, "counted": "2"}), "serial_quantity")
        self.env.company.integration_adjustment_percent = 100
        self.assert_done(self.adjust("a2", {**pump, "counted": "0", "reason": "lost"}))
        self.assertEqual(self.left(self.device), 0)

    def test_the_location_of_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        warehouse.lot_stock_id.barcode = "OTHER-1"
        self.assert_quarantined(self.adjust("a1", location="OTHER-1"), "unknown_location")

    def test_an_archived_product_may_lie_there_still(self):
        self.product.active = False
        self.assert_done(self.adjust("a1"))
        self.assertEqual(self.left(), 98)

    def test_people_do_not_rewrite_what_was_reported(self):
        message = self.adjust("a1")
        adjustment = self.env["integration.stock.adjustment"].browse(message.res_id)
        with self.assertRaises(AccessError):
            adjustment.with_user(self.keeper).name = "other"
        with self.assertRaises(AccessError):
            adjustment.line_ids.with_user(self.keeper).quantity = 1
