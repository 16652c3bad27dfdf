from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestKitsLate(KitCase):
    """What was used is told when the kit is over: released, on its way back, or back."""

    def setUp(self):
        super().setUp()
        self.admit("71")
        self.book(visit="71")
        self.plan()
        self.kit_ = self.kits()

    def bring_it(self):
        self.kit_.move_ids.picked = True
        self.kit_._action_done()

    def over(self):
        """The surgery is done, and the hours have passed."""
        self.siu("S14", status="COMPLETE", visit="71", at="20250302120000")
        self.hours_pass()
        self.assertTrue(self.kit_.ehr_kit_closed)

    def swabs(self, number, amount, place="OR^OR1^^MAIN"):
        told = self.rds(self.rxd(number, "1", "SWAB", amount), visit="71", place=place)
        self.assert_done(self.bring(told))
        return self.used(number)

    def stem_(self):
        told = self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA")
        self.assert_done(self.bring(told))
        return self.used("I1")

    def back(self):
        return self.env["stock.picking"].search(
            [("return_id", "=", self.kit_.id), ("state", "!=", "cancel")]
        )

    def of(self, picking, product):
        return picking.move_ids.filtered(
            lambda one: one.product_id == product and one.state != "cancel"
        )

    def question(self):
        return self.env["integration.exception"].search(
            [("kind", "=", "kit_went_back"), ("state", "=", "open")]
        )

    # -- never brought ---------------------------------------------------------------------------

    def test_a_kit_that_was_released_is_taken_where_it_was_reserved(self):
        """With the rule that more than there is waits: the theatre has none of it."""
        self.over()
        self.assertEqual(self.left(self.stem, self.store, self.serials), 1)
        stem, swabs = self.stem_(), self.swabs("D1", "10")
        self.assertEqual((stem | swabs).kit_picking_id, self.kit_)
        self.assertEqual((stem | swabs).stock_location_id, self.store)
        self.assertEqual(self.left(self.stem, self.store, self.serials), 0)
        self.assertEqual(self.left(self.swab, self.store), 40)
        self.assertFalse(self.question())

    def test_no_more_than_was_reserved(self):
        self.over()
        self._put(self.swab, 5, self.theatre_stock)
        self.swabs("D1", "20")
        more = self.swabs("D2", "8")
        self.assertEqual(self.left(self.swab, self.store), 26)
        self.assertEqual(self.left(self.swab, self.theatre_stock), 1, "4 were not of the kit")
        self.assertEqual(more.kit_picking_id, self.kit_)

    def test_all_of_it_was_used_in_time(self):
        self.swabs("D1", "24")
        self.over()
        self._put(self.swab, 5, self.theatre_stock)
        late = self.swabs("D2", "2")
        self.assertFalse(late.kit_picking_id)
        self.assertEqual(late.stock_location_id, self.theatre_stock)

    def test_what_was_used_later_than_the_kit_is_not_of_it(self):
        self.over()
        self.kit_.ehr_kit_until = "2025-03-01 12:00:00"
        self._put(self.swab, 5, self.theatre_stock)
        self.assertFalse(self.swabs("D1", "2").kit_picking_id)

    def test_a_kit_that_was_called_off_is_not_used(self):
        self.siu("S15", visit="71")
        self.plan()
        self._put(self.swab, 5, self.theatre_stock)
        self.assertFalse(self.swabs("D1", "2").kit_picking_id)

    def test_nobody_told_that_it_is_over(self):
        self.env.cr.execute(
            "UPDATE ehr_appointment SET start_at = %s WHERE filler_number = 'F1'",
            [fields.Datetime.now() - timedelta(days=3)],
        )
        self.env.invalidate_all()
        self.plan()
        self.assertTrue(self.kit_.ehr_kit_closed)
        self.assertEqual(self.stem_().kit_picking_id, self.kit_)

    # -- brought ---------------------------------------------------------------------------------

    def test_what_was_used_before_it_was_brought_is_not_missing_from_the_rest(self):
        self.swabs("D1", "10")
        self.bring_it()
        self.assertEqual(self.left(self.swab, self.theatre_stock), 14)
        self.swabs("D2", "4")
        self.over()
        self.assertEqual(self.of(self.back(), self.swab).product_qty, 10)
        self.assertEqual(self.left(self.swab, self.theatre_stock), 0, "all of it goes back")
        self.assertFalse(self.back().user_id)

    # -- on its way back --------------------------------------------------------------------------

    def test_what_is_to_go_back_is_lowered(self):
        self.bring_it()
        self.over()
        back = self.back()
        self.assertEqual((back.state, self.of(back, self.swab).product_qty), ("assigned", 24))
        self.assertEqual(back.encounter_id.visit_number, "71")
        self.assertEqual(back.ehr_appointment_id, self.appointment())
        self.assertEqual(self.appointment().kit_picking_ids, self.kit_, "it reserves nothing")
        self.swabs("D1", "10")
        self.stem_()
        self.assertFalse(self.of(back, self.stem), "it is in the patient")
        self.assertEqual(self.of(back, self.swab).product_qty, 14)
        self.assertEqual((self.of(back, self.swab).quantity, back.state), (14, "assigned"))
        self.assertIn("10 Units [SWAB] SWAB less", str(back.message_ids.mapped("body")))
        self.assertEqual(self.left(self.swab, self.theatre_stock), 0, "14, of which 14 go back")
        back.move_ids.picked = True
        back._action_done()
        self.assertEqual(self.left(self.swab, self.store), 40)
        self.assertFalse(self.question())

    def test_what_goes_back_later_is_of_the_visit_and_the_appointment(self):
        self.bring_it()
        self.over()
        back = self.back()
        swabs = self.of(back, self.swab)
        swabs.move_line_ids.quantity = 10
        swabs.picked = True
        keeper = new_test_user(self.env, "rest.keeper", "stock.group_stock_user")
        back.with_user(keeper).with_context(cancel_backorder=False)._action_done()
        later = self.env["stock.picking"].search([("backorder_id", "=", back.id)])
        self.assertEqual(later.encounter_id.visit_number, "71")
        self.assertEqual(later.ehr_appointment_id, self.appointment())

    def test_what_is_picked_to_go_back_is_lowered(self):
        self.bring_it()
        self.over()
        back = self.back()
        back.move_ids.picked = True
        self.swabs("D1", "10")
        back._action_done()
        self.assertEqual(self.left(self.swab, self.store), 40)
        self.assertEqual(self.left(self.swab, self.theatre_stock), 0)

    def test_given_back_after_it_was_over(self):
        self.bring_it()
        self.swabs("D1", "10")
        self.over()
        self.assertEqual(self.of(self.back(), self.swab).product_qty, 14)
        self.assert_done(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", "4", control="CA"), visit="71"))
        )
        self.assertEqual(sum(self.of(self.back(), self.swab).mapped("product_qty")), 18)

    # -- gone back ---------------------------------------------------------------------------------

    def gone_back(self):
        self.bring_it()
        self.over()
        back = self.back()
        back.move_ids.picked = True
        back._action_done()
        return back

    def test_what_has_gone_back_is_asked_about(self):
        back = self.gone_back()
        used = self.swabs("D1", "10")
        self.assertEqual((used.kit_picking_id, used.stock_location_id), (self.kit_, self.store))
        self.assertEqual(self.left(self.swab, self.store), 40)
        asked = self.question()
        self.assertEqual((asked.res_model, asked.res_id), ("stock.picking", back.id))
        self.assertIn(back.name, asked.name)
        keeper = new_test_user(self.env, "late.keeper", "stock.group_stock_user")
        asked.with_user(keeper).action_accept()
        self.assertEqual(self.left(self.swab, self.store), 40, "it stays as it was booked")

    def test_it_did_come_back_and_the_theatre_used_its_own(self):
        self.gone_back()
        self.swabs("D1", "10")
        asked = self.question()
        keeper = new_test_user(self.env, "late.keeper", "stock.group_stock_user")
        with self.assertRaisesRegex(UserError, "Count it"):
            asked.with_user(keeper).action_reject()
        self._put(self.swab, 12, self.theatre_stock)
        asked.with_user(keeper).action_reject()
        self.assertEqual(self.left(self.swab, self.store), 50)
        self.assertEqual(self.left(self.swab, self.theatre_stock), 2)

    def test_told_in_parts_it_is_not_more_than_was_brought(self):
        self.gone_back()
        self._put(self.swab, 10, self.theatre_stock)
        self.swabs("D1", "20")
        more = self.swabs("D2", "8")
        self.assertEqual(self.left(self.swab, self.store), 26, "of the kit 24, and no more")
        self.assertEqual(self.left(self.swab, self.theatre_stock), 6)
        self.assertEqual(len(self.question()), 2)
        self.assertEqual(more.kit_picking_id, self.kit_)

    def test_given_back_there_is_nothing_to_decide(self):
        self.gone_back()
        self.swabs("D1", "10")
        back = self.rds(self.rxd("D1", "1", "SWAB", "10", control="CA"), visit="71")
        self.assert_done(self.bring(back))
        self.assertFalse(self.question())
        self.assertEqual(self.left(self.swab, self.store), 50)
        self.assertEqual(len(self.back()), 1, "nothing is to go back again")

    def test_the_same_again_asks_nothing_new(self):
        self.gone_back()
        self.swabs("D1", "10")
        self.swabs("D1", "10")
        self.assertEqual(len(self.question()), 1)
        self.assertEqual(self.left(self.swab, self.store), 40)


