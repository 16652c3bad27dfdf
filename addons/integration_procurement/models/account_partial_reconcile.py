from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Bills in dispute are not matched with money, whichever way it comes."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        lines = self.env["account.move.line"].browse(
            vals[name] for vals in vals_list for name in ("debit_move_id", "credit_move_id")
        )
        # A credit note ends a dispute, and an entry is a decision of an accountant.
        if any(move.origin_payment_id or move.statement_line_id for move in lines.move_id):
            for vals in vals_list:
                self._integration_refuse_money(vals)
        return super().create(vals_list)

    def _integration_refuse_money(self, vals):
        moves = (
            self.env["account.move.line"]
            .browse([vals["debit_move_id"], vals["credit_move_id"]])
            .move_id
        )
        if any(move.origin_payment_id or move.statement_line_id for move in moves):
            moves._integration_refuse_disputed()
