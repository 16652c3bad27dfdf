from ast import literal_eval
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .usage_case import UsageCase


@tagged("post_install", "-at_install")
class TestUsageRefused(UsageCase):
    """What cannot be booked waits for a person, and nothing of it is booked."""

    def refuse(self, code, *orders, **more):
        before = self.left(self.swab, self.ward_stock)
        message = self.bring(self.rds(self.rxd("OK", "1", "SWAB"), *orders, **more))
        self.assert_quarantined(message, code)
        self.assertFalse(self.used("OK"), "the other lines of the message wait, too")
        self.assertEqual(self.left(self.swab, self.ward_stock), before)
        return message

    def test_unknown_words(self):
        self.refuse("unknown_item", self.rxd("D1", "1", "NOTHING"))
        self.refuse("missing_value", self.rxd("D1", "1", "SWAB", unit="HANDFUL"))
        self.refuse("unknown_unit", self.rxd("D1", "1", "SWAB", unit="PK"))
        self.refuse("unit_differs", self.rxd("D1", "1", "SWAB", unit="KG"))
        self.refuse("unknown_lot", self.rxd("D1", "1", "VIAL", f18="L9"))
        self.refuse("unknown_lot", self.rxd("D1", "1", "VIAL"))
        self.refuse("unknown_visit", self.rxd("D1", "1", "SWAB"), visit="9999")
        self.refuse("missing_value", self.rxd("D1", "1", "SWAB", control="XX"))

    def test_quantity_without_unit_and_unit_without_quantity(self):
        message = self.refuse("missing_required", self.rxd("D1", "1", "SWAB", unit=""))
        self.assertIn("RXD-5 (unit of the amount) is required", message.error_message)
        self.refuse("missing_required", self.rxd("D1", "1", "SWAB", amount=""))
        self.refuse("quantity_not_kept", self.rxd("D1", "1", "SWAB", amount="0"))
        self.refuse("contract_violation", self.rxd("D1", "1", "SWAB", amount="-2"))
        without = self.bring(self.device("I1", "1", ITEM="STEM", SERIAL="SN1", QUANTITY="1"))
        self.assert_quarantined(without, "missing_required")

    def test_a_lot_without_its_item(self):
        told = self.bring(self.device("I1", "1", LOT="L1", QUANTITY="1 EA"))
        self.assert_quarantined(told, "missing_required")

    def test_two_lines_of_one_number(self):
        self.refuse("duplicate_line", self.rxd("D1", "1", "SWAB"), self.rxd("D1", "1", "SWAB"))

    def test_places(self):
        self.env["ehr.location"].create({"facility": "MAIN", "point_of_care": "9W"})
        self.refuse("place_without_stock", self.rxd("D1", "1", "SWAB"), place="9W^^^MAIN")
        self.env.company.ehr_create_locations = False
        self.refuse("unknown_location", self.rxd("D1", "1", "SWAB"), place="8W^^^MAIN")
        self.ward.analytic_account_id = False
        self.refuse("no_cost_centre", self.rxd("D1", "1", "SWAB"), place="3W^^^MAIN")
        self.env.company.ehr_usage_cost_centre_id = self.other_centre
        self.assert_done(self.bring(self.rds(self.rxd("D2", "1", "SWAB"), place="3W^^^MAIN")))
        self.assertEqual(self.used("D2").analytic_account_id, self.other_centre)

    def test_recalled(self):
        self.lot.write({"ehr_recalled": True, "ehr_recall_reason": "Particles"})
        self.refuse("lot_recalled", self.rxd("D1", "1", "VIAL", f18="L1"))

    def test_recalled_lots_are_not_reserved_and_can_be_given_back(self):
        other = self._lot(self.vial, "L2", 5, self.ward_stock)
        self.bring(self.rds(self.rxd("D1", "1", "VIAL", "2", f18="L1")))
        self.lot.ehr_recalled = True
        quants = self.env["stock.quant"]._gather(self.vial, self.ward_stock)
        self.assertEqual(quants.lot_id, other)
        back = self.rds(self.rxd("D1", "1", "VIAL", "2", f18="L1", control="CA"))
        self.assert_done(self.bring(back))

    def test_expired_by_what_the_message_says(self):
        self.refuse("lot_expired", self.rxd("D1", "1", "VIAL", f18="L1", f19="20250301"))
        self.assert_done(
            self.bring(self.rds(self.rxd("D2", "1", "VIAL", f18="L1", f19="20250302")))
        )

    def test_the_last_day_is_that_of_the_hospital(self):
        """Used at one in the morning in Brussels, which is the evening before in New York."""
        told = self.rxd("D1", "1", "VIAL", f3="20250303010000", f18="L1", f19="20250302")
        self.env.company.partner_id.tz = "Europe/Brussels"
        self.refuse("lot_expired", told)
        self.env.company.partner_id.tz = "America/New_York"
        self.assert_done(self.bring(self.rds(told)))

    def test_expired_by_what_odoo_knows(self):
        if "expiration_date" not in self.lot._fields:
            self.skipTest("without the app for expiry dates no lot expires")
        self.vial.use_expiration_date = True
        self.lot.expiration_date = "2025-03-02 06:00:00"
        self.refuse("lot_expired", self.rxd("D1", "1", "VIAL", f18="L1"))

    def test_visits_that_are_over(self):
        self.admit("71", at="20250301080000")
        visit = self.visits("71")
        visit.write({"state": "discharged", "discharged_at": "2025-03-01 07:00:00"})
        self.refuse("visit_ended", self.rxd("D1", "1", "SWAB"), visit="71")
        self.env.company.ehr_usage_hours = 25
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71")))
        visit.state = "cancelled"
        self.refuse("visit_cancelled", self.rxd("D2", "1", "SWAB"), visit="71")

    def test_a_visit_that_was_joined(self):
        self.admit("71")
        self.admit("72")
        self.visits("71").joined_into_id = self.visits("72")
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71")))
        self.assertEqual(self.used("D1").encounter_id.visit_number, "72")

    def test_in_the_future(self):
        later = fields.Datetime.now() + timedelta(days=2)
        self.refuse("in_future", self.rxd("D1", "1", "SWAB", f3=f"{later:%Y%m%d%H%M%S}"))

    def test_services_are_not_in_stock(self):
        self._item("CARE", type="service", is_storable=False)
        self.refuse("not_goods", self.rxd("D1", "1", "CARE"))


