from odoo import fields, models


class AccountMoveDispute(models.TransientModel):
    """Why a vendor bill is not accepted as it is."""

    _name = "account.move.dispute"
    _description = "Put Vendor Bills in Dispute"

    move_ids = fields.Many2many("account.move", string="Bills", readonly=True)
    reason = fields.Char(
        required=True,
        help="Such as “Ten boxes were not delivered”. It is shown on the bill and told to systems "
        "that are informed of disputes, the supplier's among them.",
    )

    def action_confirm(self):
        self.ensure_one()
        self.move_ids._integration_dispute(self.reason)
        return {"type": "ir.actions.act_window_close"}
