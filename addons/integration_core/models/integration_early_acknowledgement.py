from odoo import fields, models


class IntegrationEarlyAcknowledgement(models.Model):
    """Acknowledgements that came before their message was recorded as waiting for them; see
    ``engine.awaited``, which writes and deletes them."""

    _name = "integration.early.acknowledgement"
    _description = "Early Acknowledgement"
    _log_access = False
    _rec_name = "wire_id"

    system_id = fields.Many2one(
        "integration.system", required=True, readonly=True, ondelete="cascade"
    )
    wire_id = fields.Char(required=True, readonly=True)
    code = fields.Char(required=True, readonly=True)
    detail = fields.Char(readonly=True)
    received_at = fields.Datetime(required=True, readonly=True)

    _wire_unique = models.UniqueIndex("(system_id, wire_id)")
