from odoo import api, fields, models


class IntegrationRollupRange(models.Model):
    """Minutes that are still to be counted (``engine.ranges``); a row goes when that is done."""

    _name = "integration.rollup.range"
    _description = "Traffic to Be Counted"
    _log_access = False
    _rec_name = "begin_at"
    _order = "end_at desc, id"

    why = fields.Selection(
        [
            ("first", "From before monitoring was installed"),
            ("gap", "From a time when nothing was counted"),
            ("late", "Recorded late"),
        ],
        required=True,
        readonly=True,
    )
    begin_at = fields.Datetime(string="From", required=True, readonly=True)
    end_at = fields.Datetime(
        string="Still to be counted until",
        required=True,
        readonly=True,
        help="It goes back step by step; the newest minutes come first.",
    )
    first_end_at = fields.Datetime(string="To", required=True, readonly=True)
    progress = fields.Float(compute="_compute_progress", help="Percent that is counted.")

    @api.depends("begin_at", "end_at", "first_end_at")
    def _compute_progress(self):
        for one in self:
            whole = (one.first_end_at - one.begin_at).total_seconds()
            rest = (one.end_at - one.begin_at).total_seconds()
            one.progress = 100 * (1 - rest / whole) if whole else 100.0
