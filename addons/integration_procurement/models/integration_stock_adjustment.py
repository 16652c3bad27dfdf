from odoo import api, fields, models
from odoo.exceptions import AccessError

REPORTED = {
    "adjusted_at",
    "company_id",
    "digest",
    "line_ids",
    "location_id",
    "name",
    "state",
    "system_id",
}


class IntegrationStockAdjustment(models.Model):
    """Corrections of stock that another system reported, under its number."""

    _name = "integration.stock.adjustment"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.exception.mixin"]
    _description = "Reported Stock Adjustment"
    _order = "adjusted_at desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True)
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="restrict", check_company=True
    )
    adjusted_at = fields.Datetime(string="When", required=True, readonly=True)
    system_id = fields.Many2one(
        "integration.system", string="Reported by", readonly=True, ondelete="set null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    line_ids = fields.One2many("integration.stock.adjustment.line", "adjustment_id", readonly=True)
    state = fields.Selection(
        [("waiting", "To be decided"), ("settled", "Settled")], compute="_compute_state", store=True
    )

    _number_unique = models.UniqueIndex("(company_id, system_id, name)")

    @api.depends("line_ids.state")
    def _compute_state(self):
        for one in self:
            waits = "waiting" in one.line_ids.mapped("state")
            one.state = "waiting" if waits else "settled"

    def write(self, vals):
        """People decide by the buttons of exceptions, and write notes; the report stays."""
        if not self.env.su and REPORTED.intersection(vals):
            raise AccessError(self.env._("What was reported cannot be changed."))
        return super().write(vals)
