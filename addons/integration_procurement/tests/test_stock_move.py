from odoo.tests import tagged

from .stock_case import StockCase

MOVE = "stock_move_done"


@tagged("post_install", "-at_install")
class TestStockMove(StockCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ward = cls.env["stock.location"].create(
            {"name": "Ward 3", "location_id": cls.stock.id, "barcode": "WARD-3"}
        )

    def test_from_place_to_place(self):
        self.set_stock(self.product, 24)
        move = self.moved(self.product, 24, self.stock, self.ward)
        [told] = self.told(MOVE, move)
        self.assertEqual(told["from"]["path"], self.stock.complete_name)
        self.assertEqual(told["to"]["barcode"], "WARD-3")
        self.assertEqual((told["quantity"], told["unit"]), ("24", "C62"))
        self.assertEqual(told["item"]["code"], "GLV")

    def test_inner_move_is_for_our_own_systems(self):
        self.set_stock(self.product, 5)
        move = self.moved(self.product, 5, self.stock, self.ward)
        self.assertEqual(self.recipients(MOVE, move), self.feed)

    def test_inner_step_that_bears_a_supplier_is_ours_too(self):
        self.set_stock(self.product, 5)
        self.env["stock.move"].flush_model()
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "location_id": self.stock.id,
                "location_dest_id": self.ward.id,
                "partner_id": self.supplier.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": 5, "picked": True})
        move._action_done()
        self.assertEqual(self.recipients(MOVE, move), self.feed)

    def test_delivery_of_the_supplier_is_his_too(self):
        order = self.ordered((self.product, 5))
        picking = self.validate(order.picking_ids)
        self.assertEqual(self.recipients(MOVE, picking.move_ids), self.feed | self.outbound)

    def test_delivery_of_another_supplier_is_not_his(self):
        rival = self.env["res.partner"].create({"name": "Rival"})
        picking = self.validate(self.ordered((self.product, 5), partner_id=rival.id).picking_ids)
        self.assertEqual(self.recipients(MOVE, picking.move_ids), self.feed)

    def test_lots_in_the_unit_of_the_product(self):
        heparin = self.storable("Heparin", tracking="lot")
        order = self.ordered((heparin, 1, {"product_uom_id": self.dozen.id}))
        self.take_lots(order.picking_ids.move_ids, {"L1": 12})
        picking = self.validate(order.picking_ids)
        [told] = self.told(MOVE, picking.move_ids)
        self.assertEqual((told["quantity"], told["unit"]), ("12", "C62"))
        self.assertEqual(told["lots"], [{"lot": "L1", "quantity": "12", "expiry_date": None}])
        self.assertEqual((told["reference"], told["origin"]), (picking.name, order.name))

    def test_stock_that_was_counted_right_moves_nothing(self):
        self.set_stock(self.product, 5)
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.with_context(inventory_mode=True).inventory_quantity = 5
        quant.action_apply_inventory()
        moves = self.env["stock.move"].search([("product_id", "=", self.product.id)])
        self.assertFalse(self.events(MOVE, moves))
        quant.with_context(inventory_mode=True).inventory_quantity = 3
        quant.action_apply_inventory()
        moves = self.env["stock.move"].search([("product_id", "=", self.product.id)])
        [told] = self.told(MOVE, moves)
        self.assertEqual((told["quantity"], told["to"]["kind"]), ("2", "inventory"))