@tagged("post_install", "-at_install")
class TestUsageBeyondStock(UsageCase):
    def use(self, number="D1"):
        return self.bring(self.rds(self.rxd(number, "1", "SWAB", "103")))

    def test_the_message_waits_by_default(self):
        self.assertEqual(self.env.company.ehr_usage_shortage, "quarantine")
        self.assert_quarantined(self.use(), "beyond_stock")
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)

    def test_a_serial_number_is_used_once(self):
        for policy in ("quarantine", "negative", "emergency"):
            with self.subTest(policy):
                self.env.company.ehr_usage_shortage = policy
                self._lot(self.stem, policy, 1, self.theatre_stock)
                told = self.bring(
                    *(
                        self.device(f"{policy}{number}", "1", ITEM="STEM", SERIAL=policy,
                                    QUANTITY="1 EA")
                        for number in range(2)
                    )
                )  # fmt: skip
                self.assert_done(told[0])
                self.assert_quarantined(told[1], "serial_used")

    def test_together_they_take_more_than_there_is(self):
        told = self.bring(
            *(self.rds(self.rxd(f"D{number}", "1", "SWAB", "40")) for number in range(3))
        )
        self.assertEqual(told.mapped("state"), ["done", "done", "quarantined"])
        self.assertEqual(self.left(self.swab, self.ward_stock), 20)

    def test_below_zero(self):
        self.env.company.ehr_usage_shortage = "negative"
        self.assert_done(self.use())
        one = self.used("D1")
        self.assertEqual((one.shortage, one.shortage_quantity), ("negative", 3))
        self.assertEqual(self.left(self.swab, self.ward_stock), -3)

    def test_emergency_receipt_of_the_place(self):
        self.ward.usage_shortage = "emergency"
        self.env.company.ehr_usage_buyer_id = self.env.ref("base.user_admin")
        self.assert_done(self.use())
        one = self.used("D1")
        receipt = one.receipt_id
        self.assertEqual((one.shortage, receipt.state, receipt.ehr_usage), (
            "emergency", "done", "emergency",
        ))  # fmt: skip
        self.assertEqual((receipt.move_ids.quantity, receipt.location_id.usage), (3, "supplier"))
        self.assertNotIn("D1", receipt.ehr_reason)
        self.assertNotIn("301", receipt.ehr_reason, "neither room nor bed")
        self.assertEqual(self.left(self.swab, self.ward_stock), 0)
        asked = self.env["integration.exception"].search([("res_id", "=", receipt.id)])
        self.assertEqual((asked.kind, asked.area), ("emergency_receipt", "purchase"))
        self.assertEqual(asked.user_id, self.env.ref("base.user_admin"))
        action = self.env.ref("integration_ehr_supply.action_ehr_emergency_receipt")
        found = self.env["stock.picking"].search(literal_eval(action.domain))
        self.assertEqual(found.filtered(lambda one: one.ehr_usage != "emergency").ids, [])
        self.assertIn(receipt, found)

    def test_ordered_after_the_fact_it_is_not_delivered_twice(self):
        self.ward.usage_shortage = "emergency"
        self.admit("71")
        vendor = self.env["res.partner"].create({"name": "Vendor", "is_company": True})
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", "103"), visit="71")))
        receipt = self.used("D1").receipt_id
        self.assertEqual(receipt.encounter_id.visit_number, "71")
        asked = self.env["integration.exception"].search([("res_id", "=", receipt.id)])
        with self.assertRaisesRegex(UserError, "supplier is not known"):
            asked.action_accept()
        receipt.partner_id = vendor
        asked.action_accept()
        line = receipt.move_ids.purchase_line_id
        self.assertEqual((line.partner_id, line.state, line.product_qty), (vendor, "purchase", 3))
        self.assertEqual((line.qty_received, line.order_id.picking_ids), (3, receipt))
        self.assertEqual(self.left(self.swab, self.ward_stock), 0)

    def test_what_is_not_counted_never_lacks(self):
        self._item("GEL", is_storable=False)
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "GEL", "5"))))
        self.assertFalse(self.used("D1").shortage)
