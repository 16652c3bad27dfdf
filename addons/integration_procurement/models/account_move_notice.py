from odoo import models


class AccountMove(models.Model):
    """Bills and invoices note what the payment system says of them."""

    _name = "account.move"
    _inherit = ["account.move", "integration.payment.notice.mixin"]
