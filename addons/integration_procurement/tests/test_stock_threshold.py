import json
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.tools import contracts

from .stock_case import StockCase

BREACHED, CLEARED = "stock_threshold_breached", "stock_threshold_cleared"
CRON = "integration_procurement.ir_cron_stock_threshold"


@tagged("post_install", "-at_install")
class TestStockThreshold(StockCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(cls.env, "stock.manager.test", "stock.group_stock_manager")
        cls.storekeeper = new_test_user(cls.env, "storekeeper.test", "stock.group_stock_user")

    def threshold(self, minimum=10, **values):
        return self.env["procurement.stock.threshold"].create(
            {
                "product_id": self.product.id,
                "location_id": self.stock.id,
                "minimum": minimum,
                **values,
            }
        )

    def look(self, *, later=False):
        """Run the cron, in a transaction of its own as far as events can tell."""
        self.next_transaction()
        if later:
            self.env.cr.execute(
                "UPDATE procurement_stock_threshold "
                "SET evaluated_at = evaluated_at - interval '10 minutes'"
            )
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["procurement.stock.threshold"]._cron_evaluate()
        self.env.invalidate_all()

    def counted(self, threshold):
        return len(self.events(BREACHED, threshold)), len(self.events(CLEARED, threshold))

    # -- breached and cleared ----------------------------------------------------------------

    def test_once_until_refilled_and_again(self):
        self.set_stock(self.product, 12)
        threshold = self.threshold()
        self.look()
        self.assertEqual((threshold.state, threshold.last_quantity), ("ok", 12))
        self.assertEqual(self.counted(threshold), (0, 0), "enough from the beginning is no news")
        self.use_up(self.product, 4)
        self.look()
        self.assertEqual((threshold.state, threshold.last_quantity), ("breached", 8))
        self.use_up(self.product, 1)
        self.look()
        self.assertEqual(self.counted(threshold), (1, 0), "told once")
        self.set_stock(self.product, 3)
        self.look(later=True)
        self.assertEqual((threshold.state, self.counted(threshold)), ("ok", (1, 1)))
        self.use_up(self.product, 1)
        self.look()
        self.assertEqual((threshold.state, self.counted(threshold)), ("breached", (2, 1)))
        [first, second] = self.told(BREACHED, threshold)
        self.assertEqual((first["quantity"], second["quantity"]), ("8", "9"))
        self.assertEqual((first["minimum"], first["unit"]), ("10", "C62"))
        self.assertEqual(first["location"]["path"], self.stock.complete_name)
        self.assertEqual([one["quantity"] for one in self.told(CLEARED, threshold)], ["10"])

    def test_hovering_around_the_minimum_is_one_breach(self):
        self.set_stock(self.product, 9)
        threshold = self.threshold(refilled_at=20)
        self.look()
        self.assertEqual(self.counted(threshold), (1, 0))
        self.set_stock(self.product, 6)
        self.look(later=True)
        self.assertEqual(threshold.state, "breached", "15 is not refilled yet")
        self.set_stock(self.product, 5)
        self.look(later=True)
        self.assertEqual((threshold.state, self.counted(threshold)), ("ok", (1, 1)))

    def test_not_for_systems_of_contacts(self):
        threshold = self.threshold()
        self.look()
        self.assertEqual(self.recipients(BREACHED, threshold), self.feed)

    def test_places_inside_count(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        elsewhere = self.env["stock.location"].create(
            {"name": "Elsewhere", "location_id": self.warehouse.view_location_id.id}
        )
        self.set_stock(self.product, 7)
        self.set_stock(self.product, 4, shelf)
        self.set_stock(self.product, 100, elsewhere)
        self.set_stock(self.storable("Masks"), 100)
        threshold, of_shelf = self.threshold(), self.threshold(location_id=shelf.id)
        self.look()
        self.assertEqual((threshold.last_quantity, of_shelf.last_quantity), (11, 4))

    def test_forecast_is_what_odoo_forecasts(self):
        self.warehouse.reception_steps = "two_steps"
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.set_stock(self.product, 7)
        self.ordered((self.product, 2, {"product_uom_id": self.dozen.id}))
        for quantity, source, target in (
            (3, self.stock, self.product.property_stock_production),
            (5, self.stock, shelf),
        ):
            self.env["stock.move"].create(
                {
                    "product_id": self.product.id,
                    "product_uom_qty": quantity,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                }
            )._action_confirm()
        places = self.stock, shelf, self.warehouse.view_location_id
        thresholds = [
            self.threshold(watched=watched, location_id=place.id)
            for place in places
            for watched in ("on_hand", "forecast")
        ]
        self.look()
        for threshold in thresholds:
            product = self.product.with_context(location=threshold.location_id.id)
            name = "virtual_available" if threshold.watched == "forecast" else "qty_available"
            with self.subTest(name, place=threshold.location_id.display_name):
                self.assertEqual(threshold.last_quantity, product[name])
        self.assertEqual(thresholds[1].last_quantity, 28, "7 + 24 - 3")

    def test_forecast_is_breached_before_the_stock_is(self):
        self.set_stock(self.product, 12)
        on_hand, forecast = self.threshold(), self.threshold(watched="forecast")
        self.look()
        self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "location_id": self.stock.id,
                "location_dest_id": self.product.property_stock_production.id,
            }
        )._action_confirm()
        self.look()
        self.assertEqual(forecast.state, "ok", "nothing was moved yet")
        self.look(later=True)
        self.assertEqual((on_hand.state, forecast.state), ("ok", "breached"))
        [told] = self.told(BREACHED, forecast)
        self.assertEqual((told["watched"], told["quantity"]), ("forecast", "7"))

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        theirs = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        self.set_stock(self.product, 100)
        threshold = self.threshold(company_id=company.id, location_id=theirs.lot_stock_id.id)
        self.look()
        self.assertEqual((threshold.state, threshold.last_quantity), ("breached", 0))
        self.assertEqual(self.events(BREACHED, threshold).company_id, company)
        self.assertFalse(self.recipients(BREACHED, threshold))
        self.assertFalse(
            self.env["procurement.stock.threshold"]
            .with_user(self.storekeeper)
            .search([("id", "=", threshold.id)])
        )
        with self.assertRaises(UserError):
            self.threshold(location_id=theirs.lot_stock_id.id)

    # -- when it is looked at ------------------------------------------------------------------

    def due(self):
        return self.env["procurement.stock.threshold.due"].search([]).mapped("product_id")

    def wakes(self):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.env.ref(CRON).id)])

    def test_moves_of_watched_products_wake_the_cron(self):
        self.threshold()
        self.look()
        before = self.wakes()
        self.set_stock(self.product, 5)
        self.use_up(self.product, 1)
        self.assertEqual(self.due(), self.product.ids)
        self.assertEqual(self.wakes(), before + 1)
        self.look()
        self.assertFalse(self.due())

    def test_moves_of_others_cost_a_look_up(self):
        self.threshold()
        masks = self.storable("Masks")
        self.set_stock(masks, 5)
        self.use_up(masks, 1)
        self.assertFalse(self.due())
        thresholds = self.env["procurement.stock.threshold"]
        with self.assertQueryCount(0):
            thresholds._moved(masks)

    def test_a_storekeeper_may_move_what_is_watched(self):
        threshold = self.threshold()
        self.look()
        self.set_stock(self.product, 5)
        move = self.use_up(self.product, 1)
        thresholds = threshold.with_user(self.storekeeper).browse()
        thresholds._moved(move.product_id.with_user(self.storekeeper))
        self.assertEqual(set(self.due()), set(self.product.ids))

    def test_a_new_minimum_is_looked_at_at_once(self):
        self.set_stock(self.product, 12)
        threshold = self.threshold()
        self.look()
        threshold.minimum = 15
        self.assertEqual(threshold.refilled_at, 15, "never below the minimum")
        self.look()
        self.assertEqual(threshold.state, "breached")

    # -- what goes wrong -----------------------------------------------------------------------

    def test_archived_product_and_place_are_shown_and_stop_nobody(self):
        masks = self.storable("Masks")
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        archived, placeless = (
            self.threshold(product_id=masks.id),
            self.threshold(location_id=shelf.id),
        )
        healthy = self.threshold()
        masks.active = False
        shelf.active = False
        self.look()
        self.assertIn("product is archived", archived.problem)
        self.assertIn("location is archived", placeless.problem)
        self.assertEqual(
            [one.state for one in (archived, placeless, healthy)],
            ["unknown", "unknown", "breached"],
        )
        masks.active = True
        self.look(later=True)
        self.assertEqual((archived.state, archived.problem), ("breached", False))

    @mute_logger("odoo.sql_db")
    def test_an_error_stops_nobody_else(self):
        broken, healthy = self.threshold(), self.threshold(watched="forecast")
        judged = type(broken)._judged

        def fail(threshold, *args):
            if threshold == broken:
                raise ZeroDivisionError
            return judged(threshold, *args)

        with patch.object(type(broken), "_judged", fail):
            self.look()
        self.assertIn("ZeroDivisionError", broken.problem)
        self.assertEqual((broken.state, healthy.state), ("unknown", "breached"))
        self.look(later=True)
        self.assertEqual((broken.state, broken.problem), ("breached", False))

    def test_archived_and_back_again(self):
        threshold = self.threshold()
        self.look()
        threshold.active = False
        self.set_stock(self.product, 50)
        self.look(later=True)
        self.assertEqual(self.counted(threshold), (1, 1))
        threshold.active = True
        self.look()
        self.assertEqual((threshold.state, self.counted(threshold)), ("ok", (1, 1)))

    def test_archived_while_breached_ends_the_breach(self):
        self.set_stock(self.product, 3)
        threshold = self.threshold()
        self.look()
        self.next_transaction()
        threshold.active = False
        [told] = self.told(CLEARED, threshold)
        self.assertEqual((told["state"], told["ended"], told["quantity"]), ("ok", True, "3"))
        version = self.env.ref("integration_procurement.contract_stock_threshold_1_1_0")
        schema = contracts.compile_schema(json.loads(version.schema))
        self.assertEqual(schema.violations(told), [])
        self.assertFalse(self.told(BREACHED, threshold)[0]["ended"])
        self.next_transaction()
        threshold.active = False
        self.assertEqual(self.counted(threshold), (1, 1), "told once")
        threshold.active = True
        self.assertEqual(threshold.state, "unknown")
        self.look()
        self.assertEqual(self.counted(threshold), (2, 1), "a new watch finds a new breach")

    def test_archived_with_enough_in_stock_is_no_news(self):
        self.set_stock(self.product, 50)
        threshold = self.threshold()
        self.look()
        self.next_transaction()
        threshold.active = False
        self.assertEqual((threshold.state, self.counted(threshold)), ("unknown", (0, 0)))

    def test_a_breach_that_is_known_outside_is_not_deleted(self):
        threshold = self.threshold()
        self.look()
        with self.assertRaises(UserError):
            threshold.unlink()
        threshold.active = False
        threshold.unlink()
        self.assertFalse(threshold.exists())

    def test_many_cost_one_statement_to_read(self):
        products = self.env["product.product"].create(
            [{"name": f"P{i}", "is_storable": True} for i in range(30)]
        )
        thresholds = self.env["procurement.stock.threshold"].create(
            [
                {"product_id": product.id, "location_id": self.stock.id, "minimum": 1}
                for product in products
            ]
        )
        self.env.flush_all()
        with self.assertQueryCount(1):
            thresholds._quantities()

    # -- who may ---------------------------------------------------------------------------------

    def test_what_is_watched_stays(self):
        threshold = self.threshold()
        threshold.location_id = self.warehouse.view_location_id  # nobody knows of it yet
        self.look()
        with self.assertRaises(UserError):
            threshold.location_id = self.stock
        threshold.write({"location_id": threshold.location_id.id, "minimum": 3})

    def test_not_refilled_below_the_minimum(self):
        threshold = self.threshold(minimum=10, refilled_at=12)
        with self.assertRaises(ValidationError):
            threshold.refilled_at = 5

    def test_rights(self):
        threshold = self.threshold()
        self.assertEqual(threshold.with_user(self.storekeeper).minimum, 10)
        with self.assertRaises(AccessError):
            threshold.with_user(self.storekeeper).minimum = 1
        look = self.env.ref("integration_procurement.action_stock_threshold_look").with_context(
            active_model=threshold._name, active_ids=threshold.ids, active_id=threshold.id
        )
        with self.assertRaises(AccessError):
            look.with_user(self.storekeeper).run()
        look.with_user(self.manager).run()
        self.assertEqual(threshold.state, "breached")

    def test_form_of_a_stock_manager(self):
        form = Form(self.env["procurement.stock.threshold"].with_user(self.manager))
        form.product_id = self.product.with_user(self.manager)
        form.minimum = 4
        form.location_id = self.stock.with_user(self.manager)
        self.assertEqual(form.refilled_at, 4)
        self.assertEqual(form.save().state, "unknown")

    def test_proposed_from_reordering_rules(self):
        masks = self.storable("Masks")
        rules = self.env["stock.warehouse.orderpoint"].create(
            [
                {
                    "product_id": product.id,
                    "location_id": self.stock.id,
                    "product_min_qty": 6,
                    "product_max_qty": 20,
                    "trigger": "manual",
                }
                for product in (self.product, masks)
            ]
        )
        known = self.threshold(watched="forecast", minimum=3)
        action = rules.with_user(self.manager)._integration_propose_thresholds()
        shown = self.env["procurement.stock.threshold"].search(action["domain"])
        self.assertEqual(shown.product_id, self.product | masks)
        self.assertEqual(known.minimum, 3, "what somebody decided stays")
        proposed = shown - known
        self.assertEqual(
            (proposed.minimum, proposed.refilled_at, proposed.watched), (6, 6, "forecast")
        )
        with self.assertRaises(AccessError):
            rules.with_user(self.storekeeper)._integration_propose_thresholds()
