from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestKits(KitCase):
    """Appointments reserve the kits of their procedures."""

    def test_reserved_for_the_theatre_and_the_time(self):
        self.book()
        self.assertFalse(self.kits(), "not in the transaction of the feed")
        self.plan()
        (kit,) = self.kits()
        self.assertEqual((kit.state, kit.ehr_kit_id), ("assigned", self.kit))
        self.assertEqual((kit.location_id, kit.location_dest_id), (self.store, self.theatre_stock))
        self.assertEqual(kit.scheduled_date, self.appointment().start_at)
        reserved = {move.product_id: move.product_qty for move in kit.move_ids}
        self.assertEqual(reserved, {self.swab: 24, self.stem: 1})
        self.assertEqual(self.left(self.swab, self.store), 26)
        self.assertEqual((self.appointment().kit_state, self.appointment().kit_count), (
            "reserved", 1,
        ))  # fmt: skip

    def test_rescheduled_with_the_appointment(self):
        self.book()
        self.plan()
        (kit,) = self.kits()
        self.siu("S13", days=9)
        self.plan()
        self.assertEqual(self.kits(), kit)
        self.assertEqual(kit.scheduled_date, self.appointment().start_at)
        self.assertEqual(set(kit.move_ids.mapped("date")), {self.appointment().start_at})
        self.assertEqual(kit.state, "assigned")

    def test_released_when_called_off_and_reserved_when_booked_again(self):
        for trigger in ("S15", "S16", "S17", "S26"):
            with self.subTest(trigger):
                number = f"F{trigger}"
                self.book(number)
                self.plan()
                self.assertEqual(self.left(self.swab, self.store), 26)
                self.siu(trigger, number)
                self.plan()
                kit = self.appointment(number).kit_picking_ids
                self.assertEqual((kit.state, kit.ehr_kit_closed), ("cancel", True))
                self.assertEqual(self.left(self.swab, self.store), 50)
                self.assertEqual(self.appointment(number).kit_state, "over")
        self.siu("S12", "FS15", at="20250302100000")
        self.plan()
        self.assertEqual(self.appointment("FS15").kit_state, "reserved")

    def test_another_theatre_and_another_procedure(self):
        self._place("OR2", self._store("Theatre 2", "OR2"), self.other_centre, kind="theatre")
        self.book()
        self.plan()
        first = self.kits()
        self.siu("S14", place="OR2^^^MAIN")
        self.plan()
        self.assertEqual(first.state, "cancel")
        second = self.appointment().kit_picking_ids - first
        self.assertEqual(second.location_dest_id.name, "Theatre 2")
        self.siu("S14", code="99999", place="OR2^^^MAIN", at="20250302080500")
        self.plan()
        self.assertEqual(second.state, "cancel")
        self.assertEqual(self.left(self.swab, self.store), 50)

    def test_the_surgeon_has_a_kit_of_his_own(self):
        own = self.kit.copy({"staff_id": self.surgeon.id, "name": "Hip, as Dr S likes it"})
        own.line_ids.filtered(lambda line: line.product_id == self.swab).quantity = 1
        self.book("F1")
        self.book("F2", staff="S1")
        self.plan()
        self.assertEqual(self.appointment("F1").kit_picking_ids.ehr_kit_id, self.kit)
        self.assertEqual(self.appointment("F2").kit_picking_ids.ehr_kit_id, own)

    def test_shortage_is_shown(self):
        self.kit.line_ids.filtered(lambda line: line.product_id == self.swab).quantity = 5
        self.book()
        self.plan()
        one = self.appointment()
        self.assertEqual(one.kit_state, "short")
        self.assertEqual(one.kit_missing, "10 Units [SWAB] SWAB")
        kit = self.kits()
        self.assertEqual((kit.state, kit.ehr_kit_missing), ("assigned", one.kit_missing))
        self._put(self.swab, 100, self.store)
        self.siu("S13", days=8, at="20250302081000")
        self.plan()
        self.assertEqual((self.appointment().kit_state, self.appointment().kit_missing), (
            "reserved", False,
        ))  # fmt: skip

    def test_a_place_without_stock_is_told(self):
        self.theatre.stock_location_id = False
        self.book()
        self.plan()
        self.assertEqual((self.appointment().kit_state, self.appointment().kit_count), (
            "missing", 0,
        ))  # fmt: skip

    def test_a_kit_that_is_made_later(self):
        self.kit.active = False
        self.book()
        self.plan()
        self.assertFalse(self.kits())
        self.kit.active = True
        self.plan()
        self.assertEqual(self.appointment().kit_state, "reserved")

    def test_appointments_of_hospitals_without_kits_cost_nothing(self):
        self.env["ehr.case.kit"].search([]).unlink()
        self.book()
        self.env.cr.flush()
        self.assertFalse(self.env["ehr.kit.due"].search([]))

    def test_nobody_told_that_it_is_over(self):
        self.book()
        self.plan()
        self.env.cr.execute(
            "UPDATE ehr_appointment SET start_at = %s WHERE filler_number = 'F1'",
            [fields.Datetime.now() - timedelta(days=3)],
        )
        self.env.invalidate_all()
        self.env["ehr.kit.due"]._cron_plan()
        self.assertEqual(self.appointment().kit_state, "over")
        self.assertEqual(self.left(self.swab, self.store), 50)

    def test_many_appointments_in_one_go(self):
        self._put(self.swab, 1000, self.store)
        for number in range(6):
            self.book(f"M{number}", planned=False)
        self.plan()
        kits = self.env["stock.picking"].search([("ehr_usage", "=", "kit")])
        self.assertEqual(len(kits), 6)
        self.assertEqual(self.left(self.swab, self.store), 1050 - 6 * 24)


