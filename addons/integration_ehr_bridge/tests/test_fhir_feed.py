from datetime import datetime
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.tools import keyring
from odoo.addons.integration_core.tools.keyring import KeyRing

from ..models import ehr_record
from .fhir_feed_case import STAFF, FhirFeedCase, coded, moment, mrn


@tagged("post_install", "-at_install")
class TestFhirVisits(FhirFeedCase):
    def test_a_visit_comes_is_moved_and_leaves(self):
        self.places(1, 2)
        visit = self.encounter("V1", places=[("bed-3W-1", "08:00")])
        self.assert_done(self.arrive(self.version(visit, 1, "08:05")))
        found = self.visit("V1")
        self.assertEqual((found.state, found.encounter_class), ("present", "inpatient"))
        self.assertEqual(found.location_id.code, "3W^^1")
        self.assertEqual(found.admitted_at, datetime(2025, 3, 2, 7))
        self.assertEqual(found.visit_assigner, "MAIN")
        places = [("bed-3W-1", "08:00"), ("bed-3W-2", "09:00")]
        moved = self.encounter("V1", places=places)
        self.assert_done(self.arrive(self.version(moved, 2, "09:05")))
        self.env.invalidate_all()
        self.assertEqual(found.location_id.code, "3W^^2")
        left = self.encounter("V1", "finished", places=places, end="10:00")
        self.assert_done(self.arrive(self.version(left, 3, "10:05")))
        self.assertEqual(
            (found.state, found.discharged_at), ("discharged", datetime(2025, 3, 2, 9))
        )
        kinds = found.move_ids.sorted("id").mapped("kind")
        self.assertEqual(kinds, ["admit", "transfer", "discharge"])
        beds = self.env["ehr.location"].search([("kind", "=", "bed")]).mapped("bed_state")
        self.assertEqual(beds, ["dirty", "dirty"])

    def test_what_a_version_takes_back_is_no_more(self):
        self.places(1, 2)
        places = [("bed-3W-1", "08:00"), ("bed-3W-2", "09:00")]
        moved = self.version(self.encounter("V1", places=places), 2, "09:05")
        back = self.version(self.encounter("V1", places=places[:1]), 3, "09:30")
        self.assert_done(self.arrive(moved, back))
        found = self.visit("V1")
        self.assertEqual(found.location_id.code, "3W^^1")
        self.assertEqual(found.move_ids.sorted("id").mapped("kind")[-1], "cancel_transfer")
        void = self.version(self.encounter("V1", "entered-in-error"), 4, "09:40")
        self.assert_done(self.arrive(void))
        self.assertEqual(found.state, "cancelled")

    def test_an_older_version_changes_nothing_and_says_so(self):
        self.places(1, 2)
        new = self.encounter("V1", places=[("bed-3W-1", "08:00"), ("bed-3W-2", "09:00")])
        old = self.encounter("V1", places=[("bed-3W-1", "08:00")])
        self.assert_done(self.arrive(self.version(new, 2, "09:05")))
        before = self.visit("V1").move_ids
        late = self.arrive(self.version(old, 1, "08:05"))
        self.assert_put_aside(late, "older_version", "filtered")
        self.assertIn("newer version", late.error_message)
        # It is no failure, and nobody counts it as one.
        self.assertEqual(late.attempt_ids.mapped("error_class"), [False])
        self.assertEqual(self.visit("V1").location_id.code, "3W^^2")
        self.assertEqual(self.visit("V1").move_ids, before)

    def test_a_version_is_one_message_however_often_it_comes(self):
        self.places(1)
        one = self.version(self.encounter("V1", places=[("bed-3W-1", "08:00")]), 1, "08:05")
        first = self.arrive(one)
        self.assertEqual(self.arrive(one), first)
        other = self.arrive({**one, "class": {"code": "EMER"}})
        self.assert_put_aside(other, "key_reused")

    def test_both_feeds_mean_the_same_visit_and_patient(self):
        self.places(1)
        one = self.version(self.encounter("V1", places=[("bed-3W-1", "08:00")]), 1, "08:05")
        self.assert_done(self.arrive(one))
        told = {
            "event": "discharge",
            "occurred_at": moment("09:00"),
            "visit": {"number": "V1", "assigner": "MAIN"},
            "patient": {"number": "47V1", "assigner": "MAIN"},
        }
        handler = self.env["integration.handler.ehr_encounter"].with_user(self.service_user)
        received = self.env["integration.message"].search([], limit=1, order="id desc")
        handler._process(_Received(received.id + 1), told)
        self.env.flush_all()
        self.assertEqual(self.visit("V1").state, "discharged")
        self.assertEqual(self.env["ehr.patient"].search_count([("assigner", "=", "MAIN")]), 1)

    def test_what_refers_to_a_place_that_is_not_known_waits_for_it(self):
        one = self.version(self.encounter("V1", places=[("bed-3W-1", "08:00")]), 1, "08:05")
        message = self.arrive(one)
        self.assert_put_aside(message, "unknown_reference", "retry")
        self.assertFalse(self.visit("V1"))
        self.places(1)
        self.drain(self.feed)
        message.invalidate_recordset()
        self.assert_done(message)
        self.assertEqual(self.visit("V1").location_id.code, "3W^^1")

    def test_what_waits_is_tried_again_as_soon_as_what_it_waits_for_comes(self):
        first = self.version(self.encounter("V1", places=[("bed-3W-1", "08:00")]), 1, "08:05")
        other = self.version(self.encounter("V2", places=[("bed-9W-9", "08:00")]), 1, "08:05")
        waiting, elsewhere = self.arrive(first), self.arrive(other)
        self.policy.write({"max_attempts": 1})
        dead = self.arrive(self.version(self.encounter("V3", places=[("bed-3W-1", "08:00")]), 1,
                                        "08:05"))  # fmt: skip
        self.assert_put_aside(dead, "unknown_reference", "dead")
        waits = self.env["ehr.record.wait"].search([])
        self.assertEqual(waits.message_id, waiting | elsewhere | dead)
        self.assertFalse([one for one in waits if "3W" in one.name_key], "no name stands in clear")
        self.places(1)
        self.drain(self.feed)
        self.env.invalidate_all()
        self.assert_done(waiting | dead)
        self.assertEqual(self.visit("V3").location_id.code, "3W^^1")
        self.assert_put_aside(elsewhere, "unknown_reference", "retry")
        self.assertEqual(self.env["ehr.record.wait"].search([]).message_id, elsewhere)
        self.env.cr.execute(
            "UPDATE integration_message SET error_code = NULL WHERE id = %s", [elsewhere.id]
        )
        self.env["ehr.record.wait"]._gc_over()
        self.env.invalidate_all()
        self.assertFalse(self.env["ehr.record.wait"].search([]))

    def test_a_patient_by_the_name_of_his_record_alone(self):
        one = self.encounter("V1")
        one["subject"] = {"reference": "Patient/p9"}
        message = self.arrive(self.version(one, 1, "08:05"))
        self.assert_put_aside(message, "unknown_reference", "retry")
        patient = {
            "resourceType": "Patient", "id": "p9", "identifier": [mrn("4711")],
            "name": [{"family": "Canary"}], "birthDate": "1970-01-02",
        }  # fmt: skip
        self.assert_done(self.arrive(self.version(patient, 1, "08:00")))
        self.drain(self.feed)
        self.env.invalidate_all()
        found = self.visit("V1").patient_id
        known = self.env["ehr.patient"]._resolve([("MAIN", "4711")])["MAIN", "4711"]
        self.assertEqual(found, known)
        rows = self.env["ehr.record"].search([])
        self.assertFalse([row for row in rows if "p9" in row.name_key])
        # A record number as number of the visit stands in clear nowhere.
        clear = self.encounter("4711")
        clear["subject"] = {"reference": "Patient/p9"}
        self.assert_put_aside(
            self.arrive(self.version(clear, 1, "08:05")), "visit_is_record_number"
        )

    def test_one_identifier_of_several_resources_means_one_thing(self):
        self.places(1, 2)
        patients = [
            {"resourceType": "Patient", "id": one, "identifier": [mrn("4711"), mrn("4711")]}
            for one in ("p1", "p2")
        ]
        self.assert_done(self.arrive(*(self.version(one, 1, "07:00") for one in patients)))
        self.assertEqual(self.env["ehr.patient"].search_count([("assigner", "=", "MAIN")]), 1)
        visit = self.encounter("V1", places=[("bed-3W-1", "08:00")])
        visits = [
            {**visit, "id": one, "subject": {"reference": f"Patient/{patient}"}}
            for one, patient in (("enc-a", "p1"), ("enc-b", "p2"))
        ]
        self.assert_done(self.arrive(*(self.version(one, 1, "08:05") for one in visits)))
        self.assertEqual(len(self.visit("V1")), 1)
        self.assertEqual(self.visit("V1").location_id.code, "3W^^1")
        self.assertEqual(len(self.visit("V1").move_ids.filtered(lambda one: not one.cancelled)), 1)

    def test_contained_resources_and_logical_references(self):
        self.places(1)
        one = self.encounter("V1")
        one |= {
            "contained": [
                {"resourceType": "Patient", "id": "who", "identifier": [mrn("1")],
                 "name": [{"family": "Canary"}]},
                {"resourceType": "Practitioner", "id": "doc",
                 "identifier": [{"system": STAFF, "value": "D1"}]},
            ],
            "subject": {"reference": "#who"},
            "participant": [{"type": [coded("ATND")], "individual": {"reference": "#doc"}}],
            "location": [{"location": {"identifier": {"value": "1"}}}],
        }  # fmt: skip
        message = self.arrive(self.version(one, 1, "08:05"))
        self.assert_done(message)
        found = self.visit("V1")
        self.assertEqual(found.attending_id.number, "D1")
        self.assertEqual(found.location_id.code, "3W^^1")
        lost = self.encounter("V2", subject={"reference": "#nobody"})
        self.assert_put_aside(self.arrive(self.version(lost, 1, "08:05")), "unresolved_reference")

    def test_what_cannot_be_read_says_why(self):
        cases = {
            "missing_required": {"status": None},
            "invalid_datetime": {"period": {"start": "yesterday"}},
            "unresolved_reference": {"subject": {"reference": "urn:uuid:1"}},
            "in_future": {"period": {"start": "2199-01-01T00:00:00Z"}},
        }
        for number, (code, changes) in enumerate(cases.items()):
            with self.subTest(code=code):
                one = self.version(self.encounter(f"W{number}"), 1, "08:05", **changes)
                self.assert_put_aside(self.arrive(one), code)
        unknown = self.version(self.encounter("W9"), 1, "08:05", status="dreaming")
        self.assert_put_aside(self.arrive(unknown), "missing_value")
        stranger = self.encounter("W8")
        stranger["subject"]["identifier"]["system"] = "http://elsewhere.example"
        self.assert_put_aside(self.arrive(self.version(stranger, 1, "08:05")), "missing_value")

    def test_what_was_to_come_is_called_off(self):
        """Its time is yet to come, and stays in the record."""
        later = {"period": {"start": "2199-01-01T00:00:00Z"}}
        for number, told in (("V1", True), ("V2", False)):
            visit = self.encounter(number, "planned", **later)
            if told:
                self.assert_done(self.arrive(self.version(visit, 1, "08:05")))
                self.assertEqual(self.visit(number).state, "planned")
            off = self.encounter(number, "cancelled", **later)
            self.assert_done(self.arrive(self.version(off, 2, "08:30")))
            self.env.invalidate_all()
            self.assertIn(self.visit(number).state, ("cancelled", False))

    def test_a_record_that_becomes_that_of_another_visit(self):
        self.places(1)
        one = self.encounter("V1", places=[("bed-3W-1", "08:00")])
        other = {**one, "identifier": [{"system": "http://main.example/visits", "value": "V2"}]}
        self.assert_done(
            self.arrive(self.version(one, 1, "08:05"), self.version(other, 2, "08:30"))
        )
        self.assertEqual(self.visit("V1").state, "cancelled")
        self.assertEqual(self.visit("V2").state, "present")
        bed = self.env["ehr.location"].search([("kind", "=", "bed")])
        self.assertEqual(bed.occupant_ids, self.visit("V2"))


