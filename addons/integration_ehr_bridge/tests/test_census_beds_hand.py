"""Who says in which state a bed is: the feed, and a census keeper with a reason."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .census_case import CensusCase, at, bed, moment

WHY = "feed down since 7:40"


@tagged("post_install", "-at_install")
class TestBedsByHand(CensusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "integration_ehr_bridge.group_census_{}".format
        cls.reader = new_test_user(cls.env, "ehr.bed.reader", group("user"))
        cls.keeper = new_test_user(cls.env, "ehr.bed.keeper", group("keeper"))
        cls.manager = new_test_user(cls.env, "ehr.bed.manager", group("manager"))
        places = cls.env["ehr.location"]
        places.create({"point_of_care": "W4", "kind": "unit"})
        places.create([{**bed(number), "kind": "bed"} for number in (1, 2)])

    def feed_says(self, state, occurred_at):
        body = {"location": bed(1), "status": state, "occurred_at": occurred_at}
        self.process("ehr_bed", body)

    def later(self, minutes=1):
        return (fields.Datetime.now() + timedelta(minutes=minutes)).isoformat() + "+00:00"

    def enter(self, action, reason=WHY, user=None):
        """Press a button of the bed, and fill in its dialog."""
        place = self.bed(1).with_user(user or self.keeper)
        dialog = getattr(place, action)()
        self.env[dialog["res_model"]].with_user(user or self.keeper).with_context(
            **dialog["context"]
        ).create({"reason": reason}).action_enter()
        self.env.flush_all()
        self.env.invalidate_all()

    def is_now(self, state):
        self.assertEqual(self.bed(1).bed_state, state)

    # -- a way out -------------------------------------------------------------------------

    def test_isolated_during_the_stay_and_the_feed_is_down(self):
        self.tell("admit", "8:00", place=1)
        self.feed_says("isolated", moment("9:00"))
        self.tell("discharge", "10:00")
        self.is_now("isolated")
        self.requests(1).with_user(self.keeper).action_done()
        self.is_now("isolated")  # cleaned, and who lifts isolation is another question
        self.assertEqual(self.bed(1).unit_id.free_count, 1)  # the other one
        self.enter("action_ask_free")
        self.is_now("free")
        self.assertEqual(self.bed(1).unit_id.free_count, 2)

    def test_closed_and_freed(self):
        self.enter("action_ask_close", "lamp broken")
        self.is_now("closed")
        self.enter("action_ask_isolate")
        self.is_now("isolated")
        self.enter("action_ask_free", "lamp  mended ")
        self.is_now("free")
        entries = self.bed(1).bed_entry_ids
        self.assertEqual(
            [(one.state, one.reason) for one in entries],
            [("free", "lamp mended"), ("isolated", WHY), ("closed", "lamp broken")],
        )
        self.assertEqual(entries.user_id, self.keeper)

    def test_freed_while_it_is_to_be_cleaned(self):
        self.tell("admit", "8:00", place=1)
        self.tell("discharge", "10:00")
        self.enter("action_ask_free")
        self.is_now("free")
        request = self.requests(1)
        self.assertEqual((request.state, request.done_by_id), ("done", self.keeper))

    def test_while_a_patient_is_in_it(self):
        self.tell("admit", "8:00", place=1)
        with self.assertRaisesRegex(UserError, "A patient is in this bed"):
            self.enter("action_ask_free")
        self.assertFalse(self.bed(1).bed_entry_ids)
        self.enter("action_ask_close")
        self.assertEqual((self.bed(1).bed_state, self.bed(1).bed_told), ("occupied", "closed"))
        self.tell("discharge", "10:00")
        self.is_now("closed")

    def test_isolation_lifted_while_the_patient_is_in_it(self):
        self.tell("admit", "8:00", place=1)
        self.feed_says("isolated", moment("9:00"))
        self.enter("action_ask_free")
        self.assertEqual((self.bed(1).bed_state, self.bed(1).bed_told), ("occupied", "free"))
        self.process(
            "ehr_encounter", self.adt("discharge", "10:00") | {"occurred_at": self.later()}
        )
        self.is_now("dirty")

    # -- beside the feed -------------------------------------------------------------------

    def test_a_later_message_of_the_feed_wins(self):
        self.enter("action_ask_close")
        self.feed_says("free", moment("9:00"))
        self.is_now("closed")
        self.feed_says("free", self.later())
        self.is_now("free")

    def test_a_sender_whose_clock_is_ahead(self):
        self.feed_says("closed", self.later(30))
        self.enter("action_ask_free")
        self.is_now("free")

    def test_told_to_be_occupied_by_nobody(self):
        self.feed_says("occupied", moment("9:00"))
        self.enter("action_ask_free")
        self.is_now("free")

    # -- who may ---------------------------------------------------------------------------

    def test_keepers_with_a_reason(self):
        for action in ("action_ask_close", "action_ask_free", "action_ask_isolate"):
            with self.assertRaises(AccessError):
                getattr(self.bed(1).with_user(self.reader), action)()
        with self.assertRaises(AccessError):
            self.bed(1).with_user(self.reader)._say_by_hand("closed", WHY)
        with self.assertRaisesRegex(UserError, "Say why"):
            self.enter("action_ask_close", "  ")
        with self.assertRaisesRegex(UserError, "is no bed"):
            self.bed(1).unit_id.with_user(self.keeper).action_ask_close()
        self.is_now("free")

    def test_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        place = self.env["ehr.location"].create(
            {**bed(1, unit="X1"), "kind": "bed", "company_id": other.id}
        )
        with self.assertRaises(AccessError):
            place.with_user(self.keeper)._say_by_hand("closed", WHY)
        self.assertEqual(place.bed_state, "free")

    def test_nobody_writes_it_past_the_trail(self):
        place = self.bed(1).with_user(self.manager)
        for name, value in (
            ("bed_state", "closed"),
            ("bed_state_at", at("8:00")),
            ("bed_told", "closed"),
            ("bed_told_at", at("8:00")),
        ):
            with self.subTest(field=name):
                with self.assertRaises(AccessError):
                    place.write({name: value})
                with self.assertRaises(AccessError):
                    place.create({**bed(8), "kind": "bed", name: value})
                with self.assertRaises(AccessError):
                    place.with_context(**{f"default_{name}": value}).create(bed(8))
        imported = place.load(
            ["point_of_care", "room", "bed", "kind", "bed_state"],
            [["W4", "401", "8", "bed", "closed"]],
        )
        self.assertFalse(imported["ids"])
        place.write({"name": "Window"})
        self.assertEqual(place.create({**bed(9), "kind": "bed"}).bed_state, "free")
        entry = self.env["ehr.bed.entry"].with_user(self.manager)
        with self.assertRaises(AccessError):
            entry.create(
                {
                    "location_id": place.id,
                    "state": "free",
                    "said_at": at("8:00"),
                    "user_id": self.manager.id,
                    "reason": WHY,
                    "company_id": self.company.id,
                }
            )

    # -- what becomes a bed ----------------------------------------------------------------

    def test_a_room_that_becomes_a_bed_is_free(self):
        places = self.env["ehr.location"].with_user(self.manager)
        room = places.create({"point_of_care": "W4", "room": "409", "kind": "room"})
        self.assertFalse(room.bed_state)
        room.kind = "bed"
        self.assertEqual((room.bed_state, room.free_count), ("free", 1))

    def test_told_by_a_list_of_places(self):
        self.env["ehr.location"].create({"point_of_care": "W4", "room": "409", "kind": "room"})
        record = {
            "action": "update",
            "location": {"point_of_care": "W4", "room": "409"},
            "kind": "bed",
            "effective_at": moment("8:00"),
        }
        self.process("ehr_location_list", {"occurred_at": moment("8:00"), "records": [record]})
        room = self.env["ehr.location"].search([("room", "=", "409")])
        self.assertEqual((room.kind, room.bed_state), ("bed", "free"))

    def test_a_room_with_a_patient_that_becomes_a_bed(self):
        room = self.env["ehr.location"].create(
            {"point_of_care": "W4", "room": "409", "kind": "room"}
        )
        admit = self.adt("admit", "8:00") | {"location": {"point_of_care": "W4", "room": "409"}}
        self.process("ehr_encounter", admit)
        room.with_user(self.manager).kind = "bed"
        self.assertEqual((room.bed_state, room.bed_state_at), ("occupied", at("8:00")))
        self.tell("discharge", "9:00")
        self.assertEqual(room.bed_state, "dirty")

    def test_a_bed_that_was_closed_stays_so(self):
        place = self.bed(1)
        self.enter("action_ask_close")
        place.kind = "other"
        place.kind = "bed"
        self.assertEqual(place.bed_state, "closed")
