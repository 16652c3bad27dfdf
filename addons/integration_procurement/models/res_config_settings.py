from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The company's tolerances and rules, among the settings of purchases, stock and accounting."""

    _inherit = "res.config.settings"

    supplier_price_tolerance = fields.Float(
        related="company_id.supplier_price_tolerance", readonly=False
    )
    supplier_quantity_tolerance = fields.Float(
        related="company_id.supplier_quantity_tolerance", readonly=False
    )
    supplier_late_tolerance = fields.Integer(
        related="company_id.supplier_late_tolerance", readonly=False
    )
    supplier_price_list_tolerance = fields.Float(
        related="company_id.supplier_price_list_tolerance", readonly=False
    )
    integration_adjustment_value = fields.Monetary(
        related="company_id.integration_adjustment_value", readonly=False
    )
    integration_adjustment_percent = fields.Float(
        related="company_id.integration_adjustment_percent", readonly=False
    )

    invoice_quantity_tolerance = fields.Float(
        related="company_id.invoice_quantity_tolerance", readonly=False
    )
    invoice_price_tolerance = fields.Float(
        related="company_id.invoice_price_tolerance", readonly=False
    )
    invoice_rounding_tolerance = fields.Integer(
        related="company_id.invoice_rounding_tolerance", readonly=False
    )
    invoice_exception_user_id = fields.Many2one(
        related="company_id.invoice_exception_user_id", readonly=False
    )
    invoice_expense_account_id = fields.Many2one(
        related="company_id.invoice_expense_account_id", readonly=False
    )
    journal_entry_posting = fields.Selection(
        related="company_id.journal_entry_posting", readonly=False
    )
    budget_check = fields.Selection(related="company_id.budget_check", readonly=False)
    budget_answer_hours = fields.Integer(related="company_id.budget_answer_hours", readonly=False)