class _Received:
    """What a handler is told of a message of another feed."""

    def __init__(self, number):
        self.id = self.arrived = number
        self.uuid, self.system_id, self.original_id = f"uuid-{number}", 0, None


@tagged("post_install", "-at_install")
class TestFhirMasterData(FhirFeedCase):
    def test_places_are_named_by_what_they_are_part_of(self):
        site = {
            "resourceType": "Location", "id": "site", "identifier": [{"value": "MAIN"}],
            "physicalType": coded("si"),
        }  # fmt: skip
        floor = {
            "resourceType": "Location", "id": "floor", "name": "Third floor",
            "physicalType": coded("lvl"), "partOf": {"reference": "Location/site"},
        }  # fmt: skip
        ward = self.ward(partOf={"reference": "Location/floor"})
        room = {
            "resourceType": "Location", "id": "room", "identifier": [{"value": "301"}],
            "physicalType": coded("ro"), "partOf": {"reference": "Location/ward-3W"},
        }  # fmt: skip
        bed = self.bed(1, partOf={"reference": "Location/room"}, operationalStatus={"code": "K"})
        found = [self.version(one, 1, "06:00") for one in (site, floor, ward, room, bed)]
        self.assert_done(self.arrive(*found))
        place = self.env["ehr.location"].search([("kind", "=", "bed")])
        self.assertEqual(place.code, "3W^301^1^MAIN")
        self.assertEqual(place.parent_id.code, "3W^301^^MAIN")
        self.assertEqual(place.bed_state, "dirty")
        closed = self.version(bed, 2, "07:00", status="inactive")
        self.assert_done(self.arrive(closed))
        self.assertFalse(place.active)
        lost = self.version(self.bed(2, ward="9X"), 1, "06:00")
        self.assert_put_aside(self.arrive(lost), "unknown_reference", "retry")
        alone = self.version(self.bed(3, partOf=None), 1, "06:00")
        self.assert_put_aside(self.arrive(alone), "no_unit")

    def test_a_department_is_the_cost_centre_of_its_places(self):
        plan = self.env["account.analytic.plan"].create({"name": "Cost centres"})
        account = self.env["account.analytic.account"].create(
            {"name": "Surgery", "code": "4100", "plan_id": plan.id}
        )
        department = {
            "resourceType": "Organization", "id": "dep", "type": [coded("dept")],
            "identifier": [{"value": "4100"}], "active": True, "name": "Surgery",
        }  # fmt: skip
        ward = self.ward(managingOrganization={"reference": "Organization/dep"})
        self.assert_done(
            self.arrive(self.version(department, 1, "06:00"), self.version(ward, 1, "06:00"))
        )
        place = self.env["ehr.location"].search([("point_of_care", "=", "3W")])
        self.assertEqual(place.analytic_account_id, account)

    def test_payers(self):
        payer = {
            "resourceType": "Organization", "id": "aok", "type": [coded("pay")],
            "identifier": [{"value": "AOK"}], "active": True, "name": "Allgemeine",
        }  # fmt: skip
        self.assert_done(self.arrive(self.version(payer, 1, "06:00")))
        found = self.env["ehr.payer"].search([("code", "=", "AOK")])
        self.assertEqual(found.name, "Allgemeine")
        self.assert_done(self.arrive(self.version(payer, 2, "07:00", active=False)))
        self.assertFalse(found.active)

    def test_staff_by_person_and_role(self):
        person = {
            "resourceType": "Practitioner", "id": "doc", "active": True,
            "identifier": [{"system": STAFF, "value": "D1"}], "name": [{"family": "Canary"}],
        }  # fmt: skip
        department = {
            "resourceType": "Organization", "id": "dep", "type": [coded("dept")],
            "identifier": [{"value": "SURG"}],
        }  # fmt: skip
        role = {
            "resourceType": "PractitionerRole", "id": "role", "active": True,
            "practitioner": {"reference": "Practitioner/doc"}, "code": [coded("SURGEON")],
            "specialty": [coded("ORTHO")], "organization": {"reference": "Organization/dep"},
        }  # fmt: skip
        early = self.arrive(self.version(role, 1, "06:10"))
        self.assert_put_aside(early, "unknown_reference", "retry")
        self.assert_done(
            self.arrive(self.version(person, 1, "06:00"), self.version(department, 1, "06:00"))
        )
        self.drain(self.feed)
        early.invalidate_recordset()
        self.assert_done(early)
        found = self.env["ehr.staff"].search([("number", "=", "D1")])
        self.assertEqual(
            (found.role, found.specialty, found.department), ("SURGEON", "ORTHO", "SURG")
        )
        self.assert_done(self.arrive(self.version(role, 2, "06:20", specialty=None)))
        self.assertFalse(found.specialty)
        self.assert_done(self.arrive(self.version(person, 2, "07:00", active=False)))
        self.assertFalse(found.active)


