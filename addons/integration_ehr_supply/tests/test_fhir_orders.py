from odoo.fields import Command
from odoo.tests import tagged

from .fhir_order_case import MRN, FhirOrderCase


@tagged("post_install", "-at_install")
class TestSupplyRequests(FhirOrderCase):
    """An order over FHIR is the same requisition as one by HL7 v2, and as it stands."""

    def test_an_order_becomes_a_requisition_and_a_transfer(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request(priority="asap", occurrenceDateTime="2025-03-03"))
        line = one.line_ids
        self.assertEqual(
            (one.kind, one.group_number, one.system_id, one.route_id, one.state),
            ("stock", "S7", self.system, self.route, "ready"),
        )
        self.assertEqual(
            (line.product_id, line.quantity, line.unit_id, line.order_number, line.order_assigner),
            (self.gloves, 10, self.unit, "S7", "EHR"),
        )
        self.assertEqual(line.order_record, "SupplyRequest/7")
        move = line.move_ids
        self.assertEqual((move.location_dest_id, move.product_uom_qty), (self.ward_stock, 10))
        self.assertEqual((one.urgent, one.picking_ids.priority), (True, "1"))
        self.assertEqual(str(one.needed_by), "2025-03-02 23:00:00")
        told = self.env["integration.message"].search([("interface_id", "=", self.ehr.id)])
        self.assertEqual((told.res_model, told.res_id), ("ehr.requisition", one.id))

    def test_a_change_and_what_is_none(self):
        self.set_stock(self.gloves, 12)
        one = self.taken(self.request())
        boxes = {"value": 2, "code": "{box}"}
        same = self.taken(self.request(version=2, quantity=boxes, priority="stat"))
        self.assertEqual(same, one)
        self.assertEqual((one.line_ids.quantity, one.line_ids.unit_id), (2, self.box))
        self.assertEqual((one.line_ids.state, one.line_ids.open_quantity), ("partly_ready", 24))
        self.assertEqual((one.urgent, one.picking_ids[:1].priority), (True, "1"))
        before = one.line_ids.move_ids
        self.taken(
            self.request(version=3, quantity=boxes, priority="stat", authoredOn="2025-03-02")
        )
        self.assertEqual(one.line_ids.move_ids, before)

    def test_a_version_that_says_nothing_new_does_not_supply_what_was_refused(self):
        self.route.shortage = "reject"
        self.set_stock(self.gloves, 6)
        one = self.taken(self.request())
        self.assertEqual(one.line_ids.rejected_quantity, 4)
        self.set_stock(self.gloves, 10)
        self.taken(self.request(version=2, authoredOn="2025-03-02"))
        self.assertEqual((one.line_ids.rejected_quantity, one.line_ids.open_quantity), (4, 6))

    def test_back_to_what_it_was_is_a_change(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request())
        self.taken(self.request(version=2, quantity={"value": 4, "code": "1"}))
        self.taken(self.request(version=3))
        self.assertEqual((one.line_ids.quantity, one.line_ids.open_quantity), (10, 10))

    def test_cancelled_and_entered_in_error(self):
        self.set_stock(self.gloves, 50)
        for number, status in (("1", "cancelled"), ("2", "entered-in-error")):
            one = self.taken(self.request(number))
            self.assertEqual(self.taken(self.request(number, 2, status)), one)
            self.assertEqual((one.state, one.picking_ids.state), ("cancelled", "cancel"))
            self.taken(self.request(number, 3, status))
            code = self.put_aside(self.request(number, 4))
            self.assertEqual(code, "order_closed")

    def test_what_is_picked_is_decided_by_a_storekeeper(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request())
        one.picking_ids.move_ids.picked = True
        self.taken(self.request(version=2, status="cancelled"))
        self.assertEqual(one.line_ids.state, "picked")
        [asked] = self.env["integration.exception"]._of(one)
        self.assertEqual(asked.kind, "requisition_late")

    def test_completed_lets_nothing_more_come(self):
        self.set_stock(self.gloves, 6)
        one = self.taken(self.request())
        self.deliver(one.picking_ids, 6)
        self.taken(self.request(version=2, status="completed"))
        self.assertEqual((one.line_ids.state, one.line_ids.cancelled_quantity), ("ended", 4))
        self.assertFalse(self.env["integration.exception"]._of(one))
        done = self.taken(self.request("8", quantity={"value": 1, "code": "1"}))
        self.assertTrue(done)

    def test_a_draft_and_what_is_over_order_nothing(self):
        for number, status in enumerate(("draft", "suspended", "cancelled", "completed")):
            self.assertFalse(self.taken(self.request(str(number), 2, status)))
            # An older version comes late: it is no order any more.
            late = self.request(str(number), 1)
            self.assertEqual(self.put_aside(late, "filtered"), "older_version")
        self.set_stock(self.gloves, 50)
        self.assertEqual(self.taken(self.request("0", 3)).state, "ready")
        self.assertEqual(self.put_aside(self.request("0", 4, "suspended")), "order_suspended")

    def test_an_older_version_changes_nothing_and_says_so(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request(version=2, quantity={"value": 4, "code": "1"}))
        late = self.tell(self.request(version=1))
        self.assertEqual((late.state, late.error_code), ("filtered", "older_version"))
        self.assertIn("newer version", late.error_message)
        self.assertEqual(one.line_ids.quantity, 4)

    def test_orders_of_one_group_and_of_one_product_stay_apart(self):
        self.set_stock(self.gloves, 50)
        group = {"type": {"coding": [{"code": "PGN"}]}, "value": "G1"}
        first, second = (
            self.taken(self.request(number, identifier=[group, {"value": f"S{number}"}]))
            for number in ("1", "2")
        )
        self.assertNotEqual(first.line_ids, second.line_ids)
        self.assertEqual({first.group_number, second.group_number}, {"G1"})
        self.assertEqual(sum((first | second).line_ids.mapped("open_quantity")), 20)
        self.taken(self.request("1", 2, "cancelled", identifier=[group, {"value": "S1"}]))
        self.assertEqual((first.state, second.state), ("cancelled", "ready"))

    def test_two_records_with_one_number(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request())
        other = self.request("8", identifier=[{"value": "S7"}])
        self.assertEqual(self.put_aside(other), "order_reused")
        wrong = self.request("8", 2, "cancelled", identifier=[{"value": "S7"}])
        self.assertEqual(self.put_aside(wrong), "order_reused")
        self.assertEqual(one.state, "ready")

    def test_a_record_keeps_its_number(self):
        self.set_stock(self.gloves, 50)
        one = self.taken(self.request())
        other = self.request(version=2, identifier=[{"value": "S9"}])
        self.assertEqual(self.put_aside(other), "number_changed")
        self.assertEqual(len(one.search([("group_number", "in", ("S7", "S9"))])), 1)

    def test_an_order_of_hl7_is_gone_on_with(self):
        self.set_stock(self.gloves, 50)
        one = self.ordered(self.order("S7"))
        one.line_ids.order_assigner = "EHR"
        self.taken(self.request(version=2, quantity={"value": 3, "code": "1"}))
        self.assertEqual((one.line_ids.quantity, one.line_ids.order_record), (3, "SupplyRequest/7"))

    def test_unknown_item_unit_and_place(self):
        unknown = {"coding": [{"code": "NOPE"}]}
        self.assertEqual(self.put_aside(self.request("1", itemCodeableConcept=unknown)),
                         "unknown_item")  # fmt: skip
        heap = {"value": 1, "code": "{heap}"}
        self.assertEqual(self.put_aside(self.request("2", quantity=heap)), "missing_value")
        litre = {"value": 1, "code": "L"}
        self.assertIn(self.put_aside(self.request("3", quantity=litre)),
                      ("unit_differs", "unknown_unit"))  # fmt: skip
        bare = {"value": 1}
        self.assertEqual(self.put_aside(self.request("4", quantity=bare)), "missing_required")
        place = {"identifier": {"value": "9X"}}
        self.assertEqual(self.put_aside(self.request("5", deliverTo=place)), "unknown_location")
        self.assertEqual(self.put_aside(self.request("6", deliverTo=None)), "no_location")
        waits = self.tell(self.request("7", deliverTo={"reference": "Location/w9"}))
        self.assertEqual((waits.state, waits.error_code), ("retry", "unknown_reference"))

    def test_an_item_by_its_record(self):
        self.set_stock(self.gloves, 50)
        reference = {"itemReference": {"reference": "Device/3"}, "itemCodeableConcept": None}
        self.assertEqual(self.put_aside(self.request("1", **reference)), "unknown_item")
        links = self.env["integration.record.link"]
        links._link(self.system.id, self.gloves, "Device/3")
        one = self.taken(self.request("2", **reference))
        self.assertEqual(one.line_ids.product_id, self.gloves)

    def test_to_where_the_patient_lies_or_a_place_of_the_census(self):
        self.set_stock(self.gloves, 50)
        visit = self.admitted()
        one = self.taken(self.request("1", deliverTo={"reference": "Patient/p1"}))
        self.assertEqual((one.encounter_id, one.route_id), (visit, self.route))
        self.route.code = "SOMETHING ELSE"
        one = self.taken(self.request("2", deliverTo={"reference": "Location/w4"}))
        self.assertEqual((one.encounter_id, one.route_id), (visit.browse(), self.route))

    def test_a_patient_without_a_visit(self):
        self.tell(
            {"resourceType": "Patient", "id": "p2", "identifier": [{"system": MRN, "value": "9"}]}
        )
        nowhere = self.request("1", deliverTo={"reference": "Patient/p2"})
        self.assertEqual(self.put_aside(nowhere), "unknown_visit")

    def test_from_another_store(self):
        self.set_stock(self.gloves, 50)
        self.stock.barcode = "CENTRAL"
        self.taken(self.request("1", deliverFrom={"identifier": {"value": "CENTRAL"}}))
        other = {"identifier": {"value": "PHARMACY"}}
        self.assertEqual(self.put_aside(self.request("2", deliverFrom=other)), "source_differs")


