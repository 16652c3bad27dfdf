from odoo import api, models
from odoo.fields import Command


class AccountPaymentRegister(models.TransientModel):
    """Bills in dispute are not paid."""

    _inherit = "account.payment.register"

    @api.model
    def default_get(self, fields):
        res = super().default_get(fields)
        for command in res.get("line_ids", ()):
            if command[0] == Command.SET:
                lines = self.env["account.move.line"].browse(command[2])
                lines.move_id._integration_refuse_disputed()
        return res

    def _create_payments(self):
        # Of a selection that was made before the dispute, or without the form.
        self.line_ids.move_id._integration_refuse_disputed()
        return super()._create_payments()
