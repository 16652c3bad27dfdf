"""Merges of patient records: what was said of one is said of the other one."""

from odoo.tests import tagged

from odoo.addons.integration_core.tools import errors

from .census_case import CensusCase, at, moment


@tagged("post_install", "-at_install")
class TestMerge(CensusCase):
    def merge(self, *pairs, clock="12:00", **accounts):
        merges = [
            {"kept": {"number": kept}, "retired": {"number": retired}, **accounts}
            for kept, retired in pairs
        ]
        return self.process("ehr_patient_merge", {"occurred_at": moment(clock), "merges": merges})

    def patient(self, number):
        return self.env["ehr.patient"]._resolve([("", number)])["", number]

    def test_visits_are_repointed_and_the_trail_is_kept(self):
        old = self.tell("admit", "8:00", "V1", patient="OLD", account={"number": "A1"})
        new = self.tell("admit", "9:00", "V2", patient="NEW")
        retired = old.patient_id
        kept = self.merge(
            ("NEW", "OLD"), retired_account={"number": "A1"}, kept_account={"number": "A2"}
        )
        self.assertEqual(old.patient_id, kept)
        self.assertEqual(new.patient_id, kept)
        self.assertEqual(old.account_number, "A2")
        self.assertFalse(new.account_number)
        self.assertFalse(retired.active)
        self.assertEqual(retired.merged_into_id, kept)
        trail = kept.merge_ids
        self.assertEqual((trail.retired_id, trail.encounter_count), (retired, 1))
        self.assertEqual(trail.occurred_at, at("12:00"))
        self.assertIn("merge", old.move_ids.mapped("kind"))
        # What is told under the retired number goes to the kept one; later and late.
        self.tell("transfer", "13:00", "V1", patient="OLD", place=1)
        self.tell("update", "7:00", "V1", patient="OLD")
        third = self.tell("admit", "14:00", "V3", patient="OLD")
        self.assertEqual((old + third).patient_id, kept)
        found = self.env["ehr.patient"]._of_number("OLD")
        self.assertEqual(found, kept)
        self.assertEqual(set(found.encounter_ids), set(old + new + third))

    def test_the_same_merge_again(self):
        self.tell("admit", "8:00", patient="OLD")
        self.merge(("NEW", "OLD"))
        self.merge(("NEW", "OLD"))
        self.merge(("NEW", "OLD"), clock="12:30")
        self.assertEqual(len(self.env["ehr.merge"].search([])), 1)

    def test_records_that_are_not_known_yet(self):
        kept = self.merge(("NEW", "OLD"))
        visit = self.tell("admit", "8:00", patient="OLD")
        self.assertEqual(visit.patient_id, kept)

    def test_chains(self):
        visit = self.tell("admit", "8:00", patient="A")
        self.merge(("B", "A"))
        self.merge(("C", "B"))
        self.merge(("D", "C"))
        self.assertEqual(visit.patient_id, self.patient("D"))
        self.assertEqual(self.patient("A").merged_into_id, self.patient("D"))
        self.assertEqual(self.tell("admit", "9:00", "V2", patient="A").patient_id, visit.patient_id)

    def test_a_chain_the_other_way_round(self):
        visit = self.tell("admit", "8:00", patient="A")
        self.merge(("D", "C"), ("C", "B"), ("B", "A"))
        self.assertEqual(visit.patient_id, self.patient("D"))

    def refused(self, *pairs):
        with self.assertRaises(errors.ConflictError) as caught, self.env.cr.savepoint():
            self.merge(*pairs)
        return caught.exception.code

    def test_refusals(self):
        self.assertEqual(self.refused(("A", "A")), "merge_into_itself")
        self.merge(("B", "A"))
        self.assertEqual(self.refused(("A", "B")), "merge_circular")
        self.assertEqual(self.refused(("C", "A")), "merged_elsewhere")
        self.merge(("C", "B"))
        self.merge(("C", "A"))
        self.assertEqual(len(self.env["ehr.merge"].search([])), 2)