@tagged("post_install", "-at_install")
class TestDeviceRequests(FhirOrderCase):
    """An order of a device for a patient: one piece, or a kit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pump = cls.storable("Pump", default_code="PUMP")

    def test_a_device_for_a_visit(self):
        self.set_stock(self.pump, 5)
        visit = self.admitted()
        one = self.taken(self.device())
        self.assertEqual((one.encounter_id, one.route_id), (visit, self.route))
        self.assertEqual((one.line_ids.quantity, one.line_ids.product_id), (1, self.pump))
        self.assertEqual(one.picking_ids.encounter_id, visit)
        self.taken(self.device(version=2, status="revoked"))
        self.assertEqual(one.state, "cancelled")

    def test_two_devices_are_two_orders(self):
        self.set_stock(self.pump, 5)
        self.admitted()
        both = self.taken(self.device("d1")) | self.taken(self.device("d2"))
        self.assertEqual(both.line_ids.mapped("quantity"), [1, 1])

    def test_the_visit_is_found_by_the_patient(self):
        self.set_stock(self.pump, 5)
        visit = self.admitted()
        one = self.taken(self.device(encounter=None))
        self.assertEqual(one.encounter_id, visit)

    def test_what_is_not_known_yet_is_tried_again(self):
        waits = self.tell(self.device())
        self.assertEqual((waits.state, waits.error_code), ("retry", "unknown_reference"))

    def test_a_number_of_the_patient_is_no_number_of_an_order(self):
        self.set_stock(self.pump, 5)
        self.admitted()
        wrong = self.device(identifier=[{"value": "4711"}])
        self.assertEqual(self.put_aside(wrong), "number_is_record_number")
        named = {"identifier": {"system": MRN, "value": "815"}}
        wrong = self.device("d2", subject=named, groupIdentifier={"value": "815"})
        self.assertEqual(self.put_aside(wrong), "number_is_record_number")

    def test_a_proposal_orders_nothing(self):
        self.admitted()
        self.assertFalse(self.taken(self.device(intent="proposal")))

    def test_a_kit_is_taken_and_given_back(self):
        self.set_stock(self.pump, 5, self.ward_stock)
        self.ward.stock_location_id = self.ward_stock
        self.ward.analytic_account_id = self.centre
        self.admitted()
        self.env["ehr.case.kit"].create(
            {
                "name": "Infusion", "kind": "test", "code": "INFUSION",
                "line_ids": [Command.create({"product_id": self.pump.id, "quantity": 1})],
            }
        )  # fmt: skip
        kit = {"coding": [{"code": "INFUSION"}]}
        told = self.tell(self.device(codeCodeableConcept=kit))
        self.assertEqual(told.state, "done", f"{told.error_code}: {told.error_message}")
        request = self.env["ehr.kit.request"].search([("number", "=", "DeviceRequest/d1")])
        self.assertEqual((told.res_model, request.state), ("ehr.kit.request", "ordered"))
        self.assertEqual(request.consumption_ids.product_id, self.pump)
        self.tell(self.device(version=2, codeCodeableConcept=kit, authoredOn="2025-03-02"))
        self.assertEqual(len(request.consumption_ids), 1)
        told = self.tell(self.device(version=3, status="revoked", codeCodeableConcept=kit))
        self.assertEqual((told.state, request.state), ("done", "cancelled"), told.error_message)


@tagged("post_install", "-at_install")
class TestFhirOrderReadiness(FhirOrderCase):
    def test_orders_are_checked_before_the_interface_goes_live(self):
        checks = self.env["integration.readiness.check"]
        names = checks._checks()["ehr.requisition_state"]
        self.assertIn("_check_supply_routes", names)
        read, told = (
            self.env.ref(f"integration_ehr_supply.value_map_fhir_{name}")
            for name in ("unit", "unit_out")
        )
        found = checks._check_units_told_of_states(self.ehr)[0]
        self.assertFalse(found.records)
        line = self.env["integration.value.map.line"].create(
            {"map_id": read.id, "source": "heap", "target": "ZZ"}
        )
        found = checks._check_units_told_of_states(self.ehr)[0]
        self.assertEqual(found.records, line)
        self.assertTrue(told.line_ids)
