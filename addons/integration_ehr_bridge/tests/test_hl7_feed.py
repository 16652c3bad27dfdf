from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import replay

from .feed_case import FeedCase


@tagged("post_install", "-at_install")
class TestHl7Feed(FeedCase):
    """HL7 v2 of a visit, a bed, a patient, an appointment becomes records."""

    def test_a_stay(self):
        told = self.arrive(
            self.adt("A01", "1"),
            self.adt("A02", "1", place="4W^401^2^MAIN", at="20250302090000"),
            self.adt("A08", "1", place="4W^401^2^MAIN", at="20250302091000", f10="SURG"),
        )
        self.assertEqual(told.mapped("state"), ["done"] * 3)
        visit = self.visits("1")
        self.assertEqual((visit.state, visit.encounter_class), ("present", "inpatient"))
        self.assertEqual((visit.location_id.point_of_care, visit.location_id.bed), ("4W", "2"))
        self.assertEqual(visit.service, "SURG")
        self.arrive(self.adt("A03", "1", place="4W^401^2^MAIN", at="20250302100000"))
        self.assertEqual(visit.state, "discharged")
        self.assertTrue(visit.location_id.housekeeping_ids)

    def test_what_is_taken_back(self):
        self.arrive(
            self.adt("A01", "2"),
            self.adt("A03", "2", at="20250302090000"),
            self.adt("A13", "2", at="20250302093000"),
        )
        self.assertEqual(self.visits("2").state, "present")
        self.arrive(
            self.adt("A02", "2", place="5W^501^1^MAIN", at="20250302094000"),
            self.adt("A12", "2", at="20250302095000", f6="5W^501^1^MAIN"),
        )
        self.assertEqual(self.visits("2").location_id.point_of_care, "3W")
        self.arrive(self.adt("A11", "2", at="20250302100000"))
        self.assertEqual(self.visits("2").state, "cancelled")

    def test_moves_of_one_minute(self):
        """By where they come from, in whatever order they arrive; else as they arrived."""
        minute = "202503020900"
        self.arrive(
            self.adt("A01", "10"),
            self.adt("A02", "10", place="5W^501^1^MAIN", at=minute, f6="4W^401^2^MAIN"),
            self.adt("A02", "10", place="4W^401^2^MAIN", at=minute, f6="3W^301^1^MAIN"),
        )
        visit = self.visits("10")
        self.assertEqual(visit.location_id.point_of_care, "5W")
        moves = visit.move_ids.filtered(lambda one: one.kind == "transfer").sorted("arrived")
        self.assertEqual(
            [(one.from_id.point_of_care, one.to_id.point_of_care) for one in moves],
            [("4W", "5W"), ("3W", "4W")],
        )
        left = self.env["ehr.housekeeping"].search([("encounter_id", "=", visit.id)])
        self.assertEqual(set(left.location_id.mapped("point_of_care")), {"3W", "4W"})
        self.arrive(
            self.adt("A02", "10", place="6W^601^1^MAIN", at="202503021000"),
            self.adt("A02", "10", place="7W^701^1^MAIN", at="202503021000"),
        )
        self.assertEqual(visit.location_id.point_of_care, "7W")

    def test_what_waited_for_a_person_stands_where_it_arrived(self):
        self.assert_stands_where_it_arrived("11", lambda _told: None)

    def test_what_is_replayed_stands_where_it_arrived(self):
        self.assert_stands_where_it_arrived(
            "13", lambda told: replay.create(told, told.filtered("error_code").ids)
        )

    def assert_stands_where_it_arrived(self, number, again):
        minute = "202503020900"
        told = self.arrive(
            self.adt("A01", number),
            self.adt("A02", number, cls="DS", place="4W^401^2^MAIN", at=minute),
            self.adt("A02", number, place="5W^501^1^MAIN", at=minute),
        )
        self.assertEqual(told.mapped("state"), ["done", "quarantined", "done"])
        value_map = self.env["integration.value.map"].search([("code", "=", "hl7_patient_class")])
        self.env["integration.value.map.line"].create(
            {"map_id": value_map.id, "source": "DS", "target": "outpatient"}
        )
        if not again(told):
            value_map.reprocess_waiting()
        self.drain(self.feed)
        self.env.invalidate_all()
        visit = self.visits(number)
        self.assertEqual(visit.location_id.point_of_care, "5W")
        self.assertEqual(
            visit.move_ids.sorted("arrived").to_id.mapped("point_of_care"), ["3W", "4W", "5W"]
        )

    def test_the_schedule_says_nothing_of_the_census(self):
        """A feed that brings appointments alone leaves the census in the dark."""
        booking = self.message(
            "SIU^S12", "SCH|P9^CARE|F9^THEATRE|||||ELECTIVE|SURGERY|90|min|^^90^20261201080000",
            "RGS|1",
        )  # fmt: skip
        census, schedule = self.arrive(self.adt("A01", "12"), booking)
        self.assertEqual((census.state, schedule.state), ("done", "done"))
        reader = new_test_user(
            self.env, "ehr.silence.reader", "integration_ehr_bridge.group_census_user"
        )

        def why():
            notices = self.env["ehr.location"].with_user(reader).feed_notices()
            return [(one["why"], one["since"]) for one in notices if one["id"] == self.feed.id]

        self.assertFalse(why())
        self.env.cr.execute(
            "UPDATE integration_interface SET activated_at = activated_at - interval '3 days' "
            "WHERE id = %s",
            [self.feed.id],
        )
        self.move_back(census, hours=2)
        [(told, since)] = why()
        self.assertEqual((told, since), ("silent", str(census.finished_at.replace(microsecond=0))))
        # What waits for a person is of the census, or says nothing of it.
        other = self.message("SIU^S13", "SCH|||||||||min", "RGS|1")
        self.assertEqual(self.arrive(other).state, "quarantined")
        self.assertEqual(why()[0][0], "silent")
        self.assertEqual(self.arrive(self.adt("A04", "13", cls="??")).state, "quarantined")
        self.assertEqual(why()[0][0], "waiting")
        self.move_back(census, hours=48)
        self.assertEqual(why(), [("waiting", None)])
        self.env.company.ehr_feed_silence = 48 * 60
        self.assertTrue(why()[0][1], "looked for as far back as that takes")
        self.env.company.ehr_feed_silence = 52 * 60
        self.assertFalse(why())

    def move_back(self, message, hours):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_message SET finished_at = finished_at - %s * interval '1 hour' "
            "WHERE id = %s",
            [hours, message.id],
        )
        self.env.invalidate_all()

    def test_bed_patient_and_merge(self):
        told = self.arrive(
            self.adt("A01", "3"),
            self.message("ADT^A20", "EVN|A20|20250302090000", "NPU|3W^302^1^MAIN|C"),
            self.message("ADT^A28", "EVN|A28|20250302090000", "PID|1||474^^^MAIN^MR"),
            self.message(
                "ADT^A40", "EVN|A40|20250302091000", "PID|1||473^^^MAIN^MR", "MRG|474^^^MAIN^MR"
            ),
        )
        self.assertEqual(told.mapped("state"), ["done"] * 4, told.mapped("error_message"))
        closed = self.env["ehr.location"].search([("room", "=", "302"), ("bed", "=", "1")])
        self.assertEqual(closed.bed_state, "closed")
        merge = self.env["ehr.merge"].search([])
        self.assertEqual(merge.kept_id, self.visits("3").patient_id)

    def test_an_appointment(self):
        self.arrive(self.adt("A05", "5", cls="P", place="", at="20250302080000"))
        told = self.arrive(
            self.message(
                "SIU^S12",
                "SCH|P1^CARE|F1^THEATRE|||||ELECTIVE|SURGERY|90|min|^^90^20261201080000",
                "PID|1||475^^^MAIN^MR",
                f"PV1|1|P{'|' * 17}5^^^MAIN",
                "RGS|1",
                "AIS|1||27130^Hip",
                "AIL|1||OR^OR1^^MAIN",
            ),
            self.message("SIU^S26", "SCH|P1^CARE|F1^THEATRE", "RGS|1"),
        )
        self.assertEqual(told.mapped("state"), ["done"] * 2, told.mapped("error_message"))
        appointment = self.env["ehr.appointment"].search([("filler_number", "=", "F1")])
        self.assertEqual(appointment.status, "no_show")
        self.assertEqual(appointment.encounter_id, self.visits("5"))
        self.assertEqual(set(appointment.resource_ids.mapped("kind")), {"service", "location"})

    def test_what_cannot_be_understood_says_what_is_missing(self):
        without = self.adt("A01", "6", f19="")
        unknown_class = self.adt("A01", "7", cls="DS")
        told = self.arrive(without, unknown_class, self.message("ORU^R01"), self.adt("A01", "8"))
        self.assertEqual(told.mapped("state"), ["quarantined"] * 3 + ["done"])
        self.assertEqual(
            told.mapped("error_code")[:3], ["missing_required", "missing_value", "no_handler"]
        )
        self.assertIn("PV1-19 (visit number) is required", told[0].error_message)
        self.assertNotIn("DS", told[1].error_message)

    def test_the_mappings_know_the_time_zone_of_the_system(self):
        self.arrive(self.adt("A01", "9", f44="20240701100000"))
        self.assertEqual(str(self.visits("9").admitted_at), "2024-07-01 08:00:00")

    def test_repeated_parts_may_be_left_out(self):
        mapping = self.env.ref("integration_ehr_bridge.mapping_hl7_appointment")
        self.assertTrue(mapping.section_ids.optional)
        self.assertIn("Left out when there is none", mapping._as_text())
