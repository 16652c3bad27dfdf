from odoo import models


class AccountMoveReversal(models.TransientModel):
    """Who reverses an invoice of charges and makes another one bills the same charges there."""

    _inherit = "account.move.reversal"

    def _modify_default_reverse_values(self, origin_move):
        values = super()._modify_default_reverse_values(origin_move)
        return {**values, "ehr_replaces_id": origin_move.id}

    def reverse_moves(self, is_modify=False):
        action = super().reverse_moves(is_modify=is_modify)
        if is_modify:
            # sudo: who works on invoices need not see visits and charges
            self.sudo().new_move_ids._ehr_take_charges()
        return action
