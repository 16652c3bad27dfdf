from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestKitsChanged(KitCase):
    """Kits that people work on: cancelled, brought in parts, picked; and cards that change."""

    def setUp(self):
        super().setUp()
        self.admit("71")

    def reserve(self, **more):
        self.book(visit="71", **more)
        self.plan()
        return self.kits()

    def bring_part(self, kit, product):
        """Bring one item of a kit, and leave the rest to a back order."""
        move = kit.move_ids.filtered(lambda one: one.product_id == product)
        move.picked = True
        kit.with_context(skip_backorder=True).button_validate()
        self.assertEqual(kit.state, "done")
        return kit.backorder_ids

    def moves(self, kit, product):
        return kit.move_ids.filtered(lambda one: one.product_id == product)

    # -- cancelled by a person --------------------------------------------------------------

    def test_a_kit_that_the_storekeeper_cancelled_is_not_in_the_theatre(self):
        first = self.reserve()
        first.action_cancel()
        self.assertEqual(self.appointment().kit_state, "missing")
        self.siu("S13", days=9, visit="71")
        self.plan()
        second = self.kits()
        self.assertNotEqual(second, first)
        self.assertEqual((second.state, first.ehr_kit_closed), ("assigned", True))
        self.assertEqual(self.appointment().kit_state, "reserved")

    def test_a_kit_of_which_all_was_used_is_over(self):
        kit = self.reserve()
        self.assert_done(
            self.bring(
                self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA"),
                self.rds(self.rxd("D1", "1", "SWAB", "24"), visit="71", place="OR^^^MAIN"),
            )
        )
        self.assertEqual(kit.state, "cancel")
        self.assertEqual(self.appointment().kit_state, "over")
        self.siu("S13", days=9, visit="71")
        self.plan()
        self.assertEqual(self.appointment().kit_picking_ids, kit, "it is not reserved again")

    # -- back orders -----------------------------------------------------------------------

    def test_the_back_order_of_a_kit_is_of_the_appointment(self):
        self.serials.quant_ids.filtered(lambda one: one.location_id == self.store).quantity = 0
        kit = self.reserve()
        back = self.bring_part(kit, self.swab)
        self.assertEqual(self.kits(), kit | back)
        self.assertEqual(back.encounter_id, kit.encounter_id)
        self.assertEqual(self.appointment().kit_state, "short")
        self.assertIn("STEM", self.appointment().kit_missing)
        self.siu("S13", days=9, visit="71")
        self.plan()
        self.assertEqual(back.scheduled_date, self.appointment().start_at)
        self._put(self.stem, 1, self.store, self.serials)
        self.siu("S13", days=10, visit="71", at="20250302090000")
        self.plan()
        self.assertEqual(self.appointment().kit_state, "reserved")
        told = self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA")
        self.assert_done(self.bring(told))
        self.assertEqual(self.used("I1").kit_picking_id, back)

    def test_the_back_order_is_released_with_the_kit(self):
        kit = self.reserve()
        back = self.bring_part(kit, self.swab)
        self.assertEqual(self.left(self.stem, self.store, self.serials), 0)
        self.siu("S15", visit="71")
        self.plan()
        self.assertEqual((back.state, back.ehr_kit_closed), ("cancel", True))
        self.assertEqual(self.left(self.stem, self.store, self.serials), 1)

    def test_a_storekeeper_may_split_a_kit(self):
        kit = self.reserve()
        keeper = new_test_user(self.env, "kit.keeper", "stock.group_stock_user")
        back = self.bring_part(kit.with_user(keeper), self.swab)
        self.assertEqual(back.sudo().ehr_appointment_id, self.appointment())

    # -- picked ----------------------------------------------------------------------------

    def test_used_out_of_a_kit_that_is_picked(self):
        kit = self.reserve()
        kit.move_ids.picked = True
        self.assert_done(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", "10"), visit="71", place="OR^^^MAIN"))
        )
        kit._action_done()
        self.assertEqual(self.moves(kit, self.swab).quantity, 14)
        self.assertEqual(self.left(self.swab, self.store), 26)
        self.assertEqual(self.left(self.swab, self.theatre_stock), 14)

    def test_called_off_when_it_is_picked(self):
        kit = self.reserve()
        kit.move_ids.picked = True
        self.siu("S15", visit="71")
        self.plan()
        self.plan()
        exception = self.env["integration.exception"]._of(kit)
        self.assertEqual((exception.kind, kit.state), ("kit_picked", "assigned"))
        keeper = new_test_user(self.env, "kit.picker", "stock.group_stock_user")
        exception.with_user(keeper).action_accept()
        self.assertEqual((kit.state, kit.ehr_kit_closed), ("cancel", True))
        self.assertEqual(self.left(self.swab, self.store), 50)

    # -- used late -------------------------------------------------------------------------

    def test_used_as_told_after_the_appointment(self):
        kit = self.reserve()
        self.siu("S14", status="COMPLETE", visit="71", at="20250302120000")
        self.plan()
        told = self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA")
        self.assert_done(self.bring(told))
        self.assertEqual(self.used("I1").kit_picking_id, kit)
        kit.ehr_kit_until = fields.Datetime.now() - timedelta(minutes=1)
        self.plan()
        self.assertEqual((kit.state, kit.ehr_kit_closed), ("cancel", True))
        self.assertEqual(self.left(self.swab, self.store), 50)

    # -- several bins and moves --------------------------------------------------------------

    def test_reserved_in_two_bins(self):
        bins = self.env["stock.location"].create(
            [{"name": name, "location_id": self.store.id} for name in ("A", "B")]
        )
        self.env["stock.quant"].search(
            [("product_id", "=", self.swab.id), ("location_id", "=", self.store.id)]
        ).unlink()
        self._put(self.swab, 10, bins[0])
        self._put(self.swab, 14, bins[1])
        kit = self.reserve()
        self.assert_done(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", "20"), visit="71", place="OR^^^MAIN"))
        )
        self.assertEqual([self.left(self.swab, one) for one in bins], [0, 0], "4 are reserved")
        self.assertEqual(self.moves(kit, self.swab).quantity, 4)
        self.assertEqual(self.used("D1").stock_location_id, self.store)

    def test_an_item_twice(self):
        self.kit.line_ids = [Command.create({"product_id": self.swab.id, "quantity": 4})]
        kit = self.reserve()
        self.assert_done(
            self.bring(self.rds(self.rxd("D1", "1", "SWAB", "26"), visit="71", place="OR^^^MAIN"))
        )
        left = self.moves(kit, self.swab).filtered(lambda one: one.state != "cancel")
        self.assertEqual(sum(left.mapped("product_qty")), 2)
        self.assertEqual(self.left(self.swab, self.store), 22, "50 less 26 used and 2 reserved")

    def test_the_rest_goes_back_by_lot(self):
        self.kit.line_ids = [Command.create({"product_id": self.swab.id, "quantity": 4})]
        stem = self.kit.line_ids.filtered(lambda line: line.product_id == self.stem)
        stem.quantity = 2
        mine = self._lot(self.stem, "SN9", 1, self.store)
        kit = self.reserve()
        kit.move_ids.picked = True
        kit._action_done()
        told = [
            self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA"),
            self.rds(self.rxd("D1", "1", "SWAB", "6"), visit="71", place="OR^^^MAIN"),
        ]
        self.assert_done(self.bring(*told))
        self.siu("S15", visit="71")
        self.plan()
        back = self.env["stock.picking"].search([("return_id", "=", kit.id)])
        # Another stem lies in the theatre (SN1): that is not of this kit.
        self.assertEqual(self.moves(back, self.stem).lot_ids, mine)
        self.assertEqual(sum(self.moves(back, self.swab).mapped("quantity")), 22)
        self.assertEqual(back.state, "assigned")

    # -- cards -----------------------------------------------------------------------------

    def test_a_changed_card_reaches_what_is_reserved(self):
        kit = self.reserve()
        self.kit.line_ids.filtered(lambda line: line.product_id == self.swab).quantity = 1
        self.plan()
        self.assertEqual(kit.state, "cancel")
        self.assertEqual(self.moves(self.kits(), self.swab).product_qty, 12)
        self.kit.code = "99999"
        self.plan()
        self.assertFalse(self.kits())

    def test_a_changed_card_leaves_what_is_picked(self):
        kit = self.reserve()
        kit.move_ids.picked = True
        self.kit.line_ids.filtered(lambda line: line.product_id == self.swab).quantity = 1
        self.plan()
        self.assertEqual(self.kits(), kit)

    # -- one that fails ----------------------------------------------------------------------

    def test_one_kit_that_cannot_be_planned(self):
        self._put(self.swab, 100, self.store)
        self.reserve()
        bad = self._place("OR2", self._store("Theatre 2", "OR2"), self.other_centre, kind="theatre")
        theirs = self.env["res.company"].create({"name": "Their hospital"})
        store = self.env["stock.warehouse"].search([("company_id", "=", theirs.id)]).lot_stock_id
        # No screen lets one choose it; the company of a location may change later.
        self.env.cr.execute(
            "UPDATE ehr_location SET kit_source_id = %s WHERE id = %s", [store.id, bad.id]
        )
        self.env.invalidate_all()
        for number, place in (("F2", "OR^OR1^^MAIN"), ("F3", "OR2^^^MAIN"), ("F4", "OR^^^MAIN")):
            self.book(number, place=place)
        with self.assertLogs("odoo.addons.integration_ehr_supply.models.ehr_kit_due", "WARNING"):
            self.plan()
        states = [self.appointment(number).kit_state for number in ("F2", "F3", "F4")]
        self.assertEqual(states, ["short", "missing", "short"])
        exception = self.env["integration.exception"]._of(self.appointment("F3"))
        self.assertEqual(exception.kind, "kit_failed")
        self.assertFalse(self.env["ehr.kit.due"].search([]))

    # -- privacy ---------------------------------------------------------------------------

    def test_the_transfer_says_neither_procedure_nor_surgeon(self):
        self.kit.name = "Hip, as Dr Canary likes it"
        kit = self.reserve()
        keeper = new_test_user(self.env, "kit.reader", "stock.group_stock_user")
        seen = kit.with_user(keeper)
        self.assertNotIn("ehr_kit_id", seen.fields_get())
        told = seen.read(["name", "display_name", "origin", "note", "ehr_reason", "move_ids"])
        moved = seen.move_ids.read(["display_name", "reference", "origin", "description_picking"])
        self.assertNotIn("Canary", str(told) + str(moved))

    def test_the_transfer_does_not_lead_to_the_kit(self):
        """Nothing on it, on its moves or on the kit says to a storekeeper that they belong
        together; readers of the census who work with stock are shown them."""
        kit = self.reserve()
        keeper = new_test_user(self.env, "kit.reader", "stock.group_stock_user")
        for model in ("stock.picking", "stock.move", "stock.move.line"):
            fields_ = self.env[model].with_user(keeper).fields_get(attributes=["relation"])
            leading = {
                name
                for name, one in fields_.items()
                if one.get("relation") in ("ehr.case.kit", "ehr.case.kit.line", "ehr.appointment")
            }
            self.assertFalse(leading, model)
        parts = {one.product_id: one.ehr_kit_part for one in kit.with_user(keeper).move_ids}
        self.assertEqual(parts, {self.swab: 1, self.stem: 2})
        domain = self.kit.with_user(keeper).action_open_reservations()["domain"]
        with self.assertRaises(AccessError):
            self.env["stock.picking"].with_user(keeper).search(domain)
        both = new_test_user(
            self.env,
            "kit.both",
            "stock.group_stock_user,integration_ehr_bridge.group_census_user",
        )
        self.assertEqual(self.env["stock.picking"].with_user(both).search(domain), kit)

    def test_a_storekeeper_splits_a_kit(self):
        """Its items stay apart, the same item twice as well."""
        self.kit.line_ids = [Command.create({"product_id": self.swab.id, "quantity": 3})]
        kit = self.reserve()
        swabs = kit.move_ids.filtered(lambda one: one.product_id == self.swab)
        self.assertEqual(sorted(swabs.mapped("product_qty")), [3, 24])
        first = swabs.filtered(lambda one: one.product_qty == 24)
        first.move_line_ids.quantity = 10
        first.picked = True
        keeper = new_test_user(self.env, "kit.splitter", "stock.group_stock_user")
        kit.with_user(keeper)._action_done()
        rest = self.env["stock.picking"].search([("backorder_id", "=", kit.id)])
        swabs = rest.move_ids.filtered(lambda one: one.product_id == self.swab)
        self.assertEqual({one.ehr_kit_part: one.product_qty for one in swabs}, {1: 14, 3: 3})
