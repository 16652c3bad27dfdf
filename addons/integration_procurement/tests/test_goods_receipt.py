from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import delivered

from .stock_case import StockCase

RECEIPT, RETURN = "goods_receipt_validated", "goods_return_validated"


@tagged("post_install", "-at_install")
class TestGoodsReceipt(StockCase):
    def test_full(self):
        order = self.ordered((self.product, 5), partner_ref="SO-7")
        picking = self.validate(order.picking_ids)
        [told] = self.told(RECEIPT)
        [line] = told["lines"]
        self.assertEqual((told["receipt_number"], told["kind"]), (picking.name, "full"))
        self.assertEqual(told["orders"], [{"number": order.name, "supplier_reference": "SO-7"}])
        self.assertEqual(told["supplier"]["name"], "Supplier")
        self.assertEqual(told["place"]["path"], self.stock.complete_name)
        self.assertEqual(line["line_reference"], str(order.order_line.id))
        self.assertEqual(line["order_number"], order.name)
        self.assertEqual(
            [line[key] for key in ("quantity", "ordered", "received_total", "remaining", "unit")],
            ["5", "5", "5", "0", "C62"],
        )
        self.assertEqual((told["back_order_of"], told["back_orders"]), (None, []))
        self.assertFalse(self.events(RETURN))

    def test_partial_and_its_back_order(self):
        order = self.ordered((self.product, 5), (self.storable("Masks"), 3))
        first = self.validate(order.picking_ids, 2, 0)
        rest = first.backorder_ids
        [told] = self.told(RECEIPT)
        self.assertEqual((told["kind"], told["back_orders"]), ("partial", [rest.name]))
        [line] = told["lines"]  # nothing is said of masks, which did not come
        self.assertEqual((line["quantity"], line["remaining"]), ("2", "3"))
        self.next_transaction()
        self.validate(rest)
        [told] = self.told(RECEIPT, rest)
        self.assertEqual((told["kind"], told["back_order_of"]), ("full", first.name))
        self.assertEqual([line["quantity"] for line in told["lines"]], ["3", "3"])
        self.assertEqual([line["received_total"] for line in told["lines"]], ["5", "3"])

    def test_rest_that_is_given_up_leaves_it_partial(self):
        order = self.ordered((self.product, 5))
        self.validate(order.picking_ids, 2, back_order=False)
        [told] = self.told(RECEIPT)
        self.assertEqual((told["kind"], told["back_orders"]), ("partial", []))
        self.assertEqual(told["lines"][0]["remaining"], "3")

    def test_more_than_ordered_leaves_nothing_to_come(self):
        order = self.ordered((self.product, 5))
        self.validate(order.picking_ids, 7)
        [told] = self.told(RECEIPT)
        self.assertEqual(told["kind"], "full")
        self.assertEqual(
            [told["lines"][0][key] for key in ("quantity", "received_total", "remaining")],
            ["7", "7", "0"],
        )

    def test_return_to_the_supplier(self):
        order = self.ordered((self.product, 5))
        picking = self.validate(order.picking_ids)
        self.next_transaction()
        returned = self.give_back(picking, 2)
        [told] = self.told(RETURN)
        self.assertEqual(
            (told["receipt_number"], told["kind"], told["return_of"]),
            (returned.name, "return", picking.name),
        )
        self.assertEqual(told["place"]["path"], self.stock.complete_name)
        [line] = told["lines"]
        self.assertEqual(line["line_reference"], str(order.order_line.id))
        self.assertEqual([line["quantity"], line["received_total"]], ["2", "3"])
        self.assertEqual(len(self.events(RECEIPT)), 1, "a return is no receipt")
        self.assertEqual(self.recipients(RETURN), self.feed | self.outbound)

    def test_box_of_twelve_stays_a_box(self):
        order = self.ordered((self.product, 2, {"product_uom_id": self.dozen.id}))
        move = order.picking_ids.move_ids
        pieces = 12 if move.product_uom == self.unit else 1
        self.validate(order.picking_ids, pieces)
        [line] = self.told(RECEIPT)[0]["lines"]
        self.assertEqual(
            [line[key] for key in ("quantity", "ordered", "remaining", "unit")],
            ["1", "2", "1", "DZN"],
        )
        self.assertEqual((line["stock_quantity"], line["stock_unit"]), ("12", "C62"))

    def test_lots_and_packages(self):
        heparin = self.storable("Heparin", tracking="lot")
        package = self.env["stock.package"].create({"name": "PACK-1"})
        order = self.ordered((heparin, 1, {"product_uom_id": self.dozen.id}))
        self.take_lots(order.picking_ids.move_ids, {"L1": 8, "L2": 4}, package)
        self.validate(order.picking_ids)
        [line] = self.told(RECEIPT)[0]["lines"]
        self.assertEqual((line["quantity"], line["unit"]), ("1", "DZN"))
        self.assertEqual(
            {(lot["lot"], lot["quantity"]) for lot in line["lots"]}, {("L1", "8"), ("L2", "4")}
        )
        self.assertEqual(line["packages"], [{"reference": "PACK-1", "quantity": "12"}])

    def test_steps_inside_are_not_told(self):
        self.warehouse.reception_steps = "three_steps"
        order = self.ordered((self.product, 5))
        receipt = self.validate(order.picking_ids)
        following = receipt.move_ids.move_dest_ids.picking_id or receipt._get_next_transfers()
        self.assertTrue(following, "goods go on to quality control")
        self.next_transaction()
        following.action_assign()
        self.validate(following)
        self.assertEqual(self.events(RECEIPT).mapped("res_id"), receipt.ids)
        [told] = self.told(RECEIPT)
        self.assertEqual(told["place"]["path"], self.warehouse.wh_input_stock_loc_id.complete_name)

    def test_two_orders_in_one_receipt(self):
        first, second = self.ordered((self.product, 5)), self.ordered((self.product, 3))
        picking = first.picking_ids
        second.picking_ids.move_ids.write({"picking_id": picking.id})
        self.validate(picking)
        [told] = self.told(RECEIPT, picking)
        self.assertEqual({one["number"] for one in told["orders"]}, {first.name, second.name})
        self.assertEqual(
            {(line["order_number"], line["quantity"]) for line in told["lines"]},
            {(first.name, "5"), (second.name, "3")},
        )

    def test_two_suppliers_do_not_read_each_other(self):
        rival = self.env["res.partner"].create({"name": "Rival"})
        picking = self.ordered((self.product, 5)).picking_ids
        other = self.ordered((self.product, 3), partner_id=rival.id)
        other.picking_ids.move_ids.write({"picking_id": picking.id})
        self.validate(picking)
        self.assertEqual(self.recipients(RECEIPT, picking), self.feed)

    def test_without_an_order_line(self):
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.supplier.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.stock.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 4,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": self.stock.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        self.validate(picking, 4)
        [told] = self.told(RECEIPT)
        self.assertEqual((told["kind"], told["orders"]), ("full", []))
        [line] = told["lines"]
        self.assertEqual(
            [line[key] for key in ("line_reference", "ordered", "remaining", "quantity")],
            [None, None, None, "4"],
        )

    def test_another_item_does_not_count_for_the_order_line(self):
        """Components of a kit arrive like this, too: they lead to the line of the kit."""
        order = self.ordered((self.product, 5))
        order.picking_ids.move_ids.product_id = self.storable("Substitute")
        self.validate(order.picking_ids)
        [line] = self.told(RECEIPT)[0]["lines"]
        self.assertEqual((line["order_number"], line["line_reference"]), (order.name, None))
        self.assertEqual((line["quantity"], line["ordered"]), ("5", None))

    def test_archived_product_is_told_all_the_same(self):
        order = self.ordered((self.product, 5))
        self.product.active = False
        self.validate(order.picking_ids)
        [line] = self.told(RECEIPT)[0]["lines"]
        self.assertEqual(line["item"]["code"], "GLV")

    def test_unknown_unit_stops_the_message(self):
        box = self.env["uom.uom"].create(
            {"name": "Box of nobody knows", "relative_factor": 6, "relative_uom_id": self.unit.id}
        )
        order = self.ordered((self.product, 2, {"product_uom_id": box.id}))
        self.validate(order.picking_ids)
        event = self.events(RECEIPT)
        self.send_with(delivered)
        self.dispatch()
        self.drain(self.feed)
        message = self.env["integration.message"].search(
            [("event_id", "=", event.id), ("interface_id", "=", self.feed.id)]
        )
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        self.assertIn("/lines/0/unit", message.error_message)

    def test_straight_to_a_customer_is_no_receipt(self):
        order = self.ordered((self.product, 5))
        picking = order.picking_ids
        customers = self.env.ref("stock.stock_location_customers")
        picking.move_ids.location_dest_id = customers
        picking.location_dest_id = customers
        self.validate(picking)
        self.assertFalse(self.events(RECEIPT))

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env.user.company_ids |= company
        order = (
            self.env["purchase.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "company_id": company.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.product.id, "product_qty": 1, "price_unit": 1}
                        )
                    ],
                }
            )
        )
        order.button_confirm()
        self.validate(order.picking_ids)
        self.assertEqual(self.events(RECEIPT).company_id, company)
        self.assertFalse(self.recipients(RECEIPT), "no interface of that company takes it")
