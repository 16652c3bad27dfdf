from odoo import fields, models


class IntegrationExceptionLine(models.Model):
    """One difference: what Odoo has beside what the partner says, as people read it."""

    _name = "integration.exception.line"
    _description = "Business Exception: Difference"
    _order = "id"

    exception_id = fields.Many2one(
        "integration.exception", required=True, readonly=True, index=True, ondelete="cascade"
    )
    label = fields.Char(string="What", required=True, readonly=True)
    ours = fields.Char(string="In Odoo", readonly=True)
    theirs = fields.Char(string="Partner says", readonly=True)
