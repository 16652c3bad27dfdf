"""What people would say the census is, through the feed: see :mod:`.census_scenarios`.

The number that a message got when it arrived follows the order in which it was written; it is
handled in any order, as messages are that wait for a person.
"""

import random
from dataclasses import replace
from datetime import UTC

from odoo.tests import tagged

from .census_case import CensusCase, bed
from .census_scenarios import SCENARIOS, clock
from .census_ties import ARRIVALS, CHAINS

MOMENTS = ("admitted_at", "discharged_at")
FIELDS = {"class": "encounter_class", "payer": "payer_code"}


@tagged("post_install", "-at_install")
class TestCensusScenarios(CensusCase):
    def body(self, line, key):
        body = {
            "event": line.kind,
            "occurred_at": clock(line.at).replace(tzinfo=UTC).isoformat(),
            "recorded_at": clock(line.written or line.at).replace(tzinfo=UTC).isoformat(),
            "visit": {"number": f"V{key}"},
            "patient": {"number": f"P{key}"},
        }
        if line.place is not None:
            body["location"] = bed(line.place, unit=f"U{key}")
        for name, value in line.facts:
            if name == "prior_location":
                body[name] = bed(value, unit=f"U{key}")
            else:
                body[name] = f"{value}Z" if name in MOMENTS else value
        return body

    def orders(self, lines):
        """As written, the other way round, and in any order with some of them twice."""
        mixed = [*lines, *lines[::2]]
        random.Random(len(lines)).shuffle(mixed)
        return {"written": lines, "backwards": lines[::-1], "mixed": mixed}

    def test_told_in_any_order(self):
        for number, (name, scenario) in enumerate((SCENARIOS | CHAINS | ARRIVALS).items()):
            for order, told in self.orders(scenario[0]).items():
                with self.subTest(name, order=order):
                    self.check(f"{number}{order[0]}", told, scenario, written=order == "written")

    def test_places_tell_what_came_first_whatever_arrived_first(self):
        for number, (name, scenario) in enumerate(CHAINS.items()):
            lines = [*scenario[0]]
            random.Random(number).shuffle(lines)
            with self.subTest(name):
                self.check(f"{number}c", lines, (lines, *scenario[1:]), written=False)

    def check(self, key, told, scenario, *, written):
        lines, state, place, left, values = scenario
        ids = {line: next(self.numbers) for line in lines}
        for line in told:
            received = replace(self.received(), id=ids[line])
            self.handler("ehr_encounter")._process(received, self.body(line, key))
        self.env.flush_all()
        self.env.invalidate_all()
        visit = self.visit(f"V{key}")
        self.assertEqual((visit.state, visit.location_id.bed), (state, str(place or "") or False))
        for name, value in values.items():
            self.assertEqual(visit[FIELDS.get(name, name)], value, name)
        beds = self.env["ehr.location"].search(
            [("point_of_care", "=", f"U{key}"), ("kind", "=", "bed")]
        )
        for one in beds:
            here = state == "present" and one == visit.location_id
            self.assertEqual(one.bed_state == "occupied", here, one.bed)
            if written and not here:
                # What the bed is asked for follows from who has been in it.
                was_left = int(one.bed) in left
                self.assertEqual(one.bed_state, "dirty" if was_left else "free", one.bed)
                waiting = one.housekeeping_ids.filtered(lambda each: each.state == "open")
                self.assertEqual(len(waiting), was_left, one.bed)
