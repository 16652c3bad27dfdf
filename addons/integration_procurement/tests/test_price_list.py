from odoo.tests import tagged

from .catalogue_case import PriceListCase


@tagged("post_install", "-at_install")
class TestPriceList(PriceListCase):
    """What a supplier's list says of his items and prices is taken over."""

    def test_a_small_change_is_taken_over(self):
        row = self.seller()
        message = self.priced("p1", {"unit_price": "10.3", "lead_time_days": 9, "name": "Long"})
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual(self.sellers(), row)
        self.assertEqual((row.price, row.delay, row.product_name), (10.3, 9, "Long"))
        self.assertIn("1 changed", self.supplier.message_ids[0].body)

    def test_new_item_by_barcode(self):
        self.priced("p1", {"item": {"gtin": "4006381333931"}, "unit": "BX", "min_quantity": "3"})
        row = self.sellers()
        self.assertEqual((row.product_id, row.product_uom_id), (self.product, self.box))
        self.assertEqual((row.min_qty, row.price, row.partner_id), (3, 10, self.supplier))
        self.assertEqual(row.company_id, self.env.company)

    def test_by_record_link(self):
        self.env["integration.record.link"]._link(self.system.id, self.product, "ITEM-9")
        self.assertEqual(self.priced("p1", {"item": {"id": "ITEM-9"}}).state, "done")
        self.assertEqual(self.sellers().product_id, self.product)

    def test_from_a_day_on(self):
        old = self.seller()
        self.priced(
            "p1", {"unit_price": "10.2", "valid_from": "2027-01-01", "valid_to": "2027-12-31"}
        )
        new = self.sellers() - old
        self.assertEqual((str(old.date_end), old.price), ("2026-12-31", 10))
        self.assertEqual((str(new.date_start), str(new.date_end)), ("2027-01-01", "2027-12-31"))
        self.assertEqual((new.price, new.product_code), (10.2, "S-1"))

    def test_unknown_items_are_named_by_position(self):
        self.product.copy({"barcode": False, "active": False, "name": "Archived"})
        archived = self.env["product.product"].create({"name": "Old", "barcode": "123"})
        archived.active = False
        self.seller()
        message = self.priced(
            "p1",
            {},
            {"item": {"supplier_code": "SECRET"}},
            {"item": {"gtin": "123"}},
        )
        self.assert_quarantined(message, "unknown_items", "positions 2, 3.")
        self.assertNotIn("SECRET", message.error_message)
        self.assertEqual(self.sellers().price, 10)

    def test_codes_of_other_suppliers_mean_nothing(self):
        row = self.seller(partner_id=self.env["res.partner"].create({"name": "Rival"}).id)
        self.assert_quarantined(self.priced("p1", {"unit_price": "1"}), "unknown_items")
        self.priced("p2", {"item": {"gtin": "4006381333931"}, "unit_price": "1"})
        self.assertEqual(row.price, 10)
        self.assertEqual((self.sellers() - row).price, 1)

    def test_conditions_of_another_company_are_not_touched(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        row = self.seller(company_id=company.id)
        self.priced("p1", {"item": {"gtin": "4006381333931"}, "unit_price": "1"})
        self.assertEqual(row.price, 10)

    def test_units_currencies_periods_and_repetitions(self):
        self.seller()
        self.assert_quarantined(self.priced("p1", {}, {"unit": "XYZ"}), "unknown_unit", "osition 2")
        self.assert_quarantined(self.priced("p2", {}, currency="XXX"), "unknown_currency")
        wrong = {"valid_from": "2027-02-01", "valid_to": "2027-01-01"}
        self.assert_quarantined(self.priced("p3", {}, wrong), "period_reversed", "positions 2.")
        twice = self.priced("p4", {}, {"item": {"gtin": "4006381333931"}})
        self.assert_quarantined(twice, "item_repeated", "positions 2.")
        unpriced = self.send("p5", currency="EUR", items=[{"item": {"supplier_code": "S-1"}}])
        self.assertEqual((unpriced.state, unpriced.error_class), ("quarantined", "contract"))
        self.assertEqual(self.sellers().price, 10)

    def test_two_periods_in_one_list(self):
        old = self.seller()
        later = {"unit_price": "10.4", "valid_from": "2028-01-01"}
        self.priced("p1", later, {"unit_price": "10.2", "valid_from": "2027-01-01"})
        rows = self.sellers().sorted(lambda row: row.date_start or self.today)
        self.assertEqual(
            [(row.price, str(row.date_end)) for row in rows],
            [(10, "2026-12-31"), (10.2, "2027-12-31"), (10.4, "False")],
        )
        self.assertEqual(rows[0], old)

    def test_two_periods_said_twice_and_a_list_without_days(self):
        first = {"unit_price": "10", "valid_from": "2026-01-01"}
        second = {"unit_price": "10.4", "valid_from": "2190-07-01"}
        gtin = {"item": {"gtin": "4006381333931"}}
        self.priced("p1", {**first, **gtin}, {**second, **gtin})
        rows = self.sellers()
        periods = [("2026-01-01", "2190-06-30"), ("2190-07-01", "False")]
        for key, *items in (
            ("p2", {**first, **gtin}, {**second, **gtin}),
            ("p3", gtin),
            ("p4", {**gtin, "valid_to": "2191-01-01"}),
        ):
            self.priced(key, *items)
            self.assertEqual(self.sellers(), rows)
            self.assertEqual([(str(one.date_start), str(one.date_end)) for one in rows], periods)
        self.assertIn("1 as before", self.supplier.message_ids[0].body)

    def test_the_only_variant_is_the_item(self):
        row = self.seller()
        gtin = {"item": {"gtin": "4006381333931"}}
        self.priced("p1", {**gtin, "unit_price": "10.3"})
        self.assertEqual((self.sellers(), row.price), (row, 10.3))
        self.priced("p2", {**gtin, "unit_price": "20"})
        self.exceptions().with_user(self.manager).action_accept()
        self.assertEqual((self.sellers(), row.price), (row, 20))
        self.send("p3", currency="EUR", items=[{**gtin, "discontinued": True}])
        self.assertTrue(row.supplier_discontinued)

    def test_names_of_two_items_contradict_each_other(self):
        self.seller()
        self.env["product.product"].create({"name": "Another", "barcode": "123"})
        message = self.priced("p1", {"item": {"supplier_code": "S-1", "gtin": "123"}})
        self.assert_quarantined(message, "unknown_items", "positions 1.")

    def test_the_same_twice_and_an_older_one(self):
        row = self.seller()
        newest = {"issued_at": "2026-11-20T08:00:00Z"}
        self.priced("p1", {"unit_price": "10.1"}, **newest)
        written = row.write_date
        self.priced("p2", {"unit_price": "10.1"}, **newest)
        self.assertEqual(row.write_date, written)
        self.assertIn("1 as before", self.supplier.message_ids[0].body)
        self.priced("p3", {"unit_price": "10.2"}, issued_at="2026-11-19T08:00:00Z")
        self.assertEqual(row.price, 10.1)
        self.assertIn("1 overtaken", self.supplier.message_ids[0].body)

    def test_days_and_moments_that_cannot_be(self):
        self.seller()
        for key, item, values, code in (
            ("p1", {"valid_from": "0001-01-01"}, {}, "no_such_moment"),
            ("p2", {"valid_to": "9999-12-31"}, {}, "no_such_moment"),
            ("p3", {}, {"issued_at": "0001-01-01T00:00:00Z"}, "no_such_moment"),
            ("p4", {}, {"issued_at": "2062-11-20T08:00:00Z"}, "moment_in_future"),
        ):
            self.assert_quarantined(self.priced(key, item, **values), code)

    def test_discontinued(self):
        row = self.seller()
        self.send(
            "p1",
            currency="EUR",
            items=[
                {
                    "item": {"supplier_code": "S-1"},
                    "discontinued": True,
                    "valid_from": "2027-01-01",
                }
            ],
        )
        self.assertEqual((str(row.date_end), row.supplier_discontinued), ("2026-12-31", True))

    def test_statements_do_not_grow_with_the_list(self):
        def statements(count, key):
            products = self.env["product.product"].create(
                [{"name": f"{key} {n}", "barcode": f"{key}{n}"} for n in range(count)]
            )
            for product in products[::2]:
                self.seller(
                    product_tmpl_id=product.product_tmpl_id.id, product_code=product.barcode
                )
            self.env.flush_all()
            items = [
                {"item": {"gtin": one.barcode, "supplier_code": one.barcode}, "unit_price": "10.1"}
                for one in products
            ]
            before = self.env.cr.sql_log_count
            message = self.priced(key, *items)
            self.assertEqual(message.state, "done", message.error_message)
            self.assertEqual(
                products.seller_ids.mapped("price"), [10.1] * count, "each has its price"
            )
            return self.env.cr.sql_log_count - before

        statements(2, "w")
        few, many = statements(4, "a"), statements(84, "b")
        self.assertLess(many - few, 40)
