from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_procurement.tests.receipt_case import ReceiptCase

from ..tools import expiry


@tagged("post_install", "-at_install")
class TestExpiry(ReceiptCase):
    """Expiry dates come with the goods; those that Odoo knows are not overwritten unseen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reagent.write({"use_expiration_date": True, "expiration_time": 30})
        cls.env.company.partner_id.tz = "Europe/Brussels"

    def announce(self, key, **line):
        return self.notice(
            key,
            {"item": "CRP", "quantity": "3", "lot": "A", "expiry_date": "2099-03-31", **line},
            expected_at="2027-01-01T00:00:00Z",
        )

    def prove(self, key, **line):
        self.reconfigure(self.inbound, handler="integration.handler.proof_of_delivery")
        return self.confirm(
            key,
            {
                "proof_number": "POD-1",
                "order_number": self.purchase.name,
                "delivered_at": "2026-03-04T10:41:00Z",
                "lines": [{"item": "CRP", "quantity": "3", "unit": "C62", **line}],
            },
        )

    def lot(self, day):
        return self.env["stock.lot"].create(
            {
                "name": "A",
                "product_id": self.reagent.id,
                "expiration_date": expiry.end_of(day, "Europe/Brussels"),
            }
        )

    def test_a_new_lot_expires_as_announced(self):
        self.assert_done(self.announce("n1"))
        operation = self.picking.move_line_ids.filtered("integration_shipment_line_id")
        self.assertEqual(str(operation.expiration_date), "2099-03-31 21:59:59")
        self.assert_done(self.prove("p1"))
        self.assertEqual(self.picking.state, "done")
        lot = self.env["stock.lot"].search([("product_id", "=", self.reagent.id)])
        self.assertEqual((lot.name, str(lot.expiration_date)), ("A", "2099-03-31 21:59:59"))

    def test_an_expiry_date_of_the_carrier_alone(self):
        self.assert_done(self.prove("p1", lot="B", expiry_date="2098-01-01"))
        self.assertEqual(self.picking.state, "done")
        lot = self.env["stock.lot"].search([("product_id", "=", self.reagent.id)])
        self.assertEqual(str(lot.expiration_date), "2098-01-01 22:59:59")

    def test_a_product_whose_expiry_does_not_matter(self):
        self.reagent.use_expiration_date = False
        self.assert_done(self.announce("n1"))
        self.assertEqual(
            str(self.purchase.integration_shipment_ids.line_ids.expiry_date), "2099-03-31"
        )
        self.assertFalse(
            self.picking.move_line_ids.filtered("integration_shipment_line_id").expiration_date
        )

    def test_a_known_lot_expires_on_another_day(self):
        lot = self.lot(date(2099, 1, 1))
        self.assert_done(self.announce("n1"))
        exception = self.exceptions(kind="expiry_differs").with_user(self.keeper)
        self.assertEqual(
            (exception.line_ids.ours, exception.line_ids.theirs), ("2099-01-01", "2099-03-31")
        )
        self.assertEqual(str(lot.expiration_date), "2099-01-01 22:59:59")
        exception.action_accept()
        self.assertEqual(str(lot.expiration_date), "2099-03-31 21:59:59")

    def test_a_date_that_quality_has_changed_since_is_kept(self):
        lot = self.lot(date(2099, 4, 30))
        self.assert_done(self.announce("n1"))
        exception = self.exceptions(kind="expiry_differs").with_user(self.keeper)
        lot.expiration_date = expiry.end_of(date(2099, 2, 28), "Europe/Brussels")
        with self.assertRaisesRegex(UserError, "has been changed since"):
            exception.action_accept()
        self.assertEqual(str(lot.expiration_date), "2099-02-28 22:59:59")
        self.assertEqual(exception.state, "open")

    def test_a_correction_settles_what_was_to_be_decided(self):
        self.lot(date(2099, 1, 1))
        self.assert_done(self.announce("n1"))
        exception = self.exceptions(kind="expiry_differs")
        corrected = {"item": "CRP", "quantity": "3", "lot": "A", "expiry_date": "2099-01-01"}
        self.assert_done(self.notice("n2", corrected, version=2))
        self.assertEqual(exception.state, "void")
        self.assertFalse(self.exceptions())

    def test_a_known_lot_expires_as_known(self):
        self.lot(date(2099, 3, 31))
        self.assert_done(self.announce("n1"))
        self.assertFalse(self.exceptions())

    def test_goods_past_their_date_are_not_received_unseen(self):
        self.assert_done(self.announce("n1", expiry_date="2020-01-01"))
        self.assert_done(self.prove("p1"))
        self.assertNotEqual(self.picking.state, "done")
        exception = self.exceptions(kind="delivery_differs").with_user(self.keeper)
        self.assertIn("2020-01-01", exception.line_ids.mapped("theirs"))
        exception.action_accept()
        self.assertEqual(self.picking.state, "done")
        self.assertEqual(self.on_hand(self.reagent), 3)

    def test_the_carrier_names_another_day_than_the_supplier(self):
        self.assert_done(self.announce("n1"))
        self.assert_done(self.prove("p1", lot="A", expiry_date="2099-04-30"))
        self.assertNotEqual(self.picking.state, "done")
        self.assertIn("2099-04-30", self.exceptions().line_ids.mapped("theirs"))
