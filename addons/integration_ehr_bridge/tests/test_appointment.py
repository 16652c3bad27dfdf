from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import replay

from ..tools import schedule
from .schedule_case import ScheduleCase


class AppointmentCase(ScheduleCase):
    def event(self, event, minute=0, **members):
        """A message about appointment A1 that happened some minutes before or after now."""
        return {
            "event": event,
            "occurred_at": self.moment(minute),
            "filler": {"number": "A1", "assigner": "OR"},
            **members,
        }

    def book(self, minute=-60, **members):
        return self.event(
            "book",
            minute,
            **{"start": self.moment(days=1), "minutes": 90, "type": "SURGERY", **members},
        )

    def known(self, number="A1"):
        self.env.invalidate_all()
        return self.env["ehr.appointment"].search([("filler_number", "=", number)])


@tagged("post_install", "-at_install")
class TestAppointment(AppointmentCase):
    def test_booked(self):
        message = self.bring(
            self.book(
                patient={"number": "4711", "assigner": "H"},
                placer={"number": "P1"},
                placer_order="O1",
                reason_code="R1",
            )
        )
        self.assert_done(message)
        one = self.known()
        self.assertEqual((message.res_model, message.res_id), ("ehr.appointment", one.id))
        self.assertEqual(
            (one.status, one.minutes, one.type_code, one.placer_order, one.reason_code),
            ("booked", 90, "SURGERY", "O1", "R1"),
        )
        self.assertEqual(str(one.end_at - one.start_at), "1:30:00")
        self.assertEqual((one.filler_assigner, one.placer_assigner), ("OR", "PARTNER"))
        self.assertNotIn("4711", one.patient_id.pseudonym)
        self.assertEqual(one.patient_id.assigner, "H")

    def test_what_is_left_out_stays_and_null_empties(self):
        self.bring(self.book(placer_order="O1", reason_code="R1"))
        self.bring(self.event("modify", -50, reason_code=None))
        one = self.known()
        self.assertEqual((one.placer_order, one.reason_code, one.minutes), ("O1", False, 90))

    def test_rescheduled_keeps_its_duration(self):
        self.bring(self.book())
        self.bring(self.event("reschedule", -50, start=self.moment(days=3)))
        one = self.known()
        self.assertEqual((one.start_at.date() - self.now.date()).days, 3)
        self.assertEqual((one.minutes, one.status), (90, "booked"))

    def test_end_instead_of_duration(self):
        start, end = self.moment(days=2), self.moment(minutes=45, days=2)
        self.bring(self.book(start=start, minutes=10))
        self.bring(self.event("modify", -50, end=end))
        self.assertEqual(self.known().minutes, 45)
        self.assert_quarantined(
            self.bring(self.event("modify", -40, start=end, end=start)), "ends_before"
        )
        lost = self.event("book", -30, end=end) | {"filler": {"number": "A2"}}
        self.assert_quarantined(self.bring(lost), "end_without_start")

    def test_called_off(self):
        for event, status in (
            ("cancel", "cancelled"),
            ("discontinue", "discontinued"),
            ("delete", "deleted"),
            ("no_show", "no_show"),
        ):
            with self.subTest(event):
                named = {"filler": {"number": event}}
                self.bring(self.book() | named)
                self.bring(self.event(event, -50, status="booked") | named)
                one = self.known(event)
                self.assertEqual(one.status, status)
                self.assertEqual(one.called_off, status != "no_show")

    def test_cancellation_overtakes_the_booking(self):
        self.bring(self.event("cancel", -10))
        self.assertFalse(self.known().start_at)
        self.assert_done(self.bring(self.book(-60)))
        one = self.known()
        self.assertEqual((one.status, one.minutes, one.type_code), ("cancelled", 90, "SURGERY"))

    def test_late_times_do_not_replace_newer_ones(self):
        self.bring(self.event("reschedule", -10, start=self.moment(days=5)))
        self.bring(self.book(-60))
        one = self.known()
        self.assertEqual((one.start_at.date() - self.now.date()).days, 5)
        self.assertEqual(one.type_code, "SURGERY", "what the newer event left out")

    def test_reschedule_of_a_cancelled_appointment(self):
        self.bring_all([self.book(-60), self.event("cancel", -50)])
        moved = {"start": self.moment(days=4)}
        self.assert_quarantined(
            self.bring(self.event("reschedule", -40, **moved)), "appointment_cancelled"
        )
        self.assertEqual(self.known().status, "cancelled")
        self.assert_done(self.bring(self.event("reschedule", -55, **moved)))
        self.assertEqual(self.known().status, "cancelled", "it was before it was cancelled")
        self.bring(self.event("reschedule", -30, status="booked", **moved))
        self.assertEqual(self.known().status, "booked")

    def test_reschedule_of_what_is_over(self):
        self.bring_all([self.book(-60), self.event("modify", -50, status="done")])
        message = self.bring(self.event("reschedule", -40, start=self.moment(days=4)))
        self.assert_quarantined(message, "appointment_over")

    def test_booked_again(self):
        self.bring_all([self.book(-60), self.event("cancel", -50), self.book(-40)])
        self.assertEqual(self.known().status, "booked")

    def test_a_change_of_a_cancelled_one_leaves_it_cancelled(self):
        self.bring_all([self.book(-60), self.event("cancel", -50)])
        self.bring(self.event("modify", -40, reason_code="R2"))
        self.assertEqual((self.known().status, self.known().reason_code), ("cancelled", "R2"))

    def test_the_same_again_changes_nothing(self):
        resources = [{"kind": "equipment", "code": "C-ARM"}]
        self.bring(self.book(resources=resources))
        one = self.known()
        before = one.copy_data(), one.resource_ids.ids
        message = self.bring(self.book(resources=resources))
        self.assert_done(message)
        self.env.invalidate_all()
        # Of the events of this minute, it is the last one that arrived.
        last = {name: schedule.tick(one.last_event_at, message.id) for name in one.clocks}
        self.assertEqual(one.clocks, last)
        self.assertEqual((one.copy_data(), one.resource_ids.ids), before)
        self.assertEqual(len(self.known()), 1)
        replay.create(message, message.ids)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((one.clocks, one.copy_data(), one.resource_ids.ids), (last, *before))

    def test_in_the_future(self):
        self.assert_quarantined(self.bring(self.book(90)), "in_future")
        self.assertFalse(self.known())

    def test_free_text_is_refused(self):
        message = self.bring(self.book(reason_code="pain in the left hip"))
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))
        self.assertNotIn("hip", message.error_message)

    def test_without_a_number(self):
        message = self.bring({"event": "book", "occurred_at": self.moment(-1)})
        self.assertEqual((message.state, message.error_class), ("quarantined", "contract"))


