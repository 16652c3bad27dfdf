import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ProcurementCase


class CatalogueCase(ProcurementCase):
    """A supplier that sends documents about its items."""

    handler = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reconfigure(cls.inbound, handler=cls.handler)
        cls.service_user.group_ids = [
            (4, cls.env.ref("purchase.group_purchase_manager").id),
        ]
        cls.manager = new_test_user(cls.env, "prices.manager", "purchase.group_purchase_manager")
        cls.box = cls.env["uom.uom"].create(
            {
                "name": "Box of 12",
                "relative_factor": 12,
                "relative_uom_id": cls.env.ref("uom.product_uom_unit").id,
                "integration_code": "BX",
            }
        )
        cls.today = fields.Date.today()

    @classmethod
    def seller(cls, **values):
        return cls.env["product.supplierinfo"].create(
            {
                "partner_id": cls.supplier.id,
                "product_tmpl_id": cls.product.product_tmpl_id.id,
                "product_code": "S-1",
                "price": 10,
                "currency_id": cls.env.ref("base.EUR").id,
                **values,
            }
        )

    def sellers(self, product=None):
        return self.env["product.supplierinfo"].search(
            [("product_tmpl_id", "=", (product or self.product).product_tmpl_id.id)], order="id"
        )

    def send(self, key, **document):
        message = self.receive(key, json.dumps(document).encode())
        self.drain(self.inbound)
        self.env.invalidate_all()
        return message

    def assert_quarantined(self, message, code, text=""):
        self.assertEqual((message.state, message.error_code), ("quarantined", code))
        self.assertIn(text, message.error_message)


