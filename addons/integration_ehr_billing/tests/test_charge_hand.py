from odoo.tests import tagged

from .charge_events_case import ChargeEventsCase


@tagged("post_install", "-at_install")
class TestChargeHand(ChargeEventsCase):
    """Charges of a visit that was admitted by hand: nobody else knows its number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.ehr_charge_direction = "out"
        cls.hand = cls.encounter("T-1", patient=None, temporary=True, source="hand")

    def charged(self):
        self.env.invalidate_all()
        return self.env["ehr.charge"].search([("source", "=", "odoo")], order="id")

    def join(self):
        self.hand.joined_into_id = self.visit

    def test_nothing_is_told_before_the_visit_is_known(self):
        self.book(encounter_id=self.hand.id).action_book()
        self.assertEqual(self.heard(), [])
        self.assertEqual((self.charged().state, self.charged().amount), ("held", 900))
        self.join()
        charge = self.charged()
        self.assertEqual((charge.state, charge.encounter_id), ("posted", self.visit))
        self.assertEqual(charge.hand_encounter_id, self.hand)
        [(code, data)] = self.heard()
        self.assertEqual((code, data["visit"]), ("posted", {"number": "V1"}))

    def test_what_came_back_meanwhile_is_told_after_it(self):
        self.book(encounter_id=self.hand.id).action_book()
        self.charged()._take_back(1, self.charged().charged_at)
        self.assertEqual(set(self.charged().mapped("state")), {"held"})
        self.assertEqual(self.heard(), [])
        self.join()
        told = [data for _code, data in self.heard()]
        self.assertEqual([one["kind"] for one in told], ["charge", "credit"])
        self.assertEqual({one["visit"]["number"] for one in told}, {"V1"})

    def test_what_is_booked_after_the_join_is_told_at_once(self):
        self.join()
        self.heard()
        self.env["ehr.charge"]._book(self.hand, self.theatre, 1, "2026-03-02 09:00:00")
        [(_code, data)] = self.heard()
        self.assertEqual(data["visit"], {"number": "V1"})

    def test_joined_with_the_wrong_one(self):
        """What was told of the other visit is taken back there, and waits again."""
        self.book(encounter_id=self.hand.id).action_book()
        self.join()
        self.heard()
        self.hand.joined_into_id = False
        [(_code, data)] = self.heard()
        self.assertEqual((data["kind"], data["visit"]["number"]), ("credit", "V1"))
        self.assertEqual((data["quantity"], data["amount"]), ("2", "900"))
        first, _credit, again = self.charged()
        self.assertEqual((first.state, again.state), ("credited", "held"))
        self.assertEqual((again.encounter_id, again.net_amount), (self.hand, 900))
        self.hand.joined_into_id = self.encounter("V2", patient=None)
        [(_code, data)] = self.heard()
        self.assertEqual((data["kind"], data["visit"]["number"]), ("charge", "V2"))

    def test_what_is_used_belongs_to_the_charge_that_counts(self):
        screw = self.service("Screw", 29, type="consu", is_storable=True)
        self.code("SCREW", screw)
        self.visit, known = self.hand, self.visit
        move = self.use(screw, 2)
        self.visit = known
        self.join()
        self.hand.joined_into_id = False
        again = self.charged()[-1]
        self.assertEqual((again.state, again.stock_move_id), ("held", move))
        self.give_back(move, 2)
        self.assertTrue(again.is_credited)
