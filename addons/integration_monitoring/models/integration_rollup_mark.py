from odoo import fields, models


class IntegrationRollupMark(models.Model):
    """How far the ledger reached at a moment; written and asked by ``engine.marks`` alone."""

    _name = "integration.rollup.mark"
    _description = "Mark in the Ledger"
    _log_access = False
    _rec_name = "taken_at"
    _order = "taken_at desc"

    taken_at = fields.Datetime(required=True, readonly=True)
    message = fields.Integer(readonly=True, aggregator=None)
    attempt = fields.Integer(readonly=True, aggregator=None)
    payload = fields.Integer(readonly=True, aggregator=None)

    _taken_idx = models.Index("(taken_at)")

    def init(self):
        # Numbers of transactions have eight bytes, which no field of Odoo has.
        self.env.cr.execute(
            """
            ALTER TABLE integration_rollup_mark
              ADD COLUMN IF NOT EXISTS xid bigint, ADD COLUMN IF NOT EXISTS oldest bigint
            """
        )
