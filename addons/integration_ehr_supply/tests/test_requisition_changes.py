from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.integration_core.tests import upgrading

from ..tools import requisition
from .supply_case import SupplyCase

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestRequisitionChanges(SupplyCase):
    """Orders that are cancelled, changed, stopped or repeated, before and after picking."""

    def setUp(self):
        super().setUp()
        self.set_stock(self.gloves, 20)

    def control(self, message=None):
        return next(one[1] for one in self.answered(message) if one[0] == "ORC")

    def asked(self):
        return self.env["integration.exception"].search([("kind", "=", "requisition_late")])

    def test_cancel_before_picking(self):
        one = self.ordered(self.order())
        self.ordered(self.order(control="CA", item=None, reason="DOUBLE"))
        self.assertEqual((one.state, one.line_ids.state), ("cancelled", "cancelled"))
        self.assertEqual(one.picking_ids.state, "cancel")
        self.assertEqual(self.control(), "CR")
        # Again: it is cancelled.
        self.ordered(self.order(control="CA", item=None))
        self.assertEqual(self.control(), "CR")
        self.assertFalse(self.asked())
        self.assertEqual(self.gloves.free_qty, 20)

    def test_cancel_after_picking_is_refused_and_asked(self):
        one = self.ordered(self.order())
        one.picking_ids.move_ids.picked = True
        self.ordered(self.order(control="CA", item=None))
        self.assertEqual(one.line_ids.state, "picked")
        segment = next(one for one in self.answered() if one[0] == "ORC")
        self.assertEqual(segment[1], "UC")
        self.assertEqual(segment[16], "already_picked^Is picked already^L")
        asked = self.asked()
        self.assertIn("picked already", asked.name)
        self.assertEqual(one.integration_exception_count, 1)
        asked.action_accept()
        self.env.flush_all()
        self.assertEqual(one.line_ids.state, "cancelled")

    def test_told_again_when_it_is_possible(self):
        one = self.ordered(self.order(), self.order(set_id="2", quantity="5"))
        one.picking_ids.move_ids.picked = True
        self.ordered(self.order(control="CA"))
        self.ordered(self.order(control="CA", set_id="2"))
        self.assertEqual(self.asked().mapped("state"), ["open", "open"])
        one.picking_ids.move_ids.picked = False
        self.ordered(self.order(control="CA"), at="20250302090000")
        first, second = one.line_ids
        states = {int(asked.key): asked.state for asked in self.asked()}
        self.assertEqual(states, {first.id: "void", second.id: "open"})

    def test_picked_more_since_it_was_asked(self):
        one = self.ordered(self.order(quantity="30"))
        moves = one.picking_ids.move_ids
        moves.write({"quantity": 4, "picked": True})
        self.ordered(self.order(control="CA", item=None))
        moves.quantity = 9
        with self.assertRaisesRegex(UserError, "since"):
            self.asked().action_accept()
        self.assertTrue(moves.picked)
        moves.quantity = 4
        self.asked().action_accept()
        self.env.flush_all()
        self.assertEqual(one.line_ids.state, "cancelled")

    def test_put_back_since_it_was_asked(self):
        one = self.ordered(self.order())
        one.picking_ids.move_ids.picked = True
        self.ordered(self.order(control="CA", item=None))
        one.picking_ids.move_ids.picked = False
        with self.assertRaisesRegex(UserError, "since"):
            self.asked().action_accept()

    def test_cancel_after_delivery(self):
        one = self.ordered(self.order())
        self.deliver(one.picking_ids)
        self.ordered(self.order(control="CA", item=None))
        self.assertEqual(self.control(), "UC")
        with self.assertRaises(UserError):
            self.asked().action_accept()
        self.asked().action_reject()
        self.assertEqual(one.state, "done")

    def test_discontinue_lets_the_rest_go(self):
        one = self.ordered(self.order(quantity="30"))
        rest = self.deliver(one.picking_ids)
        self.assertEqual(one.line_ids.state, "partly_delivered")
        self.ordered(self.order(control="DC", item=None))
        self.assertEqual(self.control(), "DR")
        self.assertEqual((one.line_ids.state, rest.state), ("ended", "cancel"))
        self.assertEqual(one.line_ids.cancelled_quantity, 10)

    def test_change_of_quantity(self):
        one = self.ordered(self.order())
        self.ordered(self.order(control="XO", quantity="15"), at="20250302090000")
        line = one.line_ids
        self.assertEqual((line.quantity, line.reserved_quantity), (15, 15))
        self.assertEqual(self.control(), "XR")
        self.assertEqual(self.answer()["lines"][0]["supplied"], "15")
        self.ordered(self.order(control="XO", quantity="4", due="20250305"), at="20250302091000")
        self.assertEqual((line.quantity, line.reserved_quantity), (4, 4))
        self.assertEqual(line.move_ids.filtered(lambda m: m.state != "cancel").product_qty, 4)
        # A repetition is the same once more; what is older is put aside.
        self.ordered(self.order(control="XO", quantity="4", due="20250305"), at="20250302091000")
        self.assertEqual(line.reserved_quantity, 4)
        self.assertEqual(self.refused(self.order(control="XO", quantity="9")), "late_change")
        self.ordered(self.order(control="RP", quantity="1", unit="BX"), at="20250302100000")
        self.assertEqual((line.quantity, line.unit_id, line.reserved_quantity), (1, self.box, 12))
        self.assertEqual(self.control(), "RQ")

    def test_change_after_part_was_delivered(self):
        one = self.ordered(self.order())
        rest = self.deliver(one.picking_ids, 6)
        self.ordered(self.order(control="XO", quantity="8"), at="20250302090000")
        self.assertEqual(rest.move_ids.product_qty, 2)
        self.ordered(self.order(control="XO", quantity="5"), at="20250302091000")
        self.assertEqual(self.control(), "UX")
        self.assertEqual(self.answer()["lines"][0]["reason"], "already_delivered")
        self.assertEqual(one.line_ids.quantity, 8)
        self.assertTrue(self.asked())
        self.ordered(self.order(control="XO", quantity="12"), at="20250302092000")
        self.assertEqual(one.line_ids.open_quantity, 6)
        self.ordered(self.order(control="XO", quantity="6"), at="20250302093000")
        self.assertEqual((one.line_ids.state, one.state), ("delivered", "done"))

    def test_less_of_what_was_refused_in_part_and_then_more(self):
        self.route.shortage = "reject"
        self.set_stock(self.gloves, -16)
        line = self.ordered(self.order()).line_ids
        self.assertEqual((line.open_quantity, line.rejected_quantity), (4, 6))
        self.ordered(self.order(control="XO", quantity="3"), at="20250302090000")
        self.assertEqual((line.open_quantity, line.rejected_quantity), (3, 0))
        (told,) = self.answer()["lines"]
        self.assertEqual((told["quantity"], told["supplied"], told["refused"]), ("3", "3", "0"))
        self.assertIsNone(told["reason"], "all that is wanted is there")
        self.set_stock(self.gloves, 40)
        self.ordered(self.order(control="XO", quantity="5"), at="20250302100000")
        self.assertEqual((line.open_quantity, line.reserved_quantity), (5, 5))

    def test_not_more_is_refused_than_was_ordered(self):
        line = self.ordered(self.order()).line_ids
        with self.assertRaises(UserError):
            line.rejected_quantity = 11

    def picked_in_part(self):
        """Ten are ordered, and somebody has taken four of them: one move."""
        self.set_stock(self.gloves, -16)
        one = self.ordered(self.order())
        one.picking_ids.move_ids.picked = True
        self.env.flush_all()
        return one.line_ids

    def test_less_of_a_move_that_is_picked_in_part(self):
        line = self.picked_in_part()
        self.ordered(self.order(control="XO", quantity="6"), at="20250302090000")
        self.assertEqual((self.control(), line.open_quantity), ("XR", 6))
        picking = line.requisition_id.picking_ids
        self.assertEqual((picking.move_ids.product_qty, picking.move_ids.quantity), (6, 4))
        rest = self.deliver(picking)
        self.assertEqual(rest.move_ids.product_qty, 2)
        self.ordered(self.order(control="XO", quantity="4"), at="20250302100000")
        self.assertEqual((rest.state, line.state), ("cancel", "delivered"))

    def test_discontinue_a_move_that_is_picked_in_part(self):
        line = self.picked_in_part()
        self.ordered(self.order(control="DC", item=None))
        self.assertEqual((self.control(), line.state), ("DR", "picked"))
        self.assertEqual((line.open_quantity, line.cancelled_quantity), (4, 6))
        self.assertFalse(self.deliver(line.requisition_id.picking_ids))
        self.assertEqual((line.state, line.delivered_quantity), ("ended", 4))

    def test_less_than_is_picked_of_a_move_is_refused(self):
        line = self.picked_in_part()
        self.ordered(self.order(control="XO", quantity="3"), at="20250302090000")
        self.assertEqual((self.control(), line.quantity), ("UX", 10))

    def test_more_than_picked_comes_in_another_transfer(self):
        one = self.ordered(self.order())
        one.picking_ids.move_ids.picked = True
        self.ordered(self.order(control="XO", quantity="12"), at="20250302090000")
        self.assertEqual(len(one.picking_ids), 2)
        self.assertEqual(one.line_ids.open_quantity, 12)

    def test_another_item_is_another_order(self):
        self.storable("Masks", default_code="MSK")
        self.ordered(self.order())
        self.ordered(self.order(control="XO", item="MSK"), at="20250302090000")
        self.assertEqual(
            (self.control(), self.answer()["lines"][0]["reason"]), ("UX", "item_changed")
        )

    def test_changes_reach_the_quotation(self):
        self.route.shortage = "purchase"
        self.offered(self.gloves)
        one = self.ordered(self.order(quantity="30"))
        bought = one.line_ids.purchase_line_ids
        self.assertEqual(bought.product_qty, 10)
        self.ordered(self.order(control="XO", quantity="26"), at="20250302090000")
        self.assertEqual(bought.product_qty, 6)
        self.ordered(self.order(control="CA", item=None), at="20250302100000")
        self.assertFalse(bought.exists())
        self.assertEqual(one.state, "cancelled")

    def test_what_is_ordered_from_a_supplier_stays(self):
        self.offered(
            self.env["product.product"].create(
                {"name": "Lamp", "default_code": "LMP", "type": "consu"}
            )
        )
        one = self.ordered(self.order(item="LMP"))
        one.purchase_ids.button_confirm()
        self.ordered(self.order(control="CA", item=None))
        self.assertEqual(
            (self.control(), self.answer()["lines"][0]["reason"]), ("UC", "already_ordered")
        )
        self.assertEqual(one.line_ids.state, "waiting")

    def test_the_same_once_more_gets_the_same_answer(self):
        one = self.ordered(self.order(quantity="30"))
        first = self.answer()
        self.deliver(one.picking_ids)
        self.ordered(self.order(quantity="30"), at="20250302110000")
        self.assertEqual(self.answer(), first)
        self.assertEqual(len(self.requisition("PO1").line_ids), 1)
        self.assertEqual(self.refused(self.order(quantity="31")), "order_reused")

    def test_a_number_that_is_used_again_for_another_visit(self):
        for number in ("V1", "V2"):
            self.env["ehr.encounter"].create(
                {
                    "visit_number": number,
                    "visit_assigner": "MAIN",
                    "state": "present",
                    "company_id": self.company.id,
                }
            )
        self.ordered(self.order(), visit="V1")
        self.ordered(self.order(), visit="V1")
        self.assertEqual(self.refused(self.order(), visit="V2"), "order_reused")
        self.assertEqual(self.refused(self.order(), visit="V1", kind="ORM^O01"), "order_reused")

    def test_what_it_is_known_by_is_no_digest_of_what_can_be_guessed(self):
        with patch.object(requisition, "digest", side_effect=requisition.digest) as digests:
            line = self.ordered(self.order()).line_ids
        plain = requisition.digest(*digests.call_args.args)
        made = line.digest
        self.assertEqual((len(made), len(plain)), (32, 64))
        self.assertFalse(plain.startswith(made))
        # As a database of 19.0.1.0.0 has it: known before the update, and after it.
        line.digest = plain
        self.env.flush_all()
        script = upgrading.script("19.0.1.1.0", "post-digest", MIGRATIONS)
        for mark in (plain, made):
            self.env.invalidate_all()
            self.assertEqual(line.digest, mark)
            self.ordered(self.order())
            self.assertEqual(self.refused(self.order(quantity="31")), "order_reused")
            script.migrate(self.env.cr, "19.0.1.0.0")

    def test_what_the_sender_calls_cancelling_is_mapped(self):
        value_map = self.env.ref("integration_ehr_supply.value_map_hl7_requisition_action")
        self.env["integration.value.map.line"].create(
            {"map_id": value_map.id, "source": "OC", "target": "cancel"}
        )
        one = self.ordered(self.order())
        self.ordered(self.order(control="OC", item=None))
        self.assertEqual((self.control(), one.state), ("CR", "cancelled"))

    def test_unknown_orders(self):
        self.assertEqual(self.refused(self.order("P8", control="CA", item=None)), "unknown_order")
        self.ordered(self.order("P9"), self.order("P9", set_id="2"))
        group = [self.order("P9")[0].replace("NW", "XO"), self.order("P9", set_id="")[1]]
        self.assertEqual(self.refused(group), "ambiguous_order")
        self.ordered(self.order("P9", control="CA", item=None))
        self.assertEqual(set(self.requisition("P9").line_ids.mapped("state")), {"cancelled"})
        self.assertEqual([one[1] for one in self.answered() if one[0] == "ORC"], ["CR", "CR"])