@tagged("post_install", "-at_install")
class TestKitsUsed(KitCase):
    def setUp(self):
        super().setUp()
        self.admit("71")
        self.book(visit="71")
        self.plan()
        self.reservation = self.kits()

    def test_used_out_of_the_kit_and_the_rest_is_released(self):
        self.assert_done(
            self.bring(
                self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA"),
                self.rds(self.rxd("D1", "1", "SWAB", "10"), visit="71", place="OR^OR1^^MAIN"),
            )
        )
        stem, swab = self.used("I1"), self.used("D1")
        self.assertEqual((stem | swab).kit_picking_id, self.reservation)
        self.assertEqual((stem | swab).stock_location_id, self.store)
        self.assertEqual(stem.analytic_account_id, self.other_centre, "the theatre bears it")
        by_product = {move.product_id: move for move in self.reservation.move_ids}
        self.assertEqual(by_product[self.stem].state, "cancel", "all of it was used")
        self.assertEqual(by_product[self.swab].product_qty, 14)
        self.assertEqual(by_product[self.swab].state, "assigned")
        self.assertEqual(self.appointment().kit_consumption_count, 2)
        self.siu("S14", status="COMPLETE", visit="71", at="20250302120000")
        self.hours_pass()
        self.assertEqual(self.reservation.state, "cancel")
        self.assertEqual(self.left(self.swab, self.store), 40)
        self.assertEqual(self.appointment().kit_state, "over")

    def test_another_implant_than_was_reserved(self):
        other = self._lot(self.stem, "SN8", 1, self.store)
        told = self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN8", QUANTITY="1 EA")
        self.assert_done(self.bring(told))
        self.assertEqual(self.used("I1").lot_id, other)
        self.assertEqual(self.left(self.stem, self.store, self.serials), 1, "free again")

    def test_brought_to_the_theatre_first(self):
        for move in self.reservation.move_ids:
            move.picked = True
        self.reservation._action_done()
        self.assertEqual(self.appointment().kit_state, "there")
        self.assert_done(
            self.bring(
                self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA"),
                self.rds(self.rxd("D1", "1", "SWAB", "10"), visit="71", place="OR^OR1^^MAIN"),
            )
        )
        used = self.used("I1") | self.used("D1")
        self.assertEqual(used.stock_location_id, self.theatre_stock)
        self.assertEqual(used.kit_picking_id, self.reservation)
        self.siu("S14", status="COMPLETE", visit="71", at="20250302120000")
        self.hours_pass()
        back = self.env["stock.picking"].search([("return_id", "=", self.reservation.id)])
        self.assertEqual((back.state, back.move_ids.product_id), ("assigned", self.swab))
        self.assertEqual((back.move_ids.product_qty, back.location_dest_id), (14, self.store))
        self.assertTrue(self.reservation.ehr_kit_closed)

    def test_reservations_of_others_stay(self):
        self.book("F2")
        self.plan()
        other = self.appointment("F2").kit_picking_ids
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "24"), visit="71", place="OR^^^MAIN"))
        swabs = other.move_ids.filtered(lambda move: move.product_id == self.swab)
        self.assertEqual((swabs.state, swabs.quantity), ("assigned", 24))
