"""What emergency receipts turn out to cost: the order after the fact, and the supplier's bill."""

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .usage_case import UsageCase


@tagged("post_install", "-at_install")
class TestUsageCost(UsageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expense, cls.valuation, cls.difference, payable = (
            cls.account(*values)
            for values in (
                ("USE1", "expense"),
                ("STK1", "asset_current"),
                ("DIF1", "expense"),
                ("PAY1", "liability_payable"),
            )
        )
        company = cls.env.company
        company.anglo_saxon_accounting = True
        company.account_stock_journal_id, _bills = cls.env["account.journal"].create(
            [
                {"name": "Stock of the test", "code": "USGT", "type": "general"},
                {
                    "name": "Bills of the test",
                    "code": "USGB",
                    "type": "purchase",
                    "default_account_id": cls.difference.id,
                    "sequence": 0,
                },
            ]
        )
        company.ehr_usage_shortage = "emergency"
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor", "is_company": True})
        cls.vendor.property_account_payable_id = payable
        cls.buyer = new_test_user(
            cls.env, "cost.buyer", "purchase.group_purchase_user,stock.group_stock_user"
        )
        cls.accountant = new_test_user(cls.env, "cost.bills", "account.group_account_invoice")

    @classmethod
    def account(cls, code, kind):
        return cls.env["account.account"].create(
            {
                "name": code,
                "code": code,
                "account_type": kind,
                "reconcile": kind == "liability_payable",
            }
        )

    def implant(self, method, price=0, there=0):
        """An item of a category with its own cost method; some of it may lie elsewhere."""
        category = self.env["product.category"].create(
            {
                "name": method,
                "property_valuation": "real_time",
                "property_cost_method": method,
                "property_stock_valuation_account_id": self.valuation.id,
                "property_price_difference_account_id": self.difference.id,
            }
        )
        product = self._item(
            f"CUP-{method}", categ_id=category.id, standard_price=price, purchase_method="receive"
        )
        product.property_stock_production.valuation_account_id = self.expense
        product.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 850})]
        if there:
            place = self.warehouse.lot_stock_id
            receipt = self.env["stock.move"].create(
                {
                    "product_id": product.id,
                    "product_uom_qty": there,
                    "quantity": there,
                    "picked": True,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": place.id,
                }
            )
            receipt._action_done()
        return product

    def use(self, product, amount="1"):
        told = self.rds(self.rxd("D1", "1", product.default_code, amount))
        self.assert_done(self.bring(told))
        return self.used("D1")

    def order(self, used):
        asked = self.env["integration.exception"].search([("res_id", "=", used.receipt_id.id)])
        asked.with_user(self.buyer).action_accept()
        self.env.invalidate_all()
        return used.receipt_id.move_ids.purchase_line_id.order_id

    def bill(self, order, price):
        order.action_create_invoice()
        bill = order.invoice_ids
        bill.invoice_date = fields.Date.today()
        bill.invoice_line_ids.write({"price_unit": price, "tax_ids": [Command.clear()]})
        self.env.flush_all()
        bill.with_user(self.accountant).action_post()
        self.env.invalidate_all()
        return bill

    def borne(self, used):
        """What the cost centre bears, and the balances of usage and of stock."""
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "in", (self.expense | self.valuation).ids),
                ("parent_state", "=", "posted"),
            ]
        )
        of = {
            account: sum(lines.filtered(lambda o, a=account: o.account_id == a).mapped("balance"))
            for account in (self.expense, self.valuation)
        }
        return (
            -sum(used.move_id.analytic_account_line_ids.mapped("amount")),
            of[self.expense],
            of[self.valuation],
        )

    def test_a_new_item_of_average_cost(self):
        self.new_item("average")

    def test_a_new_item_first_in_first_out(self):
        self.new_item("fifo")

    def new_item(self, method):
        product = self.implant(method)
        used = self.use(product)
        self.assertEqual(self.borne(used)[0], 0, "Odoo knows no cost yet")
        order = self.order(used)
        self.assertEqual(self.borne(used), (850, 850, -850), "by the order")
        bill = self.bill(order, 900)
        self.assertEqual(self.borne(used), (900, 900, 0), "by the bill")
        self.assertEqual(product.with_company(self.env.company).total_value, 0)
        self.trace(used, bill)

    def trace(self, used, bill):
        entries = self.env["account.move"].search(used.action_open_entry()["domain"])
        self.assertEqual(len(entries), 3, "when it was used, by the order, by the bill")
        self.assertEqual(set(entries.mapped("state")), {"posted"})
        for entry in entries:
            self.assertEqual(entry.ehr_consumption_count, 1)
            found = self.env["ehr.consumption"].search(
                entry.action_open_ehr_consumptions()["domain"]
            )
            self.assertEqual(found, used)
        self.assertEqual(bill.invoice_line_ids.purchase_line_id.qty_invoiced, 1)

    # -- given back ----------------------------------------------------------------------------

    def returned(self, used):
        """What the cost centre bears by the returns, which relieve it."""
        return sum(used.return_ids.move_id.analytic_account_line_ids.mapped("amount"))

    def values(self, product):
        product = product.with_company(self.env.company)
        return product.total_value, product.standard_price

    def test_given_back_before_it_was_ordered(self):
        for method in ("average", "fifo"):
            with self.subTest(method), self.env.cr.savepoint() as savepoint:
                product = self.implant(method)
                used = self.use(product)
                self.give_back("R1", "D1", product.default_code, "1")
                order = self.order(used)
                borne, expense, stock = self.borne(used)
                self.assertEqual((borne - self.returned(used), expense, stock), (0, 0, 0))
                self.assertEqual(self.values(product), (850, 850))
                self.bill(order, 900)
                borne, expense, stock = self.borne(used)
                self.assertEqual((borne - self.returned(used), expense, stock), (0, 0, 900))
                self.assertEqual(self.values(product), (900, 900))
                savepoint.close(rollback=True)

    def test_given_back_after_it_was_ordered(self):
        for method in ("average", "fifo"):
            with self.subTest(method), self.env.cr.savepoint() as savepoint:
                product = self.implant(method)
                used = self.use(product)
                order = self.order(used)
                self.give_back("R1", "D1", product.default_code, "1")
                self.bill(order, 900)
                borne, expense, stock = self.borne(used)
                self.assertEqual((borne - self.returned(used), expense, stock), (0, 0, 900))
                self.assertEqual(self.values(product), (900, 900))
                savepoint.close(rollback=True)

    def test_given_back_after_the_bill(self):
        product = self.implant("average")
        used = self.use(product)
        self.bill(self.order(used), 900)
        self.give_back("R1", "D1", product.default_code, "1")
        borne, expense, stock = self.borne(used)
        self.assertEqual((borne - self.returned(used), expense, stock), (0, 0, 900))

    def test_a_part_is_given_back(self):
        for method in ("average", "fifo"):
            with self.subTest(method), self.env.cr.savepoint() as savepoint:
                product = self.implant(method)
                used = self.use(product, "3")
                self.give_back("R1", "D1", product.default_code, "1")
                self.bill(self.order(used), 900)
                borne, expense, stock = self.borne(used)
                self.assertEqual((borne - self.returned(used), expense, stock), (1800, 1800, 900))
                self.assertEqual(self.values(product), (900, 900))
                savepoint.close(rollback=True)

    def test_given_back_where_others_lie(self):
        """99 lie elsewhere at 2: all are dearer, and nobody has used any."""
        product = self.implant("average", price=2, there=99)
        used = self.use(product)
        self.give_back("R1", "D1", product.default_code, "1")
        self.bill(self.order(used), 902)
        borne, expense, _stock = self.borne(used)
        self.assertAlmostEqual(borne - self.returned(used), 0)
        self.assertAlmostEqual(expense, 0)
        value, cost = self.values(product)
        self.assertAlmostEqual(value, 99 * 2 + 902)
        self.assertAlmostEqual(cost, 11)

    def test_average_cost_is_shared_with_what_was_there(self):
        """99 lie elsewhere at 2: by average cost the dear one makes all of them dearer."""
        product = self.implant("average", price=2, there=99)
        used = self.use(product)
        self.assertEqual(self.borne(used)[0], 2)
        self.bill(self.order(used), 902)
        borne, _expense, stock = self.borne(used)
        self.assertAlmostEqual(borne, (99 * 2 + 902) / 100)
        self.assertAlmostEqual(product.with_company(self.env.company).standard_price, 11)
        self.assertAlmostEqual(
            product.with_company(self.env.company).total_value, 99 * 11, msg="as Odoo values it"
        )
        self.assertAlmostEqual(stock, 902 - borne)

    def test_a_fixed_cost_stays(self):
        """The cost centre bears that; what the bill has more is a price difference."""
        product = self.implant("standard", price=800)
        used = self.use(product)
        self.bill(self.order(used), 900)
        self.assertEqual(self.borne(used), (800, 800, 0))
        found = self.env["account.move.line"].search([("account_id", "=", self.difference.id)])
        self.assertEqual(sum(found.mapped("balance")), 100)

    def test_a_bill_that_is_corrected(self):
        product = self.implant("average")
        used = self.use(product)
        bill = self.bill(self.order(used), 900)
        bill.button_draft()
        bill.invoice_line_ids.price_unit = 870
        bill.action_post()
        self.env.invalidate_all()
        self.assertEqual(self.borne(used), (870, 870, 0))

    def test_the_order_and_its_bill_belong_to_the_visit(self):
        self.admit("71")
        product = self.implant("average")
        told = self.rds(self.rxd("D1", "1", product.default_code, "1"), visit="71")
        self.assert_done(self.bring(told))
        order = self.order(self.used("D1"))
        self.assertEqual(order.encounter_id.visit_number, "71")
        self.assertEqual(self.bill(order, 900).encounter_id.visit_number, "71")
