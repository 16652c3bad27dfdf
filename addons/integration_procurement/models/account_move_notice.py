from odoo import fields, models

from . import integration_payment_notice_mixin  # noqa: F401 - defined before what inherits it


class AccountMove(models.Model):
    """Bills and invoices note what the payment system says of them."""

    _name = "account.move"
    _inherit = ["account.move", "integration.payment.notice.mixin"]

    payment_notice_amount = fields.Monetary(
        string="Payment system: amount", readonly=True, copy=False
    )
