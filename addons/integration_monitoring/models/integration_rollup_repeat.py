from odoo import fields, models

from ..engine import repeats


class IntegrationRollupRepeat(models.Model):
    """How often messages came again that were known already; see ``engine.repeats``.

    Each process adds rows of its own, and they are removed after two days.
    """

    _name = "integration.rollup.repeat"
    _description = "Repeated Messages"
    _log_access = False
    _rec_name = "seen_at"

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    seen_at = fields.Datetime(required=True, readonly=True)
    times = fields.Integer(required=True, readonly=True)

    _seen_idx = models.Index("(seen_at)")

    def _register_hook(self):
        super()._register_hook()
        repeats.listen()
