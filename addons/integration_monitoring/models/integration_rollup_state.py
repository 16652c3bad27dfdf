from odoo import fields, models


class IntegrationRollupState(models.Model):
    """Where the collector is: one row, which only it writes (``engine.collector``)."""

    _name = "integration.rollup.state"
    _description = "State of the Traffic Figures"
    _log_access = False
    _rec_name = "ran_at"

    single = fields.Boolean(readonly=True, default=True)
    ran_at = fields.Datetime(string="Last run", required=True, readonly=True)
    took = fields.Float(string="Seconds it took", readonly=True, aggregator=None)
    open_from = fields.Datetime(
        string="Final until",
        required=True,
        readonly=True,
        help="Minutes before this one are final, but for what is recorded late.",
    )
    horizon = fields.Datetime(
        required=True, readonly=True, help="Everything that began before has ended."
    )
    held_from = fields.Datetime(
        string="Held up since",
        readonly=True,
        help="A transaction has been open since then. What it writes is counted when it has ended.",
    )

    _single_unique = models.UniqueIndex("(single)")
