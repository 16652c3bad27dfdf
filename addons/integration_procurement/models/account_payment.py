from odoo import models


class AccountPayment(models.Model):
    """Payments note what the payment system says of them."""

    _name = "account.payment"
    _inherit = ["account.payment", "integration.payment.notice.mixin"]
