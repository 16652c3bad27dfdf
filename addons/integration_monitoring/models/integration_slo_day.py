from odoo import api, fields, models


class IntegrationSloDay(models.Model):
    """What an objective counted on a day of UTC; written by ``engine.slo_rows`` alone."""

    _name = "integration.slo.day"
    _description = "Day of an Objective"
    _log_access = False
    _order = "day desc, id desc"
    _rec_name = "day"

    slo_id = fields.Many2one("integration.slo", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="slo_id.company_id")
    day = fields.Date(required=True, readonly=True)
    total = fields.Integer(string="Events", readonly=True)
    bad = fields.Integer(string="Bad ones", readonly=True)
    good_percent = fields.Float(
        string="Reached (%)",
        compute="_compute_reached",
        digits=(6, 3),
        help="Share of the good events; without any event nobody was let down.",
    )
    met = fields.Boolean(string="Kept", compute="_compute_reached")

    _day_unique = models.UniqueIndex("(slo_id, day)")
    # Retention takes the oldest, whatever the objective.
    _day_idx = models.Index("(day)")

    @api.depends("total", "bad", "slo_id.target")
    def _compute_reached(self):
        for one in self:
            good = 100.0 * (1 - one.bad / one.total) if one.total else 100.0
            one.good_percent = good
            # what a share loses in its binary form breaks no promise
            one.met = good >= one.slo_id.target - 1e-9
