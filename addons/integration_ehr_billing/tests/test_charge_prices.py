from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .charge_case import ChargeCase


@tagged("post_install", "-at_install")
class TestChargePrices(ChargeCase):
    """The sender's amount, our price, or a decision."""

    def test_own_price(self):
        self.company.ehr_charge_price_rule = "own"
        charge = self.post(self.one("TX-1", amount="800"))
        self.assertEqual((charge.amount, charge.said_amount, charge.own_amount), (900, 800, 900))
        self.assertEqual(charge.move_line_id.price_subtotal, 900)
        self.assertEqual(self.post(self.one("TX-2", amount=None)).amount, 900)

    def test_the_own_price_is_that_of_the_day_of_the_hospital(self):
        """23:30 UTC of 1 March is 2 March in Brussels, as the label of the line says."""
        self.company.ehr_charge_price_rule = "own"
        self.company.partner_id.tz = "Europe/Brussels"
        everybody = self.env.ref("base.group_user")
        everybody.implied_ids |= self.env.ref("product.group_product_pricelist")
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "From March 2nd",
                "currency_id": self.currency.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "3_global",
                            "compute_price": "fixed",
                            "fixed_price": 500,
                            "date_start": "2026-03-01 23:00:00",
                        }
                    )
                ],
            }
        )
        self.fund.property_product_pricelist = pricelist
        charge = self.post(self.one("TX-1", at="2026-03-01T23:30:00Z"))
        self.assertTrue(charge.move_line_id.name.endswith("2026-03-02"))
        self.assertEqual(charge.amount, 1000)

    def test_a_code_has_its_own_rule(self):
        self.env["ehr.charge.code"].search([("code", "=", "OR-HOUR")]).price_rule = "own"
        self.assertEqual(self.post(self.one("TX-1", amount="800")).amount, 900)
        self.assertEqual(self.post(self.one("TX-2", "DRESSING", "1", "11")).amount, 11)

    def test_within_the_tolerance_the_sender_counts(self):
        self.company.write({"ehr_charge_price_rule": "compare", "ehr_charge_tolerance": 2})
        charge = self.post(self.one("TX-1", amount="882"))
        self.assertEqual((charge.state, charge.amount), ("drafted", 882))
        self.assertEqual(self.post(self.one("TX-2", amount="881.99")).state, "waiting")

    def test_beyond_it_a_person_decides(self):
        self.company.ehr_charge_price_rule = "compare"
        accountant = new_test_user(self.env, "bill.price", "account.group_account_invoice")
        for number, decide, amount in (
            ("TX-1", "action_accept", 800),
            ("TX-2", "action_reject", 900),
        ):
            charge = self.post(self.one(number, amount="800"))
            self.assertEqual(charge.state, "waiting")
            [exception] = self.exceptions(charge)
            self.assertIn("800", exception.line_ids.theirs)
            getattr(exception.with_user(accountant), decide)()
            charge = self.charge(number)
            self.assertEqual((charge.state, charge.amount), ("drafted", amount))
            self.assertEqual(charge.move_line_id.price_subtotal, amount)

    def test_a_part_that_was_credited_before_the_decision(self):
        self.company.ehr_charge_price_rule = "compare"
        for number, decide, net in (("TX-1", "action_accept", 400), ("TX-2", "action_reject", 450)):
            charge = self.post(self.one(number, amount="800"))
            credit = self.post(self.credit(f"C{number}", number, quantity="1", amount="400"))
            self.assertFalse(credit.move_line_id)
            getattr(self.exceptions(charge), decide)()
            charge, credit = self.charge(number), self.charge(f"C{number}", "credit")
            lines = charge.move_line_id | credit.move_line_id
            self.assertEqual(sum(lines.mapped("price_subtotal")), net)
            self.assertEqual((charge.net_amount, credit.amount), (net, net))
            self.assertEqual((charge.state, credit.state), ("drafted", "drafted"))

    def test_a_part_that_was_credited_of_what_is_refused(self):
        self.company.ehr_charge_price_rule = "compare"
        charge = self.post(self.one("TX-1", amount="800"))
        self.post(self.credit("CR-1", quantity="1", amount="400"))
        charge.action_refuse()
        self.assertEqual(self.charge("TX-1").state, "refused")
        self.assertFalse(self.invoices())

    def test_what_was_cancelled_meanwhile_is_not_invoiced(self):
        self.company.ehr_charge_price_rule = "compare"
        account = self.env["ehr.account"].create({"number": "A1"})
        charge = self.post(self.one("TX-1", amount="800"), account={"number": "A1"})
        accountant = new_test_user(self.env, "bill.late", "account.group_account_invoice")
        question = self.env["integration.exception"]._of(charge).with_user(accountant)
        account.status = "closed"
        with self.assertRaisesRegex(UserError, "closed since"):
            question.action_accept()
        account.status = "open"
        self.visit.state = "cancelled"
        with self.assertRaisesRegex(UserError, "cancelled since"):
            question.action_accept()
        charge.with_user(accountant).action_refuse()
        self.assertEqual((charge.state, charge.move_id.ids), ("refused", []))

    def test_or_refuses_the_charge(self):
        self.company.ehr_charge_price_rule = "compare"
        charge = self.post(self.one("TX-1", amount="800"))
        reader = new_test_user(self.env, "bill.reader", "account.group_account_readonly")
        with self.assertRaises(AccessError):
            charge.with_user(reader).action_refuse()
        accountant = new_test_user(self.env, "bill.refuses", "account.group_account_invoice")
        charge.with_user(accountant).action_refuse()
        self.assertEqual(charge.state, "refused")
        self.assertFalse(self.exceptions(charge))
        with self.assertRaises(UserError):
            charge.with_user(accountant).action_refuse()

    def test_people_do_not_write_on_charges(self):
        charge = self.post(self.one("TX-1"))
        accountant = new_test_user(self.env, "bill.writes", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            charge.with_user(accountant).write({"amount": 1})

    def test_a_tax_that_is_included_in_prices(self):
        """Senders' amounts are before taxes all the same."""
        included = self.make_tax(
            self.company, self.tax.tax_group_id, 19, type_tax_use="sale",
            price_include_override="tax_included",
        )  # fmt: skip
        self.theatre.taxes_id = included
        for number, quantity, amount in (("TX-1", "1", 119), ("TX-2", "3", 100.01)):
            charge = self.post(self.one(number, quantity=quantity, amount=str(amount)))
            self.assertEqual(charge.move_line_id.price_subtotal, amount)
            self.assertEqual(charge.move_line_id.tax_ids, included)
        self.assertEqual(charge.move_id.amount_untaxed, 219.01)
        self.assertEqual(charge.move_id.amount_tax, 41.61)
        part = self.post(self.credit("CR-1", "TX-2", quantity="1", amount="33.34"))
        self.assertEqual(part.move_line_id.price_subtotal, -33.34)
        charge.move_id.action_post()
        self.post(self.credit("CR-2", quantity="1", amount="119"))
        self.assertEqual(self.charge("CR-2", "credit").move_id.amount_untaxed, 119)

    def test_taxes_with_which_no_line_comes_to_the_amount(self):
        self.theatre.taxes_id = self.make_tax(
            self.company, self.tax.tax_group_id, 100, type_tax_use="sale", amount_type="division",
            price_include_override="tax_included",
        )  # fmt: skip
        self.refused_charge("tax_included", self.one("TX-1"))
        self.company.ehr_charge_price_rule = "compare"
        charge = self.post(self.one("TX-2", amount="800"))
        with self.assertRaisesRegex(UserError, "Choose taxes"):
            self.exceptions(charge).action_accept()

    # -- currencies ------------------------------------------------------------------------

    def test_a_currency_without_decimals(self):
        yen = self.active("JPY")
        charge = self.post(self.one("TX-1", quantity="3", amount="10001", currency="JPY"))
        self.assertEqual(charge.move_id.currency_id, yen)
        self.assertEqual(charge.move_line_id.price_subtotal, 10001)
        self.refused_charge("amount_not_kept", self.one("TX-2", amount="10001.5", currency="JPY"))
        credit = self.post(self.credit("CR-1", quantity="1", amount=None), payer="AOK")
        self.assertEqual(credit.amount, 3334)

    def test_a_currency_of_three_decimals(self):
        dinar = self.active("KWD")
        charge = self.post(self.one("TX-1", quantity="7", amount="100.001", currency="KWD"))
        self.assertEqual((charge.move_id.currency_id, charge.amount), (dinar, 100.001))
        self.assertEqual(charge.move_line_id.price_subtotal, 100.001)
        invoice = charge.move_id
        invoice.action_post()
        credit = self.post(self.credit("CR-1", quantity="7", amount="100.001", currency="KWD"))
        self.assertEqual(credit.move_id.amount_untaxed, 100.001)

    def test_each_currency_has_its_invoice(self):
        self.active("JPY")
        self.post(self.one("TX-1"), self.one("TX-2", amount="100", currency="JPY"))
        self.assertEqual(len(self.invoices()), 2)

    def active(self, code):
        currencies = self.env["res.currency"].with_context(active_test=False)
        found = currencies.search([("name", "=", code)])
        found.active = True
        rate = {"currency_id": found.id, "name": "2020-01-01", "rate": 2}
        self.env["res.currency.rate"].create({**rate, "company_id": self.company.id})
        return found
