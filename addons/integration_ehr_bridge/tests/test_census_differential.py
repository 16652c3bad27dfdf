"""A batch has the effect that its messages have one by one, whatever they say."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..tools.census_history import KINDS
from ..tools.census_told import Place
from .census_case import CensusCase, bed, moment

EVENTS = [kind for kind in KINDS if kind != "merge"]


@st.composite
def messages(draw):
    """Messages about two visits and three beds, some of them twice, in any order."""
    found = []
    for _number in range(draw(st.integers(2, 8))):
        minute = draw(st.integers(0, 40))
        number = draw(st.sampled_from("12"))
        body = {
            "event": draw(st.sampled_from(EVENTS)),
            "occurred_at": moment(f"8:{minute:02}"),
            "visit": {"number": f"V{number}"},
            "patient": {"number": f"P{number}"},
        }
        if draw(st.booleans()):
            body["recorded_at"] = moment(f"8:{minute + draw(st.integers(0, 9)):02}")
        if place := draw(st.sampled_from([0, 1, 2, 3])):
            body["location"] = bed(place)
        if prior := draw(st.sampled_from([0, 0, 1])):
            body["prior_location"] = bed(prior)
        body |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "service": st.sampled_from(["CAR", None]),
                    "account": st.just({"number": "A1"}),
                    "attending": st.sampled_from([{"number": "7"}, None]),
                },
            )
        )
        found.append(body)
    found += draw(st.lists(st.sampled_from(found), max_size=3))
    return draw(st.permutations(found))


@tagged("post_install", "-at_install")
class TestBatchesOfMessages(CensusCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Whatever messages name is there, with the same ids for both ways of handling them.
        cls.env["ehr.patient"]._resolve([("", number) for number in ("P1", "P2")])
        cls.env["ehr.staff"]._resolve([("", "7")])
        cls.env["ehr.location"]._resolve([Place("", "W4", "401", number) for number in "123"])

    def both(self, name, told, cut):
        """What messages make of the census: one by one, and in two batches."""
        one_by_one = self.undone(lambda: self.process(name, *told))
        return one_by_one, self.undone(lambda: self.in_batches(name, told[:cut], told[cut:]))

    def in_batches(self, name, *parts):
        for part in filter(None, parts):
            batch = [(self.received(), body) for body in part]
            touched = self.handler(name)._process_batch(batch)
            self.assertEqual(len(touched), len(part))

    def undone(self, act):
        """What the census says after an act, which then did not happen."""
        with self.env.cr.savepoint() as savepoint:
            act()
            self.env.flush_all()
            self.env.invalidate_all()
            found = self.snapshot(self.company)
            savepoint.rollback()
            self.env.invalidate_all()
        return found

    def snapshot(self, company):
        """All that the census of a company says, without ids and without who came first."""
        mine = [("company_id", "=", company.id)]
        visits = self.env["ehr.encounter"].search(mine, order="visit_number")
        return {
            "visits": [
                (
                    one.visit_number,
                    one.state,
                    one.location_id.code,
                    one.service,
                    one.account_number,
                    one.attending_id.number,
                    one.admitted_at,
                    one.discharged_at,
                    one.last_event_at,
                    [
                        (
                            move.kind,
                            move.occurred_at,
                            move.recorded_at,
                            move.from_id.code,
                            move.to_id.code,
                            move.cancelled_by_id.kind,
                        )
                        for move in one.move_ids.sorted("id")
                    ],
                )
                for one in visits
            ],
            "beds": [
                (one.code, one.bed_state, one.bed_state_at)
                for one in self.env["ehr.location"].search(mine, order="code")
                if one.kind == "bed"
            ],
            "requests": sorted(
                str(
                    (
                        one.location_id.code,
                        one.state,
                        one.reason,
                        one.requested_at,
                        one.encounter_id.visit_number,
                        one.move_id.kind,
                        one.move_id.occurred_at,
                    )
                )
                for one in self.env["ehr.housekeeping"].search(mine)
            ),
            "patients": self.env["ehr.patient"].search_count(mine),
        }

    @given(messages(), st.integers(0, 11))
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    def test_visits(self, told, cut):
        one_by_one, batch = self.both("ehr_encounter", told, min(cut, len(told)))
        self.assertEqual(one_by_one, batch)

    def test_beds(self):
        turn = random.Random(7)
        states = ["free", "occupied", "dirty", "housekeeping", "isolated", "closed"]
        for _round in range(5):
            told = [
                {
                    "location": bed(turn.randint(1, 2)),
                    "status": turn.choice(states),
                    "occurred_at": moment(f"8:{turn.randint(0, 59):02}"),
                }
                for _number in range(12)
            ]
            one_by_one, batch = self.both("ehr_bed", told, turn.randint(0, 12))
            self.assertEqual(one_by_one, batch)

    def test_a_batch_asks_the_database_little(self):
        self.env["ehr.location"]._resolve(
            Place("", "W4", "401", str(number)) for number in range(40)
        )
        told = [
            self.adt("admit", "8:00", f"V{number}", place=number, patient=f"P{number}")
            for number in range(40)
        ]
        handler = self.handler("ehr_encounter")
        self.process("ehr_encounter", self.adt("admit", "7:00", "V0", place=0, patient="P0"))
        self.env["ehr.location"].with_user(self.feed)._resolve([])
        single = self._count(handler, told[:1])
        many = self._count(handler, told[1:])
        # What 39 messages ask and write is asked and written at once.
        self.assertLess(many, single + 40, (single, many))
        again = [{**body, "event": "update", "occurred_at": moment("9:00")} for body in told]
        self.assertLess(self._count(handler, again), 40)

    def _count(self, handler, bodies):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        handler._process_batch([(self.received(), body) for body in bodies])
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
