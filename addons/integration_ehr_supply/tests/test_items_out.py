from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine.outbound import Outcome
from odoo.addons.integration_core.engine.told import JOURNAL
from odoo.addons.integration_core.tests.common import EngineCase
from odoo.addons.integration_ehr_supply.models import ehr_export

GTIN = "04006381333931"


class OutCase(EngineCase):
    """Interfaces for items and for stock, whose partner takes everything and is looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.items_out = cls.sending("Items out", "item", "procurement.item.%", "ehr.item.full")
        cls.stock_out = cls.sending("Stock out", "stock_on_hand", "ehr.stock_on_hand.%")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.shelf = cls.place("Shelf A", "SHELF-A")
        cls.ward = cls.place("Ward 3W", "WARD-3W")
        cls.product = cls.item("Gauze", "GZ")
        cls.env.flush_all()
        cls.env.cr.flush()

    @classmethod
    def sending(cls, name, mapping, *codes, **values):
        types = cls.env["integration.event.type"]
        for code in codes:
            types |= types.search([("code", "=like", code)])
        made = cls._interface(
            name,
            direction="outbound",
            mapping_id=cls.env.ref(f"integration_ehr_supply.mapping_hl7_{mapping}_out").id,
            event_type_ids=[Command.set(types.ids)],
            **values,
        )
        cls.env.registry.clear_cache()
        return made

    @classmethod
    def place(cls, name, barcode):
        return cls.env["stock.location"].create(
            {
                "name": name,
                "barcode": barcode,
                "location_id": cls.warehouse.lot_stock_id.id,
                "company_id": cls.company.id,
            }
        )

    @classmethod
    def item(cls, name, reference, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "default_code": reference,
                "type": "consu",
                "is_storable": True,
                **values,
            }
        )

    @classmethod
    def stock(cls, product, place, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(product, place, quantity, lot_id=lot)

    def move(self, product, quantity, source, target, lot=None):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": self.company.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": quantity,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                            "lot_id": lot.id if lot else False,
                        }
                    )
                ],
            }
        )
        move.picked = True
        move._action_done()
        return move

    def sent(self, interface):
        """Dispatch and send; what left, in its order."""
        left = []

        def take(outgoing):
            left.append(outgoing.document)
            return Outcome(http_status=202, sent=b"{}", response=b"ok")

        self.send_with(take)
        self.env.cr.flush()
        self.dispatch()
        self.drain(interface)
        self.env.invalidate_all()
        # What follows is another transaction, as far as the capture of events knows.
        self.env.cr.postcommit.data.pop(JOURNAL, None)
        return left

    def run_exports(self):
        exports = self.env["ehr.export"]
        while part := exports._next_part():
            part._make()


def entries(document):
    """Segments of the entries of a document, one list for each entry."""
    found = []
    for entry in document["entries"]:
        found.append([part for one in entry for part in (one if isinstance(one, list) else [one])])
    return found


def trailer(document):
    last = document["segments"][-1]
    return [last.get(f"f{number}") for number in range(1, 8)] if last.get("id") == "ZCT" else None


@tagged("post_install", "-at_install")
class TestChanges(OutCase):
    def test_a_changed_item(self):
        self.sent(self.items_out)
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        self.product.write({"barcode": GTIN, "uom_ids": [Command.link(dozen.id)]})
        (document,) = self.sent(self.items_out)
        ((mfe, itm, one, box),) = entries(document)
        self.assertEqual((mfe["f1"], mfe["f4"]), ("MUP", [str(self.product.id), "GZ"]))
        self.assertEqual(itm["f2"], "Gauze")
        self.assertEqual((one["f2"], one["f4"], one["f8"]), ("EA", "1", GTIN))
        self.assertEqual((box["f2"], box["f4"]), ("DZ", "12"))
        self.assertIsNone(trailer(document))

    def test_the_number_of_a_packaging_is_a_change(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        self.product.uom_ids = dozen
        self.sent(self.items_out)
        values = {"product_id": self.product.id, "uom_id": dozen.id, "barcode": "14006381333938"}
        self.env["product.uom"].create(values)
        (document,) = self.sent(self.items_out)
        self.assertEqual(entries(document)[0][3]["f8"], "14006381333938")

    def test_an_archived_item(self):
        self.sent(self.items_out)
        self.product.active = False
        documents = self.sent(self.items_out)
        self.assertEqual({entries(one)[0][0]["f1"] for one in documents}, {"MDC"})

    def test_moved_stock_is_told_for_both_places(self):
        self.stock(self.product, self.shelf, 36)
        self.move(self.product, 12, self.shelf, self.ward)
        (document,) = self.sent(self.stock_out)
        rows = {iim["f6"]["c1"]: iim["f12"] for _mfe, iim in entries(document)}
        self.assertEqual(rows, {"SHELF-A": "24", "WARD-3W": "12"})

    def test_moves_of_one_transaction_are_told_once(self):
        self.stock(self.product, self.shelf, 36)
        for _time in range(3):
            self.move(self.product, 1, self.shelf, self.ward)
        rows = [
            (iim["f6"]["c1"], iim["f12"])
            for document in self.sent(self.stock_out)
            for _mfe, iim in entries(document)
        ]
        self.assertEqual(sorted(rows), [("SHELF-A", "33"), ("WARD-3W", "3")])

    def test_nothing_left_of_a_lot(self):
        glue = self.item("Glue", "GL", tracking="lot")
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": glue.id})
        self.stock(glue, self.shelf, 5, lot)
        self.move(glue, 5, self.shelf, self.ward, lot)
        (document,) = self.sent(self.stock_out)
        rows = {iim["f6"]["c1"]: (iim["f3"], iim["f12"]) for _mfe, iim in entries(document)}
        self.assertEqual(rows, {"SHELF-A": ("L1", "0"), "WARD-3W": ("L1", "5")})

    def test_names_are_in_the_language_of_the_house(self):
        """And not of whoever changes or moves an item."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.product.with_context(lang="fr_FR").name = "Gaze"
        self.sent(self.items_out)
        self.stock(self.product, self.shelf, 5)
        french = self.env(context={**self.env.context, "lang": "fr_FR"})
        mine = self.product.with_env(french)
        self.assertEqual((mine.name, mine._integration_canonical_item()["name"]), ("Gaze", "Gauze"))
        row = (
            self.env["stock.quant"]
            .with_env(french)
            ._integration_rows({(self.product.id, self.shelf.id, 0)})
        )
        self.assertEqual([one["name"] for [one] in row.values()], ["Gauze"])
        self.company.partner_id.lang = "fr_FR"
        self.assertEqual(self.product._integration_canonical_item()["name"], "Gaze")

    def test_what_is_not_ours_is_not_told(self):
        """Neither what is at a customer's, nor what Odoo does not count."""
        customers = self.env.ref("stock.stock_location_customers")
        self.stock(self.product, self.shelf, 5)
        self.move(self.product, 5, self.shelf, customers)
        (document,) = self.sent(self.stock_out)
        self.assertEqual([iim["f6"]["c1"] for _mfe, iim in entries(document)], ["SHELF-A"])
        paper = self.item("Paper", "PP", is_storable=False)
        self.move(paper, 1, self.shelf, self.ward)
        self.assertFalse(self.sent(self.stock_out))

    def test_another_company_hears_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        system = self.env["integration.system"].create(
            {"name": "South", "code": "SOUTH", "kind": "other", "company_id": other.id}
        )
        south = self.sending("South", "stock_on_hand", "ehr.stock_on_hand.%", system_id=system.id)
        self.stock(self.product, self.shelf, 36)
        self.move(self.product, 12, self.shelf, self.ward)
        self.assertFalse(self.sent(south))
        export = self.env["ehr.export"]._begin(south, "stock")
        self.assertFalse(export.part_ids.record_ids)


