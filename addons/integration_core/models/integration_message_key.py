from odoo import fields, models

from ..engine.ledger_fields import LedgerMany2one


class IntegrationMessageKey(models.Model):
    """All ordering keys of a message that has several, such as a merge of two patients.

    A slim table of its own: what has one key, as nearly all messages have, is not in it. Rows are
    closed when their message is finished, and kept for replays of it.
    """

    _name = "integration.message.key"
    _description = "Ordering Key of a Message with Several"
    _log_access = False
    _rec_name = "key"

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, ondelete="cascade"
    )
    interface_id = LedgerMany2one(
        "integration.interface", required=True, readonly=True, ondelete="restrict"
    )
    key = fields.Char(string="Ordering key", required=True, readonly=True)
    is_open = fields.Boolean(string="Open", readonly=True, help="Its message is not finished.")

    # Also finds the keys of a message, so that message_id needs no index of its own.
    _once_unique = models.UniqueIndex("(message_id, key)")
    _open_idx = models.Index("(interface_id, key, message_id) WHERE is_open")
