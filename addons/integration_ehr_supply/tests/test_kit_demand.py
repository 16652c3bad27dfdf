from ast import literal_eval

from odoo.exceptions import UserError
from odoo.tests import tagged

from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestKitDemand(KitCase):
    """What the schedule takes, by item and day, and what it suggests to order."""

    def demand(self, **values):
        self.env.flush_all()
        return self.env["ehr.kit.demand"].search(
            [(name, "=", value) for name, value in values.items()]
        )

    def test_by_item_and_day(self):
        self.book("F1", days=3)
        self.book("F2", days=3)
        self.book("F3", days=5)
        self.siu("S15", "F3")
        self.book("F4", days=6)
        swabs = self.demand(product_id=self.swab.id)
        self.assertEqual(swabs.mapped("quantity"), [48, 24])
        self.assertEqual(swabs.mapped("appointments"), [2, 1])
        self.assertEqual(swabs.mapped("day"), sorted(swabs.mapped("day")))
        self.assertEqual(swabs.place_id.unit_id, self.theatre)
        self.assertEqual(self.swab.ehr_planned_demand, 72)
        self.assertEqual(self.demand(product_id=self.stem.id).mapped("quantity"), [2, 1])

    def test_the_surgeons_own_kit_counts(self):
        own = self.kit.copy({"staff_id": self.surgeon.id})
        own.line_ids.filtered(lambda line: line.product_id == self.swab).quantity = 1
        self.book("F1", staff="S1")
        self.assertEqual(self.demand(product_id=self.swab.id).quantity, 12)

    def test_what_is_over_or_past_is_not_planned(self):
        self.book("F1")
        self.siu("S14", "F1", status="COMPLETE", at="20250302090000")
        self.book("F2", days=-3)
        self.assertFalse(self.demand())

    def test_offered_to_reordering_and_taken_by_a_person(self):
        self.book("F1", days=1)
        rule = self.rule(self.store, product_min_qty=60)
        other = self.rule(self.warehouse.lot_stock_id, product_min_qty=60)
        before = rule.read(["product_min_qty", "product_max_qty", "trigger"])
        self.assertEqual(rule.ehr_planned_demand, 24)
        self.assertEqual(rule.ehr_suggested_qty, 34, "24 planned and 60 at least, of which 50")
        self.assertEqual(other.ehr_planned_demand, 0, "kits come from the store")
        rule.action_take_ehr_suggestion()
        self.assertEqual(rule.qty_to_order, 34)
        self.assertEqual(rule.read(["product_min_qty", "product_max_qty", "trigger"]), before)

    def rule(self, place, **values):
        return self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.swab.id,
                "location_id": place.id,
                "product_max_qty": 100,
                "trigger": "manual",
                **values,
            }
        )

    def test_what_is_reserved_is_not_counted_twice(self):
        self.book("F1", days=1)
        self.book("F2", days=20)
        self.plan()
        rule = self.rule(self.store, product_min_qty=60)
        self.assertEqual((rule.qty_on_hand, rule.ehr_planned_demand), (50, 48))
        self.assertEqual(rule.ehr_suggested_qty, 58, "48 planned and 60 at least, of which 50")
        kit = self.appointment("F1").kit_picking_ids
        kit.move_ids.picked = True
        kit._action_done()
        self.env.invalidate_all()
        self.assertEqual(rule.qty_on_hand, 26)
        self.assertEqual(rule.ehr_suggested_qty, 58, "brought, and still to be used")

    def test_rules_of_which_something_is_planned(self):
        self.book("F1", days=1)
        rule = self.rule(self.store)
        others = self.rule(self.warehouse.lot_stock_id) | self.env[
            "stock.warehouse.orderpoint"
        ].create({"product_id": self.vial.id, "location_id": self.store.id})
        self.env.flush_all()
        action = self.env.ref("integration_ehr_supply.action_ehr_suggested_reordering")
        found = self.env["stock.warehouse.orderpoint"].search(literal_eval(action.domain))
        self.assertEqual(found & (rule | others), rule)

    def test_the_item_shows_it(self):
        self.book("F1", days=1)
        self.env.flush_all()
        template = self.swab.product_tmpl_id
        self.assertEqual(template.ehr_planned_demand, 24)
        domain = template.action_open_kit_demand()["domain"]
        self.assertEqual(self.env["ehr.kit.demand"].search(domain).mapped("quantity"), [24])

    def test_a_rule_that_orders_by_itself(self):
        self.book("F1", days=1)
        rule = self.rule(self.store, product_min_qty=60, trigger="auto")
        with self.assertRaisesRegex(UserError, "orders by itself"):
            rule.action_take_ehr_suggestion()

    def test_nothing_is_suggested_without_a_plan(self):
        rule = self.env["stock.warehouse.orderpoint"].create(
            {"product_id": self.vial.id, "location_id": self.warehouse.lot_stock_id.id}
        )
        self.assertEqual(rule.ehr_suggested_qty, 0)
        with self.assertRaises(UserError):
            rule.action_take_ehr_suggestion()
