from odoo.fields import Domain
from odoo.tests import new_test_user, tagged

from .finance_case import FinanceCase


@tagged("post_install", "-at_install")
class TestInvoiceUndecided(FinanceCase):
    """Lists of bills show which of them wait for a decision, and are filtered by it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "bills.list", "account.group_account_invoice")

    def setUp(self):
        super().setUp()
        order = self.confirmed(received=10)
        self.matching = self.bill(self.invoice_of(order))
        self.waiting = self.bill(self.invoice_of(order, number="R-2"))
        self.both = self.matching | self.waiting

    def found(self, operator, value, companies=None):
        moves = self.env["account.move"].with_user(self.user)
        if companies:
            moves = moves.with_context(allowed_company_ids=companies.ids)
        domain = Domain("id", "in", self.both.ids)
        return moves.search(domain & Domain("integration_to_decide", operator, value))

    def test_column(self):
        shown = self.both.with_user(self.user).mapped("integration_to_decide")
        self.assertEqual(shown, [False, True])

    def test_filters(self):
        for operator, value, expected in (
            ("=", True, self.waiting),
            ("=", False, self.matching),
            ("!=", True, self.matching),
            ("!=", False, self.waiting),
            ("in", [True], self.waiting),
            ("in", [True, False], self.both),
            ("not in", [True, False], self.both.browse()),
        ):
            with self.subTest(operator=operator, value=value):
                self.assertEqual(self.found(operator, value), expected)

    def test_decided_ones_are_not_among_them(self):
        self.exceptions(self.waiting).action_accept()
        self.assertFalse(self.found("=", True))
        self.assertEqual(self.found("=", False), self.both)
        self.assertFalse(self.waiting.integration_to_decide)

    def test_exceptions_of_other_documents_with_the_same_id(self):
        exception = self.exceptions(self.waiting)
        exception.flush_recordset()
        self.env.cr.execute(
            "UPDATE integration_exception SET res_model = 'purchase.order' WHERE id = %s",
            [exception.id],
        )
        self.env.invalidate_all()
        self.assertFalse(self.found("=", True))
        self.assertFalse(self.waiting.integration_to_decide)

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Another hospital"})
        self.user.company_ids |= other
        self.assertEqual(self.found("=", True, self.company | other), self.waiting)
        self.assertFalse(self.found("=", True, other))

    def test_a_list_costs_two_statements(self):
        bills = self.both
        for number in range(3, 9):
            bills |= self.matching.copy({"ref": f"R-{number}"})
        self.env.flush_all()
        moves = bills.with_user(self.user)
        moves[:1].mapped("integration_to_decide")  # what is read once, such as rights
        self.env.invalidate_all()
        moves.mapped("state")
        with self.assertQueryCount(2):
            moves.mapped("integration_to_decide")
