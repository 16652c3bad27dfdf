import json

from odoo.tests import tagged

from odoo.addons.integration_core.tools import contracts, schema_compat

from .receipt_case import ReceiptCase


@tagged("post_install", "-at_install")
class TestShippingNoticeOrders(ReceiptCase):
    """One shipment brings goods of several orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.order_of((cls.product, 4), (cls.reagent, 6))
        cls.theirs = cls.other.picking_ids

    def both(self, key, *lines, **values):
        lines = lines or (
            {"quantity": "5"},
            {"order_number": self.other.name, "quantity": "3"},
        )
        return self.notice(key, *lines, **values)

    def shipments(self):
        return (self.purchase | self.other).integration_shipment_ids.sorted("id")

    # -- the contract ----------------------------------------------------------------------------

    def test_what_was_agreed_before_goes_on(self):
        old, new = (
            self.env.ref(f"integration_procurement.contract_shipping_notice_{number}")
            for number in ("1_0_0", "1_1_0")
        )
        schema = json.loads(new.schema)
        for version in (old, new):
            example = json.loads(version.example)
            self.assertEqual(contracts.compile_schema(schema).violations(example), [])
        changes = schema_compat.compare(json.loads(old.schema), schema)
        self.assertFalse([one for one in changes if one.breaks_writers or one.breaks_readers])

    # -- announced -------------------------------------------------------------------------------

    def test_each_order_expects_its_goods(self):
        self.assert_done(self.both("n1", tracking_reference="MT-9"))
        self.assertEqual(self.operations(product=self.product), [(5, "", "", True)])
        self.assertEqual(self.operations(self.theirs, self.product), [(3, "", "", True)])
        first, second = self.shipments()
        self.assertEqual((first.order_id, second.order_id), (self.purchase, self.other))
        self.assertEqual(first.companion_order_ids, self.other)
        self.assertEqual(second.companion_order_ids, self.purchase)
        self.assertIn(self.purchase.name, self.theirs.message_ids[0].body)

    def test_all_lines_may_name_their_order(self):
        self.assert_done(self.both("n1", {"order_number": self.other.name, "quantity": "1"}))
        self.assertEqual(self.shipments().order_id, self.other)
        self.assertFalse(self.shipments().companion_order_ids)

    def test_excess_is_decided_on_the_receipt_of_its_order(self):
        self.assert_done(self.both("n1", {}, {"order_number": self.other.name, "quantity": "7"}))
        self.assertFalse(self.exceptions())
        self.assertEqual(self.exceptions(self.theirs).kind, "over_shipment")

    def test_the_same_twice_changes_nothing(self):
        self.assert_done(self.both("n1"))
        again = self.both("n2")
        self.assert_done(again)
        self.assertEqual(len(self.shipments()), 2)
        self.assertEqual(again.res_id, self.picking.id)

    def test_other_content_under_the_same_version(self):
        self.assert_done(self.both("n1"))
        message = self.both("n2", {"quantity": "1"}, {"order_number": self.other.name})
        self.assert_quarantined(message, "notice_differs")

    def test_one_order_refused_is_all_refused(self):
        self.other.button_cancel()
        self.assert_quarantined(self.both("n1"), "order_state")
        unknown = {"order_number": "P-none", "quantity": "3"}
        self.assert_quarantined(self.both("n2", {}, unknown), "unknown_order")
        self.assertFalse(self.shipments())
        self.assertFalse(self.picking.integration_shipment_ids)

    def test_line_of_another_order(self):
        line = {
            "order_number": self.other.name,
            "line_reference": str(self.purchase.order_line[0].id),
        }
        self.assert_quarantined(self.both("n1", line), "unknown_line")

    def test_a_serial_number_in_two_orders(self):
        self.other.order_line = [
            (0, 0, {"product_id": self.device.id, "product_qty": 1, "price_unit": 1})
        ]
        line = {"item": "PMP", "quantity": "1", "lot": "S1"}
        message = self.both("n1", line, {**line, "order_number": self.other.name})
        self.assert_quarantined(message, "serial_repeated")

    # -- corrected -------------------------------------------------------------------------------

    def test_correction_that_leaves_an_order_out(self):
        self.assert_done(self.both("n1"))
        self.assert_done(self.both("n2", {"quantity": "2"}, version=2))
        mine, theirs = self.shipments()
        self.assertEqual((mine.state, theirs.state), ("announced", "cancelled"))
        self.assertEqual(self.operations(product=self.product), [(2, "", "", True)])
        self.assertEqual(
            self.operations(self.theirs, self.product), [(4, "", "", False)], "as without a notice"
        )
        self.assertIn("cancelled the shipment", self.theirs.message_ids[0].body)
        self.assert_done(self.both("n3", version=3))
        self.assertEqual(set(self.shipments().mapped("state")), {"announced"})
        self.assertEqual(len(self.shipments()), 2)

    def test_correction_that_adds_an_order(self):
        self.assert_done(self.notice("n1", {}))
        self.assert_done(self.both("n2", version=2))
        self.assertEqual(self.shipments().order_id, self.purchase | self.other)
        self.assertEqual(self.operations(product=self.product), [(5, "", "", True)])

    def test_cancelled(self):
        self.assert_done(self.both("n1"))
        self.assert_done(self.both("n2", version=2, cancelled=True))
        self.assertEqual(set(self.shipments().mapped("state")), {"cancelled"})

    def test_no_correction_of_what_was_received(self):
        self.assert_done(self.both("n1"))
        self.theirs.move_line_ids.filtered("integration_shipment_line_id").picked = True
        self.theirs._action_done()
        self.assert_quarantined(self.both("n2", {}, version=2), "receipt_done")

    # -- delivered -------------------------------------------------------------------------------

    def prove(self, key, *lines, **values):
        self.reconfigure(self.inbound, handler="integration.handler.proof_of_delivery")
        document = {
            "proof_number": "POD-1",
            "delivered_at": "2026-03-04T10:41:00Z",
            "shipment_number": "DN-1",
            "lines": [{"item": "GLV", "unit": "C62", **one} for one in lines],
            **values,
        }
        message = self.confirm(key, document)
        self.env.invalidate_all()
        return message

    def test_one_proof_for_goods_of_two_orders(self):
        lots = (
            {"item": "CRP", "quantity": "2", "lot": "A"},
            {"item": "CRP", "quantity": "6", "lot": "B", "order_number": self.other.name},
        )
        self.assert_done(
            self.both(
                "n1", {"quantity": "5"}, {"order_number": self.other.name, "quantity": "3"}, *lots
            )
        )
        self.assert_done(
            self.prove(
                "p1",
                {"quantity": "8"},
                {"item": "CRP", "quantity": "6", "lot": "B"},
                {"item": "CRP", "quantity": "2", "lot": "A"},
            )
        )
        received = [line.qty_received for line in (self.purchase | self.other).order_line]
        self.assertEqual(received, [5, 2, 0, 3, 6])
        self.assertEqual((self.picking.state, self.theirs.state), ("done", "done"))
        for receipt in self.picking | self.theirs:
            self.assertEqual(receipt.integration_shipment_event_ids.proof_number, "POD-1")

    def test_excess_of_a_common_delivery_is_to_be_decided(self):
        self.assert_done(self.both("n1"))
        self.assert_done(self.prove("p1", {"quantity": "9"}))
        self.assertTrue(self.exceptions(kind="delivery_differs"))
        self.assertEqual(self.other.order_line[0].qty_received, 3, "theirs came as announced")

    def test_the_same_proof_twice(self):
        self.assert_done(self.both("n1"))
        self.assert_done(self.prove("p1", {"quantity": "8"}))
        self.assert_done(self.prove("p2", {"quantity": "8"}))
        lines = (self.purchase | self.other).order_line.filtered(
            lambda line: line.product_id == self.product
        )
        self.assertEqual(lines.mapped("qty_received"), [5, 3])
