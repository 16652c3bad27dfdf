"""Full exports: where they may go, and what becomes of them when something fails."""

import json
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.tools.errors import ConfigurationError
from odoo.addons.integration_ehr_supply.models import ehr_export, ehr_export_run

from .test_items_out import OutCase, entries, trailer

RUN = "odoo.addons.integration_ehr_supply.models.ehr_export_run"


class ExportCase(OutCase):
    def setUp(self):
        super().setUp()
        self.patch(ehr_export, "PRODUCTS", 2)

    def stocked(self, count):
        self.env["stock.quant"].search([]).quantity = 0
        products = [self.item(f"Item {n}", f"N-{n}") for n in range(count)]
        for number, product in enumerate(products, 1):
            self.stock(product, self.shelf, number)
        return products

    def run_scheduled(self):
        """The scheduled action, which would commit."""
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 60)
        with mute_logger(RUN):
            self.env["ehr.export"]._cron_run()

    def break_parts_of(self, export, error=None):
        """Let no part of an export be made."""
        parts = type(self.env["ehr.export.part"])
        make = parts._make

        def broken(part):
            if part.export_id == export:
                part.row_count = 99  # half of it is done already
                raise error or ValueError("content")
            return make(part)

        self.patch(parts, "_make", broken)

    def belongs_to(self, partner):
        """Let the system of the interfaces belong to a contact."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_system SET partner_id = %s WHERE id = %s",
            [partner.id, self.stock_out.system_id.id],
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestExportAddress(ExportCase):
    def test_stock_is_not_for_a_system_of_another_contact(self):
        self.stocked(1)
        self.belongs_to(self.env["res.partner"].create({"name": "Supplier"}))
        exports = self.env["ehr.export"]
        with self.assertRaisesRegex(UserError, "another contact"):
            exports._begin(self.stock_out, "stock")
        with mute_logger(RUN):
            exports._cron_night()
        self.assertIn("another contact", self.stock_out.activity_ids.note)
        self.assertFalse(self.stock_out.ehr_export_ids)
        self.assertEqual(self.items_out.ehr_export_ids.mapped("kind"), ["items"])
        self.belongs_to(self.company.partner_id)
        self.assertTrue(exports._begin(self.stock_out, "stock"))

    def test_a_contact_that_was_entered_meanwhile(self):
        self.stocked(1)
        self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.belongs_to(self.env["res.partner"].create({"name": "Supplier"}))
        with self.assertRaises(ConfigurationError) as caught:
            self.run_exports()
        self.assertEqual(caught.exception.code, "not_addressed")
        self.assertFalse(self.sent(self.stock_out))

    def test_an_interface_that_is_not_active(self):
        for values in ("state = 'draft'", "state = 'active', activated_at = NULL"):
            self.env.cr.execute(
                f"UPDATE integration_interface SET {values} WHERE id = %s", [self.stock_out.id]
            )
            self.env.invalidate_all()
            with self.subTest(values), self.assertRaisesRegex(UserError, "not active"):
                self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.env["ehr.export"]._cron_night()
        self.assertFalse(self.stock_out.ehr_export_ids)


@tagged("post_install", "-at_install")
class TestExportFaults(ExportCase):
    def test_a_part_that_cannot_be_made_holds_up_no_other_export(self):
        self.stocked(3)
        other = self.sending("Other stock out", "stock_on_hand", "ehr.stock_on_hand.%")
        bad = self.env["ehr.export"]._begin(self.stock_out, "stock")
        good = self.env["ehr.export"]._begin(other, "stock")
        self.break_parts_of(bad)
        self.run_scheduled()
        self.assertEqual((good.state, good.made_count), ("made", 2))
        self.assertEqual((bad.state, bad.tries, bad.failure), ("running", 1, "ValueError"))
        self.assertFalse(bad.part_ids.filtered("row_count"), "half a part was kept")

    def test_it_is_tried_again_and_ends_as_failed_with_a_task(self):
        self.stocked(1)
        bad = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.break_parts_of(bad, UserError("The unit is missing."))
        for _time in range(3):
            self.run_scheduled()
        self.assertEqual((bad.state, bad.failure), ("failed", "The unit is missing."))
        self.assertTrue(bad.ended_at)
        self.assertIn("The unit is missing.", self.stock_out.activity_ids.note)
        self.assertTrue(self.env["ehr.export"]._begin(self.stock_out, "stock"), "another begins")

    def test_a_fault_that_passed_is_forgotten(self):
        self.stocked(1)
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        export._part_failed(ValueError())
        self.run_scheduled()
        self.assertEqual((export.state, export.tries, export.failure), ("made", 0, False))

    def test_who_began_first_is_first(self):
        self.stocked(3)
        other = self.sending("Other stock out", "stock_on_hand", "ehr.stock_on_hand.%")
        first = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.env["ehr.export"]._begin(other, "stock")
        self.assertEqual(self.env["ehr.export"]._next_part(), first.part_ids[0])

    def test_one_interface_that_cannot_begin_costs_no_other_its_night(self):
        exports = type(self.env["ehr.export"])
        begin = exports._begin

        def broken(export, interface, kind, started_by="hand"):
            begun = begin(export, interface, kind, started_by)
            if interface == self.items_out:
                self.env.cr.execute("SELECT 1 / 0", log_exceptions=False)
            return begun

        self.patch(exports, "_begin", broken)
        with mute_logger(RUN):
            self.env["ehr.export"]._cron_night()
        self.assertFalse(self.items_out.ehr_export_ids)
        self.assertEqual(self.stock_out.ehr_export_ids.mapped("kind"), ["stock"])
        self.assertEqual(self.items_out.activity_ids.note, "<p>DivisionByZero</p>")


@tagged("post_install", "-at_install")
class TestMovedMeanwhile(ExportCase):
    """Goods are moved between the beginning of an export and its end."""

    def told(self):
        """Quantities by item, as the receiver got them, and the last totals."""
        documents = self.sent(self.stock_out)
        rows = {
            mfe["f4"][0]: iim["f12"]
            for one in documents
            for mfe, iim in entries(one)
            if trailer(one)
        }
        return rows, [trailer(one)[2:] for one in documents if trailer(one)]

    def test_stock_that_came_meanwhile_is_in_the_last_part(self):
        products = self.stocked(3)
        late = self.item("Late", "LATE")
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.env["ehr.export"]._next_part()._make()
        self.stock(late, self.shelf, 100)
        self.run_exports()
        rows, totals = self.told()
        self.assertEqual(
            rows,
            {str(one.id): str(n) for one, n in zip(products, (1, 2, 3), strict=True)}
            | {str(late.id): "100"},
        )
        self.assertEqual(totals, [[2, 2, 2, "3", "3"], [2, 2, 4, "103", "106"]])
        self.assertEqual((export.state, export.row_count), ("made", 4))

    def test_a_part_that_is_refused_says_the_same_again(self):
        """Its totals are in those of the parts after it."""
        first = self.stocked(3)[0]
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.run_exports()
        part = export.part_ids[0]
        event = self.env["integration.event"].search([("uuid", "=", part.event_uuid)])
        self.move(first, 1, self.shelf, self.env.ref("stock.stock_location_customers"))
        snapshot = part._integration_snapshots("ehr.stock_on_hand")[part.id]
        self.assertEqual(snapshot.data["export"]["rows_so_far"], 2)
        self.assertEqual([row["quantity"] for row in snapshot.data["rows"]], ["1", "2"])
        self.assertEqual(snapshot.data, json.loads(event.data))
        self.assertEqual(snapshot.partner_id, self.company.partner_id.id)


@tagged("post_install", "-at_install")
class TestExportsKept(ExportCase):
    def exported(self):
        self.stocked(1)
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.run_exports()
        return export

    def forget_messages(self, export):
        """As the retention of the ledger does."""
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM integration_message WHERE id = ANY(%s)", [export._part_messages().ids]
        )
        self.env.invalidate_all()

    def test_the_proof_outlives_the_messages(self):
        export = self.exported()
        self.env["ehr.export"]._gc_exports()
        self.assertFalse(export.confirmed, "nobody has acknowledged it yet")
        self.assertTrue(export.part_ids.told)
        self.sent(self.stock_out)
        self.env["ehr.export"]._gc_exports()
        self.assertFalse(export.part_ids.told)
        self.assertFalse(export.part_ids.record_ids)
        self.forget_messages(export)
        self.assertEqual((export.sent_count, export.progress, export.is_complete), (1, 100, True))

    def test_old_exports_are_deleted(self):
        export, young = self.exported(), self.exported()
        export.ended_at -= timedelta(days=ehr_export_run.KEEP_DAYS + 1)
        self.env["ehr.export"]._gc_exports()
        self.assertEqual((export | young).exists(), young)
