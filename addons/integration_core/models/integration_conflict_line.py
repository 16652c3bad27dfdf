from odoo import fields, models

from ..tools.conflict_points import Point


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
    key = fields.Char(
        readonly=True,
        help="The field, with which of several new records, and which of several values it is.",
    )
    decision = fields.Selection(
        [("keep", "Odoo's value was kept"), ("take", "The message's value was taken")],
        readonly=True,
    )

    def _point(self) -> Point:
        """What exactly is decided."""
        self.ensure_one()
        return Point.parse(self.key or "")