@tagged("post_install", "-at_install")
class TestAppointmentNumbers(AppointmentCase):
    def test_numbers_of_two_systems_do_not_meet(self):
        bare = {"filler": {"number": "A1"}}
        self.bring(self.book() | bare)
        other = self.env["integration.system"].create(
            {"name": "Radiology", "code": "RIS", "kind": "ris"}
        )
        self.env.cr.execute(
            "UPDATE integration_interface SET system_id = %s WHERE id = %s",
            [other.id, self.inbound.id],
        )
        self.inbound.invalidate_recordset()
        self.inbound._configuration_changed()
        self.bring(self.book(type="XRAY") | bare)
        found = self.known().sorted("id")
        self.assertEqual(found.mapped("filler_assigner"), ["PARTNER", "RIS"])
        self.assertEqual(found.mapped("type_code"), ["SURGERY", "XRAY"])
        # who names the assigner means the same one, whoever sends it
        self.bring(self.event("cancel") | {"filler": {"number": "A1", "assigner": "PARTNER"}})
        self.assertEqual(found.mapped("status"), ["cancelled", "booked"])

    def test_asked_for_first_then_numbered(self):
        asked = {key: value for key, value in self.book(-60).items() if key != "filler"}
        placer = {"placer": {"number": "P1", "assigner": "EHR"}}
        self.bring(asked | placer | {"status": "pending"})
        self.bring(self.book(-50) | placer)
        one = self.known()
        self.assertEqual((one.placer_number, one.status), ("P1", "booked"))
        self.assertEqual(
            self.env["ehr.appointment"].search_count([("placer_number", "=", "P1")]), 1
        )

    def test_one_request_of_several_appointments(self):
        placer = {"placer": {"number": "P1", "assigner": "EHR"}}
        second = {"filler": {"number": "A2", "assigner": "OR"}}
        self.bring_all([self.book() | placer, self.book() | placer | second])
        self.assertEqual(len(self.known() | self.known("A2")), 2)
        unclear = {key: value for key, value in self.event("cancel").items() if key != "filler"}
        self.assert_quarantined(self.bring(unclear | placer), "appointment_ambiguous")

    def test_of_another_company(self):
        self.bring(self.book())
        one = self.known()
        other = self.env["res.company"].create({"name": "Another hospital"})
        stranger = self.env["res.users"].create(
            {
                "name": "Stranger",
                "login": "stranger",
                "company_id": other.id,
                "company_ids": [(6, 0, other.ids)],
                "group_ids": [(6, 0, self.env.ref("integration_ehr_bridge.group_feed").ids)],
            }
        )
        theirs = self.env["ehr.appointment"].with_user(stranger)
        self.assertFalse(theirs.search([("id", "=", one.id)]))
        self.assertFalse(theirs.env["ehr.appointment.resource"].search([]))
        again = theirs.create({"filler_number": "A1", "filler_assigner": "OR"})
        self.assertEqual(again.company_id, other, "two hospitals may use the same number")


