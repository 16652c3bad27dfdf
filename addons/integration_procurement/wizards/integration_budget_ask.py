from odoo import fields, models


class IntegrationBudgetAsk(models.TransientModel):
    """Shows what is asked for before another system is asked for a budget."""

    _name = "integration.budget.ask"
    _description = "Ask for the Budget of a Purchase Order"

    order_id = fields.Many2one("purchase.order", required=True, readonly=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount = fields.Monetary(related="order_id.amount_total")
    budget_state = fields.Selection(related="order_id.budget_state")

    def action_confirm(self):
        self.ensure_one()
        self.order_id._integration_ask_budget()
        return {"type": "ir.actions.act_window_close"}
