import json

from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine import causation
from odoo.addons.integration_core.engine.causation import Cause

from .events_case import CODES, EventsCase


@tagged("post_install", "-at_install")
class TestEhrEvents(EventsCase):
    # -- visits ----------------------------------------------------------------------------

    def test_admitted(self):
        visit = self.visit("V1", "4711", location_id=self.bed.id, admitted_at=self.now)
        told = self.told()
        self.assertEqual(list(told), ["encounter.admitted"])
        [data] = told["encounter.admitted"]
        self.assertEqual(data["visit"], {"number": "V1"})
        self.assertEqual(
            data["location"],
            {"facility": "MAIN", "point_of_care": "4W", "room": "401", "bed": "A"},
        )
        self.assertEqual((data["status"], data["class"]), ("present", "inpatient"))
        self.assertNotIn(visit.patient_id.pseudonym, json.dumps(data))

    def test_an_outpatient_is_not_admitted_until_he_is(self):
        visit = self.visit("V1", encounter_class="outpatient")
        self.assertFalse(self.told())
        visit.encounter_class = "inpatient"
        self.assertEqual(list(self.told()), ["encounter.admitted"])

    def test_said_again_it_is_not_told_again(self):
        visit = self.visit("V1")
        self.told()
        visit.write({"state": "present", "service": "ORTHO"})
        self.assertFalse(self.told())

    def test_transferred(self):
        visit = self.visit("V1", location_id=self.ward.id)
        self.told()
        visit.write({"location_id": self.bed.id, "service": "ORTHO"})
        told = self.told()
        self.assertEqual(list(told), ["encounter.transferred"])
        [data] = told["encounter.transferred"]
        self.assertEqual(data["location"]["bed"], "A")
        self.assertEqual(
            data["changes"],
            [
                {"path": "/location/bed", "from": None, "to": "A"},
                {"path": "/location/room", "from": None, "to": "401"},
            ],
        )

    def test_admitted_and_moved_at_once_is_one_event(self):
        visit = self.visit("V1", location_id=self.ward.id)
        self.env.flush_all()
        visit.location_id = self.bed
        told = self.told()
        self.assertEqual(list(told), ["encounter.admitted"])
        [data] = told["encounter.admitted"]
        self.assertEqual(data["location"]["bed"], "A")

    def test_discharged_and_back(self):
        visit = self.visit("V1", location_id=self.bed.id)
        self.told()
        visit.write({"state": "discharged", "discharged_at": self.now})
        told = self.told()
        self.assertEqual(list(told), ["encounter.discharged"])
        self.assertEqual(told["encounter.discharged"][0]["location"]["bed"], "A")
        visit.write({"state": "present", "discharged_at": False})
        self.assertEqual(list(self.told()), ["encounter.admitted"])
        visit.state = "cancelled"
        self.assertEqual(list(self.told()), ["encounter.cancelled"])

    def test_entered_by_hand_and_then_told_by_the_feed(self):
        keeper = new_test_user(
            self.env, "keeps.by.hand", "integration_ehr_bridge.group_census_keeper"
        )
        self.env["ehr.encounter"].with_user(keeper).create(
            {
                "visit_number": "V1",
                "encounter_class": "inpatient",
                "location_id": self.bed.id,
                "hand_reason": "feed down",
            }
        )
        self.assertEqual(list(self.told()), ["encounter.admitted"])
        self.assertEqual(self.rows[0][6], None, "nobody but a person caused it")
        self.reconfigure(self.inbound, handler="integration.handler.ehr_encounter")
        message = self.bring(
            {
                "event": "admit",
                "occurred_at": self.moment(-1),
                "visit": {"number": "V1"},
                "patient": {"number": "4711"},
                "class": "inpatient",
                "location": {**self.bed._integration_place()},
            }
        )
        self.assert_done(message)
        self.assertFalse(self.told(), "it is known already")

    # -- appointments ----------------------------------------------------------------------

    def book(self, minute=-60, event="book", **members):
        return self.bring(
            {
                "event": event,
                "occurred_at": self.moment(minute),
                "filler": {"number": "A1", "assigner": "OR"},
                **members,
            }
        )

    def booked(self):
        self.assert_done(
            self.book(
                start=self.moment(days=1),
                minutes=60,
                type="SURGERY",
                patient={"number": "4711"},
                resources=[
                    {"kind": "provider", "provider": {"number": "D1"}},
                    {"kind": "equipment", "code": "C-ARM"},
                ],
            )
        )

    def test_booked(self):
        self.booked()
        told = self.told()
        self.assertEqual(sorted(told), ["appointment.booked", "provider_schedule.changed"])
        [data] = told["appointment.booked"]
        self.assertEqual(
            data["appointment"], {"filler": {"number": "A1", "assigner": "OR"}, "placer": None}
        )
        self.assertEqual([one["kind"] for one in data["resources"]], ["provider", "equipment"])
        [schedule] = told["provider_schedule.changed"]
        self.assertEqual(schedule["provider"], {"number": "D1"})
        self.assertEqual(len(schedule["slots"]), 1)
        self.assertNotIn("A1", json.dumps(schedule), "nothing of whom for")

    def test_rescheduled(self):
        self.booked()
        self.told()
        self.book(-50, "reschedule", start=self.moment(days=2))
        told = self.told()
        self.assertEqual(sorted(told), ["appointment.changed", "provider_schedule.changed"])
        [data] = told["appointment.changed"]
        self.assertEqual({one["path"] for one in data["changes"]}, {"/start", "/end"})

    def test_resource_changed(self):
        self.booked()
        self.told()
        arm = {"kind": "equipment", "code": "C-ARM"}
        self.book(-50, "modify", resources=[arm])
        told = self.told()
        self.assertEqual(sorted(told), ["appointment.changed", "provider_schedule.changed"])
        self.assertEqual(told["provider_schedule.changed"][0]["slots"], [])

    def test_cancelled(self):
        self.booked()
        self.told()
        self.book(-50, "cancel")
        told = self.told()
        self.assertEqual(sorted(told), ["appointment.cancelled", "provider_schedule.changed"])
        self.assertEqual(told["appointment.cancelled"][0]["status"], "cancelled")

    def test_did_not_come_is_a_change(self):
        self.booked()
        self.told()
        self.book(-50, "no_show")
        self.assertIn("appointment.changed", self.told())

    def test_said_again_nothing_is_told(self):
        self.booked()
        self.told()
        self.booked()
        self.assertFalse(self.told())

    def test_a_visit_that_becomes_known_is_a_change(self):
        self.book(start=self.moment(days=1), visit={"number": "V1"})
        told = self.told()
        self.assertEqual(told["appointment.booked"][0]["visit"], None)
        self.visit("V1", state="planned")
        [data] = self.told()["appointment.changed"]
        self.assertEqual(data["visit"], {"number": "V1"})

    def test_of_many_messages_at_once_each_has_its_events(self):
        """A provider who is replaced is told of, too, and no batch falls apart for it."""
        documents = [
            {
                "event": event,
                "occurred_at": self.moment(minute),
                "filler": {"number": f"A{number}"},
                "start": self.moment(number * 60, days=1),
                "resources": [{"kind": "provider", "provider": {"number": provider}}],
            }
            for minute, (event, number, provider) in enumerate(
                [("book", 1, "D1"), ("book", 2, "D2"), ("modify", 1, "D3")], start=-9
            )
        ]
        self.bring_all(documents[:2])
        self.told()
        with self.assertNoLogs("odoo.addons.integration_core.engine.inbound_batch", "WARNING"):
            message = self.bring_all([documents[2], {**documents[1], "minutes": 5}])
        self.assert_done(message)
        told = self.told()
        self.assertEqual(len(told["appointment.changed"]), 2)
        providers = [one["provider"]["number"] for one in told["provider_schedule.changed"]]
        self.assertEqual(sorted(providers), ["D1", "D2", "D3"])
        self.env.cr.execute(
            "SELECT count(DISTINCT causation_id) FROM integration_event WHERE uuid = ANY(%s)",
            [[row[1] for row in self.rows]],
        )
        self.assertEqual(self.env.cr.fetchone(), (2,))

    # -- what is kept of it ----------------------------------------------------------------

    def test_nothing_stands_in_clear(self):
        self.visit("CANARYV1", "CANARY4711", location_id=self.bed.id)
        self.book(
            start=self.moment(days=1),
            patient={"number": "CANARY4711"},
            visit={"number": "CANARYV1"},
            resources=[{"kind": "provider", "provider": {"number": "D1"}}],
        )
        self.assertIn("CANARYV1", json.dumps(self.told()), "the canaries are in the content")
        self.drain(self.outbound)
        self.env.flush_all()
        for table in (
            "integration_event",
            "integration_message",
            "integration_payload",
            "integration_attempt",
            "integration_idempotency",
            "integration_record_sync",
        ):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")
            self.assertNotIn("CANARY", str(self.env.cr.fetchall()), table)

    def test_events_are_clinical_whoever_takes_them(self):
        for event_type in self.types - self.env.ref(
            "integration_ehr_bridge.event_type_provider_schedule_changed"
        ):
            self.assertEqual(event_type.least_class, "clinical", event_type.code)
        staff = self.env.ref("integration_ehr_bridge.event_type_provider_schedule_changed")
        self.assertEqual(staff.least_class, "confidential")

    def test_contents_fulfil_their_contracts(self):
        self.booked()
        visit = self.visit("V1", location_id=self.ward.id)
        contents = self.told()
        visit.location_id = self.bed
        self.book(-50, "reschedule", start=self.moment(days=2))
        contents |= self.told()
        visit.state = "discharged"
        self.book(-40, "cancel")
        contents |= self.told()
        visit.state = "cancelled"
        contents |= self.told()
        self.assertEqual(len(contents), len(CODES), sorted(contents))
        for code, found in contents.items():
            event_type = self.types.filtered(lambda one, code=code: one.code == f"ehr.{code}")
            validator = event_type.contract_id.current_version_id._validator()
            for data in found:
                self.assertEqual(validator.violations(data), [], code)

    def test_the_system_that_caused_it_is_not_told(self):
        self.reconfigure(self.outbound, system_id=self.system.id)
        self.booked()
        self.assertIn("appointment.booked", self.told())
        self.assertEqual({row[6] for row in self.rows}, {self.system.id})
        self.assertFalse(self.messages(self.outbound), "an echo")
        with causation.caused_by(Cause(None, None, None, self.kitchen.id, 1)):
            self.visit("V1")
            self.told()
        self.assertEqual(
            self.messages(self.outbound).mapped("message_type"), ["ehr.encounter.admitted"]
        )
