from odoo import fields, models

from ..tools.rollup import Step

STEPS = [(str(int(step)), step.name.capitalize()) for step in Step]


class IntegrationRollup(models.Model):
    """What happened to one interface in a minute, an hour or a day; see ``tools.rollup``.

    Written by ``engine.rollup_rows`` alone: by one process at a time, after the fact, so that no
    business transaction waits for it.
    """

    _name = "integration.rollup"
    _description = "Traffic of an Interface"
    _order = "begin_at desc, id desc"
    _rec_name = "begin_at"
    _log_access = False

    interface_id = fields.Many2one(
        "integration.interface", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="interface_id.company_id")
    step = fields.Integer(
        string="Seconds",
        required=True,
        readonly=True,
        aggregator=None,
        help="Length.",
    )
    begin_at = fields.Datetime(string="From", required=True, readonly=True)
    received = fields.Json(readonly=True, help="New messages by direction.")
    finished = fields.Json(readonly=True, help="Messages that reached a state, by state.")
    errors = fields.Json(readonly=True, help="Failed attempts by class of error.")
    attempts = fields.Integer(readonly=True)
    duplicates = fields.Integer(
        readonly=True, help="Messages that were recognised as known already."
    )
    bytes = fields.Float(
        # whole numbers, beyond what an integer of four bytes holds
        readonly=True,
        help="Size of received and sent content, before compression.",
    )
    latency = fields.Json(
        readonly=True, help="Counts of durations by bucket, from the new message to its effect."
    )
    depth = fields.Integer(
        string="Waiting", readonly=True, aggregator=None, help="At the end of the window."
    )
    depth_peak = fields.Integer(string="Waiting at most", readonly=True, aggregator="max")
    oldest = fields.Float(
        string="Oldest (s)",
        readonly=True,
        aggregator="max",
        help="How long the oldest message had waited at most, in seconds.",
    )

    _window_unique = models.UniqueIndex("(interface_id, step, begin_at)")
    # Retention takes whole ranges of one step, whatever the interface.
    _begin_idx = models.Index("(step, begin_at)")
