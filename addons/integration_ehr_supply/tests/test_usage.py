from odoo.tests import tagged

from odoo.addons.integration_core.tools import errors

from .usage_case import UsageCase


@tagged("post_install", "-at_install")
class TestUsage(UsageCase):
    """Dispenses and implants are taken from stock, from HL7 text to the stock move."""

    def test_a_dispense_is_taken_from_the_stock_of_the_ward_at_its_cost(self):
        self.admit("71")
        message = self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71"))
        self.assert_done(message)
        one = self.used("D1")
        self.assertEqual((message.res_model, message.res_id), ("ehr.consumption", one.id))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        move = one.move_id
        self.assertEqual((move.state, move.quantity, move.product_id), ("done", 2, self.swab))
        self.assertEqual(move.location_dest_id, self.swab.property_stock_production)
        self.assertEqual(one.encounter_id.visit_number, "71")
        self.assertEqual((one.order_number, one.source), ("RXD1", "dispense"))
        self.assertEqual(one.place_id.unit_id, self.ward)
        line = move.analytic_account_line_ids
        self.assertEqual((line.amount, line.unit_amount), (-4, 2))
        self.assertEqual(line[self.cost_centre.plan_id._column_name()], self.cost_centre)

    def test_box_of_twelve(self):
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", "2", "BX"))))
        self.assertEqual(self.left(self.swab, self.ward_stock), 76)
        one = self.used("D1")
        self.assertEqual((one.quantity, one.uom_id), (2, self.box))

    def test_lot_and_serial_number(self):
        self.assert_done(
            self.bring(
                self.rds(self.rxd("D1", "1", "VIAL", "3", f18="L1")),
                self.device("I1", "1", ITEM="STEM", SERIAL="SN1", QUANTITY="1 EA"),
            )
        )
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 17)
        self.assertEqual(self.left(self.stem, self.theatre_stock, self.serial), 0)
        one = self.used("I1")
        self.assertEqual((one.lot_id, one.source, one.line), (self.serial, "device", "1"))
        self.assertEqual(one.analytic_account_id, self.other_centre)

    def test_one_order_of_two_lots(self):
        other = self._lot(self.vial, "L2", 5, self.ward_stock)
        order = self.rxd("D1", "1", "VIAL", "3", f18="L1")
        _orc, second = self.rxd("D1", "2", "VIAL", "2", f18="L2")
        self.assert_done(self.bring(self.rds((*order, second))))
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 17)
        self.assertEqual(self.left(self.vial, self.ward_stock, other), 3)

    def test_many_messages_are_few_transfers(self):
        before = self.env["stock.picking"].search_count([])
        told = [
            self.rds(
                self.rxd(f"D{number}", "1", "SWAB", "1"),
                self.rxd(f"D{number}", "2", "VIAL", "1", f18="L1"),
            )
            for number in range(5)
        ]
        self.assert_done(self.bring(*told))
        self.assertEqual(self.env["stock.picking"].search_count([]) - before, 1)
        lines = self.env["ehr.consumption"].search([("number", "like", "D")])
        self.assertEqual((len(lines), len(lines.move_id)), (10, 2))
        self.assertEqual(sorted(lines.move_id.mapped("quantity")), [5, 5])
        self.assertEqual(len(set(lines.mapped("message_uuid"))), 5)

    def test_a_repeated_order_of_one_product_is_a_new_line(self):
        self.bring(
            self.rds(self.rxd("D1", "1", "SWAB")),
            self.rds(self.rxd("D1", "2", "SWAB")),
            self.rds(self.rxd("D2", "1", "SWAB")),
        )
        self.assertEqual(self.left(self.swab, self.ward_stock), 94)

    def test_the_same_again_and_otherwise(self):
        self.bring(self.rds(self.rxd("D1", "1", "SWAB")))
        again = self.bring(self.rds(self.rxd("D1", "1", "SWAB")))
        self.assert_done(again)
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        self.assertEqual(again.res_id, self.used("D1").id)
        for other in (
            self.rxd("D1", "1", "SWAB", "3"),
            self.rxd("D1", "1", "VIAL", f18="L1"),
            self.rxd("D1", "1", "SWAB", f3="20250302093000"),
        ):
            self.assert_quarantined(self.bring(self.rds(other)), "usage_differs")
        self.admit("71")
        self.assert_quarantined(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="71")), "usage_differs"
        )
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_a_lot_of_an_item_that_is_kept_without(self):
        for _time in range(2):
            self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", f18="L7"))))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_the_same_twice_at_once(self):
        told = [self.rds(self.rxd("D1", "1", "SWAB")) for _time in range(3)]
        self.assert_done(self.bring(*told))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_results_of_other_kinds_are_kept_and_nothing_else(self):
        told = self.bring(
            self.message("ORU^R01", "OBR|1||9^LAB|CBC", "OBX|1|NM|718-7^Hb||13.1|g/dL|||||F"),
            self.rds(self.rxd("D1", "1", "SWAB")),
        )
        self.assertEqual(told.mapped("state"), ["filtered", "done"])
        self.assertFalse(self.env["ehr.consumption"].search([("number", "!=", "D1")]))


@tagged("post_install", "-at_install")
class TestUsageVisit(UsageCase):
    def test_a_number_of_the_patient_is_no_visit(self):
        """Left out, it would be used by the ward for nobody; kept, it would stand in clear."""
        for message in (
            self.rds(self.rxd("D1", "1", "SWAB"), visit="4799"),
            self.device("I1", "1", visit="4799", ITEM="STEM", SERIAL="SN1", QUANTITY="1 EA"),
        ):
            told = self.bring(message)
            self.assert_quarantined(told, "visit_is_record_number")
            self.assertNotIn("4799", told.error_message)
        self.assertFalse(self.env["ehr.consumption"].search([]))


