from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestInvoice(FinanceCase):
    """A supplier's invoice becomes a draft bill that is matched with order and receipt."""

    def differences(self, bill):
        return {
            (one.kind, line.ours, line.theirs)
            for one in self.exceptions(bill)
            for line in one.line_ids
        }

    def test_bill_as_ordered_and_received_can_be_validated(self):
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order, due_date="2026-12-24"))
        self.assertEqual((bill.state, bill.move_type, bill.ref), ("draft", "in_invoice", "R-1"))
        self.assertEqual(bill.partner_id, self.supplier)
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual(bill.invoice_line_ids.tax_ids, self.tax)
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (120, 145.2))
        self.assertEqual(str(bill.invoice_date_due), "2026-12-24")
        self.assertFalse(self.exceptions(bill))
        self.assertFalse(bill.integration_to_decide)
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        self.assertEqual(order.order_line.qty_invoiced, 10)

    def test_more_than_was_received_waits_until_the_goods_are_there(self):
        order = self.confirmed(received=6)
        bill = self.bill(self.invoice_of(order))
        self.assertEqual(self.differences(bill), {("invoice_quantity", "6 Units", "10 Units")})
        self.assertEqual(bill.invoice_line_ids.quantity, 10, "the supplier's figures stay")
        self.assertEqual(bill.integration_sync_state, "conflict")
        self.assertIn(bill, bill.search([("integration_to_decide", "=", True)]))
        self.assertNotIn(bill, bill.search([("integration_to_decide", "=", False)]))
        with self.assertRaises(UserError):
            bill.action_post()
        self.receive_goods(order, 4)
        bill.action_open_integration_exceptions()
        self.assertFalse(self.exceptions(bill))
        bill.action_post()
        self.assertEqual(bill.state, "posted")

    def test_second_invoice_for_the_same_goods(self):
        order = self.confirmed(received=10)
        self.bill(self.invoice_of(order))
        second = self.bill(self.invoice_of(order, number="R-2"))
        self.assertEqual(self.differences(second), {("invoice_quantity", "0 Units", "10 Units")})

    def test_another_price_accepted_by_the_accountant(self):
        accountant = new_test_user(self.env, "acc.finance", "account.group_account_invoice")
        self.company.invoice_exception_user_id = accountant
        order = self.confirmed(received=10, price=11.5)
        bill = self.bill(self.invoice_of(order))
        exception = self.exceptions(bill)
        self.assertEqual(exception.kind, "invoice_price")
        self.assertEqual(exception.user_id, accountant)
        self.assertEqual(bill.activity_ids.user_id, accountant)
        exception.with_user(accountant).action_accept()
        self.assertEqual(bill.invoice_line_ids.price_unit, 12)
        bill.with_user(accountant).action_post()
        self.assertEqual(bill.state, "posted", "what was accepted is not asked again")

    def test_buyer_with_the_right_decides_himself(self):
        buyer = new_test_user(
            self.env, "buy.finance", "account.group_account_invoice,purchase.group_purchase_user"
        )
        order = self.confirmed(received=10, price=11.5, user_id=buyer.id)
        self.assertEqual(self.exceptions(self.bill(self.invoice_of(order))).user_id, buyer)

    def test_rejected_becomes_a_dispute(self):
        bill = self.bill(self.invoice_of(self.confirmed(received=10, price=11.5)))
        exception = self.exceptions(bill)
        exception.note = "Agreed 11.50"
        exception.action_reject()
        self.assertEqual(bill.dispute_state, "disputed")
        self.assertIn("Agreed 11.50", bill.dispute_reason)

    def test_tolerances_of_company_and_supplier(self):
        order = self.confirmed(received=9, price=11.9)
        self.company.write({"invoice_price_tolerance": 1, "invoice_quantity_tolerance": 10})
        self.assertFalse(self.exceptions(self.bill(self.invoice_of(order))))
        self.supplier.invoice_tolerance_own = True
        order = self.confirmed(received=9, price=11.9)
        bill = self.bill(self.invoice_of(order, number="R-2"))
        self.assertEqual(
            set(self.exceptions(bill).mapped("kind")), {"invoice_price", "invoice_quantity"}
        )

    def test_box_of_twelve_invoiced_by_piece(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.confirmed(quantity=2, price=60, received=24, line={"product_uom_id": dozen.id})
        line = {"net_amount": "120"}
        bill = self.bill(self.invoice_of(order, "24", "5", line=line))
        self.assertEqual(bill.invoice_line_ids.product_uom_id.name, "Units")
        self.assertFalse(self.exceptions(bill), "24 pieces at 5 are 2 dozens at 60")
        self.assertEqual(order.order_line.qty_invoiced, 2)
        dearer = self.bill(
            self.invoice_of(order, "12", "5.01", number="R-2", line={"net_amount": "60.12"})
        )
        self.assertIn(
            ("invoice_price", "60", "60.12"),
            {
                (kind, ours.split()[0], theirs.split()[0])
                for kind, ours, theirs in self.differences(dearer)
            },
        )

    def test_currencies_with_other_decimals(self):
        for code, price, net, tax, gross in (
            ("JPY", "1200", "12000", "2520", "14520"),
            ("KWD", "1.234", "12.34", "2.591", "14.931"),
        ):
            with self.subTest(code):
                currency = self.env.ref(f"base.{code}")
                currency.active = True
                order = self.confirmed(price=float(price), received=10, currency_id=currency.id)
                document = self.invoice_of(
                    order,
                    price=price,
                    number=code,
                    currency=code,
                    line={"net_amount": net},
                    totals={"net": net, "tax": tax, "gross": gross},
                )
                bill = self.bill(document)
                self.assertEqual(bill.currency_id, currency)
                self.assertFalse(self.exceptions(bill))
                self.assertEqual(bill.amount_total, float(gross))
                document["number"] += "-2"
                document["totals"]["tax"] += ".5" if code == "JPY" else "5"
                self.refused(document, "amount_not_kept")

    def test_same_invoice_again_is_harmless(self):
        document = self.invoice_of(self.confirmed(received=10))
        bill = self.bill(document)
        self.assertEqual(self.bill(document), bill)
        self.assertEqual(len(bill.search([("ref", "=", "R-1")])), 1)

    def test_duplicate_number(self):
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order))
        self.refused(self.invoice_of(order, "1", number=" r-1 "), "bill_known")
        next_year = self.invoice_of(order, "1", invoice_date="2027-01-02")
        self.assertNotEqual(self.bill(next_year), bill)
        bill.button_cancel()
        self.refused(self.invoice_of(order), "bill_known")

    def test_duplicate_number_of_another_contact_with_the_same_vat(self):
        twin = self.supplier.create({"name": "Supplier", "is_company": True})
        (self.supplier | twin).vat = "BE0477472701"
        self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": twin.id,
                "ref": "R-1",
                "invoice_date": "2026-03-01",
            }
        )
        self.refused(self.invoice_of(self.confirmed(received=10)), "bill_known")

    def test_known_bill_has_an_advice_of_its_own(self):
        order = self.confirmed(received=10)
        self.bill(self.invoice_of(order))
        message = self.refused(self.invoice_of(order, "1"), "bill_known")
        self.assertIn("bill of the same number", message.advice)

    def test_suppliers_without_vat_number_are_not_one(self):
        other = self.supplier.create({"name": "Other", "is_company": True})
        (self.supplier | other).vat = "/"
        self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": other.id,
                "ref": "R-1",
                "invoice_date": "2026-03-01",
            }
        )
        theirs = self.confirmed(received=10, partner_id=other.id)
        self.refused(self.invoice_of(theirs), "unknown_order")
        bill = self.bill(self.invoice_of(self.confirmed(received=10)))
        self.assertEqual(bill.partner_id, self.supplier)

    def test_hub_sends_the_same_number_for_two_suppliers(self):
        self.system.partner_id = False
        other = self.supplier.create({"name": "Other", "is_company": True, "ref": "S-2"})
        other.property_account_payable_id = self.accounts["44000"]
        self.supplier.ref = "S-1"
        orders = [self.confirmed(received=10, partner_id=one.id) for one in self.supplier | other]
        documents = [
            self.invoice_of(order, supplier={"number": order.partner_id.ref}) for order in orders
        ]
        bills = [self.bill(document) for document in documents]
        self.assertEqual([bill.partner_id for bill in bills], [self.supplier, other])
        self.assertEqual([self.bill(document) for document in documents], bills)

    def test_credit_note_is_linked_to_its_invoice(self):
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order))
        bill.action_post()
        line = {"net_amount": "48"}
        credit = self.invoice_of(
            order,
            "4",
            number="C-1",
            type="credit_note",
            original_invoice="R-1",
            line=line,
            totals={"net": "48", "tax": "10.08", "gross": "58.08"},
        )
        refund = self.bill(credit)
        self.assertEqual((refund.move_type, refund.reversed_entry_id), ("in_refund", bill))
        self.assertFalse(self.exceptions(refund))
        self.assertEqual(order.order_line.qty_invoiced, 6)
        credit.update(number="C-2", totals={"net": "84", "tax": "17.64", "gross": "101.64"})
        credit["lines"][0].update(quantity="7", net_amount="84")
        self.assertEqual(
            self.differences(self.bill(credit)), {("invoice_quantity", "6 Units", "7 Units")}
        )
        self.refused({**credit, "number": "C-3", "original_invoice": "R-9"}, "unknown_invoice")
        self.refused({**credit, "number": "C-3", "original_invoice": None}, "unknown_invoice")

    def test_archived_product_of_an_old_order(self):
        order = self.confirmed(received=10)
        self.product.active = False
        bill = self.bill(self.invoice_of(order, line={"item": {"code": "GLV"}}))
        self.assertEqual(bill.invoice_line_ids.product_id, self.product)

    def test_line_found_by_its_item(self):
        order = self.confirmed(received=10)
        line = {"order_line_reference": None, "item": {"code": "GLV"}}
        bill = self.bill(self.invoice_of(order, line=line))
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        line["item"] = {"code": "OTHER"}
        self.refused(self.invoice_of(order, number="R-2", line=line), "unknown_line")
        line["order_line_reference"] = str(order.order_line.id)
        self.refused(self.invoice_of(order, number="R-2", line=line), "item_differs")

    def test_what_is_unknown_is_told_precisely(self):
        order = self.confirmed(received=10)
        eur = "EUR" if self.company.currency_id.name != "EUR" else "USD"
        self.env.ref(f"base.{eur}").active = True
        for code, values in (
            ("unknown_tax", {"line": {"taxes": [{"code": "AE", "rate": "21"}]}}),
            ("unknown_tax", {"line": {"taxes": [{"code": "S", "rate": "17.123"}]}}),
            ("unknown_currency", {"currency": "XTS"}),
            ("currency_differs", {"currency": eur}),
            ("unknown_payment_term", {"payment_terms": "NET1000"}),
            ("unknown_unit", {"line": {"unit": "ZZ"}}),
            ("unknown_unit", {"line": {"unit": None}}),
            ("unit_differs", {"line": {"unit": "KGM"}}),
            ("unknown_order", {"order_number": "P-none"}),
            ("unknown_line", {"line": {"order_line_reference": "0"}}),
            ("quantity_not_kept", {"line": {"quantity": "0"}}),
            ("unknown_partner", {"supplier": {"number": "S-none"}}),
        ):
            with self.subTest(code, **values):
                self.refused(self.invoice_of(order, **values), code)
        self.assertFalse(self.env["account.move"].search([("ref", "=", "R-1")]))

    def test_tax_by_its_own_code_and_the_order_decides_among_several(self):
        services = self.make_tax(self.company, self.tax.tax_group_id, 21, name="VAT 21 % services")
        order = self.confirmed(received=10)
        self.assertEqual(self.bill(self.invoice_of(order)).invoice_line_ids.tax_ids, self.tax)
        order.order_line.tax_ids = [Command.clear()]
        self.refused(self.invoice_of(order, number="R-2"), "tax_ambiguous")
        services.integration_code = "S-SERV"
        line = {"taxes": [{"code": "S-SERV", "rate": "21"}]}
        bill = self.bill(self.invoice_of(order, number="R-2", line=line))
        self.assertEqual(bill.invoice_line_ids.tax_ids, services)

    def test_expense_without_order_needs_an_account(self):
        order = self.confirmed(received=10)
        line = {"order_line_reference": None, "unit": None, "description": "Transport"}
        document = self.invoice_of(order, order_number=None, line=line)
        self.refused(document, "no_order")
        self.company.invoice_expense_account_id = self.expense
        bill = self.bill(document)
        self.assertEqual(bill.invoice_line_ids.account_id, self.expense)
        self.assertEqual(bill.invoice_line_ids.name, "Transport")

    def test_payment_terms_and_a_due_date_of_its_own(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "30 days",
                "integration_code": "NET30",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})
                ],
            }
        )
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order, payment_terms="NET30", due_date="2026-12-20"))
        self.assertEqual(bill.invoice_payment_term_id, term)
        document = self.invoice_of(
            order, number="R-2", payment_terms="NET30", due_date="2026-12-01"
        )
        other = self.bill(document)
        self.assertFalse(other.invoice_payment_term_id)
        self.assertEqual(str(other.invoice_date_due), "2026-12-01")

    def test_order_of_another_company(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        elsewhere = (
            self.env["purchase.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "company_id": company.id,
                    "currency_id": self.company.currency_id.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.product.id, "product_qty": 10, "price_unit": 12}
                        )
                    ],
                }
            )
        )
        elsewhere.button_confirm()
        self.refused(self.invoice_of(elsewhere), "unknown_order")

    def test_cancelled_order(self):
        order = self.confirmed()
        order.button_cancel()
        self.refused(self.invoice_of(order), "order_state")

    def test_cancelled_bill_needs_no_decision(self):
        bill = self.bill(self.invoice_of(self.confirmed(received=6)))
        self.assertTrue(self.exceptions(bill))
        bill.button_cancel()
        self.assertFalse(self.exceptions(bill))
