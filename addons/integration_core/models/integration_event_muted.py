from odoo import fields, models

from ..engine.sealed_columns import SealedColumn, ensure_key_column


class IntegrationEventMuted(models.Model):
    """A record that changed while its events were muted: still to be told. See ``engine.muting``.

    Only a deletion has content, since its record is gone.
    """

    _name = "integration.event.muted"
    _description = "Integration Muted Change"
    _log_access = False
    _order = "id"
    _rec_name = "res_id"
    _sealed_columns = (
        SealedColumn(
            column="body",
            key_column="sealed_key",
            context="'integration.event.muted|' || t.mute_id || '|' || t.type_id || '|' "
            "|| t.res_id",
            computed=True,
        ),
    )

    mute_id = fields.Many2one(
        "integration.event.mute", required=True, readonly=True, ondelete="cascade"
    )
    type_id = fields.Many2one(
        "integration.event.type", required=True, readonly=True, index=True, ondelete="cascade"
    )
    res_id = fields.Integer(string="Document id", required=True, readonly=True, aggregator=None)
    cause_system_id = fields.Many2one("integration.system", readonly=True, ondelete="set null")
    data = fields.Text(readonly=True, groups=fields.NO_ACCESS)
    body = fields.Binary(
        attachment=False,
        readonly=True,
        groups=fields.NO_ACCESS,
        help="Encrypted, in place of the data, when the event type is confidential or clinical.",
    )
    subject = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    company_id = fields.Many2one("res.company", readonly=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    problem = fields.Char(readonly=True)

    _change_unique = models.UniqueIndex("(mute_id, type_id, res_id)")
    _next_idx = models.Index("(mute_id, id)")

    def init(self):
        ensure_key_column(self.env.cr, self._table, "body", "sealed_key", "body IS NOT NULL")
