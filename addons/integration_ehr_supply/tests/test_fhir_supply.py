from odoo.tests import tagged

from odoo.addons.integration_ehr_bridge.tests.fhir_reader import FhirReader

from ..tools.fhir_statuses import DELIVERY, REQUEST, USAGE
from .supply_case import SupplyCase
from .usage_case import UsageCase

GTIN = "https://www.gs1.org/gtin"


@tagged("post_install", "-at_install")
class TestFhirOrders(FhirReader, SupplyCase):
    """Orders of clinical places and what was brought for them, as an EHR reads them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_reader(
            "fhir_show_supply_request", "fhir_show_supply_delivery", "fhir_show_location"
        )

    def requests(self, query=""):
        return self.found("SupplyRequest", query)

    def test_every_state_has_a_status(self):
        lines, moves = self.env["ehr.requisition.line"], self.env["stock.move"]
        states = set(lines._fields["state"].get_values(self.env))
        self.assertEqual(set(REQUEST), states - {"draft"})
        self.assertEqual(set(DELIVERY), set(moves._fields["state"].get_values(self.env)))

    def test_an_order_and_its_delivery(self):
        self.set_stock(self.gloves, 50)
        self.env["ehr.encounter"].create(
            {"visit_number": "V77", "visit_assigner": "MAIN", "company_id": self.company.id}
        )
        one = self.ordered(self.order(due="20250303"), visit="V77")
        [found] = self.requests("identifier=PO1")
        self.assertEqual(found["status"], "active")
        self.assertEqual(
            found["quantity"],
            {
                "value": 10, "unit": "Units", "code": "C62",
                "system": f"{self.facade.get_base_url()}/integration/ns/unit",
            },
        )  # fmt: skip
        self.assertEqual(found["itemCodeableConcept"]["coding"][0]["code"], "GLV")
        self.assertEqual(found["occurrenceDateTime"], "2025-03-02T23:00:00Z")
        self.assertEqual(found["deliverTo"], {"reference": f"Location/place-{self.ward.id}"})
        numbers = [(n["value"], n.get("assigner", {}).get("display")) for n in found["identifier"]]
        self.assertEqual(numbers, [(f"{one.name}-1", None), ("PO1", "CARE")])
        # Neither the patient nor the visit.
        for hidden in ("V77", "4711", "Canary", "subject"):
            self.assertNotIn(hidden, str(found))
        [under_way] = self.found("SupplyDelivery")
        self.assertEqual(under_way["status"], "in-progress")
        self.assertNotIn("quantity", under_way["suppliedItem"])
        self.deliver(one.picking_ids, 4)
        self.assertEqual(self.requests("identifier=PO1")[0]["status"], "active")
        brought = self.found("SupplyDelivery", "status=completed")
        [brought] = brought
        self.assertEqual(brought["suppliedItem"]["quantity"]["value"], 4)
        self.assertEqual(brought["basedOn"], [{"reference": f"SupplyRequest/{found['id']}"}])
        self.assertEqual(
            brought["destination"], {"reference": f"Location/stock-{self.ward_stock.id}"}
        )
        rest = one.picking_ids.filtered(lambda picking: picking.state != "done")
        self.deliver(rest, 6)
        self.assertEqual(self.requests("identifier=PO1")[0]["status"], "completed")
        both = self.found("SupplyDelivery", f"based-on=SupplyRequest/{found['id']}")
        self.assertEqual(len(both), 2)

    def test_the_order_comes_along(self):
        self.set_stock(self.gloves, 50)
        self.ordered(self.order(), self.order("PO1", set_id="2"))
        query = "_include=SupplyDelivery:based-on"
        included = self.found("SupplyDelivery", query, mode="include")
        self.assertEqual({one["resourceType"] for one in included}, {"SupplyRequest"})
        self.assertEqual(len(included), 2)
        self.facade.fhir_show_supply_request = False
        self.assertEqual(self.found("SupplyDelivery", query, mode="include"), [])
        [first, _second] = self.found("SupplyDelivery")
        self.assertNotIn("basedOn", first)

    def test_what_changed_is_told_to_who_polls(self):
        """The moment moves with the state, also where Odoo works it out by itself."""
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order())
        self.env.cr.execute("UPDATE ehr_requisition_line SET write_date = '2026-01-01'")
        self.env.invalidate_all()
        query = "_lastUpdated=gt2026-01-02"
        self.assertEqual(self.requests(query), [])
        self.deliver(one.picking_ids, 10)
        self.assertEqual([found["status"] for found in self.requests(query)], ["completed"])

    def test_refused_held_and_entered_orders(self):
        self.route.shortage = "reject"
        self.ordered(self.order("PO2"))
        self.assertEqual(self.requests("identifier=PO2")[0]["status"], "cancelled")
        draft = self.env["ehr.requisition"].create(
            {"route_id": self.route.id, "hand_reason": "feed down", "line_ids": [
                (0, 0, {"product_id": self.gloves.id, "quantity": 1})]}
        )  # fmt: skip
        self.assertEqual(draft.line_ids.state, "draft")
        self.assertEqual(self.found("SupplyRequest", f"_id={draft.line_ids.id}"), [])
        self.assertEqual(
            self.refused_code(f"SupplyRequest/{draft.line_ids.id}"), (404, "unknown_resource")
        )

    def refused_code(self, path, query=""):
        return FhirReader.refused(self, path, query)

    def test_parameters(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order())
        line = str(one.line_ids.id)
        place, stock = f"Location/place-{self.ward.id}", f"Location/stock-{self.ward_stock.id}"
        for query, expected in (
            (f"identifier={one.name}-1", [line]),
            (f"identifier={one.name}-2", []),
            ("status=active,completed", [line]),
            ("status=cancelled", []),
            (f"deliver-to={place}", [line]),
            (f"deliver-to={stock}", [line]),
            ("deliver-to=Location/place-999999", []),
            ("date=2025-03-02", [line]),
            ("date=gt2025-03-02", []),
        ):
            self.assertEqual([found["id"] for found in self.requests(query)], expected, query)
        for query, code in (
            ("subject=Patient/1", "unknown_parameter"),
            ("patient=4711", "unknown_parameter"),
            ("status=nonsense", "bad_value"),
            ("deliver-to=Patient/1", "bad_value"),
        ):
            self.assertEqual(self.refused_code("SupplyRequest", query), (400, code), query)

    def test_stock_locations_limit_orders_and_deliveries(self):
        self.set_stock(self.gloves, 50)
        self.ordered(self.order())
        other = self.env["stock.location"].create({"name": "Elsewhere"})
        self.facade.fhir_location_ids = other
        self.assertEqual((self.requests(), self.found("SupplyDelivery")), ([], []))
        self.facade.fhir_location_ids = self.ward_stock
        self.assertEqual([len(self.requests()), len(self.found("SupplyDelivery"))], [1, 1])

    def test_other_companies_are_not_shown(self):
        self.set_stock(self.gloves, 50)
        self.ordered(self.order())
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.partner_user.company_ids += other
        self.partner_user.company_id = other
        self.facade.sudo().company_id = other
        self.assertEqual((self.requests(), self.found("SupplyDelivery")), ([], []))


@tagged("post_install", "-at_install")
class TestFhirStock(FhirReader, UsageCase):
    """Items, stock on hand and usage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_reader(
            "fhir_show_item", "fhir_show_inventory", "fhir_show_supply_delivery",
            "fhir_show_location",
        )  # fmt: skip

    def test_an_item(self):
        self.swab.write({"barcode": "04006381333931", "standard_price": 17.25})
        [found] = self.found("DeviceDefinition", "identifier=SWAB")
        self.assertEqual(found["deviceName"][0]["name"], "SWAB")
        numbers = {one["system"].rpartition("/")[2]: one["value"] for one in found["identifier"]}
        self.assertEqual(
            numbers, {"item-id": str(self.swab.id), "item": "SWAB", "gtin": "04006381333931"}
        )
        unit, status = found["property"]
        self.assertEqual(unit["valueCode"][0]["coding"][0]["code"], "C62")
        self.assertEqual(status["valueCode"][0]["coding"][0]["code"], "active")
        self.assertNotIn("17.25", str(found))
        for query in (f"identifier={GTIN}|4006381333931", "device-name=swa", "active=true&_id="
                      + str(self.swab.id)):  # fmt: skip
            self.assertIn(found["id"], [o["id"] for o in self.found("DeviceDefinition", query)])
        self.swab.active = False
        [again] = self.found("DeviceDefinition", "identifier=SWAB&active=false")
        self.assertEqual(again["property"][1]["valueCode"][0]["coding"][0]["code"], "retired")
        self.assertNotEqual(again["meta"]["versionId"], found["meta"]["versionId"])

    def test_a_new_name_is_a_change(self):
        self.env.cr.execute("UPDATE product_product SET write_date = '2026-01-01'")
        self.env.invalidate_all()
        query = f"_lastUpdated=gt2026-01-02&_id={self.swab.id}"
        self.assertEqual(self.found("DeviceDefinition", query), [])
        self.swab.product_tmpl_id.name = "Swab, large"
        [found] = self.found("DeviceDefinition", query)
        self.assertEqual(found["deviceName"][0]["name"], "Swab, large")

    def test_services_are_no_items(self):
        service = self.env["product.product"].create({"name": "Visit", "type": "service"})
        self.assertEqual(
            FhirReader.refused(self, f"DeviceDefinition/{service.id}"), (404, "unknown_resource")
        )

    def report(self, place):
        return self.ask(f"InventoryReport/stock-{place.id}")

    def listed(self, place):
        [listing] = self.report(place)["inventoryListing"]
        return {
            one["item"]["concept"]["coding"][0]["code"]: one["quantity"]["value"]
            for one in listing.get("item", ())
        }

    def test_stock_on_hand(self):
        found = self.report(self.ward_stock)
        self.assertEqual((found["status"], found["countType"]), ("active", "snapshot"))
        self.assertEqual(self.listed(self.ward_stock), {"SWAB": 100, "VIAL": 20})
        self.assertEqual(self.listed(self.theatre_stock), {"STEM": 1})
        consigned = self.env["res.partner"].create({"name": "Owner"})
        self.env["stock.quant"]._update_available_quantity(
            self.swab, self.ward_stock, 5, owner_id=consigned
        )
        self.assertEqual(self.listed(self.ward_stock)["SWAB"], 100)
        [one] = self.found("InventoryReport", f"location=Location/stock-{self.ward_stock.id}")
        self.assertEqual(one["id"], f"stock-{self.ward_stock.id}")

    def test_stock_that_is_gone_is_a_change(self):
        query = f"_lastUpdated=gt2026-01-02&_id=stock-{self.ward_stock.id}"
        tables = ("stock_quant", "stock_location", "stock_move_line")
        self.env.flush_all()
        for table in tables:
            self.env.cr.execute(f"UPDATE {table} SET write_date = '2026-01-01'")
        self.env.invalidate_all()
        self.assertEqual(self.found("InventoryReport", query), [])
        move = self.env["stock.move"].create(
            {
                "product_id": self.swab.id, "product_uom_qty": 100,
                "location_id": self.ward_stock.id, "location_dest_id": self.theatre_stock.id,
            }
        )  # fmt: skip
        move._action_confirm()
        move._action_assign()
        move.picked = True
        move._action_done()
        self.env["stock.quant"]._unlink_zero_quants()
        self.assertEqual(len(self.found("InventoryReport", query)), 1)
        self.assertEqual(self.listed(self.ward_stock), {"VIAL": 20})

    def test_pages_of_reports(self):
        places = {f"stock-{one.id}" for one in (self.ward_stock, self.theatre_stock)}
        query = "_count=1&_id=" + ",".join(sorted(places))
        for sort in ("_id", "-_id", "_lastUpdated", "-_lastUpdated"):
            first = self.ask("InventoryReport", f"{query}&_sort={sort}")
            token = first["link"][1]["url"].partition("?")[2]
            second = self.ask("InventoryReport", token)
            ids = [bundle["entry"][0]["resource"]["id"] for bundle in (first, second)]
            self.assertEqual(set(ids), places, sort)
            self.assertEqual(len(second["link"]), 1)

    def test_a_summary_has_no_stock(self):
        found = self.found("InventoryReport", f"_summary=true&_id=stock-{self.ward_stock.id}")
        self.assertNotIn("inventoryListing", found[0])

    def test_usage_is_a_delivery_without_the_patient(self):
        self.admit("V9")
        [message] = self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="V9"))
        self.assert_done(message)
        [used] = self.found("SupplyDelivery", "identifier=D1")
        self.assertEqual(used["status"], USAGE["use"])
        self.assertEqual(used["suppliedItem"]["quantity"]["value"], 2)
        tellers = {one["assigner"]["display"] for one in used["identifier"]}
        self.assertEqual(tellers, {self.system.code})
        self.assertNotIn("V9", str(used))
        self.assertNotIn("patient", used)
        for query in ("patient=4711", "patient.name=Roe", "patient:Patient.birthdate=1970"):
            self.assertEqual(
                FhirReader.refused(self, "SupplyDelivery", query), (400, "unknown_parameter")
            )
