from odoo import fields, models

from ..engine import intake_function, intake_many
from ..engine.ledger_fields import LedgerMany2one


class IntegrationIdempotency(models.Model):
    """Keys already accepted, per interface.

    A slim table of its own, so that a key outlives the retention of its message and the unique
    index stays small. Therefore it holds the message's id as text, not a foreign key.
    """

    _name = "integration.idempotency"
    _description = "Integration Idempotency Key"
    _log_access = False
    _rec_name = "key"

    interface_id = LedgerMany2one(
        "integration.interface", required=True, readonly=True, ondelete="restrict"
    )
    key = fields.Char(required=True, readonly=True)
    body_sha256 = fields.Char(readonly=True)
    message_uuid = fields.Char(required=True, readonly=True)
    created_at = fields.Datetime(required=True, readonly=True)

    _key_unique = models.UniqueIndex("(interface_id, key)")

    def init(self):
        intake_function.create(self.env.cr)
        intake_many.create(self.env.cr)
