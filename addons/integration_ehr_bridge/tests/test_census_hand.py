"""The census is kept by hand while the feed is down, and compared when it is back."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_core.engine.inbound_batch import Received

from .census_case import CensusCase, at, bed

WHY = "feed down since 7:40"


@tagged("post_install", "-at_install")
class TestByHand(CensusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "integration_ehr_bridge.group_census_{}".format
        cls.keeper = new_test_user(cls.env, "ehr.keeper.test", group("keeper"))
        cls.manager = new_test_user(cls.env, "ehr.manager.test", group("manager"))
        for number in (1, 2, 3):
            cls.env["ehr.location"].create({**bed(number), "kind": "bed"})

    def received(self):
        # No message of the ledger: what is to be decided names none.
        return Received(False, f"uuid-{next(self.numbers)}", None, None, None, False)

    def admit(self, clock, number="", place=1, **vals):
        visit = (
            self.env["ehr.encounter"]
            .with_user(self.keeper)
            .create(
                {
                    "visit_number": number,
                    "location_id": self.bed(place).id,
                    "admitted_at": at(clock),
                    "hand_reason": WHY,
                    **vals,
                }
            )
        )
        return visit.with_user(self.env.user)

    def enter(self, visit, kind, clock, place=None, user=None):
        event = (
            self.env["integration.census.entry"]
            .with_user(user or self.keeper)
            .create(
                {
                    "encounter_id": visit.id,
                    "kind": kind,
                    "occurred_at": at(clock),
                    "location_id": self.bed(place).id if place else False,
                    "reason": WHY,
                }
            )
        )
        event.action_enter()

    def exceptions(self, visit):
        return self.env["integration.exception"]._of(visit)

    def test_a_whole_stay_by_hand(self):
        visit = self.admit("8:00", "V1", encounter_class="inpatient")
        self.assertEqual((visit.state, visit.source), ("present", "hand"))
        self.assertTrue(visit.hand_pending)
        self.assertFalse(visit.temporary)
        self.enter(visit, "transfer", "9:00", 2)
        self.assertEqual((self.bed(1).bed_state, self.bed(2).bed_state), ("dirty", "occupied"))
        self.enter(visit, "discharge", "10:00")
        self.assertEqual((visit.state, visit.discharged_at), ("discharged", at("10:00")))
        self.assertEqual(visit.move_ids.user_id, self.keeper)
        self.assertEqual(set(visit.move_ids.mapped("note")), {WHY})

    def test_rights_and_reasons(self):
        reader = new_test_user(
            self.env, "ehr.reader.test", "integration_ehr_bridge.group_census_user"
        )
        encounters = self.env["ehr.encounter"]
        vals = {"location_id": self.bed(1).id, "hand_reason": WHY}
        with self.assertRaises(AccessError):
            encounters.with_user(reader).create(vals)
        with self.assertRaises(UserError):
            encounters.with_user(self.keeper).create({**vals, "hand_reason": " "})
        with self.assertRaises(UserError):
            encounters.with_user(self.keeper).create({"hand_reason": WHY})
        soon = fields.Datetime.now() + timedelta(hours=1)
        with self.assertRaises(UserError):
            encounters.with_user(self.keeper).create({**vals, "admitted_at": soon})
        visit = self.tell("admit", "8:00", place=1)
        with self.assertRaises(UserError):
            self.admit("9:00", "V1")
        for user in (self.keeper, self.manager):
            with self.assertRaises(AccessError):
                visit.with_user(user).write({"state": "discharged"})

    def test_a_number_by_hand_is_that_of_a_visit(self):
        """It stands in clear: no text, and no number of a patient."""
        self.env["ehr.patient"]._resolve([("MAIN", "4711")])
        for number in ("Jana Jones", "V 1", "V\t1", "4711", " 4711 "):
            with self.subTest(number=number), self.assertRaises(UserError):
                self.admit("8:00", number)
        self.assertEqual(self.admit("8:00", " V1 ").visit_number, "V1")

    def test_the_feed_agrees(self):
        visit = self.admit("8:00", "V1")
        self.enter(visit, "transfer", "9:00", 2)
        self.tell("admit", "7:52", place=1)
        self.assertTrue(visit.hand_pending)
        self.assertEqual(visit.location_id, self.bed(2))
        self.tell("transfer", "8:55", place=2)
        self.assertFalse(visit.hand_pending)
        self.assertEqual((visit.source, visit.admitted_at), ("feed", at("7:52")))
        self.assertFalse(self.exceptions(visit))
        self.assertEqual(len(self.requests(1)), 1)
        self.assertEqual(self.requests(1).move_id.occurred_at, at("8:55"))

    def differing(self):
        visit = self.admit("8:00", "V1")
        self.enter(visit, "transfer", "9:00", 2)
        self.tell("admit", "8:00", place=1)
        self.assertFalse(self.exceptions(visit))
        self.tell("transfer", "10:00", place=3)
        return visit

    def test_the_feed_says_otherwise(self):
        visit = self.differing()
        found = self.exceptions(visit)
        self.assertEqual(found.area, "census")
        self.assertEqual(
            [(one.ours, one.theirs) for one in found.line_ids],
            [(self.bed(2).complete_name, self.bed(3).complete_name)],
        )
        self.tell("update", "10:30", place=3)
        self.assertEqual(self.exceptions(visit), found)  # asked once

    def test_the_feed_is_right(self):
        visit = self.differing()
        found = self.exceptions(visit)
        found.with_user(self.manager).action_accept()
        self.assertEqual(found.state, "accepted")
        self.assertEqual(visit.location_id, self.bed(3))
        self.assertFalse(visit.hand_pending)
        # Nobody was in bed 2.
        self.assertFalse(self.requests(2).filtered(lambda one: one.state == "open"))

    def test_what_was_entered_is_right(self):
        visit = self.differing()
        found = self.exceptions(visit)
        found.with_user(self.manager).action_reject()
        self.assertEqual(visit.location_id, self.bed(2))
        self.assertFalse(visit.hand_pending)
        self.tell("transfer", "9:30", place=1)
        self.assertEqual(visit.location_id, self.bed(2))
        self.assertFalse(self.exceptions(visit))

    def test_a_discharge_that_the_feed_does_not_know(self):
        visit = self.admit("8:00", "V1")
        self.enter(visit, "discharge", "9:00")
        self.tell("admit", "8:00", place=1)
        self.tell("update", "12:00", place=1)
        self.assertEqual(visit.state, "discharged")
        found = self.exceptions(visit)
        self.assertEqual(found.line_ids.mapped("label"), ["State"])
        found.with_user(self.manager).action_accept()
        self.assertEqual(visit.state, "present")
        self.assertEqual(self.bed(1).bed_state, "occupied")

    def test_the_feed_comes_round(self):
        visit = self.differing()
        self.tell("transfer", "9:02", place=2)
        self.assertFalse(visit.hand_pending)
        self.assertFalse(self.exceptions(visit))

    def test_withdrawn(self):
        visit = self.admit("8:00", "V1")
        self.enter(visit, "transfer", "9:00", 2)
        move = visit.move_ids.filtered(lambda one: one.kind == "transfer")
        move.with_user(self.keeper).action_withdraw()
        self.assertEqual(visit.location_id, self.bed(1))
        self.assertEqual(self.bed(2).bed_state, "free")
        with self.assertRaises(UserError):
            move.with_user(self.keeper).action_withdraw()

    # -- without a number ------------------------------------------------------------------

    def test_joined_and_taken_apart(self):
        visit = self.admit("8:00", place=1)
        self.assertTrue(visit.temporary)
        self.enter(visit, "transfer", "9:00", 2)
        self.tell("admit", "8:10", "V8", place=3, patient="P8")
        self.tell("admit", "8:20", "V9", place=1, patient="P9")
        likely = visit.candidate_ids
        self.assertEqual(likely.mapped("visit_number"), ["V9", "V8"])
        target = likely[0].with_user(self.manager).with_context(temporary_id=visit.id)
        target.action_join()
        self.assertEqual((visit.state, visit.joined_into_id), ("cancelled", likely[0]))
        self.assertEqual(likely[0].location_id, self.bed(2))
        self.assertEqual(self.bed(2).occupant_ids, likely[0])
        self.assertTrue(likely[0].hand_pending)
        self.assertEqual(len(self.requests(1).filtered(lambda one: one.state == "open")), 1)
        with self.assertRaises(UserError):
            target.action_join()
        visit.with_user(self.manager).action_unjoin()
        self.assertEqual((visit.state, visit.location_id), ("present", self.bed(2)))
        self.assertFalse(visit.joined_into_id)
        self.assertEqual(likely[0].location_id, self.bed(1))
        self.assertFalse(likely[0].hand_pending)
        self.assertEqual(self.bed(1).bed_state, "occupied")

    def test_joined_with_what_the_feed_tells_alone(self):
        visit = self.admit("8:00", place=1)
        self.tell("admit", "8:10", "V8", place=2, patient="P8")
        self.tell("cancel_admit", "8:15", "V8", patient="P8")
        known = self.admit("8:20", "V9", place=3)
        for target in (self.visit("V8"), known):
            target = target.with_user(self.manager).with_context(temporary_id=visit.id)
            with self.assertRaisesRegex(UserError, "that the feed tells of"):
                target.action_join()
            self.assertFalse(visit.joined_into_id)
        # As soon as the feed tells of it, it is one of those that are offered.
        self.tell("admit", "8:20", "V9", place=3, patient="P9")
        target = self.visit("V9").with_user(self.manager).with_context(temporary_id=visit.id)
        self.assertIn(target, visit.candidate_ids)
        target.action_join()
        self.assertEqual(visit.joined_into_id, target)

    def test_joined_by_managers_only(self):
        visit = self.admit("8:00")
        self.tell("admit", "8:10", "V9", place=1)
        candidate = visit.candidate_ids.with_user(self.keeper)
        with self.assertRaises(AccessError):
            candidate.with_context(temporary_id=visit.id).action_join()

    # -- the feed does not come ------------------------------------------------------------

    def test_notices(self):
        self.env["integration.interface"].search([]).active = False
        system = self.env["integration.system"].create(
            {"name": "EHR", "code": "EHRTEST", "kind": "ehr"}
        )
        interface = self.env["integration.interface"].create(
            {
                "name": "Census feed",
                "system_id": system.id,
                "direction": "inbound",
                "manual_fallback": "<p>Call the desk.</p>",
                "handler": "integration.handler.ehr_encounter",
            }
        )
        notices = self.env["ehr.location"].with_user(self.keeper).feed_notices
        self.assertFalse(notices())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_interface SET state = 'active', activated_at = now() AT TIME ZONE "
            "'UTC' - interval '2 hours' WHERE id = %s",
            [interface.id],
        )
        self.env.invalidate_all()
        self.assertEqual(
            [(one["name"], one["why"]) for one in notices()], [("Census feed", "silent")]
        )
        self.assertIn("Call the desk", notices()[0]["fallback"])
        self.company.ehr_feed_silence = 180
        self.assertFalse(notices())
        interface.processing_paused = True
        self.assertEqual(notices()[0]["why"], "paused")
        interface.receiving_stopped = True
        self.assertEqual(notices()[0]["why"], "stopped")