@tagged("post_install", "-at_install")
class TestUsageReturned(UsageCase):
    def test_a_dispense_is_reversed_exactly(self):
        self.admit("71")
        use, back = (
            self.rds(self.rxd("D1", "1", "VIAL", "3", f18="L1", control=code), visit="71")
            for code in ("RE", "CA")
        )
        self.assert_done(self.bring(use, back))
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 20)
        given = self.used("D1", "return")
        taken = self.used("D1")
        self.assertEqual(given.returns_id, taken)
        self.assertEqual(given.move_id.origin_returned_move_id, taken.move_id)
        amounts = (taken.move_id | given.move_id).analytic_account_line_ids.mapped("amount")
        self.assertEqual(sum(amounts), 0)
        self.assertEqual(len(amounts), 2)
        self.assertEqual(given.encounter_id, taken.encounter_id)
        again = self.bring(
            self.rds(self.rxd("D1", "1", "VIAL", "3", f18="L1", control="CA"), visit="71")
        )
        self.assert_done(again)
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 20)

    def test_a_part_in_another_unit(self):
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "2", "BX")))
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", "12", control="CA"))))
        self.assertEqual(self.left(self.swab, self.ward_stock), 88)
        self.assertEqual(self.used("D1").quantity_returned, 1)

    def test_pieces_of_a_box_come_back_as_pieces(self):
        """Five of twelve are no round part of a box."""
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "1", "BX")))
        self.give_back("R1", "D1", "SWAB", "5")
        self.assertEqual(self.left(self.swab, self.ward_stock), 93)
        back = self.used("R1", "return")
        self.assertEqual((back.quantity, back.uom_id), (5, self.swab.uom_id))
        self.assertAlmostEqual(self.used("D1")._kept(), 7)
        with self.assertRaises(errors.ConflictError) as refused:
            self.give_back("R2", "D1", "SWAB", "8")
        self.assertEqual(refused.exception.code, "returned_more")
        self.give_back("R2", "D1", "SWAB", "7")
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)
        self.assertEqual(self.used("D1")._kept(), 0)

    def test_one_piece_of_a_box_is_less_than_odoo_keeps_of_boxes(self):
        """A box of 1000: a piece is 0.001 of it."""
        case = self.env["uom.uom"].create(
            {
                "name": "Case of 1000",
                "relative_factor": 1000,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
                "integration_code": "CS",
            }
        )
        self._put(self.swab, 1000, self.ward_stock)
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", "1", "CS"))))
        self.assertEqual(self.used("D1").uom_id, case)
        self.give_back("R1", "D1", "SWAB", "999")
        self.assertAlmostEqual(self.used("D1")._kept(), 1)
        with self.assertRaises(errors.ConflictError):
            self.give_back("R2", "D1", "SWAB", "2")
        self.give_back("R2", "D1", "SWAB", "1")
        self.assertEqual(self.left(self.swab, self.ward_stock), 1100)

    def part(self, number, amount, of="D1"):
        """A part of a dispense that comes back, under a number of its own."""
        orc, rxd = self.rxd(number, "1", "SWAB", amount, control="CA")
        return self.rds((f"{orc}|||||CARE{of}&CARE^{of}&PHARM", rxd))

    def test_several_parts_come_back_each_under_a_number_of_its_own(self):
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "10")))
        self.assert_done(self.bring(self.part("R1", "3"), self.part("R2", "3")))
        self.assertEqual(self.left(self.swab, self.ward_stock), 96)
        taken = self.used("D1")
        self.assertEqual(taken.return_ids, self.used("R1", "return") | self.used("R2", "return"))
        self.assert_done(self.bring(self.part("R2", "3")))
        self.assertEqual(taken.quantity_returned, 6, "told again, it changes nothing")
        self.assert_quarantined(self.bring(self.part("R3", "5")), "returned_more")
        self.assert_done(self.bring(self.part("R3", "4")))
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)
        self.assert_quarantined(self.bring(self.part("R4", "1")), "returned_more")
        self.assert_quarantined(self.bring(self.part("R5", "1", of="D9")), "unknown_usage")

    def test_a_second_part_under_the_same_number_is_a_conflict(self):
        self.bring(self.rds(self.rxd("D1", "1", "SWAB", "10")))
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB", "3", control="CA"))))
        self.assert_quarantined(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", "4", control="CA"))), "returned_again"
        )
        self.assertEqual(self.left(self.swab, self.ward_stock), 93)

    def test_what_cannot_be_reversed(self):
        self.assert_quarantined(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", control="CA"))), "unknown_usage"
        )
        self.bring(self.rds(self.rxd("D2", "1", "SWAB")))
        self.assert_quarantined(
            self.bring(self.rds(self.rxd("D2", "1", "SWAB", "3", control="CA"))), "returned_more"
        )
        self.assert_quarantined(
            self.bring(self.rds(self.rxd("D2", "1", "VIAL", f18="L1", control="CA"))),
            "return_differs",
        )
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_an_implant_that_was_not_used(self):
        told = [
            self.device("I1", "1", ITEM="STEM", SERIAL="SN1", QUANTITY="1 EA", status=status)
            for status in ("F", "D")
        ]
        self.assert_done(self.bring(*told))
        self.assertEqual(self.left(self.stem, self.theatre_stock, self.serial), 1)
