"""A visit is what its events make of it, in whatever order they arrive."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.census_history import KINDS, Event, prefixes, standing
from .census_case import DAY, at

PLACES = st.sampled_from([None, 1, 2, 3])


@st.composite
def events(draw):
    """Events of one visit, most of them in no sensible sequence."""
    found = []
    for _number in range(draw(st.integers(1, 9))):
        minute = draw(st.integers(0, 12))
        late = draw(st.integers(0, 3))
        facts = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "location": PLACES,
                    "prior_location": PLACES,
                    "service": st.sampled_from(["CAR", "SUR", None]),
                    "class": st.sampled_from(["inpatient", "emergency"]),
                },
            )
        )
        found.append(
            Event(
                draw(st.sampled_from(KINDS)),
                DAY + timedelta(minutes=minute),
                draw(st.sampled_from([None, DAY + timedelta(minutes=minute + late)])),
                facts,
            )
        )
    return found


def event(kind, clock, location=None, recorded=None, **facts):
    if location is not None:
        facts["location"] = location
    return Event(kind, at(clock), at(recorded) if recorded else None, facts)


@tagged("post_install", "-at_install")
class TestCensusHistory(BaseCase):
    @given(events())
    @settings(max_examples=400, deadline=None)
    def test_an_update_that_repeats_the_place_moves_nobody(self, told):
        before = standing(told)
        latest = max(max(one.written_at, one.when) for one in told) + timedelta(minutes=1)
        after = standing([Event("update", latest, None, {"location": before.location}), *told])
        if before.state in ("present", "discharged"):
            self.assertEqual((after.state, after.location), (before.state, before.location))
            self.assertEqual(after.stays, before.stays)

    @given(events())
    @settings(max_examples=300, deadline=None)
    def test_stays_and_state_agree(self, told):
        found = standing(told)
        self.assertTrue(found.state)
        self.assertEqual(found.discharged_at is not None, found.state == "discharged")
        if found.state in ("planned", "cancelled"):
            self.assertIsNone(found.occupied)
        self.assertEqual(len({stay.key for stay in found.stays}), len(found.stays))
        for stay in found.stays:
            self.assertNotIn(stay.ended_by.kind, ("cancel_admit", "cancel_transfer"))
            self.assertIsNone(found.passages[stay.ended_by.digest].cancelled_by)

    def check(self, told, state, location, stays=()):
        found = standing(told)
        self.assertEqual((found.state, found.location), (state, location))
        self.assertEqual([stay.location for stay in found.stays], list(stays))
        return found

    def test_a_usual_stay(self):
        found = self.check(
            [
                event("admit", "8:00", 1),
                event("transfer", "10:00", 2),
                event("update", "11:00", 2, service="CAR"),
                event("discharge", "16:00", 2),
            ],
            "discharged",
            2,
            [1, 2],
        )
        self.assertEqual((found.admitted_at, found.discharged_at), (at("8:00"), at("16:00")))
        self.assertEqual(found.values["service"], "CAR")

    def test_discharge_of_an_unknown_visit(self):
        found = self.check([event("discharge", "16:00", 2)], "discharged", 2, [2])
        self.assertIsNone(found.admitted_at)
        found = self.check(
            [event("discharge", "16:00", 2), event("admit", "8:00", 2)], "discharged", 2, [2]
        )
        self.assertEqual(found.admitted_at, at("8:00"))

    def test_late_transfer_completes_the_history(self):
        told = [event("admit", "8:00", 1), event("transfer", "12:00", 3)]
        self.check(told, "present", 3, [1])
        self.check([*told, event("transfer", "10:00", 2)], "present", 3, [1, 2])

    def test_update_after_discharge_changes_attributes_alone(self):
        found = self.check(
            [
                event("admit", "8:00", 1),
                event("discharge", "9:00"),
                event("update", "10:00", 2, financial_class="P"),
            ],
            "discharged",
            1,
            [1],
        )
        self.assertEqual(found.values["financial_class"], "P")

    def test_cancelled_admission(self):
        told = [event("admit", "8:00", 1), event("transfer", "9:00", 2)]
        cancel = event("cancel_admit", "8:00", recorded="9:30")
        self.check([*told, cancel], "cancelled", None)
        # Nobody cancels what is written down later.
        self.check([*told, cancel, event("admit", "8:05", 3, recorded="9:40")], "present", 3)
        twice = event("cancel_admit", "8:00", recorded="9:50")
        self.check([*told, cancel, event("admit", "9:40", 3), twice], "present", 3)
        # The cancellation came first.
        self.check([cancel, event("admit", "8:00", 1)], "cancelled", None)

    def test_cancelled_admission_of_an_announced_visit(self):
        told = [event("pre_admit", "7:00", 1), event("admit", "8:00", 1)]
        self.check([*told, event("cancel_admit", "9:00")], "planned", 1)
        self.check([told[0], event("cancel_admit", "9:00")], "cancelled", None)

    def test_moved_after_the_admission_was_cancelled(self):
        told = [event("admit", "8:00", 1), event("cancel_admit", "8:00", recorded="8:30")]
        self.check([*told, event("transfer", "9:00", 2)], "present", 2)
        self.check([*told, event("cancel_transfer", "9:00")], "cancelled", None)

    def test_admitted_again(self):
        found = self.check(
            [
                event("admit", "8:00", 1, admitted_at="2026-03-02T07:45:00"),
                event("discharge", "9:00", discharged_at="2026-03-02T08:50:00"),
                event("admit", "12:00", 2),
                event("discharge", "15:00"),
            ],
            "discharged",
            2,
            [1, 2],
        )
        self.assertEqual((found.admitted_at, found.discharged_at), (at("12:00"), at("15:00")))

    def test_an_update_does_not_outlive_the_admission(self):
        self.check(
            [
                event("admit", "8:00", 1),
                event("update", "8:30", 1),
                event("cancel_admit", "9:00"),
                event("update", "9:30", 1),
            ],
            "cancelled",
            1,
        )

    def test_cancelled_transfer(self):
        told = [
            event("admit", "8:00", 1),
            event("transfer", "9:00", 2),
            event("transfer", "10:00", 3),
        ]
        self.check([*told, event("cancel_transfer", "11:00")], "present", 2, [1])
        # As HL7 wants it: the time of the transfer that is cancelled.
        both = event("cancel_transfer", "9:00", recorded="11:00")
        self.check([*told, both], "present", 3, [1])
        twice = [event("cancel_transfer", "11:00"), event("cancel_transfer", "11:05")]
        self.check([*told, *twice], "present", 1)
        # Told once more, and written down anew: it is the same one that is cancelled.
        again = event("cancel_transfer", "9:00", recorded="11:30")
        self.check([*told, both, again], "present", 3, [1])

    def test_cancelled_discharge(self):
        told = [event("admit", "8:00", 1), event("discharge", "9:00", 1)]
        self.check([*told, event("cancel_discharge", "9:00", recorded="9:10")], "present", 1)
        again = [event("cancel_discharge", "9:10"), event("discharge", "11:00", 1)]
        found = self.check([*told, *again], "discharged", 1, [1])
        self.assertEqual(found.discharged_at, at("11:00"))

    def test_corrected_discharge_is_one_stay(self):
        self.check(
            [
                event("admit", "8:00", 1),
                event("discharge", "9:00", 1),
                event("discharge", "9:20", 1),
            ],
            "discharged",
            1,
            [1],
        )

    def test_class_changes(self):
        came = event("register", "8:00", 1, **{"class": "emergency"})
        found = self.check([came, event("to_inpatient", "9:00")], "present", 1)
        self.assertEqual(found.values["class"], "inpatient")
        found = self.check([event("to_outpatient", "9:00", 2)], "present", 2)
        self.assertEqual(found.values["class"], "outpatient")

    def test_transfer_of_an_unknown_visit_leaves_the_former_place(self):
        told = [event("transfer", "9:00", 2, prior_location=1)]
        self.check(told, "present", 2, [1])
        self.check([*told, event("admit", "8:00", 1)], "present", 2, [1])

    def test_said_times_count(self):
        found = standing(
            [
                event("admit", "8:00", 1, admitted_at="2026-03-02T07:45:00"),
                event("discharge", "16:30", discharged_at="2026-03-02T16:00:00"),
            ]
        )
        self.assertEqual((found.admitted_at, found.discharged_at), (at("7:45"), at("16:00")))

    def test_what_was_known_when(self):
        told = [
            event("admit", "8:00", 1),
            event("transfer", "9:00", 2),
            event("discharge", "10:00"),
        ]
        known = [(one.state, one.location) for one in prefixes(told, at("8:30"))]
        self.assertEqual(known, [("present", 1), ("present", 2), ("discharged", 2)])
