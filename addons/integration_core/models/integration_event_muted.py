from odoo import fields, models


class IntegrationEventMuted(models.Model):
    """A record that changed while its events were muted: still to be told. See ``engine.muting``.

    Only a deletion has content, since its record is gone.
    """

    _name = "integration.event.muted"
    _description = "Integration Muted Change"
    _log_access = False
    _order = "id"
    _rec_name = "res_id"

    mute_id = fields.Many2one(
        "integration.event.mute", required=True, readonly=True, ondelete="cascade"
    )
    type_id = fields.Many2one(
        "integration.event.type", required=True, readonly=True, index=True, ondelete="cascade"
    )
    res_id = fields.Integer(string="Document id", required=True, readonly=True, aggregator=None)
    cause_system_id = fields.Many2one("integration.system", readonly=True, ondelete="set null")
    data = fields.Text(readonly=True, groups=fields.NO_ACCESS)
    subject = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    company_id = fields.Many2one("res.company", readonly=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    problem = fields.Char(readonly=True)

    _change_unique = models.UniqueIndex("(mute_id, type_id, res_id)")
    _next_idx = models.Index("(mute_id, id)")
