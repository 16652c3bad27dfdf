from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.tests import Form, new_test_user, tagged

from .supply_case import SupplyCase


@tagged("post_install", "-at_install")
class TestRequisitionHand(SupplyCase):
    """Requisitions that are entered while the feed is down, and the feed when it is back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = new_test_user(cls.env, "supply.hand", "stock.group_stock_user", tz="UTC")

    def setUp(self):
        super().setUp()
        self.set_stock(self.gloves, 50)

    def test_quantities_stand_with_their_units(self):
        """Also for those who do not use several units of a product: wards order in theirs."""
        reader = new_test_user(self.env, "supply.units", "stock.group_stock_user")
        reader.group_ids -= self.env.ref("uom.group_uom")
        for model, kind in (("ehr.requisition", "form"), ("ehr.requisition.line", "list")):
            arch = self.env[model].with_user(reader).get_view(view_type=kind)["arch"]
            for name in ("unit_id", "stock_unit_id"):
                self.assertIn(f'<field name="{name}"', arch, kind)

    def by_hand(self, quantity=10, at="2025-03-02 06:30:00", **values):
        one = self.entered(quantity, at, **values)
        one.action_supply()
        self.env.flush_all()
        return one

    def entered(self, quantity=10, at="2025-03-02 06:30:00", **values):
        return (
            self.env["ehr.requisition"]
            .with_user(self.keeper)
            .create(
                {
                    "route_id": self.route.id,
                    "ordered_at": at,
                    "hand_reason": "feed down",
                    "line_ids": [
                        Command.create({"product_id": self.gloves.id, "quantity": quantity})
                    ],
                    **values,
                }
            )
        )

    def asked(self):
        return self.env["integration.exception"].search([("kind", "=", "requisition_hand")])

    def test_entered_in_the_form(self):
        form = Form(self.env["ehr.requisition"].with_user(self.keeper))
        form.route_id = self.route
        form.hand_reason = "feed down since 7:40"
        with form.line_ids.new() as line:
            line.product_id = self.gloves
            line.quantity = 2
            line.unit_id = self.box
        one = form.save()
        self.assertEqual((one.state, one.by_hand), ("draft", True))
        one.action_supply()
        self.assertEqual((one.state, one.line_ids.reserved_quantity), ("ready", 24))
        with self.assertRaises(UserError):
            one.action_supply()
        one.action_cancel()
        self.assertEqual(one.state, "cancelled")

    def test_it_needs_a_reason_and_items(self):
        empty = (
            self.env["ehr.requisition"].with_user(self.keeper).create({"route_id": self.route.id})
        )
        with self.assertRaises(UserError):
            empty.action_supply()
        with self.assertRaises(UserError):
            self.by_hand(hand_reason=False)
        with self.assertRaises(UserError):
            self.by_hand(quantity=-1)

    def test_what_has_to_be_bought_asks_the_buyers(self):
        self.route.shortage = "purchase"
        with self.assertRaisesRegex(UserError, "no supplier"):
            self.by_hand(60)
        self.offered(self.gloves)
        one = self.by_hand(60)
        self.assertEqual(one.sudo().purchase_ids.state, "draft")

    def test_the_feed_tells_of_the_same(self):
        hand = self.by_hand()
        one = self.ordered(self.order())
        self.assertEqual((one.state, one.line_ids.decision), ("held", "held"))
        self.assertFalse(one.picking_ids)
        self.assertEqual(self.answered()[2][1:6:4], ["OK", "HD"])
        asked = self.asked()
        self.assertEqual(asked.line_ids.mapped("label"), [self.gloves.display_name])
        self.assertEqual(asked.area, "stock")
        picking = hand.picking_ids
        asked.with_user(self.keeper).action_accept()
        self.env.flush_all()
        self.assertEqual((one.state, one.picking_ids), ("ready", picking))
        self.assertEqual((hand.state, hand.line_ids.state), ("cancelled", "matched"))
        self.assertEqual(hand.matched_id, one)
        self.deliver(picking)
        self.assertEqual(one.state, "done")
        # It is settled: the feed may repeat itself.
        self.ordered(self.order())
        self.assertEqual(one.state, "done")

    def test_it_was_another_one(self):
        hand = self.by_hand()
        one = self.ordered(self.order())
        self.asked().with_user(self.keeper).action_reject()
        self.env.flush_all()
        self.assertEqual((one.state, hand.state), ("ready", "ready"))
        self.assertEqual(len(one.picking_ids | hand.picking_ids), 2)
        self.assertFalse(hand.matched_id)

    def test_other_quantities_are_made_right(self):
        hand = self.by_hand(8)
        one = self.ordered(self.order(quantity="1", unit="BX"))
        self.assertEqual(self.asked().line_ids.ours, "8 Units")
        self.asked().with_user(self.keeper).action_accept()
        self.env.flush_all()
        line = one.line_ids
        self.assertEqual((line.quantity, line.unit_id, line.reserved_quantity), (1, self.box, 12))
        self.assertEqual(hand.matched_id, one)

    def test_what_was_handed_out_is_too_much(self):
        hand = self.by_hand(20)
        self.deliver(hand.picking_ids)
        self.ordered(self.order())
        with self.assertRaises(UserError):
            self.asked().with_user(self.keeper).action_accept()

    def test_other_items_places_and_times_are_no_match(self):
        other = self.storable("Masks", default_code="MSK")
        self.set_stock(other, 50)
        self.by_hand(at="2025-02-20 06:30:00")
        self.assertEqual(self.ordered(self.order("P1")).state, "ready")
        self.by_hand(beside_feed=True)
        self.assertEqual(self.ordered(self.order("P2", item="MSK")).state, "ready")
        ward = self.ward_stock.copy({"name": "5W"})
        self.make_route("5W", ward)
        self.assertEqual(self.ordered(self.order("P3", to="5W")).state, "ready")
        self.assertFalse(self.asked())
        two = self.ordered(self.order("P4"), self.order("P4", item="MSK", set_id="2"))
        self.assertEqual(two.line_ids.mapped("state"), ["held", "ready"])
        self.assertEqual(two.picking_ids.move_ids.product_id, other, "it was not entered by hand")

    def test_what_is_being_entered_counts(self):
        hand = self.entered()
        one = self.ordered(self.order())
        self.assertEqual(one.state, "held")
        with self.assertRaisesRegex(UserError, "clinical system"):
            hand.action_supply()
        self.asked().with_user(self.keeper).action_accept()
        self.env.flush_all()
        self.assertEqual((one.state, hand.state, hand.matched_id), ("ready", "cancelled", one))
        self.assertEqual((len(one.picking_ids), len(hand.picking_ids)), (1, 0))
        with self.assertRaises(UserError):
            hand.action_supply()

    def test_what_turned_out_to_be_the_feeds_stays_when_the_rest_is_cancelled(self):
        masks = self.storable("Masks", default_code="MSK")
        items = [{"product_id": self.gloves.id, "quantity": 10}, {"product_id": masks.id}]
        hand = self.entered(line_ids=[Command.create(item) for item in items])
        one = self.ordered(self.order())
        self.asked().with_user(self.keeper).action_accept()
        self.env.flush_all()
        self.assertEqual(hand.line_ids.mapped("state"), ["matched", "draft"])
        hand.action_cancel()
        self.assertEqual(hand.line_ids.matched_id, one.line_ids)
        self.assertEqual(len(hand.line_ids), 1)

    def test_what_is_being_entered_is_another_one(self):
        hand = self.entered()
        one = self.ordered(self.order())
        self.asked().with_user(self.keeper).action_reject()
        self.env.flush_all()
        self.assertEqual((one.state, hand.state), ("ready", "draft"))
        hand.action_supply()
        self.assertEqual(hand.state, "ready", "it is not asked again")

    def test_entered_after_the_feed_told_of_it(self):
        one = self.ordered(self.order())
        hand = self.entered()
        with self.assertRaisesRegex(UserError, "clinical system"):
            hand.action_supply()
        self.assertFalse(hand.picking_ids)
        hand.beside_feed = True
        hand.action_supply()
        self.assertEqual((one.state, hand.state), ("ready", "ready"))

    def test_what_the_feed_cancelled_is_no_reason_to_ask(self):
        self.ordered(self.order())
        self.ordered(self.order(control="CA", item=None))
        hand = self.by_hand()
        self.assertEqual(hand.state, "ready")

    def test_two_that_were_entered_are_two_questions(self):
        first, second = self.by_hand(10), self.by_hand(5)
        one = self.ordered(self.order(), self.order(set_id="2", quantity="5"))
        asked = self.asked()
        self.assertEqual(len(asked), 2)
        asked.filtered(lambda q: first.name in q.name).with_user(self.keeper).action_accept()
        self.env.flush_all()
        self.assertEqual(one.line_ids.mapped("state"), ["ready", "held"])
        asked.filtered(lambda q: second.name in q.name).with_user(self.keeper).action_reject()
        self.env.flush_all()
        self.assertEqual(one.line_ids.mapped("state"), ["ready", "ready"])
        self.assertEqual((first.state, second.state), ("cancelled", "ready"))

    def test_cancelled_while_it_waits(self):
        self.by_hand()
        one = self.ordered(self.order())
        self.ordered(self.order(control="CA", item=None))
        self.assertEqual((one.state, self.asked().state), ("cancelled", "void"))

    def two_held(self):
        """An order of two items, both entered by hand."""
        masks = self.storable("Masks", default_code="MSK")
        self.set_stock(masks, 50)
        items = [{"product_id": self.gloves.id, "quantity": 10}, {"product_id": masks.id}]
        hand = self.by_hand(line_ids=[Command.create(item) for item in items])
        one = self.ordered(self.order(), self.order(item="MSK", set_id="2", quantity="1"))
        self.assertEqual(one.line_ids.mapped("state"), ["held", "held"])
        self.ordered(self.order(control="CA", item="GLV"), at="20250302090000")
        self.assertEqual(one.line_ids.mapped("state"), ["cancelled", "held"])
        asked = self.asked()
        self.assertEqual((asked.state, asked.line_ids.mapped("label")), ("open", ["[MSK] Masks"]))
        return hand, one, asked.with_user(self.keeper)

    def test_one_of_two_is_cancelled_and_the_other_is_the_same(self):
        hand, one, asked = self.two_held()
        asked.action_accept()
        self.env.flush_all()
        self.assertEqual(one.line_ids.mapped("state"), ["cancelled", "ready"])
        self.assertEqual(hand.line_ids.mapped("state"), ["ready", "matched"])

    def test_one_of_two_is_cancelled_and_the_other_is_another_one(self):
        hand, one, asked = self.two_held()
        asked.action_reject()
        self.env.flush_all()
        self.assertEqual(one.line_ids.mapped("state"), ["cancelled", "ready"])
        self.assertEqual(hand.line_ids.mapped("state"), ["ready", "ready"])

    def test_what_was_decided_by_hand_is_not_opened_again(self):
        lines = self.env["ehr.requisition.line"].with_user(self.keeper)
        decided = self.by_hand()
        self.deliver(decided.picking_ids)
        values = {"product_id": self.gloves.id, "quantity": 3}
        with self.assertRaises(UserError):
            lines.create({**values, "requisition_id": decided.id})
        other = self.entered(3, at="2025-02-01 06:30:00")
        with self.assertRaises(UserError):
            other.line_ids.requisition_id = decided
        self.assertEqual(decided.state, "done")
        # A line that came in another way is supplied alone.
        lines.sudo().create({**values, "requisition_id": decided.id})
        decided.action_supply()
        self.env.flush_all()
        self.assertEqual(sum(decided.line_ids.move_ids.mapped("product_qty")), 13)

    def test_people_do_not_write_decisions(self):
        hand = self.entered(at="2025-02-01 06:30:00")
        values = {"requisition_id": hand.id, "product_id": self.gloves.id}
        for name, value in (
            ("decision", "accepted"),
            ("order_number", "PO1"),
            ("system_id", self.system.id),
            ("digest", "x"),
            ("first_answer", {}),
        ):
            with self.subTest(name), self.assertRaisesRegex(UserError, name):
                hand.line_ids.create({**values, name: value})
            with self.subTest(name), self.assertRaisesRegex(UserError, name):
                hand.line_ids.write({name: value})
        for name, value in (("system_id", self.system.id), ("by_hand", False), ("state", "done")):
            with self.subTest(name), self.assertRaisesRegex(UserError, name):
                hand.write({name: value})
            with self.subTest(name), self.assertRaisesRegex(UserError, name):
                hand.create({"route_id": self.route.id, name: value})

    def test_what_was_supplied_by_hand_gets_the_visit(self):
        visit = self.env["ehr.encounter"].create(
            {
                "visit_number": "V1",
                "visit_assigner": "MAIN",
                "state": "present",
                "company_id": self.company.id,
            }
        )
        self.route.shortage = "purchase"
        self.offered(self.gloves)
        hand = self.by_hand(60)
        self.ordered(self.order(quantity="60"), visit="V1")
        self.asked().with_user(self.keeper).action_accept()
        documents = hand.matched_id.sudo()
        self.assertEqual(documents.picking_ids.encounter_id, visit)
        self.assertEqual(documents.purchase_ids.encounter_id, visit)

    def test_what_is_not_cancelled_is_told(self):
        one = self.by_hand()
        one.picking_ids.move_ids.picked = True
        told = one.action_cancel()["params"]
        self.assertEqual(told["message"], f"{one.name}-1: it is picked already")
        self.assertEqual(one.state, "ready")
        one.picking_ids.move_ids.picked = False
        self.assertFalse(one.action_cancel())
        self.assertEqual(one.state, "cancelled")

    def test_time_is_now_by_default(self):
        one = self.env["ehr.requisition"].create({"route_id": self.route.id})
        self.assertLess((Datetime.now() - one.ordered_at).total_seconds(), 60)
