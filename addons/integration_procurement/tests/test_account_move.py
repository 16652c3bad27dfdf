import json

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.integration_core.tools import contracts

from .finance_case import FinanceCase


class AccountMoveCase(FinanceCase):
    """Bills and invoices of one line, and what is told of them."""

    def make(self, move_type="in_invoice", quantity=10, price=12, **values):
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.supplier.id,
                "invoice_date": "2026-11-20",
                "ref": "R-1",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.set(self.tax.ids)],
                            **values.pop("line", {}),
                        }
                    )
                ],
                **values,
            }
        )

    def violations(self, data, contract="supplier_invoice"):
        version = self.env.ref(f"integration_procurement.contract_{contract}_1_0_0")
        return contracts.compile_schema(json.loads(version.schema)).violations(data)


@tagged("post_install", "-at_install")
class TestAccountMove(AccountMoveCase):
    """What other systems are told of bills and invoices, and disputes."""

    # -- the content -----------------------------------------------------------------------

    def test_examples_satisfy_their_contracts(self):
        for name in (
            "supplier_invoice",
            "customer_invoice",
            "invoice",
            "payment_status",
            "journal_entry",
            "budget_request",
            "budget_answer",
        ):
            version = self.env.ref(f"integration_procurement.contract_{name}_1_0_0")
            self.assertEqual(self.violations(json.loads(version.example), name), [], name)

    def test_received_and_validated(self):
        self.subscribe("supplier_invoice_received", "supplier_invoice_validated")
        bill = self.make()
        (draft,) = self.told(bill, "supplier_invoice.received")
        self.assertEqual((draft["state"], draft["number"]), ("draft", None))
        bill.action_post()
        (data,) = self.told(bill, "supplier_invoice.validated")
        self.assertEqual(self.violations(data), [])
        self.assertEqual((data["type"], data["supplier_number"]), ("invoice", "R-1"))
        self.assertEqual(
            data["taxes"], [{"code": "S", "rate": "21", "base": "120", "amount": "25.2"}]
        )
        self.assertEqual(data["totals"], {"net": "120", "tax": "25.2", "gross": "145.2"})
        self.assertEqual(data["lines"][0]["unit"], "C62")
        event = self.env["integration.event"].search([("res_id", "=", bill.id)], limit=1)
        self.assertEqual(event.partner_id, self.supplier)

    def test_posted_again_is_told_again(self):
        self.subscribe("supplier_invoice_validated")
        bill = self.make()
        bill.action_post()
        self.assertEqual(len(self.told(bill, "supplier_invoice.validated")), 1)
        self.next_transaction()
        bill.button_draft()
        bill.invoice_line_ids.price_unit = 13
        self.assertEqual(len(self.told(bill, "supplier_invoice.validated")), 1)
        bill.action_post()
        first, second = self.told(bill, "supplier_invoice.validated")
        self.assertEqual((first["totals"]["net"], second["totals"]["net"]), ("120", "130"))

    def test_order_numbers_of_lines(self):
        order = self.confirmed(received=10)
        bill = self.bill(self.invoice_of(order))
        self.assertEqual(
            bill._integration_canonical()["lines"][0]["order"],
            {"number": order.name, "line_reference": str(order.order_line.id)},
        )

    def test_currencies_with_other_decimals(self):
        for code, price, net, tax in (
            ("JPY", 1234, "1234", "259"),
            ("KWD", 1.234, "1.234", "0.259"),
        ):
            currency = self.env.ref(f"base.{code}")
            currency.active = True
            data = self.make(quantity=1, price=price, currency_id=currency.id)
            totals = data._integration_canonical()["totals"]
            self.assertEqual((totals["net"], totals["tax"]), (net, tax), code)

    def test_tax_or_unit_without_code_blocks_precisely(self):
        zero = self.make_tax(self.company, self.tax.tax_group_id, 0, name="Exempt")
        box = self.env["uom.uom"].create({"name": "Box of nobody knows", "relative_factor": 1})
        bill = self.make(line={"tax_ids": [Command.set(zero.ids)], "product_uom_id": box.id})
        found = self.violations(bill._integration_canonical())
        self.assertTrue(any(text.startswith("/lines/0/taxes/0/code") for text in found), found)
        self.assertTrue(any(text.startswith("/lines/0/unit") for text in found), found)
        zero.integration_code = "E"
        box.integration_code = "BX"
        data = bill._integration_canonical()
        self.assertEqual(self.violations(data), [])
        self.assertEqual(data["taxes"][0]["code"], "E")

    def test_reverse_charge_has_no_code_of_its_own(self):
        tax = self.tax.copy(
            {
                "name": "Reverse charge",
                "invoice_repartition_line_ids": [
                    Command.clear(),
                    Command.create({"repartition_type": "base"}),
                    Command.create({"repartition_type": "tax", "factor_percent": 100}),
                    Command.create({"repartition_type": "tax", "factor_percent": -100}),
                ],
                "refund_repartition_line_ids": [
                    Command.clear(),
                    Command.create({"repartition_type": "base"}),
                    Command.create({"repartition_type": "tax", "factor_percent": 100}),
                    Command.create({"repartition_type": "tax", "factor_percent": -100}),
                ],
            }
        )
        self.assertIsNone(tax._integration_tax_code())
        self.assertEqual(self.tax._integration_tax_code(), "S")

    def test_readiness_names_taxes_without_code(self):
        exempt = self.make_tax(self.company, self.tax.tax_group_id, 0, name="Exempt")
        checks = self.env["integration.readiness.check"]
        (checked,) = checks._check_taxes(self.inbound)
        self.assertIn(exempt, checked.records)
        self.assertNotIn(self.tax, checked.records)

    # -- paid, reversed, customers ---------------------------------------------------------

    def test_paid_by_money(self):
        self.subscribe("supplier_invoice_paid", "supplier_invoice_reversed")
        bill = self.make()
        bill.action_post()
        self.pay(bill)
        (data,) = self.told(bill, "supplier_invoice.paid")
        self.assertEqual(self.violations(data), [])
        self.assertEqual((data["payment"]["state"], data["payment"]["paid"]), ("paid", "145.2"))
        self.assertFalse(self.told(bill, "supplier_invoice.reversed"))

    def test_settled_by_a_credit_note_is_not_paid(self):
        self.subscribe("supplier_invoice_paid", "supplier_invoice_reversed")
        bill = self.make()
        bill.action_post()
        refund = bill._reverse_moves([{"invoice_date": "2026-11-21"}], cancel=True)
        self.assertFalse(self.told(bill, "supplier_invoice.paid"))
        (data,) = self.told(bill, "supplier_invoice.reversed")
        payment = data["payment"]
        self.assertEqual(
            (payment["state"], payment["paid"], payment["credited"]), ("reversed", "0", "145.2")
        )
        self.assertEqual([one["kind"] for one in payment["settlements"]], ["credit_note"])
        credit = refund._integration_canonical()
        self.assertEqual(credit["type"], "credit_note")
        self.assertEqual(credit["reversed_invoice"]["number"], bill.name)
        self.assertEqual(self.violations(credit), [])

    # -- disputes --------------------------------------------------------------------------

    def dispute(self, bill, reason="Ten boxes are missing"):
        self.say(bill.action_ask_dispute(), reason)

    def say(self, action, reason):
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"]))
        wizard.reason = reason
        wizard.save().action_confirm()

    def test_disputed_bill_is_neither_paid_nor_reset(self):
        self.subscribe("supplier_invoice_in_dispute", "supplier_invoice_dispute_ended")
        bill = self.make()
        bill.action_post()
        with self.assertRaises(UserError):
            bill.action_ask_end_dispute()
        self.dispute(bill)
        (data,) = self.told(bill, "supplier_invoice.in_dispute")
        self.assertEqual(self.violations(data), [])
        self.assertEqual(data["dispute"]["reason"], "Ten boxes are missing")
        for refused in (
            lambda: self.pay(bill),
            bill.button_draft,
            bill.button_cancel,
            lambda: self.dispute(bill),
        ):
            with self.assertRaises(UserError) as caught:
                refused()
            self.assertIn("dispute", str(caught.exception))
        self.say(bill.action_ask_end_dispute(), "Credited")
        self.assertIn("Credited", bill.message_ids[0].body)
        self.assertEqual(len(self.told(bill, "supplier_invoice.dispute_ended")), 1)
        self.pay(bill)
        self.assertEqual(bill.payment_state, "paid")
        with self.assertRaises(UserError):
            bill.action_ask_dispute()

    def test_payment_chosen_before_the_dispute(self):
        bill = self.make()
        bill.action_post()
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": self.journals["bank"].id})
        )
        self.dispute(bill)
        with self.assertRaises(UserError):
            wizard.action_create_payments()

    def test_disputed_bill_is_not_matched_with_a_payment_but_with_a_credit_note(self):
        bill = self.make()
        bill.action_post()
        self.dispute(bill)
        payable = self.accounts["44000"]
        payment_move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.journals["bank"].id,
                "line_ids": [
                    Command.create(
                        {"account_id": payable.id, "debit": 145.2, "partner_id": self.supplier.id}
                    ),
                    Command.create({"account_id": self.accounts["55000"].id, "credit": 145.2}),
                ],
            }
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.supplier.id,
                "amount": 145.2,
                "journal_id": self.journals["bank"].id,
            }
        )
        payment_move.origin_payment_id = payment
        payment_move.action_post()
        outstanding = payment_move.line_ids.filtered(lambda line: line.account_id == payable)
        with self.assertRaises(UserError):
            bill.js_assign_outstanding_line(outstanding.id)
        bill._reverse_moves([{"invoice_date": "2026-11-21"}], cancel=True)
        self.assertEqual(bill.payment_state, "reversed")

    def test_only_vendor_bills(self):
        with self.assertRaises(UserError):
            self.make("out_invoice", line={"tax_ids": [Command.clear()]}).action_ask_dispute()

    def test_views(self):
        """The forms and lists of bills open with what was added."""
        move = self.env["account.move"]
        for view_type in ("form", "list", "search"):
            arch = move.get_view(view_type=view_type)["arch"]
            self.assertIn("dispute_state", arch)
            self.assertIn("integration_sync_state", arch)
