from odoo import api, fields, models

from ..tools import suggestions

WAYS = [
    ("mapping", "Mapping or value map mended"),
    ("master_data", "Master data mended"),
    ("configuration", "Settings of the interface changed"),
    ("credential", "Credential renewed"),
    ("partner", "The partner mended it"),
    ("network", "Network or server mended"),
    ("document", "Document corrected"),
    ("retried", "Retried when the cause was gone"),
    ("cancelled", "Cancelled: not needed"),
    ("software", "Software mended"),
    ("other", "Something else"),
]


class IntegrationErrorResolution(models.Model):
    """How a kind of failure was dealt with once: what later ones are compared with."""

    _name = "integration.error.resolution"
    _description = "Resolution of a Group of Failures"
    _order = "resolved_at desc, id desc"
    _rec_name = "note"
    _log_access = False

    group_id = fields.Many2one(
        "integration.error.group", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="group_id.company_id", store=True, index=True)
    way = fields.Selection(WAYS, string="What was done", required=True, readonly=True)
    note = fields.Char(required=True, readonly=True)
    resolved_at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Who", required=True, readonly=True)
    held = fields.Boolean(
        compute="_compute_held", help="It has not come back since, or only after another cause."
    )

    @api.depends("group_id.regressed_at", "resolved_at")
    def _compute_held(self):
        for one in self:
            back = one.group_id.regressed_at
            one.held = not back or back < one.resolved_at

    def _experience(self):
        return suggestions.Resolution(
            group=self.group_id._likeness(),
            way=self.way,
            note=self.id,
            at=self.resolved_at.timestamp(),
            held=self.held,
        )