@tagged("post_install", "-at_install")
class TestPriceList(CatalogueCase):
    handler = "integration.handler.price_list"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.EUR").active = True
        cls.product.barcode = "4006381333931"

    def priced(self, key, *items, **values):
        entries = [
            {"item": {"supplier_code": "S-1"}, "unit": "C62", "unit_price": "10", **item}
            for item in items
        ]
        return self.send(key, **{"currency": "EUR", "items": entries, **values})

    def exceptions(self):
        return self.env["integration.exception"].search(
            [("kind", "=", "price_list"), ("state", "=", "open")]
        )

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

    def test_a_jump_waits_for_a_decision(self):
        row = self.seller()
        self.priced("p1", {"unit_price": "11"})
        exception = self.exceptions()
        self.assertEqual((exception.res_id, exception.area), (row.id, "purchase"))
        self.assertEqual(row.price, 10)
        self.priced("p2", {"unit_price": "11"}, issued_at=f"{fields.Datetime.now().isoformat()}Z")
        self.assertEqual((exception.state, len(self.exceptions())), ("void", 1))
        buyer = new_test_user(self.env, "prices.buyer", "purchase.group_purchase_user")
        with self.assertRaises(AccessError):
            self.exceptions().with_user(buyer).action_accept()
        self.exceptions().with_user(self.manager).action_accept()
        self.assertEqual(row.price, 11)

    def test_a_jump_from_a_day_on(self):
        old = self.seller()
        self.priced("p1", {"unit_price": "20", "valid_from": "2027-01-01"})
        self.assertEqual(self.sellers(), old)
        self.assertFalse(old.date_end)
        self.exceptions().with_user(self.manager).action_accept()
        new = self.sellers() - old
        self.assertEqual((str(old.date_end), str(new.date_start)), ("2026-12-31", "2027-01-01"))
        self.assertEqual((new.price, new.product_code), (20, "S-1"))

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

    def test_a_jump_after_a_price_that_ended(self):
        old = self.seller(date_start="2026-01-01", date_end="2026-12-31")
        self.priced("p1", {"unit_price": "1000", "valid_from": "2027-01-01"})
        self.assertEqual(self.sellers(), old)
        self.exceptions().with_user(self.manager).action_accept()
        new = self.sellers() - old
        self.assertEqual((new.price, str(new.date_start)), (1000, "2027-01-01"))
        self.assertEqual(str(old.date_end), "2026-12-31")

    def test_a_jump_by_another_unit_or_quantity(self):
        old = self.seller(product_uom_id=self.box.id, price=120)
        self.priced("p1", {"unit_price": "10.2"})
        new = self.sellers() - old
        self.assertEqual((new.product_uom_id.name, new.price), ("Units", 10.2))
        new.unlink()
        self.priced("p2", {"unit_price": "120"})
        self.assertEqual(self.sellers(), old)
        self.assertIn("Unit", self.exceptions().line_ids.mapped("label"))
        self.exceptions().with_user(self.manager).action_accept()
        new = self.sellers() - old
        self.assertEqual((new.product_uom_id.name, new.price, old.price), ("Units", 120, 120))

    def test_quantity_discounts_of_one_list_are_no_jumps(self):
        gtin = {"item": {"gtin": "4006381333931"}}
        self.priced("p1", gtin, {**gtin, "unit_price": "8", "min_quantity": "100"})
        self.assertEqual(self.sellers().mapped("price"), [10, 8])
        self.assertFalse(self.exceptions())

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

    def sizes(self):
        """The product in two sizes; return the size that has the barcode."""
        size = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": name}) for name in ("M", "L")]}
        )
        template = self.env["product.template"].create(
            {
                "name": "Glove",
                "attribute_line_ids": [
                    (0, 0, {"attribute_id": size.id, "value_ids": [(6, 0, size.value_ids.ids)]})
                ],
            }
        )
        self.product.barcode = False
        template.product_variant_ids[0].barcode = "4006381333931"
        return template.product_variant_ids[0]

    def test_a_price_for_all_variants(self):
        medium = self.sizes()
        row = self.seller(product_tmpl_id=medium.product_tmpl_id.id, product_code="S-2")
        gtin = {"item": {"gtin": "4006381333931"}}
        self.priced("p1", {**gtin, "unit_price": "10.3"})
        self.assertEqual(self.sellers(medium), row, "the cheaper price for all sizes would win")
        self.exceptions().with_user(self.manager).action_accept()
        own = self.sellers(medium) - row
        self.assertEqual((own.product_id, own.price, row.price), (medium, 10.3, 10))
        own.unlink()
        self.priced("p2", {**gtin, "unit_price": "9.9"})
        own = self.sellers(medium) - row
        self.assertEqual((own.product_id, own.price, row.price), (medium, 9.9, 10))
        own.unlink()
        self.send("p3", currency="EUR", items=[{**gtin, "discontinued": True}])
        self.assertFalse(row.supplier_discontinued)
        self.assertIn("1 discontinued but kept", self.supplier.message_ids[0].body)

    def test_a_price_that_all_companies_share(self):
        row = self.seller(company_id=False)
        self.priced("p1", {"unit_price": "9.8"})
        own = self.sellers() - row
        self.assertEqual((own.company_id, own.price, row.price), (self.env.company, 9.8, 10))
        own.unlink()
        self.priced("p2", {"unit_price": "30"})
        self.assertEqual(self.sellers(), row)
        self.exceptions().with_user(self.manager).action_accept()
        own = self.sellers() - row
        self.assertEqual((own.company_id, own.price, row.price), (self.env.company, 30, 10))
        self.send(
            "p3",
            currency="EUR",
            items=[{"item": {"supplier_code": "S-1"}, "discontinued": True}],
        )
        self.assertEqual((row.date_end, row.supplier_discontinued), (False, False))
        self.assertTrue(own.supplier_discontinued)

    def test_two_jumps_are_accepted_in_any_order(self):
        self.seller()
        self.priced(
            "p1",
            {"unit_price": "20", "valid_from": "2027-01-01"},
            {"unit_price": "30", "valid_from": "2028-01-01"},
        )
        first, second = self.exceptions().sorted("id")
        second.with_user(self.manager).action_accept()
        first.with_user(self.manager).action_accept()
        rows = self.sellers().sorted(lambda row: row.date_start or self.today)
        self.assertEqual(
            [(row.price, str(row.date_end)) for row in rows],
            [(10, "2026-12-31"), (20, "2027-12-31"), (30, "False")],
        )

    def test_names_of_two_items_contradict_each_other(self):
        self.seller()
        self.env["product.product"].create({"name": "Another", "barcode": "123"})
        message = self.priced("p1", {"item": {"supplier_code": "S-1", "gtin": "123"}})
        self.assert_quarantined(message, "unknown_items", "positions 1.")

    def test_a_jump_of_a_price_that_changed_meanwhile(self):
        row = self.seller()
        self.priced("p1", {"unit_price": "11"})
        row.price = 12
        with self.assertRaisesRegex(UserError, "changed since"):
            self.exceptions().with_user(self.manager).action_accept()
        self.assertEqual(row.price, 12)

    def test_tolerance_of_the_supplier_and_another_currency(self):
        row = self.seller()
        self.supplier.write(
            {
                "property_supplier_own_tolerances": True,
                "property_supplier_price_list_tolerance": 50,
            }
        )
        self.priced("p1", {"unit_price": "14"})
        self.assertEqual(row.price, 14)
        self.env.ref("base.JPY").active = True
        self.priced("p2", {"unit_price": "14"}, currency="JPY")
        self.assertEqual(row.currency_id.name, "EUR")
        self.exceptions().with_user(self.manager).action_accept()
        self.assertEqual((row.currency_id.name, row.price), ("JPY", 14))

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

    def test_a_rejected_jump_is_not_asked_again_by_the_same_list(self):
        self.seller()
        values = {"issued_at": "2026-11-20T08:00:00Z"}
        self.priced("p1", {"unit_price": "11"}, **values)
        self.exceptions().with_user(self.manager).action_reject()
        self.priced("p2", {"unit_price": "11"}, **values)
        self.assertFalse(self.exceptions())

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