@tagged("post_install", "-at_install")
class TestKitsServe(KitCase):
    """Which usage of a visit is out of its kit."""

    def setUp(self):
        super().setUp()
        self.admit("71")
        self.book(visit="71")
        self.plan()

    def use(self, number="D1", **more):
        told = self.rds(
            self.rxd(number, "1", "SWAB", "2", **more), visit="71", place="3W^301^1^MAIN"
        )
        self.assert_done(self.bring(told))
        return self.used(number)

    def test_what_the_ward_uses_days_before_is_not_of_the_kit(self):
        used = self.use()
        self.assertFalse(used.kit_picking_id)
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        self.assertEqual(sum(self.kits().move_ids.mapped("product_qty")), 25, "all is reserved")

    def test_what_is_used_while_it_takes_place_is_whatever_bed_is_named(self):
        self.env.cr.execute(
            "UPDATE ehr_appointment SET start_at = %s, end_at = %s WHERE filler_number = 'F1'",
            ["2025-03-02 07:00:00", "2025-03-02 08:30:00"],
        )
        self.env.invalidate_all()
        used = self.use()
        self.assertEqual(used.kit_picking_id, self.kits())
        self.assertEqual(used.stock_location_id, self.store)

    # -- given back --------------------------------------------------------------------------------

    def swabs(self):
        kit = self.kits()
        return sum(
            move.product_qty
            for move in kit.move_ids
            if move.product_id == self.swab and move.state == "assigned"
        )

    def test_what_is_given_back_is_reserved_again(self):
        for amount, left in (("10", 14), ("24", 0)):
            with self.subTest(amount):
                number = f"D{amount}"
                told = [
                    self.rds(
                        self.rxd(number, "1", "SWAB", amount, control=code),
                        visit="71",
                        place="OR^OR1^^MAIN",
                    )
                    for code in ("RE", "CA")
                ]
                self.assert_done(self.bring(told[0]))
                self.assertEqual(self.swabs(), left)
                self.assert_done(self.bring(told[1]))
                self.assertEqual(self.swabs(), 24)
                self.assertEqual(self.left(self.swab, self.store), 26)

    def test_all_is_given_back(self):
        """The transfer of a kit of which all was used is cancelled: another one reserves it."""
        told = [
            (
                self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA",
                            status=status),
                self.rds(self.rxd("D1", "1", "SWAB", "24", control=code), visit="71",
                         place="OR^OR1^^MAIN"),
            )
            for status, code in (("F", "RE"), ("D", "CA"))
        ]  # fmt: skip
        first = self.kits()
        self.assert_done(self.bring(*told[0]))
        self.assertEqual(first.state, "cancel")
        self.assert_done(self.bring(*told[1]))
        self.plan()
        self.assertNotEqual(self.kits(), first)
        self.assertEqual(self.swabs(), 24)
        self.assertEqual(self.appointment().kit_state, "reserved")
