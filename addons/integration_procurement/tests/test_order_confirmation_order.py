from odoo.exceptions import UserError
from odoo.tests import tagged

from .answers_case import AnswersCase


@tagged("post_install", "-at_install")
class TestOrderConfirmationOrder(AnswersCase):
    """Repeated, late and overtaken answers; orders that changed, are locked or cancelled."""

    def test_the_same_twice_is_harmless(self):
        said = (self.first, {"quantity": "3"})
        self.answer("c1", said)
        exception = self.exceptions()
        notes = len(self.purchase.message_ids)
        again = self.answer("c2", said)
        self.assertEqual(again.state, "done")
        self.assertEqual(self.exceptions(), exception)
        self.assertEqual(len(self.purchase.message_ids), notes)
        exception.with_user(self.buyer).action_reject()
        self.answer("c3", said)
        self.assertFalse(self.exceptions(), "what was decided is not asked again")

    def test_said_anew_it_is_asked_anew(self):
        said = (self.first, {"quantity": "3"})
        self.answer("c1", said, confirmed_at="2026-11-22T10:00:00Z")
        self.exceptions().with_user(self.buyer).action_reject()
        self.answer("c2", said, confirmed_at="2026-11-23T10:00:00Z")
        self.assertEqual(self.exceptions().kind, "order_quantity")

    def test_an_older_answer_does_not_overwrite(self):
        self.answer("new", (self.first, {}), confirmed_at="2026-11-23T11:00:00+01:00")
        late = self.answer(
            "old", (self.first, {"quantity": "1"}), confirmed_at="2026-11-23T09:59:59Z"
        )
        self.assertEqual(late.state, "done")
        self.assertEqual(self.first.supplier_confirmed_qty, 5)
        self.assertFalse(self.exceptions())
        self.assertIn("not used", self.purchase.message_ids[0].body)

    def test_what_cannot_have_been_said_is_refused(self):
        for key, moment, code in (
            ("c1", "2062-11-23T10:00:00Z", "moment_in_future"),
            ("c2", "9999-12-31T23:59:59-05:00", "no_such_moment"),
        ):
            message = self.answer(key, (self.first, {}), confirmed_at=moment)
            self.assertEqual((message.state, message.error_code), ("quarantined", code))
        for key, said in (
            ("c3", {"promised_date": "9999-12-31"}),
            ("c4", {"schedule": [{"quantity": "5", "promised_date": "0001-01-01"}]}),
        ):
            message = self.answer(key, (self.first, said))
            self.assertEqual((message.state, message.error_code), ("quarantined", "no_such_moment"))
        self.assertFalse(self.first.supplier_answered_at)

    def test_a_newer_answer_overtakes_what_was_open(self):
        self.answer("c1", (self.first, {"quantity": "3"}), (self.second, {}))
        open_before = self.exceptions()
        self.answer("c2", (self.first, {}))
        self.assertEqual(open_before.state, "void")
        self.assertFalse(self.exceptions())
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_decisions_about_two_messages_in_any_order(self):
        self.answer("c1", (self.first, {"quantity": "3"}))
        self.answer("c2", (self.second, {"quantity": "1"}))
        older, newer = self.exceptions()
        self.accept(newer)
        self.assertEqual(self.purchase.integration_sync_state, "conflict")
        self.accept(older)
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_part_of_the_order(self):
        self.answer("c1", (self.first, {}))
        self.assertEqual(self.purchase.integration_sync_state, "waiting")
        self.answer("c2", (self.second, {}))
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_the_order_changed_meanwhile(self):
        self.answer("c1", (self.first, {"quantity": "3"}))
        self.first.product_qty = 7
        with self.assertRaisesRegex(UserError, "Quantity"):
            self.accept()
        self.assertEqual(self.first.product_qty, 7)

    def test_locked_order(self):
        self.answer("c1", (self.first, {"quantity": "3"}))
        self.purchase.button_lock()
        with self.assertRaisesRegex(UserError, "locked"):
            self.accept()
        self.purchase.button_unlock()
        self.accept()
        self.assertEqual(self.first.product_qty, 3)

    def test_cancelled_order_asks_nothing_more(self):
        self.answer("c1", (self.first, {"quantity": "3"}))
        exception = self.exceptions()
        self.purchase.button_cancel()
        self.env.invalidate_all()
        self.assertEqual(exception.state, "void")
        self.assertFalse(self.purchase.activity_ids)
        message = self.answer("c2", (self.first, {}))
        self.assertEqual((message.state, message.error_code), ("quarantined", "order_state"))

    def test_billed_line_keeps_its_price(self):
        self.product.purchase_method = "purchase"
        order = self.ordered()
        order.action_create_invoice()
        line = order.order_line[0]
        self.assertEqual(line.qty_invoiced, 5)
        said = (line, {"unit_price": "13"})
        self.answer("c1", said, order=order, currency=order.currency_id.name)
        with self.assertRaisesRegex(UserError, "billed already"):
            self.accept(self.exceptions(order))

    def test_same_number_in_two_companies(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        twin = (
            self.env["purchase.order"]
            .with_company(company)
            .create(
                {
                    "name": self.purchase.name,
                    "partner_id": self.supplier.id,
                    "company_id": company.id,
                    "order_line": [
                        (0, 0, {"product_id": self.product.id, "product_qty": 5, "price_unit": 1})
                    ],
                }
            )
        )
        twin.button_confirm()
        self.assertEqual(self.answer("c1", (self.first, {})).state, "done")
        self.assertFalse(twin.order_line.supplier_answer)
        foreign = self.answer("c2", (twin.order_line, {}))
        self.assertEqual((foreign.state, foreign.error_code), ("quarantined", "unknown_line"))

    def test_archived_product_is_confirmed_all_the_same(self):
        self.product.active = False
        message = self.answer("c1", (self.first, {"quantity": "3"}))
        self.assertEqual(message.state, "done", message.error_message)
        self.accept()
        self.assertEqual(self.first.product_qty, 3)

    def test_statements_do_not_grow_with_the_lines(self):
        def statements(count, key):
            line = {"product_id": self.product.id, "product_qty": 5, "price_unit": 12.5}
            order = self.ordered(order_line=[(0, 0, dict(line)) for _n in range(count)])
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            message = self.answer(key, *[(one, {}) for one in order.order_line], order=order)
            self.assertEqual(message.state, "done", message.error_message)
            self.assertTrue(all(order.order_line.mapped("supplier_promised_date")))
            return self.env.cr.sql_log_count - before

        statements(2, "w")
        few, many = statements(2, "a"), statements(42, "b")
        self.assertLess(many - few, 20)
