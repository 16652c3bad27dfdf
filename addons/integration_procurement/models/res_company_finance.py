from odoo import fields, models


class ResCompany(models.Model):
    """What a company allows when messages bring invoices, entries and answers about budgets."""

    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    invoice_quantity_tolerance = fields.Float(
        string="Tolerance of invoiced quantities",
        digits=(5, 2),
        help="Percent of the ordered quantity by which suppliers' invoices that come as messages "
        "may exceed what was ordered or received. Zero: every difference is to be decided.",
    )
    invoice_price_tolerance = fields.Float(
        string="Tolerance of invoiced prices",
        digits=(5, 2),
        help="Percent by which invoiced prices may differ from those of the order, up or down. "
        "Zero: every difference is to be decided.",
    )
    invoice_rounding_tolerance = fields.Integer(
        string="Tolerance of rounding",
        default=1,
        help="By how many of the smallest units of its currency (a cent, a yen, a fils) each line "
        "of an invoice that comes as a message may differ, because the supplier rounds otherwise; "
        "net and tax by that for all lines together. The bill then gets a line for the "
        "difference. Zero: every difference is to be decided.",
    )
    invoice_exception_user_id = fields.Many2one(
        "res.users",
        string="Accountant in charge",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        ondelete="set null",
        help="Gets the task when an invoice does not match or a payment was not executed, and the "
        "buyer may not decide.",
    )
    invoice_expense_account_id = fields.Many2one(
        "account.account",
        string="Account for invoices without order",
        check_company=True,
        domain="[('account_type', 'in', ('expense', 'expense_direct_cost', 'asset_current'))]",
        ondelete="restrict",
        help="Lines of suppliers' invoices that name no order are booked here. Empty: such "
        "invoices are refused.",
    )
    journal_entry_posting = fields.Selection(
        [("draft", "Keep as draft"), ("post", "Post at once")],
        string="Imported journal entries",
        required=True,
        default="draft",
        help="What happens to journal entries of other systems once they were checked. Those of a "
        "later day are posted on that day.",
    )
    budget_check = fields.Selection(
        [
            ("no", "Not used"),
            ("ask", "Ask, and show the answer"),
            ("block", "No order without an approved budget"),
        ],
        string="Budget of purchase orders",
        required=True,
        default="no",
        help="Whether another system is asked for the budget of an order. It is asked when an "
        "order waits for approval, when somebody presses the button, and when the amount of an "
        "approved order grows.",
    )
    budget_answer_hours = fields.Integer(
        string="Answers about budgets within",
        default=24,
        help="Hours after which the buyer is reminded that an answer is missing. Zero: never.",
    )

    _invoice_tolerances_positive = models.Constraint(
        "CHECK (COALESCE(invoice_quantity_tolerance, 0) >= 0 "
        "AND COALESCE(invoice_price_tolerance, 0) >= 0 "
        "AND COALESCE(invoice_rounding_tolerance, 0) >= 0)",
        "A tolerance cannot be negative.",
    )
    _budget_answer_hours_positive = models.Constraint(
        "CHECK (COALESCE(budget_answer_hours, 0) >= 0)",
        "The time for an answer cannot be negative.",
    )