@tagged("post_install", "-at_install")
class TestStockAvailability(CatalogueCase):
    handler = "integration.handler.stock_availability"

    def seen(self, key, as_of="2026-11-22T06:00:00Z", **item):
        return self.send(
            key,
            as_of=as_of,
            items=[
                {
                    "item": {"supplier_code": "S-1"},
                    "available_quantity": "30",
                    "unit": "C62",
                    **item,
                }
            ],
        )

    def test_beside_the_price_and_as_a_hint_on_the_order(self):
        boxes = self.seller(product_uom_id=self.box.id, min_qty=5)
        pieces = self.seller()
        message = self.seen("a1", next_available_date="2026-12-05")
        self.assertEqual(message.state, "done", message.error_message)
        self.assertEqual((pieces.supplier_available_qty, boxes.supplier_available_qty), (30, 2.5))
        self.assertEqual(str(pieces.supplier_available_date), "2026-12-05")
        pieces.min_qty = 0
        boxes.supplier_available_at = False
        line = self.order().order_line[0]
        self.assertIn("30.00 Units on 11/22/2026; more on 12/05/2026", line.supplier_availability)
        self.assertTrue(line.order_id.supplier_tells_stock)
        self.assertFalse(line.supplier_is_short)
        line.product_qty = 31
        self.assertTrue(line.supplier_is_short)

    def test_never_more_than_there_is(self):
        boxes = self.seller(product_uom_id=self.box.id)
        self.seen("a1", available_quantity="19")
        self.assertEqual(boxes.supplier_available_qty, 1.58)

    def test_an_older_look_does_not_overwrite(self):
        row = self.seller()
        self.seen("a1")
        self.seen("a2", as_of="2026-11-21T06:00:00Z", available_quantity="1")
        self.assertEqual(row.supplier_available_qty, 30)

    def test_nobody_looks_into_the_future(self):
        row = self.seller()
        self.assert_quarantined(self.seen("a1", "2062-11-22T06:00:00Z"), "moment_in_future")
        self.seen("a2")
        self.assertEqual(row.supplier_available_qty, 30)
        wrong = self.seen("a3", next_available_date="9999-12-31")
        self.assert_quarantined(wrong, "no_such_moment")

    def test_by_barcode_beside_the_price_of_the_only_variant(self):
        self.product.barcode = "4006381333931"
        row = self.seller()
        self.assertEqual(self.seen("a1", item={"gtin": "4006381333931"}).state, "done")
        self.assertEqual(row.supplier_available_qty, 30)

    def test_without_conditions_of_purchase(self):
        self.product.barcode = "4006381333931"
        message = self.seen("a1", item={"gtin": "4006381333931"})
        self.assert_quarantined(message, "unknown_items", "positions 1.")