@tagged("post_install", "-at_install")
class TestFhirKeys(FhirFeedCase):
    """What a record is called stays known when another key makes pseudonyms."""

    def test_a_name_is_known_by_the_new_key_from_then_on(self):
        first, second = keyring.generate_key(), keyring.generate_key()
        old, new = KeyRing.parse(f"a:{first}"), KeyRing.parse(f"b:{second}, a:{first}")
        self.assertNotEqual(old.pseudonym_id, new.pseudonym_id)
        records, company = self.env["ehr.record"], self.env.company
        asked = (self.system.id, ["Encounter/1"], company)
        with patch.object(ehr_record.keys, "require", lambda _cr: old):
            row = records.create(
                {
                    "system_id": self.system.id,
                    "company_id": company.id,
                    "kind": "visit",
                    "name_key": records._key(self.system.id, "Encounter/1", company),
                }
            )
            before = row.name_key
            self.assertEqual(records._named(*asked), {"Encounter/1": row})
            self.assertEqual(row.name_key, before)
        with patch.object(ehr_record.keys, "require", lambda _cr: new):
            self.assertEqual(records._named(*asked), {"Encounter/1": row})
            self.assertEqual(row.name_key, records._key(self.system.id, "Encounter/1", company))
        self.assertNotEqual(row.name_key, before)
