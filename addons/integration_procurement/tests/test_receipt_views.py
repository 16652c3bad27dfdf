from ast import literal_eval

from lxml import etree

from odoo.tests import Form, new_test_user, tagged

from .receipt_case import ReceiptCase


@tagged("post_install", "-at_install")
class TestReceiptViews(ReceiptCase):
    """Those who work with receipts see what is announced; others are not disturbed by it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = new_test_user(cls.env, "buyer.receipt", "purchase.group_purchase_user")

    def setUp(self):
        super().setUp()
        message = self.notice(
            "v1",
            {"quantity": "8"},
            {"item": "CRP", "quantity": "1"},
            carrier="MedTrans",
            tracking_reference="MT-1",
        )
        self.assert_done(message)
        self.shipment = self.purchase.integration_shipment_ids

    def test_the_receipt_of_a_storekeeper(self):
        form = Form(self.picking.with_user(self.keeper))
        self.assertEqual(form.integration_shipment_ids.ids, self.shipment.ids)
        self.assertTrue(form.integration_lots_missing)
        self.assertEqual(form.integration_exception_count, 1)

    def test_the_announcement(self):
        for user in (self.keeper, self.buyer):
            form = Form(self.shipment.with_user(user))
            self.assertEqual(form.carrier, "MedTrans")
            self.assertEqual(len(form.line_ids), 2)
        action = self.purchase.with_user(self.buyer).action_open_integration_shipments()
        self.assertEqual(
            self.env["integration.shipment"].with_user(self.buyer).search(action["domain"]),
            self.shipment,
        )

    def test_what_is_late(self):
        shipments = self.env["integration.shipment"].with_user(self.keeper)
        view = shipments.get_view(view_type="search")
        late = next(
            one.get("domain")
            for one in etree.fromstring(view["arch"]).iter("filter")
            if one.get("name") == "late"
        )
        domain = literal_eval(late)
        self.shipment.expected_at = "2020-01-01 08:00:00"
        self.assertEqual(shipments.search(domain), self.shipment)
        self.shipment.expected_at = "2099-01-01 08:00:00"
        self.assertFalse(shipments.search(domain))

    def test_the_order_of_a_buyer(self):
        form = Form(self.purchase.with_user(self.buyer))
        self.assertEqual(form.integration_shipment_count, 1)

    def test_a_reader_of_transfers_without_rights_on_announcements(self):
        reader = new_test_user(self.env, "reader.receipt", "base.group_user")
        self.env["ir.model.access"].create(
            {
                "name": "transfers",
                "model_id": self.env["ir.model"]._get("stock.picking").id,
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        picking = self.picking.with_user(reader)
        view = picking.get_view(self.env.ref("stock.view_picking_form").id)
        self.assertNotIn("integration_shipment_event_ids", view["arch"])
        self.assertTrue(picking.integration_lots_missing)
        self.assertFalse(picking.integration_exception_count)

    def test_only_what_can_handle_a_message_is_offered_as_handler(self):
        offered = dict(
            self.env["integration.interface"]._fields["handler"]._description_selection(self.env)
        )
        self.assertIn("integration.handler.shipping_notice", offered)
        self.assertNotIn("integration.handler.receipt", offered)
        self.assertNotIn("integration.handler.procurement", offered)
