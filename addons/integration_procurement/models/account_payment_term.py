from odoo import fields, models


class AccountPaymentTerm(models.Model):
    """Payment terms have a code that partners understand."""

    _inherit = "account.payment.term"

    integration_code = fields.Char(
        string="Code for partners",
        help="Code of these terms in messages to and from partners, such as “NET30”.",
    )
