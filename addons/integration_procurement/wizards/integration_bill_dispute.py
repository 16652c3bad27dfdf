from odoo import fields, models


class IntegrationBillDispute(models.TransientModel):
    """Why vendor bills are not accepted as they are, or are by now."""

    _name = "integration.bill.dispute"
    _description = "Begin or End the Dispute of Vendor Bills"

    move_ids = fields.Many2many("account.move", string="Bills", readonly=True)
    ending = fields.Boolean(readonly=True)
    reason = fields.Char(
        required=True,
        help="Such as “Ten boxes were not delivered”. It is shown on the bill and told to systems "
        "that are informed of disputes, the supplier's among them.",
    )

    def action_confirm(self):
        self.ensure_one()
        if self.ending:
            self.move_ids._integration_end_dispute(self.reason)
        else:
            self.move_ids._integration_dispute(self.reason)
        return {"type": "ir.actions.act_window_close"}
