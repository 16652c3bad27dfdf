from datetime import timedelta

from odoo.tests import HttpCase, new_test_user, tagged

from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestUsageUi(KitCase, HttpCase):
    def test_a_surgery_kit_is_reserved_rescheduled_and_used(self):
        """Messages of the schedule and of the theatre, and after each of them what people see."""
        new_test_user(
            self.env,
            "kit.tour",
            "stock.group_stock_user,integration_ehr_bridge.group_census_user",
            tz="UTC",
        )
        self.admit("71")
        self.book(visit="71")
        self.plan()
        self.look("reserved")
        kit, first = self.kits(), self.kits().scheduled_date
        self.siu("S13", days=9, visit="71")
        self.plan()
        self.look("rescheduled")
        self.assertEqual((self.kits(), kit.scheduled_date - first), (kit, timedelta(days=2)))
        self.assert_done(
            self.bring(
                self.rds(self.rxd("D1", "1", "SWAB", "10"), visit="71", place="OR^^^MAIN"),
                self.device("I1", "1", visit="71", ITEM="STEM", SERIAL="SN7", QUANTITY="1 EA"),
            )
        )
        self.look("used")
        self.siu("S14", days=9, status="COMPLETE", visit="71", at="20250302120000")
        self.hours_pass()
        self.look("released")
        self.assertEqual(self.left(self.swab, self.store), 40)

    def look(self, name):
        self.env.flush_all()
        action = self.env.ref("integration_ehr_bridge.action_ehr_appointment")
        self.start_tour(
            f"/odoo/action-{action.id}?view_type=list",
            f"integration_ehr_supply_kit_{name}",
            login="kit.tour",
        )

    def test_planned_demand_is_offered_to_reordering(self):
        self.book()
        rule = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.swab.id,
                "location_id": self.store.id,
                "product_min_qty": 60,
                "product_max_qty": 100,
                "trigger": "manual",
            }
        )
        new_test_user(self.env, "demand.tour", "stock.group_stock_manager", tz="UTC")
        self.start_tour(
            "/odoo/planned-demand", "integration_ehr_supply_demand", login="demand.tour"
        )
        self.assertGreater(rule.qty_to_order_manual, 0)
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (60, 100))
