from odoo import fields, models


class IntegrationConflictLine(models.Model):
    """One field in dispute, and what was decided about it."""

    _name = "integration.conflict.line"
    _description = "Integration Conflict: Field"
    _log_access = False
    _order = "id"

    conflict_id = fields.Many2one(
        "integration.conflict", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="conflict_id.company_id")
    field_name = fields.Char(readonly=True)
    decision = fields.Selection(
        [("keep", "Odoo's value was kept"), ("take", "The message's value was taken")],
        readonly=True,
    )
