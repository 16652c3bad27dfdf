"""What others are told of visits: every admission that they heard of comes to an end for them."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_core.engine import inbound
from odoo.addons.integration_core.engine.inbound import commit

from .census_case import bed, moment
from .events_case import EventsCase

ADMITTED, MOVED = "encounter.admitted", "encounter.transferred"
LEFT, NONE = "encounter.discharged", "encounter.cancelled"


@tagged("post_install", "-at_install")
class TestCensusEvents(EventsCase):
    handler = "integration.handler.ehr_encounter"

    def adt(self, event, clock, place=None, klass="inpatient", *, visit="V1", recorded=None):
        return {
            "event": event,
            "occurred_at": moment(clock),
            "recorded_at": moment(recorded or clock),
            "visit": {"number": visit},
            "patient": {"number": f"P{visit}"},
            "class": klass,
            **({"location": bed(place)} if place else {}),
        }

    def heard(self):
        """What was told since the last call: type, visit, bed and status of each event."""
        found = [
            (code, one["visit"]["number"], (one["location"] or {}).get("bed"), one.get("status"))
            for code, contents in self.told().items()
            for one in contents
        ]
        return sorted(found, key=str)

    def one_by_one(self, told):
        found = []
        for body in told:
            self.assert_done(self.bring(body))
            found += self.heard()
        return sorted(found, key=str)

    def at_once(self, told):
        # A test has one transaction for all that the drain commits one after the other.
        with patch.object(inbound, "commit", self.committed):
            self.assert_done(self.bring_all(told))
        return self.heard()

    def committed(self, cr):
        """What follows belongs to another transaction, as it does after a real commit."""
        cr.flush()
        cr.postcommit.data.clear()
        cr.execute("UPDATE integration_event SET tx = uuid")
        commit(cr)

    def again(self, told, visit):
        """The same of another visit."""
        return [
            {**one, "visit": {"number": visit}, "patient": {"number": f"P{visit}"}} for one in told
        ]

    def check(self, told, *expected):
        """The same is told, whether messages come one by one or all at once."""
        self.bring(self.adt("update", "7:00", 7, "outpatient", visit="other"))
        self.assertFalse(self.heard())
        for tell, visit in ((self.one_by_one, "V1"), (self.at_once, "V2")):
            found = tell(self.again(told, visit))
            self.assertEqual(
                found,
                sorted(((code, visit, *rest) for code, *rest in expected), key=str),
                tell.__name__,
            )

    def test_a_usual_stay(self):
        self.check(
            [
                self.adt("admit", "8:00", 1),
                self.adt("update", "8:10", 1),
                self.adt("transfer", "9:00", 2),
                self.adt("transfer", "10:00", 3),
                self.adt("discharge", "11:00", 3),
            ],
            (ADMITTED, "1", "present"),
            (MOVED, "2", None),
            (MOVED, "3", None),
            (LEFT, "3", "discharged"),
        )

    def test_discharged_before_admitted(self):
        self.check(
            [self.adt("discharge", "11:00", 1), self.adt("admit", "8:00", 1)],
            (LEFT, "1", "discharged"),
        )

    def test_discharged_and_back(self):
        self.check(
            [
                self.adt("admit", "8:00", 1),
                self.adt("discharge", "9:00", 1),
                self.adt("cancel_discharge", "9:00", 1, recorded="9:10"),
                self.adt("discharge", "9:05", 1, recorded="9:20"),
            ],
            (ADMITTED, "1", "present"),
            (LEFT, "1", "discharged"),
            (ADMITTED, "1", "present"),
            (LEFT, "1", "discharged"),
        )

    def test_an_inpatient_who_becomes_an_outpatient(self):
        self.check(
            [
                self.adt("admit", "8:00", 1),
                self.adt("to_outpatient", "9:00", 1, "outpatient"),
                self.adt("discharge", "10:00", 1, "outpatient"),
            ],
            (ADMITTED, "1", "present"),
            (LEFT, "1", "present"),
        )

    def test_a_planned_patient_is_not_admitted_today(self):
        self.check(
            [
                self.adt("pre_admit", "7:00", None, "preadmit"),
                self.adt("admit", "8:00", 1),
                self.adt("cancel_admit", "8:20", 1),
            ],
            (ADMITTED, "1", "present"),
            (NONE, None, "planned"),
        )

    def test_an_emergency_patient_is_not_admitted_after_all(self):
        self.check(
            [
                self.adt("register", "7:00", 9, "emergency"),
                self.adt("admit", "8:00", 1),
                self.adt("cancel_admit", "8:20", 1),
                self.adt("discharge", "9:00", 9, "emergency"),
            ],
            (ADMITTED, "1", "present"),
            (NONE, "9", "present"),
        )

    def test_an_admission_is_cancelled_after_the_discharge(self):
        self.check(
            [
                self.adt("admit", "8:00", 1),
                self.adt("discharge", "9:00", 1),
                self.adt("cancel_admit", "8:00", 1, recorded="9:30"),
            ],
            (ADMITTED, "1", "present"),
            (LEFT, "1", "discharged"),
            (NONE, "1", "cancelled"),
        )

    def test_nobody_is_told_of_outpatients(self):
        self.check(
            [
                self.adt("register", "8:00", 1, "outpatient"),
                self.adt("cancel_admit", "8:20", 1, "outpatient"),
            ]
        )

    def test_many_visits_at_once(self):
        """A transaction ends where it has to, and no message is lost or handled twice."""
        self.bring(self.adt("update", "7:00", 7, "outpatient", visit="other"))
        self.heard()
        told = []
        for clock, event, place in (("8:00", "admit", 1), ("9:00", "transfer", 2)):
            told += [self.adt(event, clock, place, visit=f"V{number}") for number in range(4)]
        told += [self.adt("discharge", "10:00", 2, visit=f"V{number}") for number in (0, 0, 2)]
        found = self.at_once(told)
        self.assertEqual([code for code, *_rest in found].count(ADMITTED), 4)
        self.assertEqual([code for code, *_rest in found].count(MOVED), 4)
        self.assertEqual([code for code, *_rest in found].count(LEFT), 2)
        moves = self.env["ehr.move"].search([("encounter_id.visit_number", "like", "V_")])
        self.assertEqual(len(moves), 4 + 4 + 2)
