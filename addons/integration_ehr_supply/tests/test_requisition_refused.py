from odoo.tests import tagged

from .supply_case import SupplyCase


@tagged("post_install", "-at_install")
class TestRequisitionRefused(SupplyCase):
    """What cannot be understood is put aside and says what to mend; nothing of it is ordered."""

    def check(self, code, *groups, says="", **header):
        self.assertEqual(self.refused(*groups, **header), code)
        self.assertIn(says, self.told.error_message)
        self.assertFalse(self.env["ehr.requisition"].search([("company_id", "=", self.company.id)]))

    def test_unknown(self):
        self.check("unknown_item", self.order(), self.order("PO2", item="NOPE"))
        self.check("missing_value", self.order(unit="ELL"), says="hl7_unit")
        self.check("unit_differs", self.order(unit="KG"))
        self.check("unknown_unit", self.order(unit="CS"))
        self.check("unknown_location", self.order(to="9W"), says="supply route")
        self.check("unknown_cost_centre", self.order(centre="999"))
        self.check("missing_value", self.order(control="ZZ"), says="hl7_requisition_action")

    def test_missing(self):
        self.check("missing_required", self.order(unit=""), says="RQD-6 (unit of the quantity)")
        self.check("missing_required", self.order(quantity=""), says="RQD-5 (quantity)")
        self.check("missing_required", self.order(item=""), says="RQD-2")
        self.check("missing_required", self.order(number=""), says="ORC-2")
        self.check("missing_required", ["ORC|NW|PO1"], says="RQD-2")
        self.check("no_location", self.order(to=""))

    def test_a_number_of_the_patient_is_no_visit(self):
        """Without a word, the order would be of no visit."""
        self.check("visit_is_record_number", self.order(), visit="4711", says="PV1-19")

    def test_quantities(self):
        self.check("quantity_not_kept", self.order(quantity="0"))
        self.check("quantity_not_kept", self.order(quantity="1.234567"))
        self.check("invalid_decimal", self.order(quantity="ten"))

    def test_items(self):
        self.env["product.product"].create(
            {"name": "Masks", "default_code": "MSK", "type": "consu"}
        )
        group = self.order()
        group[1] = group[1].replace("|GLV||", "|GLV|MSK|")
        self.check("ambiguous_item", group)
        self.env["product.product"].create(
            {"name": "Rent", "default_code": "RNT", "type": "service"}
        )
        self.check("not_goods", self.order(item="RNT"))
        self.check("no_supplier", self.order(item="MSK"), says="supplier")
        self.check("unknown_partner", self.order(rq1="RQ1||||NOBODY"))

    def test_a_unit_is_mapped_and_the_order_goes_on(self):
        self.check("missing_value", self.order(unit="STK"))
        value_map = self.env.ref("integration_ehr_supply.value_map_hl7_unit")
        self.env["integration.value.map.line"].create(
            {"map_id": value_map.id, "source": "STK", "target": "C62"}
        )
        self.told.action_retry()
        self.drain(self.feed)
        self.env.invalidate_all()
        self.assertEqual(self.told.state, "done", self.told.error_message)

    def test_a_unit_that_is_understood_and_cannot_be_told(self):
        ampoule = self.env["uom.uom"].create(
            {"name": "Ampoule", "relative_factor": 1, "integration_code": "AM"}
        )
        self.set_stock(self.storable("Drug", default_code="DRG", uom_id=ampoule.id), 50)
        maps = {
            name: self.env.ref(f"integration_ehr_supply.value_map_{name}")
            for name in ("hl7_unit", "hl7_unit_out")
        }
        lines = self.env["integration.value.map.line"]
        lines.create({"map_id": maps["hl7_unit"].id, "source": "AMP", "target": "AM"})
        checks = self.env["integration.readiness.check"]._check_units_told(self.feed)
        self.assertIn("AMP", checks[0].records.mapped("source"))
        self.assertIn(ampoule, checks[1].records)
        one = self.ordered(self.order(item="DRG", unit="AMP"))
        # Its sender is told that it was handled: else he sends it for ever.
        self.assertEqual(self.answered(), [])
        asked = self.env["integration.exception"].search([("kind", "=", "requisition_untold")])
        self.assertIn("hl7_unit_out", asked.name)
        self.assertEqual(asked.res_id, one.id)
        lines.create({"map_id": maps["hl7_unit_out"].id, "source": "AM", "target": "AMP"})
        self.assertIn("AMP", [part for segment in self.answered() for part in segment])

    def test_two_codes_of_one_place(self):
        self.make_route("4W-B", self.ward_stock, place_id=False)
        self.route.code = False
        other = self.env["ehr.location"].create({"facility": "SOUTH", "point_of_care": "4W"})
        self.make_route(False, self.ward_stock, name="South", place_id=other.id)
        self.check("ambiguous_location", self.order())


@tagged("post_install", "-at_install")
class TestRequisitionCompanies(SupplyCase):
    def test_two_companies(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.env.user.company_ids += other
        user = self.service_user.copy(
            {"login": "other.service", "company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        )
        system = self.env["integration.system"].create(
            {"name": "Other", "code": "EHR2", "kind": "ehr", "company_id": other.id}
        )
        feed = self.make_feed("Other", user, 12577, system_id=system.id)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        ward = self.env["stock.location"].create(
            {
                "name": "4W",
                "usage": "internal",
                "company_id": other.id,
                "location_id": warehouse.view_location_id.id,
            }
        )
        self.env["ehr.supply.route"].create(
            {
                "name": "4W",
                "code": "4W",
                "company_id": other.id,
                "source_location_id": warehouse.lot_stock_id.id,
                "destination_location_id": ward.id,
                "picking_type_id": warehouse.int_type_id.id,
            }
        )
        self.set_stock(self.gloves, 50)
        mine = self.ordered(self.order())
        told = self.arrive(self.message(self.order()), feed=feed)
        self.assertEqual(told.state, "done", told.error_message)
        both = self.requisition("PO1")
        theirs = both - mine
        self.assertEqual((mine.state, theirs.state), ("ready", "waiting"))
        self.assertEqual(theirs.company_id, other)
        self.assertEqual(theirs.picking_ids.company_id, other)
        self.assertEqual(theirs.picking_ids.location_id, warehouse.lot_stock_id)
