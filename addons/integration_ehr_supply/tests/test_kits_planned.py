from datetime import timedelta

import psycopg2

from odoo.fields import Command
from odoo.tests import tagged

from ..models.ehr_kit_due import EhrKitDue
from .kit_case import KitCase


@tagged("post_install", "-at_install")
class TestKitsPlanned(KitCase):
    """Which goods a reservation takes, and what it costs to look at many."""

    def moves(self, number="F1"):
        return self.kits(number).move_ids

    def test_lots_that_expire_before_the_surgery_are_not_reserved(self):
        if "expiration_date" not in self.lot._fields:
            self.skipTest("without the app for expiry dates no lot expires")
        self.vial.use_expiration_date = True
        first = self._lot(self.vial, "EARLY", 5, self.store)
        good = self._lot(self.vial, "GOOD", 5, self.store)
        self.book(days=7)
        starts = self.appointment().start_at
        for lot, days in ((first, -1), (good, 100)):
            day = starts + timedelta(days=days)
            lot.write({"expiration_date": day, "removal_date": day})
        self.kit.line_ids = [Command.create({"product_id": self.vial.id, "quantity": 2})]
        self.plan()
        vials = self.moves().filtered(lambda one: one.product_id == self.vial)
        self.assertEqual(vials.lot_ids, good)

    def test_recalled_lots_are_not_reserved(self):
        self.serials.ehr_recalled = True
        self.book()
        self.plan()
        self.assertEqual(self.appointment().kit_missing, "1 Units [STEM] STEM")

    def test_another_theatre_keeps_its_implant(self):
        """There is one stem, and another surgery waits for it."""
        self._put(self.swab, 100, self.store)
        second = self._store("Theatre 2", "OR2")
        self._place("OR2", second, self.other_centre, kind="theatre", kit_source_id=self.store.id)
        self.book("F1")
        self.plan()
        self.book("F2", days=3)
        self.plan()
        self.assertEqual(self.appointment("F2").kit_state, "short")
        self.siu("S13", "F2", days=4, at="20250302080500")
        self.siu("S14", "F1", place="OR2^^^MAIN", at="20250302081000")
        self.plan()
        stem = self.moves("F1").filtered(lambda one: one.product_id == self.stem)
        self.assertEqual((stem.location_dest_id.name, stem.lot_ids), ("Theatre 2", self.serials))
        self.assertEqual(self.appointment("F2").kit_state, "short")

    def test_a_kit_of_a_visit_that_was_joined(self):
        self.admit("71")
        self.admit("72")
        self.book(visit="71")
        self.plan()
        self.visits("71").joined_into_id = self.visits("72")
        for number, visit in (("D1", "71"), ("D2", "72")):
            told = self.rds(self.rxd(number, "1", "SWAB"), visit=visit, place="OR^OR1^^MAIN")
            self.assert_done(self.bring(told))
            self.assertEqual(self.used(number).kit_picking_id, self.kits(), visit)

    def test_a_list_of_appointments_costs_as_much_as_two(self):
        self._put(self.swab, 1000, self.store)
        for number in range(6):
            self.book(f"F{number}")
        self.plan()
        appointments = self.env["ehr.appointment"].search([("filler_number", "like", "F")])
        counts = []
        # Two: there is one stem, so that one of them has a kit that lacks something, in words.
        for some in (appointments.browse(appointments.ids[:2]), appointments):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("kit_state")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(appointments), 6)
        self.assertEqual(counts[0], counts[1])

    def test_somebody_works_on_the_same_stock(self):
        """The next run of its own would be an hour later: it is begun again at once."""

        class Busy(psycopg2.OperationalError):
            pgcode = "40001"

        tries = []
        plan = EhrKitDue._plan_due

        def busy(model):
            tries.append(1)
            if len(tries) < 3:
                raise Busy()
            return plan(model)

        self.patch(type(self.env["ehr.kit.due"]), "_plan_due", busy)
        self.patch(self.env.cr, "rollback", lambda: None)
        self.book()
        self.plan()
        self.assertEqual((len(tries), self.appointment().kit_state), (3, "reserved"))

    def test_what_was_taken_from_two_bins_goes_back_into_both(self):
        self.admit("71")
        bins = self.env["stock.location"].create(
            [{"name": name, "location_id": self.store.id} for name in ("A", "B")]
        )
        self.env["stock.quant"].search(
            [("product_id", "=", self.swab.id), ("location_id", "=", self.store.id)]
        ).unlink()
        self._put(self.swab, 10, bins[0])
        self._put(self.swab, 14, bins[1])
        self.book(visit="71")
        self.plan()
        told = [
            self.rds(self.rxd("D1", "1", "SWAB", amount, "EA", control=code), visit="71",
                     place="OR^OR1^^MAIN")
            for amount, code in (("20", "RE"), ("20", "CA"))
        ]  # fmt: skip
        self.assert_done(self.bring(*told))
        back = self.used("D1", "return").move_id.move_line_ids
        self.assertEqual(
            {line.location_dest_id: line.quantity for line in back}, {bins[0]: 10, bins[1]: 10}
        )
        there = self.env["stock.quant"].search(
            [("product_id", "=", self.swab.id), ("location_id", "child_of", self.store.id)]
        )
        self.assertEqual(
            {one.location_id: one.quantity for one in there if one.quantity},
            {bins[0]: 10, bins[1]: 14},
        )

    def test_a_bin_that_was_counted_since(self):
        """Taken from two bins, of which one was counted before it was told."""
        self.admit("71")
        bins = self.env["stock.location"].create(
            [{"name": name, "location_id": self.store.id} for name in ("A", "B")]
        )
        self.env["stock.quant"].search(
            [("product_id", "=", self.swab.id), ("location_id", "=", self.store.id)]
        ).unlink()
        self._put(self.swab, 10, bins[0])
        self._put(self.swab, 14, bins[1])
        self.book(visit="71")
        self.plan()
        report = self.env["ehr.stock.report"].create(
            {
                "system_id": self.system.id,
                "company_id": self.env.company.id,
                "location_id": bins[1].id,
                "product_id": self.swab.id,
                "report": "F1",
                "reported_at": "2025-03-02 12:00:00",
                "quantity": 14,
            }
        )
        told = self.rds(self.rxd("D1", "1", "SWAB", "20"), visit="71", place="OR^OR1^^MAIN")
        self.assert_done(self.bring(told))
        question = self.env["integration.exception"].search([("kind", "=", "usage_counted")])
        self.assertEqual(question.res_id, report.id)
        self.assertEqual(question.proposal["quantity"], 10)
        question.action_accept()
        there = self.env["stock.quant"].search(
            [("product_id", "=", self.swab.id), ("location_id", "in", bins.ids)]
        )
        self.assertEqual(
            {one.location_id: one.quantity for one in there if one.quantity}, {bins[1]: 14}
        )
