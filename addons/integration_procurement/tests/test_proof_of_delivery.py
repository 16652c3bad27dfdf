from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .receipt_case import ReceiptCase

SSCC = "340123450000000017"


@tagged("post_install", "-at_install")
class TestProofOfDelivery(ReceiptCase):
    """What was handed over and fits is received; what does not is for a person."""

    handler = "integration.handler.proof_of_delivery"
    tracked = {"tracking_reference": "MT-1"}

    def prove(self, key, *lines, **values):
        if not {"order_number", "tracking_reference", "receipt_number"} & set(values):
            values["order_number"] = self.purchase.name
        return self.confirm(
            key,
            {
                "proof_number": "POD-1",
                "delivered_at": "2026-03-04T10:41:00Z",
                "signed_by": "N. Peeters",
                "lines": [{"item": "GLV", "quantity": "5", "unit": "C62", **one} for one in lines],
                **values,
            },
        )

    def announce_reagent(self, **values):
        return self.announced(
            {"item": "CRP", "quantity": "1", "lot": "A", "package": SSCC},
            {"item": "CRP", "quantity": "2", "lot": "B"},
            tracking_reference="MT-1",
            **values,
        )

    def everything(self):
        return (
            {"quantity": "5"},
            {"item": "CRP", "quantity": "3", "lot": "A"},
            {"item": "PMP", "quantity": "1", "lot": "S1"},
            {"item": "PMP", "quantity": "1", "lot": "S2"},
        )

    def differences(self, kind="delivery_differs"):
        exception = self.exceptions(kind=kind)
        self.assertEqual(len(exception), 1)
        return exception.with_user(self.keeper)

    # ------------------------------------------------------------------
    # received
    # ------------------------------------------------------------------

    def test_everything_is_received(self):
        message = self.prove("p1", *self.everything())
        self.assert_done(message)
        self.assertEqual(message.res_id, self.picking.id)
        self.assertEqual(self.picking.state, "done")
        self.assertFalse(self.picking.backorder_ids)
        self.assertEqual(self.purchase.order_line.mapped("qty_received"), [5, 3, 2])
        self.assertEqual(
            [one[:2] for one in self.operations(product=self.device)], [(1, "S1"), (1, "S2")]
        )
        event = self.picking.integration_shipment_event_ids
        self.assertEqual((event.proof_number, event.signed_by), ("POD-1", "N. Peeters"))
        self.assertTrue(any("N. Peeters" in one for one in self.picking.message_ids.mapped("body")))

    def test_less_leaves_a_back_order(self):
        self.assert_done(self.prove("p1", {"quantity": "3"}))
        self.assertEqual(self.picking.state, "done")
        rest = self.picking.backorder_ids
        self.assertEqual(
            {move.product_id: move.product_uom_qty for move in rest.move_ids},
            {self.product: 2, self.reagent: 3, self.device: 2},
        )
        self.assertEqual(self.on_hand(self.product), 3)

    def test_a_box_of_12(self):
        self.box_of_12()
        order = self.order_of((self.product, 30))
        message = self.prove("p1", {"quantity": "2", "unit": "BX"}, order_number=order.name)
        self.assert_done(message)
        self.assertEqual(self.on_hand(self.product), 24)
        self.assertEqual(order.picking_ids.backorder_ids.move_ids.product_uom_qty, 6)

    def test_lots_and_packages_that_were_announced_are_kept(self):
        shipment = self.announce_reagent()
        self.assert_done(self.prove("p1", {"item": "CRP", "quantity": "3"}, **self.tracked))
        self.assertEqual(self.picking.state, "done")
        self.assertEqual(
            self.operations(product=self.reagent), [(1, "A", SSCC, True), (2, "B", "", True)]
        )
        self.assertEqual(shipment.state, "received")
        self.assertEqual(shipment.line_ids.mapped("received_quantity"), [1, 2])
        self.assertEqual(self.picking.integration_shipment_event_ids.shipment_id, shipment)

    def test_a_part_of_what_was_announced(self):
        shipment = self.announce_reagent()
        self.assert_done(
            self.prove(
                "p1", {"item": "CRP", "quantity": "1", "lot": "B"}, tracking_reference="MT-1"
            )
        )
        self.assertEqual(self.operations(product=self.reagent), [(1, "B", "", True)])
        self.assertEqual(shipment.state, "received")
        rest = self.picking.backorder_ids
        self.assertEqual(self.operations(rest, self.reagent), [(2, "", "", False)])

    def test_only_one_of_two_shipments(self):
        self.announced({"quantity": "2"}, tracking_reference="MT-0")
        second = self.announced({"quantity": "3"}, notice_number="DN-2", tracking_reference="MT-2")
        self.assert_done(self.prove("p1", {"quantity": "2"}, tracking_reference="MT-0"))
        self.assertEqual(self.purchase.order_line[0].qty_received, 2)
        self.assertEqual(second.state, "announced")
        self.assertEqual(self.operations(second.picking_ids, self.product), [(3, "", "", True)])
        self.assert_done(
            self.prove("p2", {"quantity": "3"}, tracking_reference="MT-2", proof_number="POD-2")
        )
        self.assertEqual(self.purchase.order_line[0].qty_received, 5)
        self.assertEqual(second.state, "received")

    def test_the_lot_that_the_supplier_did_not_name(self):
        self.announced({"item": "CRP", "quantity": "3", "package": SSCC})
        self.assert_done(
            self.prove(
                "p1",
                {"item": "CRP", "quantity": "1", "lot": "A"},
                {"item": "CRP", "quantity": "2", "lot": "B"},
            )
        )
        self.assertEqual(
            sorted(self.operations(product=self.reagent)),
            [(1, "A", SSCC, True), (2, "B", SSCC, True)],
        )

    def test_twice_is_once(self):
        self.assert_done(self.prove("p1", {"quantity": "3"}))
        self.assert_done(self.prove("p2", {"quantity": "3"}))
        self.assertEqual(self.purchase.order_line[0].qty_received, 3)
        self.assertEqual(self.picking.backorder_ids.state, "assigned")
        self.assertEqual(len(self.picking.integration_shipment_event_ids), 1)

    def test_an_archived_product_that_was_ordered_before(self):
        self.product.active = False
        self.assert_done(self.prove("p1", {}))
        self.assertEqual(self.purchase.order_line[0].qty_received, 5)

    # ------------------------------------------------------------------
    # differences
    # ------------------------------------------------------------------

    def test_more_than_is_awaited(self):
        self.assert_done(self.prove("p1", {"quantity": "7"}))
        self.assertNotEqual(self.picking.state, "done")
        exception = self.differences()
        self.assertEqual((exception.user_id, exception.area), (self.keeper, "stock"))
        line = exception.line_ids
        self.assertEqual((line.ours.split()[0], line.theirs.split()[0]), ("5", "7"))
        gloves = self.picking.move_ids.filtered(lambda move: move.product_id == self.product)
        gloves.picked = True
        with self.assertRaises(UserError):
            exception.action_accept()
        gloves.picked = False
        exception.action_accept()
        self.assertEqual(self.purchase.order_line[0].qty_received, 7)
        self.assertEqual((self.picking.state, exception.state), ("done", "accepted"))

    def test_more_than_was_announced(self):
        self.announce_reagent()
        self.assert_done(
            self.prove(
                "p1", {"item": "CRP", "quantity": "2", "lot": "A"}, tracking_reference="MT-1"
            )
        )
        self.assertNotEqual(self.picking.state, "done")
        self.assertEqual(self.differences().line_ids.theirs, "A")

    def test_another_lot_and_package(self):
        self.announce_reagent()
        self.assert_done(
            self.prove(
                "p1",
                {"item": "CRP", "quantity": "1", "lot": "C", "package": "340123450000000099"},
                tracking_reference="MT-1",
            )
        )
        self.assertNotEqual(self.picking.state, "done")
        self.assertEqual(
            set(self.differences().line_ids.mapped("theirs")), {"C", "340123450000000099"}
        )

    def test_a_tracked_product_without_lot(self):
        self.assert_done(self.prove("p1", {"item": "CRP", "quantity": "3"}))
        self.assertNotEqual(self.picking.state, "done")
        exception = self.differences()
        with self.assertRaises(UserError):
            exception.action_accept()
        self.assertEqual(exception.state, "open")

    def test_damaged_goods_are_not_received(self):
        self.assert_done(self.prove("p1", {"quantity": "3"}, {"quantity": "2", "damaged": True}))
        self.assertNotEqual(self.picking.state, "done")
        exception = self.differences()
        self.assertIn("damaged", exception.line_ids.theirs)
        exception.action_accept()
        self.assertEqual(self.purchase.order_line[0].qty_received, 3)
        self.assertEqual(
            self.picking.backorder_ids.move_ids.filtered(
                lambda move: move.product_id == self.product
            ).product_uom_qty,
            2,
        )

    def test_something_else(self):
        mask = self.env["product.product"].create(
            {"name": "Mask", "default_code": "MSK", "is_storable": True}
        )
        self.assert_done(self.prove("p1", {}, {"item": "MSK", "quantity": "1"}))
        self.assertNotEqual(self.picking.state, "done")
        self.differences().action_accept()
        self.assertEqual((self.on_hand(mask), self.on_hand(self.product)), (1, 5))

    def test_what_a_person_validates_needs_no_decision_any_more(self):
        self.assert_done(self.prove("p1", {"quantity": "7"}))
        exception = self.differences()
        gloves = self.picking.move_ids.filtered(lambda move: move.product_id == self.product)
        gloves.picked = True
        self.picking.with_user(self.keeper)._integration_validate()
        self.assertEqual(exception.state, "void")

    def test_a_receipt_that_is_cancelled_needs_no_decision_any_more(self):
        self.assert_done(self.prove("p1", {"quantity": "7"}))
        exception = self.differences()
        self.picking.action_cancel()
        self.assertEqual(exception.state, "void")

    # ------------------------------------------------------------------
    # people were faster
    # ------------------------------------------------------------------

    def receive_by_hand(self, quantity):
        gloves = self.picking.move_ids.filtered(lambda move: move.product_id == self.product)
        gloves.quantity = quantity
        gloves.picked = True
        self.picking.with_user(self.keeper)._integration_validate()

    def test_received_alike_by_a_person(self):
        self.receive_by_hand(2)
        self.assert_done(self.prove("p1", {"quantity": "2"}))
        self.assertEqual(self.purchase.order_line[0].qty_received, 2)
        self.assertFalse(self.exceptions())
        self.assertEqual(self.picking.integration_shipment_event_ids.status, "delivered")

    def test_received_otherwise_by_a_person(self):
        self.receive_by_hand(2)
        self.assert_done(self.prove("p1", {"quantity": "3"}))
        self.assertEqual(self.purchase.order_line[0].qty_received, 2)
        exception = self.differences("delivery_unlike_receipt")
        line = exception.line_ids
        self.assertEqual((line.ours.split()[0], line.theirs.split()[0]), ("2", "3"))
        with self.assertRaises(UserError):
            exception.action_accept()
        exception.action_reject()

    def test_received_long_before_the_delivery_is_another_delivery(self):
        self.receive_by_hand(2)
        now = fields.Datetime.now()
        self.picking.date_done = now - timedelta(hours=25)
        delivered_at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        self.assert_done(self.prove("p1", {"quantity": "3"}, delivered_at=delivered_at))
        self.assertEqual(self.purchase.order_line[0].qty_received, 5)

    def test_what_was_not_delivered_yet_is_not_received(self):
        for number, named in enumerate(({}, {"receipt_number": self.picking.name})):
            message = self.prove(
                f"p{number}", {"quantity": "3"}, delivered_at="2099-03-04T10:41:00Z", **named
            )
            self.assert_quarantined(message, "moment_in_future")
        self.assertEqual(self.purchase.order_line[0].qty_received, 0)

    def soon(self):
        """The carrier closes his stop some minutes after the storekeeper has counted."""
        return f"{fields.Datetime.now() + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"

    def test_received_alike_minutes_before_the_delivery_was_signed(self):
        self.receive_by_hand(2)
        self.assert_done(self.prove("p1", {"quantity": "2"}, delivered_at=self.soon()))
        self.assertEqual(self.purchase.order_line[0].qty_received, 2)
        self.assertEqual(self.picking.backorder_ids.state, "assigned")
        self.assertEqual(self.picking.integration_shipment_event_ids.proof_number, "POD-1")
        # What comes next is another delivery: the first has its proof.
        rest = {"proof_number": "POD-2", "delivered_at": self.soon()}
        self.assert_done(self.prove("p2", {"quantity": "3"}, **rest))
        self.assertEqual(self.purchase.order_line[0].qty_received, 5)

    def test_received_otherwise_minutes_before_the_delivery_was_signed(self):
        self.receive_by_hand(2)
        message = self.prove("p1", {"quantity": "3"}, delivered_at=self.soon())
        self.assert_quarantined(message, "several_receipts")
        self.assertEqual(self.purchase.order_line[0].qty_received, 2)
        rest = self.picking.backorder_ids
        named = {"delivered_at": self.soon(), "receipt_number": rest.name}
        self.assert_done(self.prove("p2", {"quantity": "3"}, **named))
        self.assertEqual((rest.state, self.purchase.order_line[0].qty_received), ("done", 5))

    def test_a_shipment_that_a_person_received_in_part(self):
        shipment = self.announce_reagent()
        shipment.with_user(self.keeper).action_mark_arrived()
        self.picking.move_line_ids.filtered(lambda one: one.lot_name == "B").quantity = 1
        self.picking.with_user(self.keeper)._integration_validate()
        self.assert_done(
            self.prove("p1", {"item": "CRP", "quantity": "3"}, proof_number="P", **self.tracked)
        )
        line = self.differences("delivery_unlike_receipt").line_ids
        self.assertEqual((line.ours.split()[0], line.theirs.split()[0]), ("2", "3"))
        self.assertEqual(self.purchase.order_line[1].qty_received, 2)

    def test_a_corrected_proof_of_what_was_received(self):
        self.assert_done(self.prove("p1", {"quantity": "3"}))
        self.assert_done(self.prove("p2", {"quantity": "4"}))
        self.assertEqual(self.purchase.order_line[0].qty_received, 3)
        self.differences("delivery_unlike_receipt")

    def test_somebody_is_receiving(self):
        self.picking.move_ids[0].picked = True
        self.assert_quarantined(self.prove("p1", {}), "receipt_begun")

    # ------------------------------------------------------------------
    # refused
    # ------------------------------------------------------------------

    def test_what_cannot_be_meant(self):
        self.assert_quarantined(self.prove("p1", {}, tracking_reference="no"), "unknown_shipment")
        self.assert_quarantined(self.prove("p2", {"item": "nothing"}), "unknown_item")
        self.assert_quarantined(self.prove("p3", {"unit": "XYZ"}), "unknown_unit")
        self.assert_quarantined(
            self.prove("p4", {"item": "PMP", "quantity": "2", "lot": "S1"}), "serial_quantity"
        )
        twice = {"item": "PMP", "quantity": "1", "lot": "S1"}
        self.assert_quarantined(self.prove("p5", twice, twice), "serial_repeated")
        self.purchase.button_cancel()
        self.assert_quarantined(self.prove("p6", {}), "order_state")
        self.assertFalse(self.picking.integration_shipment_event_ids)

    def test_deliveries_to_customers_and_returns(self):
        delivery = self.env["stock.picking"].create(
            {
                "picking_type_id": self.picking.picking_type_id.warehouse_id.out_type_id.id,
                "location_id": self.picking.location_dest_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        self.assert_quarantined(self.prove("p1", {}, receipt_number=delivery.name), "not_a_receipt")

    def test_goods_that_go_to_a_customer(self):
        customers = self.env.ref("stock.stock_location_customers")
        order = self.order_of((self.product, 5))
        order.picking_ids.move_ids.write({"location_dest_id": customers.id})
        self.assert_quarantined(self.prove("p1", {}, order_number=order.name), "drop_shipment")

    def test_several_receipts(self):
        self.picking.move_ids[0].copy(
            {"picking_id": self.picking.copy({"move_ids": []}).id, "product_uom_qty": 1}
        )._action_confirm(merge=False)
        self.assertEqual(len(self.purchase._integration_open_moves().picking_id), 2)
        self.assert_quarantined(self.prove("p1", {}), "several_receipts")
        self.assert_done(self.prove("p2", {}, receipt_number=self.picking.name))
        self.assertEqual(self.picking.state, "done")

    def test_an_order_of_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env.user.company_ids |= company
        elsewhere = (
            self.env["purchase.order"]
            .with_company(company)
            .create({"partner_id": self.supplier.id, "company_id": company.id})
        )
        self.assert_quarantined(self.prove("p1", {}, order_number=elsewhere.name), "unknown_order")
