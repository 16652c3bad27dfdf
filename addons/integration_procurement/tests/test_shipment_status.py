from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .receipt_case import ReceiptCase

TROUBLE = "integration_procurement.mail_activity_delivery_trouble"


@tagged("post_install", "-at_install")
class TestShipmentStatus(ReceiptCase):
    """What a carrier says stands on the receipt; only the latest of it has effects."""

    handler = "integration.handler.shipment_status"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A carrier is no supplier.
        cls.carrier = cls.env["res.partner"].create({"name": "MedTrans"})

    def setUp(self):
        super().setUp()
        self.shipment = self.announced(
            {}, tracking_reference="MT-1", expected_at="2026-12-24T09:00:00Z"
        )
        self.system.partner_id = self.carrier

    def say(self, key, status="in_transit", at="2026-10-20T08:00:00Z", **values):
        values = values or {"tracking_reference": "MT-1"}
        return self.confirm(key, {"status": status, "occurred_at": at, **values})

    def planned(self):
        """When the gloves are expected; nobody spoke of the rest of the order."""
        moves = self.picking.move_ids.filtered(lambda move: move.product_id == self.product)
        return str(moves.date)

    def trouble(self):
        kind = self.env.ref(TROUBLE)
        return self.picking.activity_ids.filtered(lambda one: one.activity_type_id == kind)

    def test_history_and_date(self):
        message = self.say(
            "s1",
            tracking_reference="MT-1",
            place="Liège",
            expected_at="2026-12-23T10:00:00+01:00",
        )
        self.assert_done(message)
        self.assertEqual((message.res_model, message.res_id), ("stock.picking", self.picking.id))
        event = self.picking.with_user(self.keeper).integration_shipment_event_ids
        self.assertEqual((event.status, event.place), ("in_transit", "Liège"))
        self.assertEqual(event.shipment_id, self.shipment)
        self.assertEqual(str(self.shipment.expected_at), "2026-12-23 09:00:00")
        self.assertEqual(self.planned(), "2026-12-23 09:00:00")

    def test_what_comes_late_or_twice_is_history_only(self):
        later = {"tracking_reference": "MT-1", "expected_at": "2026-12-23T09:00:00Z"}
        self.assert_done(self.say("s1", at="2026-10-21T08:00:00Z", **later))
        earlier = {**later, "expected_at": "2026-12-28T09:00:00Z"}
        self.assert_done(self.say("s2", "exception", at="2026-10-19T08:00:00Z", **earlier))
        self.assert_done(self.say("s3", at="2026-10-21T08:00:00Z", **later))
        events = self.picking.integration_shipment_event_ids
        self.assertEqual(events.mapped("status"), ["in_transit", "exception"])
        self.assertEqual(self.planned(), "2026-12-23 09:00:00")
        self.assertFalse(self.trouble())

    def test_trouble_is_a_task_until_the_goods_go_on(self):
        note = {"tracking_reference": "MT-1", "note": "<b>Broken seal</b>"}
        self.assert_done(self.say("s1", "exception", **note))
        task = self.trouble()
        self.assertEqual(task.user_id, self.keeper)
        self.assertIn("&lt;b&gt;Broken seal", task.note)
        self.assert_done(self.say("s2", "exception", at="2026-10-20T09:00:00Z"))
        self.assertEqual(self.trouble(), task)
        self.assert_done(self.say("s3", "out_for_delivery", at="2026-10-21T08:00:00Z"))
        self.assertFalse(self.trouble())

    def test_a_status_of_the_future_does_not_silence_those_to_come(self):
        message = self.say("s1", at="2062-10-20T08:00:00Z")
        self.assertEqual((message.state, message.error_code), ("quarantined", "moment_in_future"))
        self.assertFalse(self.picking.integration_shipment_event_ids)

    def test_found_by_other_numbers(self):
        for key, values in (
            ("s1", {"shipment_number": "DN-1"}),
            ("s2", {"order_number": self.purchase.name}),
            ("s3", {"receipt_number": self.picking.name}),
            ("s4", {"shipment_number": "DN-1", "order_number": self.purchase.name}),
        ):
            message = self.say(key, at=f"2026-10-20T08:00:0{key[1]}Z", **values)
            self.assert_done(message)
            self.assertEqual(message.res_id, self.picking.id)
        self.assertEqual(len(self.picking.integration_shipment_event_ids), 4)

    def test_a_date_without_an_announcement(self):
        order = self.order_of((self.product, 1))
        self.assert_done(
            self.say("s1", order_number=order.name, expected_at="2026-12-30T09:00:00Z")
        )
        self.assertEqual(str(order.picking_ids.scheduled_date), "2026-12-30 09:00:00")

    def test_numbers_that_fit_nothing(self):
        self.assert_quarantined(self.say("s1", tracking_reference="MT-2"), "unknown_shipment")
        self.assert_quarantined(self.say("s2", tracking_reference=None), "unknown_shipment")
        self.assert_quarantined(self.say("s3", order_number="P-none"), "unknown_order")
        self.assert_quarantined(self.say("s4", receipt_number="WH/none"), "unknown_shipment")
        other = self.order_of((self.product, 1))
        self.assert_quarantined(
            self.say("s5", order_number=other.name, receipt_number=self.picking.name),
            "unknown_shipment",
        )

    def test_the_number_of_two_suppliers(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        order = self.order_of((self.product, 5), partner_id=other.id)
        self.system.partner_id = other
        self.announced({}, order=order)
        self.system.partner_id = self.carrier
        self.assert_quarantined(self.say("s1", shipment_number="DN-1"), "shipment_ambiguous")
        message = self.say("s2", shipment_number="DN-1", order_number=order.name)
        self.assert_done(message)
        self.assertEqual(message.res_id, order.picking_ids.id)

    def test_deliveries_and_returns_are_refused(self):
        delivery = self.env["stock.picking"].create(
            {
                "picking_type_id": self.picking.picking_type_id.warehouse_id.out_type_id.id,
                "location_id": self.picking.location_dest_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        self.assert_quarantined(self.say("s1", receipt_number=delivery.name), "not_a_receipt")

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env.cr.execute(
            "UPDATE integration_shipment SET company_id = %s WHERE id = %s",
            [company.id, self.shipment.id],
        )
        self.env.invalidate_all()
        self.assert_quarantined(self.say("s1"), "unknown_shipment")

    def test_cancelled_shipment_and_order(self):
        self.system.partner_id = self.supplier
        self.announced({}, version=2, cancelled=True, tracking_reference="MT-1")
        self.assert_quarantined(self.say("s1"), "shipment_cancelled")
        self.purchase.button_cancel()
        self.assert_quarantined(self.say("s2", order_number=self.purchase.name), "order_state")
        self.assert_quarantined(self.say("s3", shipment_number="DN-1"), "shipment_cancelled")

    def test_an_order_that_was_cancelled_meanwhile(self):
        self.purchase.button_cancel()
        self.assert_quarantined(self.say("s1"), "order_state")

    def test_a_receipt_that_is_done_gets_history_only(self):
        self.shipment.action_mark_arrived()
        self.picking._integration_validate()
        self.assert_done(self.say("s1", "exception"))
        self.assertEqual(self.picking.integration_shipment_event_ids.status, "exception")
        self.assertFalse(self.trouble())

    def test_people_read_and_never_write(self):
        self.assert_done(self.say("s1"))
        event = self.picking.integration_shipment_event_ids
        with self.assertRaises(AccessError):
            event.with_user(self.keeper).place = "Elsewhere"
        with self.assertRaises(AccessError):
            self.shipment.with_user(self.keeper).carrier = "Other"
        stranger = new_test_user(self.env, "stranger.shipment", "base.group_user")
        with self.assertRaises(AccessError):
            event.with_user(stranger).read(["place"])
