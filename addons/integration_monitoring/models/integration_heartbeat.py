from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.integration_core.engine.cursors import own_cursor

KINDS = [
    ("job_runner", "Job runner"),
    ("drain", "Drains"),
    ("watchdog", "Watchdog"),
    ("listener", "Listener"),
    ("cron", "Scheduled action"),
    ("sealer", "Audit sealer"),
    ("rollup", "Rollups"),
    ("other", "Other"),
]


class IntegrationHeartbeat(models.Model):
    """When a moving part of the suite was last seen at work.

    A part that has done nothing for longer than it may is not assumed to be well: it counts as
    down until it is seen again. Written on cursors of the engine, a row for each part.
    """

    _name = "integration.heartbeat"
    _description = "Heartbeat of a Part of the Suite"
    _order = "kind, name"
    _log_access = False

    key = fields.Char(required=True, readonly=True, help="Names the part, as cron:<external id>.")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    beat_at = fields.Datetime(string="Last seen", required=True, readonly=True)
    every = fields.Integer(
        string="Allowed pause (s)",
        required=True,
        readonly=True,
        aggregator=None,
        help="Seconds after which the part counts as down.",
    )
    detail = fields.Char(readonly=True, help="Where it runs, and what it did last; never content.")
    state = fields.Selection(
        [("alive", "At work"), ("late", "Late"), ("down", "Down")], compute="_compute_state"
    )

    _key_unique = models.UniqueIndex("(key)")

    @api.depends("beat_at", "every")
    def _compute_state(self):
        now = fields.Datetime.now()
        for part in self:
            pause = now - part.beat_at if part.beat_at else timedelta.max
            allowed = timedelta(seconds=part.every)
            if pause > allowed:
                part.state = "down"
            else:
                part.state = "late" if pause > allowed / 2 else "alive"

    @api.model
    def _beat(self, key, kind, name, every, detail=None):
        """Say that a part is at work, at once and whatever becomes of the caller's transaction.

        :param every: seconds after which it counts as down
        """
        with own_cursor(self.env.registry) as cr:
            cr.execute(
                """
                INSERT INTO integration_heartbeat (key, kind, name, beat_at, every, detail)
                VALUES (%s, %s, %s, now() AT TIME ZONE 'UTC', %s, %s)
                ON CONFLICT (key) DO UPDATE
                   SET beat_at = EXCLUDED.beat_at, every = EXCLUDED.every,
                       name = EXCLUDED.name, detail = EXCLUDED.detail
                """,
                [key, kind, name, every, detail],
            )