@tagged("post_install", "-at_install")
class TestFullExport(OutCase):
    def setUp(self):
        super().setUp()
        self.patch(ehr_export, "PRODUCTS", 2)
        self.patch(ehr_export, "ITEMS", 100)

    def stocked(self, count):
        self.env["stock.quant"].search([]).quantity = 0
        products = [self.item(f"Item {n}", f"N-{n}") for n in range(count)]
        for number, product in enumerate(products, 1):
            self.stock(product, self.shelf, number)
        return products

    def test_stock_in_full_with_control_totals(self):
        self.stocked(5)
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.assertEqual((export.state, export.part_count), ("running", 3))
        self.run_exports()
        self.assertEqual((export.state, export.made_count, export.sent_count), ("made", 3, 0))
        self.assertFalse(export.is_complete)
        documents = self.sent(self.stock_out)
        self.assertEqual(
            [trailer(one) for one in documents],
            [
                [str(export.id), 1, 3, 2, 2, "3", "3"],
                [str(export.id), 2, 3, 2, 4, "7", "10"],
                [str(export.id), 3, 3, 1, 5, "5", "15"],
            ],
        )
        self.assertEqual([one["segments"][0]["f3"] for one in documents], ["UPD"] * 3)
        self.assertEqual(sum(len(entries(one)) for one in documents), 5)
        self.assertTrue(export.is_complete)
        self.assertEqual((export.row_count, export.control_total), (5, "15"))
        self.assertEqual(export.progress, 100)

    def test_all_items_those_out_of_use_as_well(self):
        self.product.active = False
        export = self.env["ehr.export"]._begin(self.items_out, "items")
        self.run_exports()
        documents = self.sent(self.items_out)
        told = {entry[0]["f4"][0]: entry[0]["f1"] for one in documents for entry in entries(one)}
        self.assertEqual(told[str(self.product.id)], "MDC")
        self.assertEqual(len(told), export.row_count)
        expected = (
            self.env["product.product"]
            .with_context(active_test=False)
            .search_count([("company_id", "in", (False, self.company.id)), ("type", "!=", "combo")])
        )
        self.assertEqual(export.row_count + export.left_out_count, expected)

    def test_it_goes_to_its_interface_alone(self):
        other = self.sending("Other stock out", "stock_on_hand", "ehr.stock_on_hand.%")
        self.stocked(1)
        self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.run_exports()
        self.assertFalse(self.sent(other))
        self.assertEqual(len(self.sent(self.stock_out)), 1)

    def test_nothing_on_hand_is_told_as_well(self):
        self.env["stock.quant"].search([]).quantity = 0
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.run_exports()
        (document,) = self.sent(self.stock_out)
        self.assertEqual(trailer(document)[1:5], [1, 1, 0, 0])
        self.assertTrue(export.is_complete)

    def test_an_item_without_a_unit_code_is_left_out_and_listed(self):
        odd = self.env["uom.uom"].create({"name": "Handful"})
        product = self.item("Odd", "ODD", uom_id=odd.id)
        export = self.env["ehr.export"]._begin(self.items_out, "items")
        self.run_exports()
        self.assertEqual(export.left_out_count, 1)
        self.assertEqual(export.action_open_left_out()["domain"], [("id", "in", product.ids)])

    def test_one_at_a_time(self):
        self.env["ehr.export"]._begin(self.stock_out, "stock")
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception) as caught:
            self.env["ehr.export"]._begin(self.stock_out, "stock")
            self.env.flush_all()
        self.assertIn("one_running", str(caught.exception))

    def test_an_interface_that_does_not_subscribe(self):
        with self.assertRaises(UserError):
            self.env["ehr.export"]._begin(self.stock_out, "items")

    def test_by_night(self):
        exports = self.env["ehr.export"]
        exports._cron_night()
        begun = exports.search([("interface_id", "in", (self.items_out + self.stock_out).ids)])
        self.assertEqual(sorted(begun.mapped("kind")), ["items", "stock"])
        exports._cron_night()
        self.assertEqual(exports.search_count([("interface_id", "=", self.items_out.id)]), 1)
        self.items_out.invalidate_recordset()
        self.assertEqual(
            self.items_out.ehr_last_export_id, begun.filtered(lambda one: one.kind == "items")
        )
        night = self.env.ref("integration_ehr_supply.ir_cron_ehr_export_night")
        self.assertEqual(self.items_out.ehr_next_export_at, night.nextcall)
        self.assertFalse(self.inbound.ehr_next_export_at)

    def test_not_by_night_where_it_is_not_wanted(self):
        self.env.cr.execute(
            "UPDATE integration_interface SET ehr_nightly_export = false WHERE id = %s",
            [self.stock_out.id],
        )
        self.env.invalidate_all()
        self.env["ehr.export"]._cron_night()
        self.assertFalse(self.stock_out.ehr_export_ids)

    def test_cancelled(self):
        self.stocked(5)
        export = self.env["ehr.export"]._begin(self.stock_out, "stock")
        self.env["ehr.export"]._next_part()._make()
        operator = new_test_user(self.env, "export.operator", "integration_core.group_operator")
        export.with_user(operator).action_cancel()
        self.run_exports()
        self.assertEqual((export.state, export.made_count), ("cancelled", 1))
        self.assertFalse(export.is_complete)

    def test_started_by_hand_with_a_preview(self):
        self.stocked(5)
        operator = new_test_user(
            self.env,
            "export.operator",
            "integration_core.group_operator",
            company_id=self.company.id,
        )
        ask = (
            self.env["integration.export.ask"]
            .with_user(operator)
            .create({"interface_id": self.stock_out.id, "kind": "stock"})
        )
        self.assertEqual((ask.record_count, ask.part_count, ask.is_running), (5, 3, False))
        exports = self.env["ehr.export"]
        for interface, kind in ((self.items_out, "items"), (self.stock_out, "stock")):
            records = exports._records(interface, kind)
            self.assertEqual(exports._record_count(interface, kind), len(records), kind)
        action = ask.action_begin()
        export = self.env["ehr.export"].browse(action["res_id"])
        self.assertEqual((export.user_id, export.started_by), (operator, "hand"))
