from odoo.tests import new_test_user, tagged

from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestKitsAgain(KitCase):
    """Used out of a kit, taken back, and used again under another number."""

    def setUp(self):
        super().setUp()
        self.admit("71")

    def reserve(self):
        self.book(visit="71")
        self.plan()
        self.kit_ = self.kits()

    def stems(self):
        self.kit.line_ids.filtered(lambda one: one.product_id == self.swab).unlink()
        self.reserve()
        return [
            self.device(number, "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA",
                        status=status)
            for number, status in (("I1", "F"), ("I1", "D"), ("I2", "F"))
        ]  # fmt: skip

    def swabs(self, amount):
        return [
            self.rds(
                self.rxd(number, "1", "SWAB", amount, control=code),
                visit="71",
                place="OR^OR1^^MAIN",
            )
            for number, code in (("D1", "RE"), ("D1", "CA"), ("D2", "RE"))
        ]

    def assert_stem_out_of_the_kit(self):
        used = self.used("I2")
        self.assertEqual((used.kit_picking_id, used.stock_location_id), (self.kit_, self.store))
        self.assertFalse(used.shortage)
        self.assertEqual(self.left(self.stem, self.store, self.serials), 0)
        self.assertEqual(self.left(self.stem, self.theatre_stock, self.serials), 0)

    def test_all_of_it_in_one_batch(self):
        self.assert_done(self.bring(*self.stems()))
        self.assert_stem_out_of_the_kit()

    def test_all_of_it_message_by_message_before_the_schedule_is_looked_at(self):
        for told in self.stems():
            self.assert_done(self.bring(told))
        self.assert_stem_out_of_the_kit()
        self.plan()
        self.assertEqual(self.kits(), self.kit_, "used: no other one is reserved")
        self.assertEqual(self.appointment().kit_state, "over")

    def test_all_of_it_where_stock_may_go_below_zero(self):
        self.env.company.ehr_usage_shortage = "negative"
        for told in self.stems():
            self.assert_done(self.bring(told))
        self.assert_stem_out_of_the_kit()

    def test_no_more_than_was_given_back(self):
        self.env.company.ehr_usage_shortage = "negative"
        self.reserve()
        self.assert_done(self.bring(*self.swabs("24")[:2]))
        self.bring(self.rds(self.rxd("D2", "1", "SWAB", "30"), visit="71", place="OR^OR1^^MAIN"))
        self.assertEqual(self.left(self.swab, self.store), 26)
        self.assertEqual(self.left(self.swab, self.theatre_stock), -6)

    def test_a_part_of_it_in_one_batch_and_message_by_message(self):
        self.reserve()
        for separate in (False, True):
            told = self.swabs("20")
            with self.subTest(separate), self.env.cr.savepoint() as savepoint:
                for some in [[one] for one in told] if separate else [told]:
                    self.assert_done(self.bring(*some))
                used = self.used("D2")
                self.assertEqual(used.kit_picking_id, self.kit_)
                self.assertEqual(used.stock_location_id, self.store)
                swabs = self.kit_.move_ids.filtered(lambda one: one.product_id == self.swab)
                self.assertEqual(sum(swabs.mapped("product_qty")), 4)
                savepoint.close(rollback=True)

    def test_what_waits_is_not_forgotten_when_something_comes_back(self):
        """The batch: 10 are used and wait to be taken; D0 comes back; of 18 more, 14 are of the
        kit."""
        self.env.company.ehr_usage_shortage = "negative"
        self.reserve()
        place = {"visit": "71", "place": "OR^OR1^^MAIN"}
        self.assert_done(self.bring(self.rds(self.rxd("D0", "1", "SWAB", "4"), **place)))
        self.assert_done(
            self.bring(
                self.rds(self.rxd("D1", "1", "SWAB", "10"), **place),
                self.rds(self.rxd("D0", "1", "SWAB", "4", control="CA"), **place),
                self.rds(self.rxd("D2", "1", "SWAB", "18"), **place),
            )
        )
        self.assertEqual(self.left(self.swab, self.store), 26)
        self.assertEqual(self.left(self.swab, self.theatre_stock), -4)

    def test_brought_in_one_batch(self):
        self.reserve()
        self.kit_.move_ids.picked = True
        self.kit_._action_done()
        self.assert_done(self.bring(*self.swabs("24")))
        used = self.used("D2")
        self.assertEqual((used.kit_picking_id, used.kit_brought), (self.kit_, True))
        self.assertEqual(self.left(self.swab, self.theatre_stock), 0)


@tagged("post_install", "-at_install")
class TestKitsOfThePlace(KitCase):
    """Used after the kit had gone back; people say that goods of the theatre were used; and then
    that use is taken back."""

    def setUp(self):
        super().setUp()
        self.admit("71")
        self.book(visit="71")
        self.plan()
        self.kit_ = self.kits()
        self.kit_.move_ids.picked = True
        self.kit_._action_done()
        self.siu("S14", status="COMPLETE", visit="71", at="20250302120000")
        self.hours_pass()
        back = self.env["stock.picking"].search([("return_id", "=", self.kit_.id)])
        back.move_ids.picked = True
        back._action_done()
        self._put(self.swab, 12, self.theatre_stock)

    def swabs(self, number, amount, control="RE"):
        told = self.rds(
            self.rxd(number, "1", "SWAB", amount, control=control),
            visit="71",
            place="OR^OR1^^MAIN",
        )
        self.assert_done(self.bring(told))
        return self.used(number)

    def reject(self):
        asked = self.env["integration.exception"].search(
            [("kind", "=", "kit_went_back"), ("state", "=", "open")]
        )
        keeper = new_test_user(self.env, "place.keeper", "stock.group_stock_user")
        asked.with_user(keeper).action_reject()

    def lie(self):
        return self.left(self.swab, self.store), self.left(self.swab, self.theatre_stock)

    def test_all_comes_back_to_the_theatre(self):
        self.swabs("D1", "10")
        self.reject()
        self.assertEqual(self.lie(), (50, 2))
        self.swabs("D1", "10", "CA")
        self.assertEqual(self.lie(), (50, 12))
        self.assertEqual(self.used("D1", "return").stock_location_id, self.theatre_stock)

    def test_a_part_comes_back_before_and_a_part_after(self):
        self.swabs("D1", "10")
        self.give_back("R1", "D1", "SWAB", "4")
        self.assertEqual(self.lie(), (44, 12))
        self.reject()
        self.assertEqual(self.lie(), (50, 6))
        self.give_back("R2", "D1", "SWAB", "5")
        self.assertEqual(self.lie(), (50, 11))
        self.give_back("R3", "D1", "SWAB", "1")
        self.assertEqual(self.lie(), (50, 12))

    def test_it_is_of_the_visit_and_the_appointment(self):
        used = self.swabs("D1", "10")
        self.reject()
        moved = self.env["stock.move"].search([("ehr_stands_in_id", "=", used.id)]).picking_id
        self.assertEqual(moved.encounter_id.visit_number, "71")
        self.assertEqual(moved.ehr_appointment_id, self.appointment())
