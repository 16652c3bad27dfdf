from odoo.exceptions import UserError
from odoo.tests import tagged

from .receipt_case import ReceiptCase

EXPECTED = "2026-12-24T10:00:00+01:00"


@tagged("post_install", "-at_install")
class TestShippingNotice(ReceiptCase):
    """What a supplier announces stands on the receipt, and nothing else."""

    def test_lots_packages_and_date_stand_on_the_receipt(self):
        message = self.notice(
            "n1",
            {"quantity": "5"},
            {"item": "CRP", "quantity": "1", "lot": "A", "package": "340123450000000017"},
            {"item": "CRP", "quantity": "2", "lot": "B", "package": "340123450000000017"},
            {"item": "PMP", "quantity": "1", "lot": "S1"},
            carrier="MedTrans",
            tracking_reference="MT-1",
            expected_at=EXPECTED,
        )
        self.assert_done(message)
        self.assertEqual((message.res_model, message.res_id), ("stock.picking", self.picking.id))
        self.assertEqual(self.operations(product=self.product), [(5, "", "", True)])
        self.assertEqual(
            self.operations(product=self.reagent),
            [(1, "A", "340123450000000017", True), (2, "B", "340123450000000017", True)],
        )
        self.assertEqual(self.operations(product=self.device), [(1, "S1", "", True)])
        self.assertEqual(len(self.picking.move_line_ids.result_package_id), 1)
        self.assertEqual(str(self.picking.scheduled_date), "2026-12-24 09:00:00")
        self.assertNotEqual(self.picking.state, "done")
        self.assertFalse(self.env["stock.lot"].search([("name", "in", ("A", "B", "S1"))]))
        shipment = self.picking.with_user(self.keeper).integration_shipment_ids
        self.assertEqual((shipment.carrier, shipment.tracking_reference), ("MedTrans", "MT-1"))
        self.assertTrue(any("MT-1" in one for one in self.picking.message_ids.mapped("body")))
        self.assertFalse(self.exceptions())

    def test_a_part_leaves_the_rest_out_even_after_the_scheduler(self):
        self.assert_done(self.notice("n1", {"quantity": "2"}))
        self.assertEqual(self.operations(product=self.product), [(2, "", "", True)])
        self.env["stock.rule"].run_scheduler()
        self.assertEqual(self.operations(product=self.product), [(2, "", "", True)])
        # of the others nobody announced anything
        self.assertEqual(self.operations(product=self.reagent), [(3, "", "", False)])

    def test_notices_add_up(self):
        self.assert_done(self.notice("n1", {"quantity": "2"}, expected_at=EXPECTED))
        message = self.notice(
            "n2",
            {"quantity": "3"},
            notice_number="DN-2",
            expected_at="2026-12-20T09:00:00Z",
        )
        self.assert_done(message)
        self.assertEqual(
            self.operations(product=self.product), [(2, "", "", True), (3, "", "", True)]
        )
        self.assertFalse(self.exceptions())
        gloves = self.picking.move_ids.filtered(lambda move: move.product_id == self.product)
        self.assertEqual(str(gloves.date), "2026-12-20 09:00:00")

    def test_a_box_of_12_and_pieces(self):
        self.box_of_12()
        order = self.order_of((self.product, 30))
        message = self.notice("n1", {"quantity": "2", "unit": "BX"}, {"quantity": "6"}, order=order)
        self.assert_done(message)
        self.assertEqual(
            self.operations(order.picking_ids), [(24, "", "", True), (6, "", "", True)]
        )
        self.assertEqual(order.picking_ids.move_ids.quantity, 30)

    def test_an_order_in_boxes_announced_in_pieces(self):
        order = self.order(
            order_line=[
                (
                    0,
                    0,
                    {
                        "product_id": self.product.id,
                        "product_qty": 2,
                        "product_uom_id": self.box_of_12().id,
                        "price_unit": 10,
                    },
                )
            ]
        )
        order.button_confirm()
        self.assert_done(self.notice("n1", {"quantity": "18"}, order=order))
        self.assertEqual(self.operations(order.picking_ids), [(18, "", "", True)])
        order.picking_ids._integration_validate()
        self.assertEqual(order.order_line.qty_received, 1.5)

    def test_pieces_of_what_is_kept_in_boxes(self):
        unit = self.box_of_12()
        boxes = self.env["product.product"].create(
            {"name": "Box", "default_code": "BOX", "is_storable": True, "uom_id": unit.id}
        )
        order = self.order_of((boxes, 4))
        one = {"item": "BOX", "quantity": "5", "unit": "C62"}
        self.assert_quarantined(self.notice("n1", one, order=order), "quantity_not_kept")
        self.assert_done(self.notice("n2", {**one, "quantity": "24"}, order=order))
        self.assertEqual(self.operations(order.picking_ids), [(2, "", "", True)])

    def test_units_that_nobody_knows(self):
        self.assert_quarantined(self.notice("n1", {"unit": "XYZ"}), "unknown_unit")
        self.assert_quarantined(self.notice("n2", {"unit": "KGM"}), "unit_differs")

    def test_the_same_notice_twice_changes_nothing(self):
        self.assert_done(self.notice("n1"))
        before = self.picking.move_line_ids
        self.assert_done(self.notice("n2"))
        self.assertEqual(self.picking.move_line_ids, before)
        self.assertEqual(len(self.purchase.integration_shipment_ids), 1)

    def test_a_correction_replaces_and_older_ones_come_too_late(self):
        package = "340123450000000024"
        self.assert_done(self.notice("n1", {"quantity": "9", "package": package}))
        self.assertEqual(len(self.exceptions(kind="over_shipment")), 1)
        self.assert_done(self.notice("n3", {"quantity": "3"}, version=3))
        self.assertEqual(self.operations(product=self.product), [(3, "", "", True)])
        self.assertFalse(self.exceptions())
        self.assertFalse(self.env["stock.package"].search([("name", "=", package)]))
        self.assert_done(self.notice("n2", {"quantity": "1"}, version=2))
        self.assertEqual(self.operations(product=self.product), [(3, "", "", True)])
        self.assertEqual(self.purchase.integration_shipment_ids.version, 3)

    def test_other_content_under_the_same_version(self):
        self.assert_done(self.notice("n1"))
        self.assert_quarantined(self.notice("n2", {"quantity": "3"}), "notice_differs")
        self.assertEqual(self.operations(product=self.product), [(2, "", "", True)])

    def test_cancelled_by_the_supplier(self):
        self.assert_done(self.notice("n1"))
        self.assert_done(self.notice("n2", version=2, cancelled=True))
        self.assertEqual(self.operations(product=self.product), [(5, "", "", False)])
        self.assertEqual(self.purchase.integration_shipment_ids.state, "cancelled")

    def test_more_than_is_awaited_is_for_the_storekeeper(self):
        self.assert_done(self.notice("n1", {"quantity": "8"}))
        self.assertEqual(self.operations(product=self.product), [(5, "", "", True)])
        exception = self.exceptions(kind="over_shipment").with_user(self.keeper)
        self.assertEqual((exception.area, exception.user_id), ("stock", self.keeper))
        self.assertIn("5", exception.line_ids.ours)
        self.assertIn("8", exception.line_ids.theirs)
        exception.action_accept()
        self.assertEqual(
            self.operations(product=self.product), [(5, "", "", True), (3, "", "", True)]
        )
        self.purchase.integration_shipment_ids.with_user(self.keeper).action_mark_arrived()
        self.picking.with_user(self.keeper)._integration_validate()
        self.assertEqual(self.purchase.order_line[0].qty_received, 8)

    def test_an_excess_that_was_typed_in_by_hand_is_not_expected_again(self):
        for by_hand in ("the announced operation", "one of its own"):
            with self.subTest(by_hand=by_hand):
                order = self.order_of((self.product, 5), (self.reagent, 3))
                receipt = order.picking_ids
                self.assert_done(self.notice(by_hand, {"quantity": "8"}, order=order))
                exception = self.exceptions(receipt, "over_shipment").with_user(self.keeper)
                self.assertEqual(len(exception), 1)
                operation = receipt.move_line_ids.filtered("integration_shipment_line_id")
                if by_hand == "one of its own":
                    operation.copy({"quantity": 3, "integration_shipment_line_id": False})
                else:
                    operation.quantity = 8
                order.integration_shipment_ids.with_user(self.keeper).action_mark_arrived()
                operation.move_id.picked = True
                receipt.with_user(self.keeper)._integration_validate()
                self.assertEqual(order.order_line[0].qty_received, 8)
                self.assertTrue(order._integration_open_moves())
                self.assertEqual(exception.state, "void")

    def test_an_excess_that_did_not_come_stays_a_question(self):
        self.assert_done(self.notice("n1", {"quantity": "8"}))
        exception = self.exceptions(kind="over_shipment").with_user(self.keeper)
        self.purchase.integration_shipment_ids.with_user(self.keeper).action_mark_arrived()
        self.picking.with_user(self.keeper)._integration_validate()
        self.assertEqual(self.purchase.order_line[0].qty_received, 5)
        self.assertEqual(exception.state, "open")

    def test_accepted_too_late(self):
        self.assert_done(self.notice("n1", {"quantity": "8"}))
        exception = self.exceptions(kind="over_shipment").with_user(self.keeper)
        self.picking.action_cancel()
        with self.assertRaises(UserError):
            exception.action_accept()

    def test_something_that_was_not_ordered(self):
        mask = self.env["product.product"].create(
            {"name": "Mask", "default_code": "MSK", "is_storable": True}
        )
        self.assert_done(self.notice("n1", {"quantity": "5"}, {"item": "MSK", "quantity": "1"}))
        self.assertEqual(self.operations(product=self.product), [(5, "", "", True)])
        self.assertFalse(self.operations(product=mask))
        exception = self.exceptions(kind="unordered_item")
        self.assertIn("Mask", exception.name)
        exception.with_user(self.keeper).action_accept()
        self.assertEqual(self.operations(product=mask), [(1, "", "", True)])
        self.purchase.integration_shipment_ids.with_user(self.keeper).action_mark_arrived()
        self.assertTrue(self.picking.with_user(self.keeper)._integration_validate())
        added = self.purchase.order_line.filtered(lambda line: line.product_id == mask)
        self.assertEqual((added.product_qty, added.qty_received), (0, 1))

    def test_lines_that_the_order_does_not_have(self):
        self.assert_quarantined(self.notice("n1", {"line_reference": "0"}), "unknown_line")
        self.assert_quarantined(self.notice("n2", {"item": "nothing"}), "unknown_item")
        self.assert_quarantined(self.notice("n3", {"item": None}), "unknown_item")
        reagent = str(self.purchase.order_line[1].id)
        self.assert_quarantined(self.notice("n4", {"line_reference": reagent}), "item_differs")
        self.assertFalse(self.purchase.integration_shipment_ids)

    def test_a_line_of_the_order_alone(self):
        reference = str(self.purchase.order_line[0].id)
        self.assert_done(self.notice("n1", {"line_reference": reference, "item": None}))
        self.assertEqual(self.operations(product=self.product), [(2, "", "", True)])

    def test_an_item_on_two_lines(self):
        order = self.order_of((self.product, 2), (self.product, 4))
        self.assert_done(self.notice("n1", {"quantity": "5"}, order=order))
        self.assertEqual(sorted(order.picking_ids.move_line_ids.mapped("quantity")), [2, 3])
        self.assertFalse(self.exceptions(order.picking_ids))

    def test_a_tracked_product_without_lot_is_entered_on_arrival(self):
        message = self.notice(
            "n1", {"item": "CRP", "quantity": "2"}, {"item": "PMP", "quantity": "2"}
        )
        self.assert_done(message)
        self.assertEqual(self.operations(product=self.reagent), [(2, "", "", True)])
        self.assertEqual(
            self.operations(product=self.device), [(1, "", "", True), (1, "", "", True)]
        )
        self.assertTrue(self.picking.integration_lots_missing)
        self.assertIn("missing", self.picking.message_ids[0].body)
        with self.assertRaises(UserError):
            self.picking._integration_validate()
        self.picking.move_line_ids.filtered(lambda one: one.product_id == self.reagent)[
            0
        ].lot_name = "L9"
        for number, line in enumerate(
            self.picking.move_line_ids.filtered(lambda one: one.product_id == self.device)
        ):
            line.lot_name = f"S{number}"
        self.env.invalidate_all()
        self.assertFalse(self.picking.integration_lots_missing)
        self.picking._integration_validate()
        self.assertEqual(self.on_hand(self.reagent), 2)

    def test_serial_numbers_are_one_piece_each(self):
        self.assert_quarantined(
            self.notice("n1", {"item": "PMP", "quantity": "2", "lot": "S1"}), "serial_quantity"
        )
        twice = {"item": "PMP", "quantity": "1", "lot": "S1"}
        self.assert_quarantined(self.notice("n2", twice, twice), "serial_repeated")

    def test_a_lot_that_has_been_here_before(self):
        lot = self.env["stock.lot"].create({"name": "A", "product_id": self.reagent.id})
        self.assert_done(self.notice("n1", {"item": "CRP", "quantity": "1", "lot": "A"}))
        operation = self.picking.move_line_ids.filtered("integration_shipment_line_id")
        self.assertEqual(operation.lot_id, lot)

    def test_a_package_that_stands_in_stock(self):
        package = self.env["stock.package"].create({"name": "340123450000000031"})
        stock = self.picking.location_dest_id
        self.env["stock.quant"]._update_available_quantity(
            self.product, stock, 1, package_id=package
        )
        self.assert_quarantined(
            self.notice("n1", {"package": "340123450000000031"}), "package_in_stock"
        )

    def test_an_order_that_is_not_open(self):
        draft = self.order()
        self.assert_quarantined(self.notice("n1", order=draft), "order_state")
        self.purchase.button_cancel()
        self.assert_quarantined(self.notice("n2"), "order_state")

    def test_an_order_of_another_supplier_or_company(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        foreign = self.order_of((self.product, 5), partner_id=other.id)
        self.assert_quarantined(self.notice("n1", order=foreign), "unknown_order")
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env.user.company_ids |= company
        elsewhere = (
            self.env["purchase.order"]
            .with_company(company)
            .create({"partner_id": self.supplier.id, "company_id": company.id})
        )
        self.assert_quarantined(self.notice("n2", order=elsewhere), "unknown_order")

    def test_everything_has_been_received(self):
        self.picking.move_ids.filtered(
            lambda move: move.product_id != self.product
        )._action_cancel()
        self.picking._integration_validate()
        self.assert_quarantined(self.notice("n1"), "receipt_done")

    def test_a_correction_of_what_was_received(self):
        self.assert_done(self.notice("n1"))
        self.purchase.integration_shipment_ids.with_user(self.keeper).action_mark_arrived()
        self.picking._integration_validate()
        self.assertEqual(self.purchase.integration_shipment_ids.state, "received")
        self.assertEqual(self.purchase.integration_shipment_ids.line_ids.received_quantity, 2)
        self.assert_quarantined(self.notice("n2", version=2), "receipt_done")

    def test_somebody_is_receiving(self):
        self.picking.move_ids[0].picked = True
        self.assert_quarantined(self.notice("n1"), "receipt_begun")

    def test_one_of_two_shipments_arrives(self):
        self.assert_done(self.notice("n1", {"quantity": "2"}))
        self.assert_done(self.notice("n2", {"quantity": "3"}, notice_number="DN-2"))
        first, second = self.purchase.integration_shipment_ids.sorted("id")
        first.with_user(self.keeper).action_mark_arrived()
        self.picking.with_user(self.keeper)._integration_validate()
        self.env.invalidate_all()
        self.assertEqual((first.state, second.state), ("received", "announced"))
        self.assertEqual(self.purchase.order_line[0].qty_received, 2)
        self.assertEqual(self.operations(second.picking_ids, self.product), [(3, "", "", True)])
        self.assertEqual(second.picking_ids.backorder_id, self.picking)

    def test_an_archived_product_that_was_ordered_before(self):
        self.product.active = False
        self.assert_done(self.notice("n1"))
        self.assertEqual(self.operations(product=self.product), [(2, "", "", True)])
        mask = self.env["product.product"].create({"name": "Mask", "default_code": "MSK"})
        mask.active = False
        self.assert_quarantined(
            self.notice("n2", {"item": "MSK"}, notice_number="DN-2"), "archived_item"
        )

    def test_returns_stay_untouched(self):
        self.picking.move_ids.filtered(
            lambda move: move.product_id != self.product
        )._action_cancel()
        self.picking._integration_validate()
        wizard = self.env["stock.return.picking"].create({"picking_id": self.picking.id})
        wizard.product_return_moves.quantity = 1
        returned = wizard._create_return()
        before = self.operations(returned)
        self.assert_quarantined(self.notice("n1"), "receipt_done")
        self.assertEqual(self.operations(returned), before)
