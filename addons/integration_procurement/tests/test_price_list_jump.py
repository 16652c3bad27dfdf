from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .catalogue_case import PriceListCase


@tagged("post_install", "-at_install")
class TestPriceListJump(PriceListCase):
    """Prices that differ by much, or would have no effect, wait for a decision."""

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

    def test_a_rejected_jump_is_not_asked_again_by_the_same_list(self):
        self.seller()
        values = {"issued_at": "2026-11-20T08:00:00Z"}
        self.priced("p1", {"unit_price": "11"}, **values)
        self.exceptions().with_user(self.manager).action_reject()
        self.priced("p2", {"unit_price": "11"}, **values)
        self.assertFalse(self.exceptions())
