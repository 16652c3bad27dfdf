from odoo.exceptions import UserError
from odoo.tests import tagged

from .answers_case import AnswersCase


@tagged("post_install", "-at_install")
class TestOrderConfirmationDeviation(AnswersCase):
    """Answers beyond the tolerance are decided by the buyer, and write nothing before."""

    def assert_kinds(self, *kinds):
        self.assertEqual(sorted(self.exceptions().mapped("kind")), sorted(kinds))

    def test_beyond_the_tolerance_nothing_is_overwritten(self):
        message = self.answer(
            "c1",
            (self.first, {"quantity": "3", "unit_price": "13", "promised_date": "2026-12-05"}),
            currency="EUR" if self.purchase.currency_id.name == "EUR" else "USD",
        )
        self.assertEqual(message.state, "done", message.error_message)
        self.assert_kinds("order_quantity", "order_price", "order_date")
        self.assertEqual((self.first.product_qty, self.first.price_unit), (5, 12.5))
        self.assertEqual(str(self.first.date_planned), "2026-12-01 11:00:00")
        self.assertEqual(
            (self.first.supplier_confirmed_qty, self.first.supplier_confirmed_price), (3, 13)
        )
        self.assertEqual(self.first.supplier_answer, "changed")
        self.assertTrue(self.first.supplier_deviates)
        self.assertEqual(self.exceptions().user_id, self.buyer)
        self.assertEqual(self.purchase.integration_sync_state, "conflict")

    def test_accepting_writes_with_the_rights_of_the_buyer(self):
        self.answer("c1", (self.first, {"quantity": "3", "promised_date": "2026-12-05"}))
        self.answer("c2", (self.second, {}))
        self.accept()
        self.assertEqual((self.first.product_qty, self.first.price_unit), (3, 12.5))
        self.assertEqual(str(self.first.date_planned), "2026-12-05 11:00:00")
        self.assertEqual(self.first.write_uid, self.buyer)
        move = self.first.move_ids
        self.assertEqual(sum(move.mapped("product_uom_qty")), 3, "the receipt follows")
        self.assertFalse(self.first.supplier_deviates)
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_a_seller_price_does_not_come_back_with_the_quantity(self):
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.supplier.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "price": 99,
                "delay": 30,
            }
        )
        self.answer("c1", (self.first, {"quantity": "3"}))
        self.accept()
        self.assertEqual((self.first.product_qty, self.first.price_unit), (3, 12.5))
        self.assertEqual(str(self.first.date_planned), "2026-12-01 11:00:00")

    def test_within_the_tolerance_it_is_noted(self):
        self.env.company.write(
            {
                "supplier_price_tolerance": 5,
                "supplier_quantity_tolerance": 20,
                "supplier_late_tolerance": 4,
            }
        )
        self.answer(
            "c1",
            (self.first, {"quantity": "4", "unit_price": "13", "promised_date": "2026-12-05"}),
            (self.second, {}),
            currency=self.purchase.currency_id.name,
        )
        self.assertFalse(self.exceptions())
        self.assertEqual(
            (self.first.supplier_confirmed_qty, self.first.supplier_confirmed_price), (4, 13)
        )
        self.assertTrue(self.first.supplier_deviates)
        self.assertEqual((self.first.product_qty, self.first.price_unit), (5, 12.5))
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_the_supplier_has_tolerances_of_its_own(self):
        self.env.company.supplier_quantity_tolerance = 50
        self.supplier.write(
            {
                "property_supplier_own_tolerances": True,
                "property_supplier_quantity_tolerance": 10,
            }
        )
        self.answer("c1", (self.first, {"quantity": "4"}))
        self.assert_kinds("order_quantity")

    def test_box_of_twelve_is_converted_exactly(self):
        order = self.ordered(line={"product_qty": 12})
        line = order.order_line[0]
        currency = order.currency_id.name
        self.answer(
            "c1",
            (line, {"quantity": "1", "unit": "BX", "unit_price": "150"}),
            order=order,
            currency=currency,
        )
        self.assertFalse(self.exceptions(order))
        self.assertEqual((line.supplier_confirmed_qty, line.supplier_confirmed_price), (12, 12.5))
        self.answer(
            "c2",
            (line, {"quantity": "2", "unit": "BX", "unit_price": "100"}),
            order=order,
            currency=currency,
        )
        self.accept(self.exceptions(order))
        self.assertEqual(line.product_qty, 24)
        self.assertAlmostEqual(line.price_unit * 12, 100, 10)

    def test_what_would_need_rounding_is_not_written(self):
        order = self.ordered(line={"product_uom_id": self.box.id})
        line = order.order_line[0]
        self.answer("c1", (line, {"quantity": "4", "unit": "C62"}), order=order)
        exception = self.exceptions(order)
        self.assertEqual(exception.kind, "order_quantity")
        with self.assertRaisesRegex(UserError, "without rounding"):
            self.accept(exception)
        self.assertEqual(line.product_qty, 5)
        exception.with_user(self.buyer).action_reject()

    def test_unit_that_cannot_be_converted(self):
        self.env.ref("uom.product_uom_kgm").integration_code = "KGM"
        message = self.answer("c1", (self.first, {"unit": "KGM"}))
        self.assertEqual((message.state, message.error_code), ("quarantined", "unit_differs"))

    def test_currency_with_other_decimals(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        order = self.ordered(currency_id=yen.id)
        line = order.order_line[0]
        refused = self.answer("c1", (line, {"unit_price": "12.5"}), order=order, currency="USD")
        self.assertEqual((refused.state, refused.error_code), ("quarantined", "currency_differs"))
        unstated = self.answer("c2", (line, {"unit_price": "12.5"}), order=order)
        self.assertEqual(
            (unstated.error_class, unstated.error_code), ("contract", "currency_missing")
        )
        self.answer("c3", (line, {"unit_price": "1300"}), order=order, currency="JPY")
        exception = self.exceptions(order)
        self.assertEqual(exception.kind, "order_price")
        self.assertIn("1300 JPY", exception.name)
        self.accept(exception)
        self.assertEqual(line.price_unit, 1300)
        self.assertEqual(order._integration_canonical()["lines"][0]["unit_price"], "1300")

    def test_discount(self):
        self.answer(
            "c1",
            (self.first, {"unit_price": "12.5", "discount_percent": "2"}),
            currency=self.purchase.currency_id.name,
        )
        self.accept()
        self.assertEqual((self.first.price_unit, self.first.discount), (12.5, 2))


@tagged("post_install", "-at_install")
class TestOrderConfirmationRefusal(AnswersCase):
    """Rejected and replaced lines."""

    def test_rejected_line_goes_to_what_was_received(self):
        self.receive_goods(2)
        self.answer("c1", (self.first, {"status": "rejected"}))
        exception = self.exceptions()
        self.assertEqual(exception.kind, "order_rejected")
        self.assertEqual(self.first.product_qty, 5)
        self.accept()
        self.assertEqual((self.first.product_qty, self.first.qty_received), (2, 2))
        self.assertFalse(self.first.supplier_deviates)

    def receive_goods(self, quantity):
        picking = self.purchase.picking_ids
        move = picking.move_ids.filtered(lambda one: one.purchase_line_id == self.first)
        (picking.move_ids - move).quantity = 0
        move.write({"quantity": quantity, "picked": True})
        picking._action_done()
        self.assertEqual(self.first.qty_received, quantity)

    def test_never_below_what_was_received(self):
        self.receive_goods(4)
        self.answer("c1", (self.first, {"quantity": "3"}))
        with self.assertRaisesRegex(UserError, "received already"):
            self.accept()
        self.assertEqual(self.first.product_qty, 5)

    def test_a_line_that_was_received_comes_no_later(self):
        self.receive_goods(5)
        self.answer("c1", (self.first, {"promised_date": "2026-12-24"}))
        with self.assertRaisesRegex(UserError, "has been received"):
            self.accept()

    def substitute(self, **item):
        return {
            "status": "substituted",
            "substitute": {
                "item": {"name": "Gloves, long", **item},
                "quantity": "1",
                "unit": "BX",
                "unit_price": "160",
                "promised_date": "2026-12-03",
            },
        }

    def test_known_substitute_becomes_a_new_line(self):
        other = self.env["product.product"].create(
            {"name": "Gloves, long", "barcode": "4006381333931"}
        )
        self.answer(
            "c1",
            (self.first, self.substitute(gtin="4006381333931")),
            (self.second, {}),
            currency=self.purchase.currency_id.name,
        )
        self.assertEqual(self.exceptions().kind, "order_substitution")
        self.assertEqual(len(self.purchase.order_line), 2)
        self.accept()
        self.assertEqual(self.first.product_qty, 0)
        new = self.purchase.order_line - self.first - self.second
        self.assertEqual((new.product_id, new.product_uom_id), (other, self.box))
        self.assertEqual((new.product_qty, new.price_unit), (1, 160))
        self.assertEqual(str(new.date_planned), "2026-12-03 11:00:00")
        self.assertEqual(new.supplier_answer, "accepted")
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_unknown_substitute_waits_until_the_product_is_there(self):
        self.answer(
            "c1",
            (self.first, self.substitute(supplier_code="X-1")),
            currency=self.purchase.currency_id.name,
        )
        with self.assertRaisesRegex(UserError, "does not know"):
            self.accept()
        self.assertEqual((self.first.product_qty, self.exceptions().state), (5, "open"))
        other = self.env["product.product"].create({"name": "Gloves, long"})
        seller = self.env["product.supplierinfo"].create(
            {
                "partner_id": self.supplier.id,
                "product_tmpl_id": other.product_tmpl_id.id,
                "product_code": "X-1",
            }
        )
        other.active = False
        with self.assertRaisesRegex(UserError, "does not know"):
            self.accept()
        other.active = True
        seller.partner_id = self.env["res.partner"].create({"name": "Somebody else"})
        with self.assertRaisesRegex(UserError, "does not know"):
            self.accept()
        seller.partner_id = self.supplier
        self.accept()
        self.assertIn(other, self.purchase.order_line.product_id)

    def test_offered_in_a_unit_in_which_it_cannot_be_counted(self):
        kilo = self.env.ref("uom.product_uom_kgm")
        self.env["product.product"].create(
            {"name": "By weight", "barcode": "4006381333931", "uom_id": kilo.id}
        )
        self.answer(
            "c1",
            (self.first, self.substitute(gtin="4006381333931")),
            currency=self.purchase.currency_id.name,
        )
        with self.assertRaisesRegex(UserError, "cannot count"):
            self.accept()
