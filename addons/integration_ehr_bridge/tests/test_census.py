"""What messages about visits make of census, beds and housekeeping."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core.tools import errors

from .census_case import CensusCase, at, bed, moment


@tagged("post_install", "-at_install")
class TestCensus(CensusCase):
    def test_a_usual_stay(self):
        visit = self.tell("admit", "8:00", place=1, account={"number": "A1"}, service="CAR")
        self.assertEqual((visit.state, visit.location_id), ("present", self.bed(1)))
        self.assertEqual(visit.account_number, "A1")
        self.assertEqual(self.bed(1).bed_state, "occupied")
        self.tell("transfer", "10:00", place=2)
        self.assertEqual(self.bed(1).bed_state, "dirty")
        self.assertEqual(self.bed(2).bed_state, "occupied")
        self.assertEqual(self.requests(1).mapped("reason"), ["transfer"])
        self.tell("discharge", "16:00", disposition="01")
        self.assertEqual((visit.state, visit.discharged_at), ("discharged", at("16:00")))
        self.assertEqual(self.bed(2).bed_state, "dirty")
        self.assertEqual(self.requests(2).mapped("requested_at"), [at("16:00")])
        kinds = visit.move_ids.sorted("occurred_at").mapped(
            lambda move: (move.kind, move.from_id.bed, move.to_id.bed)
        )
        self.assertEqual(
            kinds,
            [("admit", False, "1"), ("transfer", "1", "2"), ("discharge", "2", False)],
        )

    def test_repeated_messages_change_nothing(self):
        body = self.adt("discharge", "9:00", place=1)
        self.tell("admit", "8:00", place=1)
        self.process("ehr_encounter", body, body, body)
        self.assertEqual(len(self.visit().move_ids), 2)
        self.assertEqual(len(self.requests(1)), 1)

    def test_nothing_names_the_patient(self):
        visit = self.tell("admit", "8:00", place=1, patient="0004711")
        self.assertNotIn("4711", str(visit.patient_id.read()))
        self.assertNotIn("4711", str(visit.move_ids.read()))

    def test_discharge_before_admission(self):
        visit = self.tell("discharge", "16:00", place=1)
        self.assertEqual(visit.state, "discharged")
        self.assertFalse(visit.admitted_at)
        self.tell("admit", "8:00", place=1)
        self.assertEqual((visit.state, visit.admitted_at), ("discharged", at("8:00")))
        self.assertEqual(self.bed(1).bed_state, "dirty")
        self.assertEqual(len(self.requests(1)), 1)

    def test_cancelled_discharge_withdraws_the_request(self):
        self.tell("admit", "8:00", place=1)
        self.tell("discharge", "9:00")
        self.tell("cancel_discharge", "9:00", recorded="9:10")
        self.assertEqual(self.requests(1).mapped("state"), ["cancelled"])
        self.assertEqual((self.visit().state, self.bed(1).bed_state), ("present", "occupied"))
        self.tell("discharge", "12:00")
        self.assertEqual(self.requests(1).mapped("state"), ["cancelled", "open"])

    def test_a_request_that_was_begun_is_not_withdrawn(self):
        self.tell("admit", "8:00", place=1)
        self.tell("discharge", "9:00")
        self.requests(1).action_start()
        self.tell("cancel_discharge", "9:10")
        self.assertEqual(self.requests(1).state, "started")

    def test_cancelled_transfer(self):
        self.tell("admit", "8:00", place=1)
        self.tell("transfer", "9:00", place=2)
        self.tell("cancel_transfer", "9:00", recorded="9:05", place=1)
        self.assertEqual(self.visit().location_id, self.bed(1))
        self.assertEqual(self.bed(1).bed_state, "occupied")
        self.assertEqual(self.bed(2).bed_state, "free")
        self.assertFalse(self.requests(2))
        self.assertEqual(self.requests(1).state, "cancelled")
        moved = self.visit().move_ids.filtered(lambda move: move.kind == "transfer")
        self.assertTrue(moved.cancelled)
        self.assertEqual(moved.cancelled_by_id.kind, "cancel_transfer")

    def test_cancelled_admission_frees_the_bed(self):
        self.tell("admit", "8:00", place=1)
        self.tell("cancel_admit", "8:00", recorded="8:20")
        self.assertEqual(self.visit().state, "cancelled")
        self.assertEqual(self.bed(1).bed_state, "free")
        self.assertFalse(self.requests(1))

    def test_two_patients_in_one_bed(self):
        self.tell("admit", "8:00", place=1)
        self.tell("admit", "9:00", "V2", place=1, patient="P2")
        self.assertEqual(self.bed(1).bed_state, "occupied")
        self.assertTrue(self.bed(1).conflict)
        self.assertEqual(self.env["ehr.location"].search([("conflict", "=", True)]), self.bed(1))
        # The discharge of the first one was late; the second one needs no cleaning now.
        self.tell("discharge", "8:30")
        self.assertFalse(self.bed(1).conflict)
        self.assertEqual(self.bed(1).bed_state, "occupied")
        self.assertFalse(self.requests(1))

    def test_admission_into_a_dirty_bed(self):
        self.tell("admit", "8:00", place=1)
        self.tell("discharge", "9:00")
        self.tell("admit", "10:00", "V2", place=1, patient="P2")
        self.assertEqual(self.requests(1).state, "cancelled")
        self.assertEqual(self.bed(1).bed_state, "occupied")

    def test_visit_numbers_of_two_hospitals(self):
        east, west = {"number": "V1", "assigner": "EAST"}, {"number": "V1", "assigner": "WEST"}
        for visit, place in ((east, 1), (west, 2)):
            body = self.adt("admit", "8:00", place=place)
            self.process("ehr_encounter", {**body, "visit": visit})
        self.assertEqual(self.visit("V1", "EAST").location_id, self.bed(1))
        self.assertEqual(self.visit("V1", "WEST").location_id, self.bed(2))

    def test_visit_numbers_of_two_companies(self):
        other = self.env["res.company"].create({"name": "Other", "ehr_create_locations": True})
        self.feed.company_ids += other
        self.tell("admit", "8:00", place=1)
        self.process("ehr_encounter", self.adt("admit", "8:00", place=1), company=other)
        visits = self.visit()
        self.assertEqual(visits.company_id, self.company + other)
        self.assertEqual(len(visits.patient_id), 2)
        self.assertNotEqual(*visits.patient_id.mapped("pseudonym"))

    def test_unknown_place(self):
        self.company.ehr_create_locations = False
        with self.assertRaises(errors.MappingError) as caught:
            self.tell("admit", "8:00", place=1)
        self.assertEqual(caught.exception.code, "unknown_location")
        self.assertFalse(self.visit())

    def test_places_without_and_with_facility(self):
        self.tell("admit", "8:00", location=bed(1, facility="EAST"))
        self.tell("transfer", "9:00", location=bed(2, facility="EAST"))
        self.tell("transfer", "10:00", location=bed(1))
        self.assertEqual(self.visit().location_id.facility, "EAST")
        self.assertEqual(len(self.env["ehr.location"].search([("bed", "=", "1")])), 1)
        self.assertEqual(self.visit().location_id.unit_id.point_of_care, "W4")
        self.tell("admit", "8:00", "V2", location=bed(1, facility="WEST"))
        with self.assertRaises(errors.MappingError) as caught:
            self.tell("transfer", "11:00", location=bed(1))
        self.assertEqual(caught.exception.code, "ambiguous_location")

    def test_two_hospitals_share_no_bed(self):
        """One of them names no facility; its beds are not those of one that does."""
        mine = self.tell("admit", "8:00", location=bed(1))
        for number, facility in enumerate(("EAST", "WEST"), 2):
            visit = self.tell("admit", "8:00", f"V{number}", location=bed(1, facility=facility))
            self.assertEqual(visit.location_id.facility, facility)
            self.assertEqual(visit.location_id.unit_id.facility, facility)
        self.assertEqual(mine.location_id.occupant_ids, mine)
        self.assertFalse(self.env["ehr.location"].search([("conflict", "=", True)]))
        self.company.ehr_create_locations = False
        with self.assertRaises(errors.MappingError) as caught:
            self.tell("transfer", "9:00", "V2", location=bed(1, facility="NORTH"))
        self.assertEqual(caught.exception.code, "unknown_location")

    def test_a_place_without_facility_may_be_anothers(self):
        self.tell("admit", "8:00", location=bed(1, facility="EAST"))
        self.tell("admit", "8:00", "V2", location=bed(9, "W9"))
        with self.assertRaises(errors.MappingError) as caught:
            self.tell("admit", "8:00", "V3", location=bed(1))
        self.assertEqual(caught.exception.code, "ambiguous_location")

    def test_the_own_hospital_may_be_named_or_not(self):
        self.company.ehr_facility = "EAST"
        first = self.tell("admit", "8:00", location=bed(1))
        self.assertFalse(first.location_id.facility)
        second = self.tell("admit", "8:00", "V2", location=bed(2, facility="EAST"))
        self.assertEqual(second.location_id.parent_id, first.location_id.parent_id)
        other = self.tell("admit", "8:00", "V3", location=bed(1, facility="WEST"))
        self.assertNotEqual(other.location_id, first.location_id)
        was = first.location_id
        self.tell("transfer", "9:00", location=bed(1, facility="EAST"))
        self.assertEqual(first.location_id, was)
        self.tell("transfer", "10:00", "V2", location=bed(2))
        self.assertEqual(second.location_id.facility, "EAST")

    def test_counts_of_a_place(self):
        room = self.tell("admit", "8:00", location=bed(1)).location_id.parent_id
        self.tell("admit", "8:00", "V2", patient="P2", location=bed(2))
        self.tell("discharge", "9:00", "V2", patient="P2")
        self.tell("admit", "8:00", "V3", patient="P3", location=bed(1, room="402"))
        self.env["ehr.location"].create({**bed(3), "kind": "bed", "parent_id": room.id})
        names = ("present_count", "bed_count", "free_count")
        for place, counts in ((room, (1, 3, 1)), (room.parent_id, (2, 4, 1))):
            self.assertEqual(tuple(place[name] for name in names), counts)

    def test_a_place_with_patients_stays(self):
        self.tell("admit", "8:00", place=1)
        taken = self.bed(1)
        with self.assertRaises(ValidationError):
            taken.unit_id.active = False
        with self.assertRaises(ValidationError):
            taken.kind = "theatre"
        self.tell("discharge", "9:00")
        taken.kind = "theatre"
        taken.unit_id.active = False

    def test_a_record_number_is_no_visit_number(self):
        for visit, patient in (("4711", "4711"), ("004711", "4711")):
            with self.assertRaises(errors.ContractError) as caught:
                self.tell("register", "8:00", visit, patient=patient)
            self.assertEqual(caught.exception.code, "visit_is_record_number")
            self.assertNotIn("4711", caught.exception.message)
        self.assertFalse(self.env["ehr.encounter"].search([("visit_number", "like", "4711")]))

    def test_the_future_is_refused(self):
        body = self.adt("admit", "8:00", place=1)
        with self.assertRaises(errors.ConflictError) as caught:
            self.process("ehr_encounter", {**body, "occurred_at": "2199-01-01T00:00:00Z"})
        self.assertEqual(caught.exception.code, "in_future")

    def test_absent_and_empty(self):
        visit = self.tell("admit", "8:00", place=1, service="CAR", payer="AOK")
        self.tell("update", "9:00", payer=None)
        self.assertEqual((visit.service, visit.payer_code), ("CAR", False))
        self.assertEqual(visit.location_id, self.bed(1))

    def test_an_unknown_payer(self):
        visit = self.tell("admit", "8:00", place=1, payer="AOK")
        self.assertEqual(visit.payer_code, "AOK", "nobody asked for a list")
        self.company.ehr_known_payers = True
        payers = self.env["ehr.payer"].create(
            [{"code": " AOK ", "name": "AOK"}, {"code": "BARMER", "name": "Barmer"}]
        )
        self.tell("update", "9:00", payer="BARMER")
        self.assertEqual(visit.payer_code, "BARMER")
        payers[0].active = False
        for unknown in ("AOK", "A123456789"):
            with self.assertRaises(errors.MappingError) as caught:
                self.tell("update", "10:00", payer=unknown)
            self.assertEqual(caught.exception.code, "unknown_payer")
            self.assertNotIn(unknown, caught.exception.message)
        self.tell("update", "11:00", payer=None)
        self.assertFalse(visit.payer_code)

    def test_payers_of_another_company_are_not_known(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env["ehr.payer"].create({"code": "AOK", "name": "AOK", "company_id": other.id})
        self.company.ehr_known_payers = True
        with self.assertRaises(errors.MappingError):
            self.tell("admit", "8:00", place=1, payer="AOK")

    # -- beds ------------------------------------------------------------------------------

    def say(self, state, clock, number=1):
        body = {"location": bed(number), "status": state, "occurred_at": moment(clock)}
        return self.process("ehr_bed", body)

    def test_the_feed_says_how_a_bed_is(self):
        self.tell("admit", "8:00", place=1)
        self.tell("discharge", "9:00")
        self.say("housekeeping", "9:10")
        self.assertEqual(self.requests(1).state, "started")
        self.say("free", "9:30")
        self.assertEqual((self.bed(1).bed_state, self.requests(1).state), ("free", "done"))
        self.say("dirty", "9:20")
        self.assertEqual(self.bed(1).bed_state, "free")
        self.say("dirty", "10:00")
        self.assertEqual(self.requests(1).mapped("reason"), ["discharge", "told"])
        self.say("closed", "11:00")
        self.assertEqual(self.bed(1).bed_state, "closed")

    def test_the_state_of_a_unit_is_not_told(self):
        body = {
            "location": {"point_of_care": "W4"},
            "status": "free",
            "occurred_at": moment("9:00"),
        }
        with self.assertRaises(errors.MappingError) as caught:
            self.process("ehr_bed", body)
        self.assertEqual(caught.exception.code, "no_bed")

    def test_another_number_in_the_place_of_an_account(self):
        """The visit's stands in clear on the visit alone, the patient's nowhere."""
        same = self.tell("admit", "8:00", "V1", account={"number": "V1", "assigner": "MAIN"})
        self.assertEqual((same.account_number, same.account_assigner), ("V1", "MAIN"))
        self.assertEqual(same.move_ids.facts["account"], ["", "MAIN"])
        record = self.tell("admit", "8:00", "V2", patient="P2", account={"number": "P2"})
        self.assertFalse(record.account_number)
        self.assertNotIn("account", record.move_ids.facts)
        self.tell("update", "9:00", "V1", account=None)
        self.assertFalse(same.account_number)
