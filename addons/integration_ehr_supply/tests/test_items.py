from odoo.tests import tagged

from .items_case import ItemsCase

GTIN, BOX = "04006381333931", "14006381333938"


@tagged("post_install", "-at_install")
class TestItemsIn(ItemsCase):
    def test_an_item_with_all_that_is_said_of_it(self):
        supplier = self.env["res.partner"].create({"name": "Supplies", "is_company": True})
        self.links._link(self.system.id, supplier, "V-7")
        category = self.env["product.category"].create({"name": "Dressings"})
        self.links._link(self.system.id, category, "DRS")
        entry = [
            "MFE|MAD|R1||I-1|CWE",
            "ITM|I-1|Gauze 10 cm|A||DRS|Y||||||||Y",
            "VND|1|V-7|Supplies|CAT-9",
            f"PKG|1|EA||1||||{GTIN}",
            f"PKG|2|DZ||12|36.00&EUR|||{BOX}",
            "IVT|1|WARD-3W|||||||EA|||||||||||||||24|48",
        ]
        self.bring_well("M16", entry)
        product = self.known()
        self.assertEqual(
            (product.name, product.default_code, product.barcode), ("Gauze 10 cm", "I-1", GTIN)
        )
        self.assertEqual((product.is_storable, product.tracking), (True, "lot"))
        self.assertEqual((product.uom_id, product.categ_id), (self.unit, category))
        self.assertEqual(product.uom_ids, self.dozen)
        packaging = product.product_uom_ids
        self.assertEqual((packaging.uom_id, packaging.barcode), (self.dozen, BOX))
        seller = product.seller_ids
        self.assertEqual(
            (seller.partner_id, seller.product_code, seller.price, seller.product_uom_id),
            (supplier, "CAT-9", 36.0, self.dozen),
        )
        rule = product.orderpoint_ids
        self.assertEqual(
            (rule.location_id, rule.product_min_qty, rule.product_max_qty, rule.trigger),
            (self.ward, 24.0, 72.0, "manual"),
        )

    def test_serial_numbers_do_not_become_lots(self):
        """ITM-6 says that it expires, which is no word against serial numbers."""
        self.bring_well("M16", self.item("I-1", "Stem"), self.item("I-2", "Glue"))
        self.known().tracking = "serial"
        entries = (self.item("I-1", "Stem 2", expires="Y"), self.item("I-2", "Glue", expires="Y"))
        self.bring_well("M16", *entries)
        self.assertEqual((self.known().tracking, self.known().name), ("serial", "Stem 2"))
        self.assertEqual(self.known("I-2").tracking, "lot")

    def test_the_good_entries_apply_and_the_bad_ones_are_listed(self):
        bad = self.item("I-2", "Odd", "PKG|1|FURLONG||1")
        whole, rows = self.bring("M16", self.item("I-1"), bad, self.item("I-3", "Swab"))
        self.assertEqual(rows.mapped("state"), ["done", "quarantined", "done"])
        self.assertEqual(rows[1].error_code, "missing_value")
        self.assertEqual((self.known("I-1").name, self.known("I-3").name), ("Gauze", "Swab"))
        self.assertFalse(self.known("I-2"))
        self.assertEqual(set(rows.mapped("correlation_id")), {whole.correlation_id})
        self.assertEqual((whole.part_count, whole.part_failed_count), (3, 1))

    def test_a_row_is_mended_and_applied(self):
        row = self.refuse("missing_value", "M16", self.item("I-2", "Odd", "PKG|1|FURLONG||1"))
        units = self.env.ref("integration_ehr_supply.value_map_hl7_unit")
        units.line_ids = [(0, 0, {"source": "FURLONG", "target": "C62", "state": "confirmed"})]
        row.action_retry()
        self.drain(self.lists)
        row.invalidate_recordset()
        self.assertEqual(row.state, "done", row.error_message)
        self.assertEqual(self.known("I-2").name, "Odd")

    def test_ten_bad_rows_among_many(self):
        entries = [
            self.item(f"I-{n}", f"Item {n}", "PKG|1|EA||1" if n % 60 else "PKG|1|EA||x")
            for n in range(1, 601)
        ]
        whole, rows = self.bring("M16", *entries)
        bad = rows.filtered(lambda row: row.state != "done")
        self.assertEqual((len(rows), len(bad)), (600, 10))
        self.assertEqual(set(bad.mapped("state")), {"quarantined"})
        self.assertEqual(whole.part_failed_count, 10)
        found = self.env["product.product"].search_count([("default_code", "=like", "I-%")])
        self.assertEqual(found, 590)

    def test_two_items_of_one_gtin_are_parked(self):
        package = f"PKG|1|EA||1||||{GTIN}"
        self.bring_well("M16", self.item("I-1", "Gauze", package))
        row = self.refuse("possible_duplicate", "M16", self.item("I-2", "Other", package))
        self.assertEqual(self.known().name, "Gauze")
        self.assertFalse(self.known("I-2"))
        self.assertEqual((row.res_model, row.res_id), ("product.product", self.known().id))
        duplicate = self.env["integration.duplicate"].search([("message_id", "=", row.id)])
        self.assertEqual(duplicate.candidate_ids.mapped("res_id"), self.known().ids)

    def test_two_items_of_one_gtin_in_one_file(self):
        package = f"PKG|1|EA||1||||{GTIN}"
        _whole, rows = self.bring(
            "M16", self.item("I-1", "Gauze", package), self.item("I-2", "Other", package)
        )
        self.assertEqual(rows.mapped("state"), ["done", "quarantined"])
        self.assertEqual(self.known().name, "Gauze")

    def test_the_gtin_of_a_packaging_belongs_to_one_item(self):
        box = f"PKG|2|DZ||12||||{BOX}"
        self.bring_well("M16", self.item("I-1", "Gauze", "PKG|1|EA||1", box))
        self.refuse("gtin_taken", "M16", self.item("I-2", "Other", "PKG|1|EA||1", box))
        self.assertEqual(self.known().product_uom_ids.barcode, BOX)

    def test_a_packaging_that_no_unit_is(self):
        self.refuse(
            "unknown_packaging", "M16", self.item("I-1", "Gauze", "PKG|1|EA||1", "PKG|2|DZ||10")
        )

    def test_boxes_of_several_sizes_have_one_code(self):
        boxes = {}
        for size in (10, 12):
            boxes[size] = self.env["uom.uom"].create(
                {
                    "name": f"Box of {size}",
                    "relative_factor": size,
                    "relative_uom_id": self.unit.id,
                    "integration_code": "BX",
                }
            )
        self.bring_well("M16", self.item("I-1", "Gauze", "PKG|1|EA||1", "PKG|2|BX||12"))
        self.assertEqual(self.known().uom_ids, boxes[12])

    def test_out_of_use_and_back(self):
        self.bring_well("M16", self.item())
        product = self.known()
        for action, active in (("MDC", False), ("MAC", True), ("MDL", False), ("MUP", True)):
            self.bring_well("M16", self.item(action=action))
            self.assertEqual(product.active, active, action)

    def test_a_later_file_is_later_whatever_failed_before(self):
        bad = self.item("I-1", "First", "PKG|1|FURLONG||1")
        self.arrive(self.file("M16", bad), self.file("M16", self.item("I-1", "Second")))
        self.assertEqual(self.known().name, "Second")

    def test_an_older_file_changes_nothing_whenever_it_comes(self):
        self.bring_well("M16", self.item("I-1", "New"), at="20260303040000")
        old = (self.item("I-1", "Old"), self.item("I-2", "Other"))
        rows = self.bring_well("M16", *old, at="20260302040000")
        self.assertEqual((self.known().name, self.known("I-2").name), ("New", "Other"))
        notes = self.known().message_ids.mapped("body")
        self.assertTrue([one for one in notes if rows[0].uuid in one])
        self.bring_well("M16", self.item("I-1", "Newest"), at="20260303050000")
        self.assertEqual(self.known().name, "Newest")

    def test_a_file_that_is_replayed_is_as_old_as_it_was(self):
        whole, rows = self.bring("M16", self.item("I-1", "First"), self.item("I-2", "First"))
        self.bring_well("M16", self.item("I-1", "Second"))
        self.known("I-2").name = "By hand"
        whole.action_replay("to see")
        self.drain(self.lists)
        self.env.invalidate_all()
        again = self.rows(whole.replay_ids)
        self.assertEqual((rows | again).mapped("state"), ["done"] * 4)
        self.assertEqual((self.known().name, self.known("I-2").name), ("Second", "First"))

    def test_a_row_that_is_mended_does_not_replace_a_later_one(self):
        bad = self.item("I-1", "First", "PKG|1|FURLONG||1")
        _whole, rows = self.bring("M16", bad, self.item("I-1", "Second"))
        self.assertEqual(rows.mapped("state"), ["quarantined", "done"])
        units = self.env.ref("integration_ehr_supply.value_map_hl7_unit")
        units.line_ids = [(0, 0, {"source": "FURLONG", "target": "C62", "state": "confirmed"})]
        rows[0].action_retry()
        self.drain(self.lists)
        rows[0].invalidate_recordset()
        self.assertEqual((rows[0].state, self.known().name), ("done", "Second"))

    def test_a_file_without_entries(self):
        whole = self.arrive(self.file("M16"))
        self.assertEqual((whole.state, whole.error_code), ("quarantined", "missing_required"))

    def test_two_records_under_one_entry_are_both_read(self):
        entry = [*self.item("I-1"), "ITM|I-2|Swab|A|||N||||||||Y", "PKG|1|EA||1"]
        _whole, rows = self.bring("M16", entry)
        self.assertEqual(rows.mapped("state"), ["done", "done"])
        self.assertEqual(self.known("I-2").name, "Swab")

    def test_a_list_of_places_is_still_one_message(self):
        self.service_user.group_ids += self.env.ref("integration_ehr_bridge.group_feed")
        places = [[f"MFE|MAD|R{n}||{n}W", f"LOC|{n}W^^^MAIN||N"] for n in (3, 4)]
        whole = self.arrive(self.file("M05", *places))
        self.assertEqual(whole.state, "done", whole.error_message)
        self.assertFalse(self.rows(whole))

    def test_larger_messages_may_have_more_segments(self):
        rules = self.lists._hl7_rules()
        self.assertTrue(rules.rows, "who asks for an answer of each row gets it")
        self.assertGreater(rules.limits.segments, 20_000)
        self.env.cr.execute(
            "UPDATE integration_interface SET body_limit = 10240 WHERE id = %s", [self.lists.id]
        )
        self.lists.invalidate_recordset()
        self.assertGreater(self.lists._hl7_rules().limits.segments, 200_000)
