import json

from odoo.tests import tagged

from odoo.addons.integration_core.tools.contracts import compile_schema

from .fhir_usage_case import FhirUsageCase


@tagged("post_install", "-at_install")
class TestFhirUsage(FhirUsageCase):
    """Dispenses over FHIR are taken from stock, from the resource to the stock move."""

    def test_a_dispense_is_taken_from_the_stock_of_the_ward_at_its_cost(self):
        visit = self.tell_visit()
        message = self.tell_done(self.version(self.dispense("D1"), 1, "08:31"))
        one = self.used("D1")
        self.assertEqual((message.res_model, message.res_id), ("ehr.consumption", one.id))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        self.assertEqual((one.encounter_id, one.place_id.unit_id), (visit, self.ward))
        self.assertEqual((one.order_number, one.source, one.line), ("RX1", "dispense", "1"))
        self.assertEqual((one.move_id.state, one.move_id.quantity), ("done", 2))
        self.assertEqual(one.analytic_account_id, self.cost_centre)
        self.assertEqual(one.message_uuid, message.uuid)

    def test_the_destination_counts_before_the_location(self):
        self.tell_visit()
        self._put(self.swab, 10, self.theatre_stock)
        where = {"location": {"reference": "Location/ward"}}
        self.tell_done(
            self.version(self.dispense("D1", **where), 1, "08:31"),
            self.version(
                self.dispense("D2", **where, destination={"reference": "Location/theatre"}),
                1, "08:31",
            ),
        )  # fmt: skip
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        self.assertEqual(self.left(self.swab, self.theatre_stock), 8)
        # A hospital as a whole is no place: then it is where the patient is.
        whole = self.dispense("D3", location={"reference": "Location/site"})
        self.tell_done(self.version(whole, 1, "08:31"))
        self.assertEqual(self.left(self.swab, self.ward_stock), 96)
        self.assertEqual(self.used("D2").analytic_account_id, self.other_centre)

    def test_units_and_lots(self):
        self.tell_visit()
        self.tell_done(
            self.version(self.dispense("D1", unit="{box}"), 1, "08:31"),
            self.version(self.dispense("D2", **self.medication("VIAL", "L1")), 1, "08:31"),
        )
        self.assertEqual(self.left(self.swab, self.ward_stock), 76)
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 18)
        old = self.dispense("D3", **self.medication("VIAL", "L1", "2025-02"))
        self.assert_put_aside(self.tell(self.version(old, 1, "08:31")), "lot_expired")
        lost = self.dispense("D4", **self.medication("VIAL", "L9"))
        self.assert_put_aside(self.tell(self.version(lost, 1, "08:31")), "unknown_lot")
        self.assertEqual(self.left(self.vial, self.ward_stock, self.lot), 18)

    def test_a_repeated_dispense_of_one_product_is_a_new_line(self):
        self.tell_visit()
        self.tell_done(
            *(self.version(self.dispense(number), 1, "08:31") for number in ("D1", "D2"))
        )
        self.assertEqual(self.left(self.swab, self.ward_stock), 96)
        self.assertEqual(len(self.used("D1") | self.used("D2")), 2)

    def test_two_records_with_one_number_are_two_things(self):
        self.tell_visit()
        self.tell_done(self.version(self.dispense("D1"), 1, "08:31"))
        other = self.version(self.dispense("D1", id="other"), 1, "08:32")
        self.assert_put_aside(self.tell(other), "number_of_other_record")
        renamed = self.version(self.dispense("D1", identifier=[{"value": "D7"}]), 2, "08:33")
        self.assert_put_aside(self.tell(renamed), "number_changed")
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_what_both_feeds_tell_is_taken_once(self):
        self.tell_visit()
        self.tell_done(self.version(self.dispense("D1"), 1, "08:31"))
        self.assert_done(self.bring(self.rds(self.rxd("D1", "1", "SWAB"), visit="V1")))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_what_is_told_keeps_the_contract_of_usage(self):
        """Both feeds say the same to the same handler."""
        self.tell_visit()
        handler, told = type(self.env["integration.handler.ehr_consumption"]), []
        handled = handler._process

        def listen(one, received, data):
            told.append(data)
            return handled(one, received, data)

        self.patch(handler, "_process", listen)
        self.tell_done(self.version(self.dispense("D1"), 1, "08:31"))
        contract = self.env.ref("integration_ehr_supply.contract_ehr_consumption_1_0_0")
        [one] = told
        self.assertFalse(compile_schema(json.loads(contract.schema)).violations(one))

    # -- versions ------------------------------------------------------------------------------

    def test_versions_change_nothing_that_was_not_changed(self):
        self.tell_visit()
        new = self.version(self.dispense("D1"), 2, "08:32")
        self.tell_done(new)
        self.tell_done(new)
        self.tell_done(self.version(self.dispense("D1", note=None), 3, "08:33"))
        late = self.tell(self.version(self.dispense("D1", amount=9), 1, "08:31"))
        self.assert_put_aside(late, "older_version", "filtered")
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)
        other = self.tell(self.version(self.dispense("D1", amount=9), 4, "08:34"))
        self.assert_put_aside(other, "usage_differs")
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_what_was_entered_in_error_goes_back_and_stays_there(self):
        self.tell_visit()
        for number, status in enumerate(("entered-in-error", "cancelled", "stopped")):
            with self.subTest(status=status):
                name = f"D{number}"
                self.tell_done(self.version(self.dispense(name), 1, "08:31"))
                self.assertEqual(self.left(self.swab, self.ward_stock), 98)
                gone = self.dispense(name, status=status, quantity=None, whenHandedOver=None)
                self.tell_done(self.version(gone, 2, "08:40"))
                self.tell_done(self.version(gone, 3, "08:41"))
                self.assertEqual(self.left(self.swab, self.ward_stock), 100)
                back = self.used(name, "return")
                self.assertEqual((back.returns_id, back.quantity), (self.used(name), 2))
                again = self.tell(self.version(self.dispense(name), 4, "08:42"))
                self.assert_put_aside(again, "taken_back")

    def test_what_is_left_of_a_dispense_goes_back(self):
        self.tell_visit()
        self.tell_done(self.version(self.dispense("D1", amount=5), 1, "08:31"))
        order = self.rxd("D1", "1", "SWAB", "2", control="CA")
        self.assert_done(self.bring(self.rds(order, visit="V1")))
        self.assertEqual(self.left(self.swab, self.ward_stock), 97)
        self.tell_done(self.version(self.dispense("D1", status="cancelled"), 2, "08:40"))
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)

    def test_what_was_cancelled_before_it_was_told_is_never_taken(self):
        self.tell_visit()
        message = self.tell_done(self.version(self.dispense("D1", status="cancelled"), 2, "08:40"))
        self.assertFalse(message.res_id)
        late = self.tell(self.version(self.dispense("D1"), 1, "08:31"))
        self.assert_put_aside(late, "older_version", "filtered")
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)

    def test_what_has_not_happened_yet(self):
        self.tell_visit()
        early = self.tell(self.version(self.dispense("D1", status="in-progress"), 1, "08:20"))
        self.assert_put_aside(early, "not_yet", "filtered")
        self.tell_done(self.version(self.dispense("D1"), 2, "08:31"))
        back = self.tell(self.version(self.dispense("D1", status="on-hold"), 3, "08:40"))
        self.assert_put_aside(back, "status_went_back")
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    # -- what cannot be handled ----------------------------------------------------------------

    def test_what_is_not_said_is_not_guessed(self):
        self.tell_visit()
        cases = {
            "missing_required": {"quantity": None},
            "missing_value": {"quantity": {"value": 1, "code": "TAB"}},
            "quantity_not_exact": {"quantity": {"value": 1, "code": "1", "comparator": ">"}},
            "quantity_not_kept": {"quantity": {"value": 0, "code": "1"}},
            "unresolved_reference": {"context": {"reference": "#gone"}},
            "unknown_item": {"medicationCodeableConcept": {"coding": [{"code": "NONE"}]}},
            "in_future": {"whenHandedOver": "2199-01-01T00:00:00Z"},
            "unknown_visit": {"context": {"identifier": {"value": "V9"}}},
        }
        for number, (code, changes) in enumerate(cases.items()):
            with self.subTest(code=code):
                one = self.version(self.dispense(f"D{number}", **changes), 1, "08:31")
                self.assert_put_aside(self.tell(one), code)
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)
        self.assertFalse(self.env["ehr.consumption"].search([("number", "like", "D")]))

    def test_a_medication_that_is_a_record_may_be_linked_to_its_product(self):
        self.tell_visit()
        one = self.dispense("D1", medicationCodeableConcept=None)
        one["medicationReference"] = {"reference": "Medication/7"}
        message = self.tell(self.version(one, 1, "08:31"))
        self.assert_put_aside(message, "unknown_item")
        self.env["integration.record.link"]._link(self.system.id, self.swab, "Medication/7")
        self.assert_done(self.again(message))
        self.assertEqual(self.left(self.swab, self.ward_stock), 98)

    def test_a_visit_that_is_not_told_of_yet_is_waited_for(self):
        self.tell_places()
        message = self.tell(self.version(self.dispense("D1"), 1, "08:31"))
        self.assert_put_aside(message, "unknown_reference", "retry")
        self.assertIn("a visit", message.error_message)
        self.tell_visit()
        self.assert_done(self.again(message))
        self.assertEqual(self.used("D1").encounter_id.visit_number, "V1")

    def test_the_visit_must_be_the_patients(self):
        self.tell_visit()
        self.tell_done(self.version(self.encounter("V2"), 1, "08:05"))
        other = self.dispense("D1", subject={"reference": "Patient/pat-V2"})
        self.assert_put_aside(self.tell(self.version(other, 1, "08:31")), "visit_of_other_patient")
        number = self.encounter("V2")["subject"]["identifier"]
        other = self.dispense("D2", subject={"identifier": number})
        self.assert_put_aside(self.tell(self.version(other, 1, "08:31")), "visit_of_other_patient")
        own = self.encounter("V1")["subject"]["identifier"]
        self.tell_done(self.version(self.dispense("D3", subject={"identifier": own}), 1, "08:31"))

    def test_a_record_number_stands_nowhere_in_clear(self):
        self.tell_visit()
        wrong = self.version(self.dispense("47V1"), 1, "08:31")
        self.assert_put_aside(self.tell(wrong), "number_is_record_number")
        self.assertEqual(self.left(self.swab, self.ward_stock), 100)
