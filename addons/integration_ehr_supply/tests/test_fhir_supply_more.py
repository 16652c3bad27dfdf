from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_ehr_bridge.tests.fhir_plans import FhirPlans

from ..models import integration_fhir_view_inventory
from .supply_case import SupplyCase
from .usage_case import UsageCase

POLL = "_sort=_lastUpdated&_lastUpdated=gt2020-01-01"


@tagged("post_install", "-at_install")
class TestFhirOrdersMore(FhirPlans, SupplyCase):
    """Orders and deliveries as systems write them, and how they are found among many."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_reader(
            "fhir_show_supply_request", "fhir_show_supply_delivery", "fhir_show_location"
        )

    def test_codes_that_are_none_for_fhir_are_told_as_text(self):
        """The resource is read by the library all the same: see checked() of the reader."""
        self.gloves.default_code = "GLV  L"
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order(item="GLV  L"))
        [found] = self.found("SupplyRequest", f"_id={one.line_ids.id}")
        self.assertEqual(found["itemCodeableConcept"], {"text": "GLV  L"})

    def test_deliveries_by_place_and_time(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order())
        place = f"destination=Location/stock-{self.ward_stock.id}"
        [found] = self.found("SupplyDelivery", place)
        self.assertEqual(self.found("SupplyDelivery", "destination=Location/stock-999999"), [])
        # It is not told when it will be, so it is not found by that.
        self.assertEqual(self.found("SupplyDelivery", "occurrence=ge2000"), [])
        self.deliver(one.picking_ids, 10)
        [again] = self.found("SupplyDelivery", f"occurrence=ge2000&{place}")
        self.assertEqual(again["id"], found["id"])
        self.assertEqual(self.found("SupplyDelivery", "occurrence=lt2000"), [])
        self.facade.fhir_show_location = False
        self.assertEqual(self.found("SupplyDelivery", place), [])

    def test_what_is_told_finds(self):
        self.set_stock(self.gloves, 50)
        self.deliver(self.ordered(self.order()).picking_ids, 4)
        self.assert_found_by_what_is_told("SupplyRequest")
        self.assert_found_by_what_is_told("SupplyDelivery")

    def test_all_but_what_is_done(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order())
        open_ = "status:not=completed,cancelled"
        self.assertEqual(len(self.found("SupplyRequest", open_)), 1)
        self.deliver(one.picking_ids, 10)
        self.assertEqual(self.found("SupplyRequest", open_), [])

    def test_numbers_of_several_orders(self):
        self.set_stock(self.gloves, 50)
        one, two = self.ordered(self.order()), self.ordered(self.order("PO2"))
        names = f"identifier={one.name}-1,{two.name}-1,{two.name}-9,-1,x"
        self.assertEqual(len(self.found("SupplyRequest", names)), 2)
        self.assertEqual(len(self.found("SupplyRequest", f"identifier:not={one.name}-1")), 1)

    def test_large_tables_have_indexes_for_searches(self):
        self.set_stock(self.gloves, 50)
        line = self.ordered(self.order()).line_ids
        self.assert_index("SupplyRequest", POLL, "ehr_requisition_line_told_idx")
        self.assert_index("SupplyDelivery", POLL, "stock_move_ehr_told_idx")
        self.assert_index("SupplyDelivery", POLL, "ehr_consumption_told_idx")
        self.assert_index("SupplyDelivery", "", "stock_move_ehr_shown_idx")
        self.copies(line, order_number="'X' || n")
        self.copies(line.move_ids[:1], reference="'X' || n")
        placer = f"{self.facade.get_base_url()}/integration/ns/placer-order"
        self.assert_index(
            "SupplyRequest", f"identifier={placer}|X7", "ehr_requisition_line_order_number_idx",
            ordered=False,
        )  # fmt: skip
        self.assert_index(
            "SupplyDelivery", "identifier=X7", "stock_move_ehr_reference_idx", ordered=False
        )


@tagged("post_install", "-at_install")
class TestFhirStockMore(FhirPlans, UsageCase):
    """Items and stock on hand: odd ones, and many."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_reader("fhir_show_item", "fhir_show_inventory", "fhir_show_supply_delivery")
        places = (cls.ward_stock, cls.theatre_stock)
        cls.both = "_id=" + ",".join(f"stock-{one.id}" for one in places)

    def test_odd_items(self):
        odd = self.env["product.product"].create(
            {
                "name": "Swab “5 by 5” \t\\ <b> é 🩹", "default_code": "A  1", "type": "consu",
                "barcode": "SHELF 7", "is_storable": True,
                "uom_id": self.env["uom.uom"].create({"name": "Tray of  9"}).id,
            }
        )  # fmt: skip
        self.env["stock.quant"]._update_available_quantity(odd, self.ward_stock, 0.1 + 0.2)
        [found] = self.found("DeviceDefinition", f"_id={odd.id}")
        self.assertEqual(found["deviceName"][0]["name"], odd.name)
        self.assertEqual(found["property"][0]["valueCode"], [{"text": "Tray of  9"}])
        self.assertEqual(len(found["identifier"]), 3)
        [listing] = self.ask(f"InventoryReport/stock-{self.ward_stock.id}")["inventoryListing"]
        item = next(one for one in listing["item"] if one["quantity"]["unit"] == "Tray of  9")
        self.assertEqual(item["quantity"]["value"], 0.3)
        self.assertEqual(item["item"]["concept"], {"text": "A  1"})

    def test_what_is_told_finds(self):
        self.swab.write({"barcode": "04006381333931"})
        self.vial.write({"barcode": "a|b,c", "default_code": "V|1,2"})
        self.assert_found_by_what_is_told("DeviceDefinition", f"_id={self.swab.id},{self.vial.id}")
        self.admit("V9")
        [message] = self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="V9"))
        self.assert_done(message)
        self.assert_found_by_what_is_told("SupplyDelivery")

    def test_where_an_item_lies(self):
        def places(query):
            return [one["id"] for one in self.found("InventoryReport", query)]

        ward = f"stock-{self.ward_stock.id}"
        self.assertIn(ward, places("item=VIAL"))
        self.assertNotIn(f"stock-{self.theatre_stock.id}", places("item=VIAL"))
        self.assertEqual(places("item=nothing"), [])
        consigned = self.env["res.partner"].create({"name": "Owner"})
        self.env["stock.quant"]._update_available_quantity(
            self.swab, self.theatre_stock, 5, owner_id=consigned
        )
        self.assertNotIn(f"stock-{self.theatre_stock.id}", places("item=SWAB"))

    def test_a_page_ends_where_it_gets_long(self):
        self.assertEqual(len(self.found("InventoryReport", self.both)), 2)
        with patch.object(integration_fhir_view_inventory, "MOST_ITEMS", 1):
            first = self.ask("InventoryReport", self.both)
            [entry] = first["entry"]
            second = self.ask("InventoryReport", first["link"][1]["url"].partition("?")[2])
        self.assertNotEqual(second["entry"][0]["resource"]["id"], entry["resource"]["id"])
        self.assertEqual(len(second["link"]), 1)

    def test_a_page_looks_at_the_places_of_the_page(self):
        view = self.env.registry["integration.fhir.view.inventory"]
        looked = []
        changed = view._changed

        def note(one, source, records):
            looked.append(len(records))
            return changed(one, source, records)

        with patch.object(view, "_changed", note):
            self.ask("InventoryReport", "_count=1")
        self.assertLessEqual(max(looked), 2)

    def test_large_tables_have_indexes_for_searches(self):
        self.admit("V9")
        [message] = self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="V9"))
        self.assert_done(message)
        self.copies(self.env["ehr.consumption"].search([], limit=1), number="'X' || n")
        self.assert_index(
            "SupplyDelivery", "identifier=X7", "ehr_consumption_number_idx", ordered=False
        )
        self.assert_index("DeviceDefinition", POLL, "product_product_ehr_told_idx")
        self.assert_index(
            "InventoryReport", POLL, "stock_move_line_ehr_left_idx",
            "stock_move_line_ehr_came_idx",
        )  # fmt: skip
