from odoo.fields import Command
from odoo.tests import tagged

from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestJournalEntry(FinanceCase):
    """An entry of another system is booked as it is, or refused with the line and the reason."""

    handler = "integration.handler.journal_entry"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plan = cls.env["account.analytic.plan"].create({"name": "Cost centres"})
        cls.ward = cls.env["account.analytic.account"].create(
            {"name": "Ward 3", "code": "CC-300", "plan_id": plan.id}
        )

    def entry(self, debit="100.50", credit="100.50", **values):
        first = {"account": "960000", "debit": debit, "cost_centre": "CC-300"}
        return {
            "number": "PAY-11",
            "date": "2024-11-30",
            "journal": "TMISC",
            "currency": self.company.currency_id.name,
            "lines": [
                {**first, **values.pop("first", {})},
                {"account": "944000", "credit": credit, **values.pop("second", {})},
            ],
            **values,
        }

    def test_draft_with_accounts_and_cost_centre(self):
        entry = self.bill(self.entry())
        self.assertEqual((entry.state, entry.move_type), ("draft", "entry"))
        self.assertEqual(entry.journal_id, self.journals["general"])
        lines = entry.line_ids.sorted("balance")
        self.assertEqual(lines.mapped("balance"), [-100.5, 100.5])
        self.assertEqual(lines.account_id, self.accounts["44000"] | self.expense)
        self.assertEqual(lines[1].analytic_distribution, {str(self.ward.id): 100})

    def test_posted_by_setting(self):
        self.company.journal_entry_posting = "post"
        self.assertEqual(self.bill(self.entry()).state, "posted")
        later = self.bill(self.entry(number="PAY-12", date="2090-01-31"))
        self.assertEqual((later.state, later.auto_post), ("draft", "at_date"))

    def test_same_entry_again_is_harmless_another_under_its_number_is_not(self):
        entry = self.bill(self.entry())
        self.assertEqual(self.bill(self.entry()), entry)
        self.refused(self.entry("7", "7"), "number_taken")

    def test_unbalanced(self):
        message = self.refused(self.entry(credit="100.49"), "unbalanced")
        self.assertIn("Debit and credit", message.error_message)

    def test_lines_are_named(self):
        for code, values in (
            ("one_side", {"second": {"debit": "1"}}),
            ("amount_not_kept", {"second": {"credit": "100.505"}}),
            ("unknown_account", {"second": {"account": "no-such"}}),
            ("unknown_partner", {"second": {"partner": "none"}}),
        ):
            with self.subTest(code):
                message = self.refused(self.entry(**values), code)
                if code != "unknown_partner":
                    self.assertIn("Line 2", message.error_message)
        self.assertIn(
            "Line 1",
            self.refused(
                self.entry(first={"cost_centre": "x"}), "unknown_cost_centre"
            ).error_message,
        )
        self.refused(self.entry(journal="NONE"), "unknown_journal")
        self.refused(self.entry(journal="TBNK"), "unknown_journal")

    def test_archived_account_and_account_of_another_company(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.env["account.account"].with_company(other).create(
            {
                "code": "988888",
                "name": "Theirs",
                "account_type": "expense",
                "company_ids": [Command.set(other.ids)],
            }
        )
        self.refused(self.entry(first={"account": "988888"}), "unknown_account")
        self.expense.active = False
        self.refused(self.entry(), "archived_account")

    def test_account_by_record_link(self):
        self.env["integration.record.link"]._link(self.system.id, self.expense, "SALARIES")
        entry = self.bill(self.entry(first={"account": "SALARIES"}))
        self.assertIn(self.expense, entry.line_ids.account_id)

    def test_closed_periods_of_all_kinds(self):
        for field, journal in (
            ("fiscalyear_lock_date", "TMISC"),
            ("tax_lock_date", "TMISC"),
            ("purchase_lock_date", "TBILL"),
            ("sale_lock_date", "TINV"),
            ("hard_lock_date", "TMISC"),
        ):
            with self.subTest(field):
                self.env.cr.execute(
                    f"UPDATE res_company SET {field} = '2024-11-30' WHERE id = %s",
                    [self.company.id],
                )
                self.env.invalidate_all()
                self.refused(self.entry(journal=journal), "period_closed")
                self.env.cr.execute(
                    f"UPDATE res_company SET {field} = NULL WHERE id = %s", [self.company.id]
                )
                self.env.invalidate_all()
        self.assertEqual(self.bill(self.entry()).state, "draft")

    def test_foreign_currency_brings_both_amounts(self):
        currency = self.env.ref("base.KWD")
        currency.active = True
        foreign = {"currency": "KWD", "debit": "10.125", "credit": "10.125"}
        self.refused(self.entry(**foreign), "company_amount_missing")
        entry = self.bill(
            self.entry(
                **foreign,
                first={"company_debit": "30.01"},
                second={"company_credit": "30.01"},
            )
        )
        lines = entry.line_ids.sorted("balance")
        self.assertEqual(lines.mapped("balance"), [-30.01, 30.01])
        self.assertEqual(lines.mapped("amount_currency"), [-10.125, 10.125])
        self.assertEqual(lines.currency_id, currency)
