from odoo.tests import tagged

from odoo.addons.integration_core.tests.common import delivered

from .common import ProcurementCase


@tagged("post_install", "-at_install")
class TestOrderConfirmation(ProcurementCase):
    def setUp(self):
        super().setUp()
        self.send_with(delivered)
        self.purchase = self.order()
        self.purchase.order_line.date_planned = "2026-12-01 11:00:00"
        self.purchase.button_confirm()
        self.env.cr.flush()
        self.dispatch()
        self.drain(self.outbound)

    def assert_quarantined(self, message, code):
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertFalse(any(self.purchase.order_line.mapped("supplier_promised_date")))

    def test_promise_lands_on_the_lines_and_the_order_is_synchronised(self):
        self.assertEqual(self.purchase.integration_sync_state, "waiting")
        message = self.confirm("c1", self.confirmation(self.purchase))
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual((message.res_model, message.res_id), ("purchase.order", self.purchase.id))
        lines = self.purchase.order_line
        self.assertEqual(lines.mapped("supplier_confirmed_qty"), [5, 2])
        self.assertEqual(
            {str(day) for day in lines.mapped("supplier_promised_date")}, {"2026-12-01"}
        )
        self.assertEqual(lines.mapped("product_qty"), [5, 2])
        self.assertEqual(self.purchase.partner_ref, "SO-1")
        note = self.purchase.message_ids[0]
        self.assertIn("SO-1", note.body)
        self.assertEqual(note.author_id, self.service_user.partner_id)
        self.purchase.invalidate_recordset()
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")

    def test_deviation_is_marked_and_does_not_overwrite(self):
        document = self.confirmation(self.purchase)
        document["lines"][0]["quantity"] = "3"
        self.confirm("c1", document)
        first, _second = self.purchase.order_line
        self.assertEqual((first.product_qty, first.supplier_confirmed_qty), (5, 3))
        self.assertTrue(first.supplier_deviates)

    def test_markup_in_a_reference_is_escaped(self):
        self.confirm(
            "c1", self.confirmation(self.purchase, supplier_reference="<img src=x onerror=1>")
        )
        self.assertNotIn("<img", self.purchase.message_ids[0].body)

    def test_unknown_order(self):
        document = self.confirmation(self.purchase, order_number="P99999")
        self.assert_quarantined(self.confirm("c1", document), "unknown_order")

    def test_order_of_another_supplier_cannot_be_confirmed(self):
        other = self.env["res.partner"].create({"name": "Other supplier"})
        foreign = self.order(partner_id=other.id)
        foreign.button_confirm()
        message = self.confirm("c1", self.confirmation(foreign))
        self.assert_quarantined(message, "unknown_order")

    def test_cancelled_order(self):
        self.purchase.button_cancel()
        message = self.confirm("c1", self.confirmation(self.purchase))
        self.assert_quarantined(message, "order_state")

    def test_unknown_line_undoes_the_others(self):
        document = self.confirmation(self.purchase)
        document["lines"][1]["line_reference"] = "0"
        self.assert_quarantined(self.confirm("c1", document), "unknown_line")

    def test_unit_that_nobody_knows(self):
        document = self.confirmation(self.purchase)
        document["lines"][0]["unit"] = "XYZ"
        self.assert_quarantined(self.confirm("c1", document), "unknown_unit")

    def test_quantity_must_be_decimal_text(self):
        document = self.confirmation(self.purchase)
        document["lines"][0]["quantity"] = 5
        message = self.confirm("c1", document)
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        self.assertIn("/lines/0/quantity", message.error_message)

    def test_a_line_that_is_named_twice_is_not_swallowed(self):
        document = self.confirmation(self.purchase)
        document["lines"].append(dict(document["lines"][0], promised_date="2026-12-20"))
        self.assert_quarantined(self.confirm("c1", document), "line_repeated")

    def test_part_of_the_lines_is_no_confirmation(self):
        document = self.confirmation(self.purchase)
        second = document["lines"].pop()
        self.assertEqual(self.confirm("c1", document).state, "done")
        self.purchase.invalidate_recordset()
        self.assertEqual(self.purchase.integration_sync_state, "waiting")
        self.confirm("c2", dict(document, lines=[second]))
        self.purchase.invalidate_recordset()
        self.assertEqual(self.purchase.integration_sync_state, "synchronised")
