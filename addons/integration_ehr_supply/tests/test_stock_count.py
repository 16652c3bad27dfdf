from odoo.tests import tagged

from .items_case import ItemsCase


@tagged("post_install", "-at_install")
class TestStockCount(ItemsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create(
            {"name": "Gauze", "default_code": "I-1", "type": "consu", "is_storable": True}
        )
        cls.stock(cls.product, 36)
        cls.env.company.integration_adjustment_value = 1000
        cls.env.company.integration_adjustment_percent = 10

    @classmethod
    def stock(cls, product, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(product, cls.ward, quantity, lot_id=lot)

    def on_hand(self, product=None, lot=None):
        self.env.invalidate_all()
        return self.env["stock.quant"]._get_available_quantity(
            product or self.product, self.ward, lot_id=lot, strict=True
        )

    def last(self):
        return self.env["ehr.stock.report"].search([("product_id", "=", self.product.id)])

    def test_what_is_the_same_changes_nothing(self):
        (row,) = self.bring_well("M15", self.count(36))
        report = self.last()
        self.assertEqual((row.res_model, row.res_id), ("ehr.stock.report", report.id))
        self.assertEqual((report.known_quantity, report.difference), (36, 0))
        self.assertFalse(report.adjustment_id)
        self.assertFalse(
            self.env["integration.stock.adjustment"].search([("system_id", "=", self.system.id)])
        )

    def test_units_are_converted(self):
        self.bring_well("M15", self.count(3, unit="DZ"))
        self.assertFalse(self.last().adjustment_id)

    def test_a_small_difference_is_applied(self):
        self.bring_well("M15", self.count(35))
        self.assertEqual(self.on_hand(), 35)
        self.assertEqual(self.last().adjustment_id.state, "settled")

    def test_a_large_difference_is_proposed_to_a_storekeeper(self):
        self.bring_well("M15", self.count(12))
        self.assertEqual(self.on_hand(), 36)
        adjustment = self.last().adjustment_id
        self.assertEqual(adjustment.state, "waiting")
        question = self.env["integration.exception"].search(
            [("res_model", "=", adjustment._name), ("res_id", "=", adjustment.id)]
        )
        self.assertEqual(question.kind, "stock_adjustment")
        question.action_accept()
        self.assertEqual(self.on_hand(), 12)

    def test_an_older_report_is_refused(self):
        self.bring_well("M15", self.count(36, at="20260302040000"))
        self.refuse("older_report", "M15", self.count(30, at="20260302030000"))
        self.assertEqual((self.on_hand(), self.last().quantity), (36, 36))

    def test_an_older_entry_of_one_file(self):
        entries = (self.count(36, at="20260302040000"), self.count(30, at="20260302030000"))
        self.refuse("older_report", "M15", *entries)
        self.assertEqual((self.on_hand(), self.last().quantity), (36, 36))

    def test_what_waited_is_older_by_then(self):
        odd = self.count(30, unit="FURLONG")
        late = self.refuse("missing_value", "M15", odd, at="20260302030000")
        self.bring_well("M15", self.count(35), at="20260302040000")
        units = self.env.ref("integration_ehr_supply.value_map_hl7_unit")
        units.line_ids = [(0, 0, {"source": "FURLONG", "target": "C62", "state": "confirmed"})]
        late.action_retry()
        self.drain(self.lists)
        late.invalidate_recordset()
        self.assertEqual((late.state, late.error_code), ("quarantined", "older_report"))
        self.assertEqual((self.on_hand(), self.last().quantity), (35, 35))

    def test_a_lot_that_expires_on_another_day(self):
        if "expiration_date" not in self.env["stock.lot"]._fields:
            self.skipTest("without the app for expiry dates no lot expires")
        glue = self.env["product.product"].create(
            {
                "name": "Glue",
                "default_code": "I-2",
                "type": "consu",
                "is_storable": True,
                "tracking": "lot",
                "use_expiration_date": True,
            }
        )
        lot = self.env["stock.lot"].create(
            {"name": "L1", "product_id": glue.id, "expiration_date": "2027-03-02 10:00:00"}
        )
        self.stock(glue, 5, lot)
        self.refuse("expiry_differs", "M15", self.count(4, "I-2", lot="L1", expiry="20270301"))
        self.assertEqual(self.on_hand(glue, lot), 5)
        self.bring_well("M15", self.count(5, "I-2", lot="L1", expiry="20270302"))

    def test_the_same_report_again_changes_nothing(self):
        self.bring_well("M15", self.count(35))
        first = self.last().adjustment_id
        self.bring_well("M15", self.count(35))
        self.assertEqual(self.last().adjustment_id, first)

    def test_the_same_moment_with_another_quantity(self):
        self.bring_well("M15", self.count(36))
        self.refuse("report_differs", "M15", self.count(35))

    def test_lots(self):
        product = self.env["product.product"].create(
            {
                "name": "Glue",
                "default_code": "I-2",
                "type": "consu",
                "is_storable": True,
                "tracking": "lot",
            }
        )
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in ("L1", "L2")]
        )
        for lot in lots:
            self.stock(product, 100, lot)
        self.bring_well("M15", self.count(100, "I-2", lot="L1"), self.count(99, "I-2", lot="L2"))
        self.assertEqual([self.on_hand(product, lot) for lot in lots], [100, 99])
        self.refuse("unknown_lot", "M15", self.count(1, "I-2", lot="L3"))
        self.refuse("unknown_lot", "M15", self.count(1, "I-2"))

    def test_what_cannot_be_understood_waits_for_a_person(self):
        for code, entry in (
            ("unknown_item", self.count(1, "NOBODY")),
            ("unknown_location", self.count(1, place="MOON")),
            ("missing_value", self.count(1, unit="FURLONG")),
            ("missing_required", self.count(1, unit="")),
            ("missing_required", self.count("")),
        ):
            with self.subTest(code):
                self.refuse(code, "M15", entry)
        self.assertEqual(self.on_hand(), 36)

    def test_an_archived_item_lies_there_still(self):
        self.product.active = False
        self.bring_well("M15", self.count(35))
        self.assertEqual(self.on_hand(), 35)

    def test_a_report_of_another_company(self):
        company = self.env["res.company"].create({"name": "Clinic South"})
        user = self.service_user.copy({"login": "south", "name": "South"})
        user.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        system = self.system.copy({"code": "SOUTH", "company_id": company.id})
        south = self.list_interface("South", 12577, system_id=system.id, user_id=user.id)
        whole = self.arrive(self.file("M15", self.count(1)), interface=south)
        row = self.rows(whole)
        self.assertEqual((row.state, row.error_code), ("quarantined", "unknown_location"))
        self.assertEqual(self.on_hand(), 36)