@tagged("post_install", "-at_install")
class TestAppointmentVisit(AppointmentCase):
    VISIT = {"visit": {"number": "V1"}}

    def test_visit_is_known(self):
        visit = self.visit("V1", "4711")
        self.assert_done(self.bring(self.book() | self.VISIT))
        one = self.known()
        self.assertEqual((one.encounter_id, one.patient_id), (visit, visit.patient_id))
        self.assertFalse(one.visit_key)

    def test_visit_becomes_known(self):
        self.bring(self.book(patient={"number": "4711"}) | self.VISIT)
        one = self.known()
        self.assertFalse(one.encounter_id)
        self.assertTrue(one.visit_key)
        reader = new_test_user(
            self.env, "reads.schedule", "integration_ehr_bridge.group_census_user"
        )
        self.assertTrue(one.with_user(reader).awaits_visit)
        self.assertNotIn("V1", one.visit_key)
        self.visit("V2", "4711")
        self.assertFalse(one.encounter_id)
        visit = self.visit("V1", "4711")
        self.assertEqual((one.encounter_id, one.visit_key), (visit, False))

    def test_a_visit_of_another_hospital_is_another_visit(self):
        self.bring(self.book() | {"visit": {"number": "V1", "assigner": "A"}})
        self.visit("V1", visit_assigner="B")
        self.assertFalse(self.known().encounter_id)

    def test_patient_unknown_and_visit_of_another_one(self):
        self.visit("V1", "4711")
        message = self.bring(self.book(patient={"number": "815"}) | self.VISIT)
        self.assert_quarantined(message, "visit_of_other_patient")
        self.assertFalse(self.known())

    def test_patients_that_were_merged_are_one(self):
        visit = self.visit("V1", "4711")
        retired = self.env["ehr.patient"]._resolve([("", "815")])["", "815"]
        self.bring(self.book(patient={"number": "815"}))
        self.assertEqual(self.known().patient_id, retired)
        self.env["ehr.merge"]._merge(visit.patient_id, retired, self.now)
        self.assertEqual(self.known().patient_id, visit.patient_id)
        self.assert_done(self.bring(self.event("modify", patient={"number": "815"}) | self.VISIT))
        self.assertEqual(self.known().encounter_id, visit)

    def test_a_number_stands_nowhere_in_clear(self):
        self.bring(self.book(patient={"number": "CANARY4711"}) | {"visit": {"number": "CANARYV1"}})
        self.env.flush_all()
        for table in ("ehr_appointment", "ehr_appointment_resource", "ehr_patient"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")
            self.assertNotIn("CANARY", str(self.env.cr.fetchall()), table)
        self.env.cr.execute(
            "SELECT m::text FROM integration_message m WHERE interface_id = %s", [self.inbound.id]
        )
        self.assertNotIn("CANARY", str(self.env.cr.fetchall()))


@tagged("post_install", "-at_install")
class TestAppointmentNeeds(AppointmentCase):
    def needs(self):
        return sorted(one.display_name for one in self.known().resource_ids)

    def test_all_kinds(self):
        message = self.bring(
            self.book(
                resources=[
                    {"kind": "service", "code": "HIP", "minutes": 60},
                    {"kind": "location", "location": {"point_of_care": "OR", "room": "2"}},
                    {"kind": "provider", "provider": {"number": "D1", "assigner": "H"}},
                    {"kind": "equipment", "code": "C-ARM", "start": self.moment(15, days=1)},
                ]
            )
        )
        self.assert_done(message)
        one = self.known()
        self.assertEqual(self.needs(), ["C-ARM", "D1 (H)", "HIP", "OR / 2"])
        service, place, provider, arm = one.resource_ids.sorted("id")
        self.assertEqual(str(service.end_at - service.start_at), "1:00:00")
        self.assertEqual((place.start_at, place.end_at), (one.start_at, one.end_at))
        self.assertEqual(str(arm.start_at - one.start_at), "0:15:00")
        self.assertEqual((one.location_id.room, one.staff_id.number), ("2", "D1"))
        self.assertTrue(provider.busy)
        found = one.search([("provider_ids", "in", one.staff_id.ids)])
        self.assertEqual(found, one)

    def test_list_and_single_changes(self):
        self.bring(
            self.book(
                resources=[
                    {"kind": "equipment", "code": "A"},
                    {"kind": "equipment", "code": "B"},
                ]
            )
        )
        kept = self.known().resource_ids.filtered(lambda one: one.code == "B")
        self.bring(
            self.event(
                "modify",
                -50,
                resources=[
                    {"kind": "equipment", "code": "A", "action": "delete"},
                    {"kind": "equipment", "code": "C", "action": "add"},
                ],
            )
        )
        self.assertEqual(self.needs(), ["B", "C"])
        self.bring(self.event("modify", -40, resources=[{"kind": "equipment", "code": "B"}]))
        self.assertEqual(self.known().resource_ids, kept)

    def test_single_changes_that_come_late(self):
        """Each counts if nothing newer spoke of that resource; a whole list speaks of all."""

        def change(minutes, code, action):
            needs = [{"kind": "equipment", "code": code, "action": action}]
            self.assert_done(self.bring(self.event("modify", minutes, resources=needs)))

        self.bring(self.book(-50, resources=[{"kind": "equipment", "code": "A"}]))
        change(-20, "B", "add")
        change(-30, "C", "add")
        change(-40, "B", "delete")
        self.assertEqual(self.needs(), ["A", "B", "C"])
        change(-55, "D", "add")
        self.assertEqual(self.needs(), ["A", "B", "C"], "the list of later does not have it")
        late = [{"kind": "equipment", "code": "E"}]
        self.bring(self.event("modify", -25, resources=late))
        self.assertEqual(self.needs(), ["B", "E"], "added after that list")

    def test_unknown_place(self):
        self.env.company.ehr_create_locations = False
        place = {"kind": "location", "location": {"point_of_care": "NOWHERE"}}
        message = self.bring(self.book(resources=[place]))
        self.assert_quarantined(message, "unknown_location")
        self.assertFalse(self.known())

    def test_a_provider_is_free_when_it_is_called_off(self):
        provider = [{"kind": "provider", "provider": {"number": "D1"}}]
        self.bring(self.book(resources=provider))
        staff = self.known().staff_id
        self.assertEqual(staff.appointment_count, 1)
        self.bring(self.event("cancel", -50))
        self.env.invalidate_all()
        self.assertEqual(staff.appointment_count, 0)
        self.assertFalse(self.known().resource_ids.busy)

    def test_one_bad_message_of_many_is_left_out_alone(self):
        good = [self.book() | {"filler": {"number": f"G{i}"}} for i in range(20)]
        bad = self.book(start=self.moment(days=1), end=self.moment(days=-1)) | {
            "filler": {"number": "BAD"}
        }
        del bad["minutes"]
        messages = self.bring_all([*good[:10], bad, *good[10:]])
        self.assertEqual(messages.mapped("state").count("done"), 20)
        self.assertEqual(messages[10].error_code, "ends_before")
        self.assertEqual(
            self.env["ehr.appointment"].search_count([("filler_number", "=like", "G%")]), 20
        )
