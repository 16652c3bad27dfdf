from datetime import datetime

from odoo.tests import tagged

from .usage_case import UsageCase

EARLIER, LATER = datetime(2025, 3, 2, 4), datetime(2025, 3, 2, 12)


@tagged("post_install", "-at_install")
class TestUsageCounted(UsageCase):
    """Usage of half past eight is told, and the stock of the ward was counted before or after."""

    def report(self, at, quantity=100, product=None, lot=None):
        return self.env["ehr.stock.report"].create(
            {
                "system_id": self.system.id,
                "company_id": self.env.company.id,
                "location_id": self.ward_stock.id,
                "product_id": (product or self.swab).id,
                "lot_id": lot and lot.id,
                "report": "F1",
                "reported_at": at,
                "quantity": quantity,
            }
        )

    def correction(self, report, state):
        adjustment = self.env["integration.stock.adjustment"].create(
            {
                "name": "F1/x",
                "digest": "x",
                "location_id": report.location_id.id,
                "adjusted_at": report.reported_at,
                "system_id": self.system.id,
                "company_id": report.company_id.id,
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": report.product_id.id,
                            "is_count": True,
                            "quantity": report.quantity,
                            "reason": "count",
                            "state": state,
                        },
                    )
                ],
            }
        )
        report.adjustment_id = adjustment

    def use(self, item="SWAB", **more):
        messages = self.bring(self.rds(self.rxd("D1", "1", item, **more)))
        self.assert_done(messages)
        return self.env["integration.exception"].search([("kind", "=", "usage_counted")])

    def test_what_was_used_before_a_count_and_told_after_it_is_asked_about(self):
        report = self.report(LATER)
        question = self.use()
        self.assertEqual((question.res_model, question.res_id), ("ehr.stock.report", report.id))
        self.assertEqual((question.area, question.company_id), ("stock", self.env.company))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        question.action_accept()
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)

    def test_a_count_that_did_not_have_it(self):
        self.report(LATER)
        self.use().action_reject()
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_a_count_of_a_lot(self):
        self.report(LATER, product=self.vial, lot=self.lot)
        question = self.use("VIAL", f18="L1")
        question.action_accept()
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 20)

    def test_what_was_used_after_the_count_is_no_question(self):
        self.report(EARLIER)
        self.assertFalse(self.use())

    def test_a_count_of_another_item_is_no_question(self):
        self.report(LATER, product=self.vial, lot=self.lot)
        self.assertFalse(self.use())

    def test_a_count_that_was_not_applied_is_no_question(self):
        report = self.report(LATER)
        for state, asked in (("waiting", False), ("rejected", False), ("applied", True)):
            with self.subTest(state):
                report.adjustment_id.unlink()
                self.correction(report, state)
                self.assertEqual(report._stands(), asked)
        report.adjustment_id.line_ids.state = "waiting"
        self.assertFalse(self.use())
