from odoo import models


class AccountMove(models.Model):
    """Bills and invoices show whether they got through, and what partners say otherwise."""

    _name = "account.move"
    _inherit = ["account.move", "integration.sync.mixin", "integration.exception.mixin"]
