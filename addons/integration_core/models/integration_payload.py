from functools import partial

from odoo import api, fields, models

from ..engine import pieces
from ..engine.ledger_fields import LedgerMany2one
from ..engine.sealed_columns import SealedColumn, ensure_key_column
from ..mixins.unexported import CLOSED_FIELDS
from ..tools import data_classes, payload_codec

DATA_CLASSES = [
    ("public", "Public"),
    ("internal", "Internal"),
    ("confidential", "Confidential"),
    ("clinical", "Clinical"),
]


class IntegrationPayload(models.Model):
    """The bytes of a message at one stage, compressed and, if they are private, encrypted."""

    _name = "integration.payload"
    _description = "Integration Payload"
    _inherit = ["integration.unexported"]
    _order = "id"
    _log_access = False
    # The database computes sealed_key itself; no writer of payloads has to think of it.
    _sealed_columns = (
        SealedColumn(
            column="body",
            key_column="sealed_key",
            context="'integration.payload|' || m.uuid || '|' || t.kind",
            joins="JOIN integration_message m ON m.id = t.message_id",
            computed=True,
        ),
    )

    message_id = LedgerMany2one(
        "integration.message", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("received", "Received"),
            ("canonical", "Canonical"),
            ("sent", "Sent"),
            ("response", "Response"),
            ("acknowledgement", "Acknowledgement"),
            ("conflict", "Values in conflict"),
        ],
        required=True,
        readonly=True,
    )
    content_type = fields.Char(readonly=True)
    data_class = fields.Selection(
        DATA_CLASSES,
        string="Data class",
        readonly=True,
        help="Class of the interface when this was stored. It stays when that of the interface is "
        "lowered.",
    )
    encoding = fields.Char(
        readonly=True, help="What was done to the bytes, in this order: zlib, aes256gcm."
    )
    body = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    size = fields.Integer(readonly=True, help="Bytes before compression.")
    sha256 = fields.Char(
        string="Digest",
        readonly=True,
        help="SHA-256 of the content; of private content a keyed digest, against which nobody can "
        "check a guess.",
    )
    created_at = fields.Datetime(required=True, readonly=True)
    # Also finds the payloads of a message, so that message_id needs no index of its own.
    _kind_unique = models.UniqueIndex("(message_id, kind)")

    content = fields.Text(
        compute="_compute_content",
        groups="integration_core.group_content_viewer",
        help="Private content is masked; it is revealed on the form of the message.",
    )

    _content_fields = frozenset({"content", *CLOSED_FIELDS})

    def init(self):
        ensure_key_column(
            self.env.cr, self._table, "body", "sealed_key", "encoding LIKE '%aes256gcm%'"
        )

    @api.depends("body")
    @api.depends_context("uid")
    def _compute_content(self):
        ring = self.env["integration.credential"]._key_ring()
        for payload, piece in zip(self, self._pieces(), strict=True):
            if piece.data_class == data_classes.CLINICAL:
                payload.content = self.env._("Clinical content is not shown here.")
            elif piece.private:
                payload.content = piece.masked(ring)
            else:
                payload.content = piece.readable(ring)

    def _pieces(self) -> list[pieces.Piece]:
        """These payloads as pieces of the content of their messages, in this order."""
        stored = self._stored()
        found = []
        # sudo: which rights content needs is not a question of those on the interface
        for payload in self.sudo():
            message = payload.message_id
            opener = partial(
                _decode, stored.get(payload.id, b""), payload.encoding, message.uuid, payload.kind
            )
            found.append(
                pieces.Piece(
                    record=message.with_env(self.env),
                    stage=payload.kind,
                    data_class=data_classes.strictest(
                        (payload.data_class, message.interface_id.data_class)
                    ),
                    content_type=payload.content_type,
                    size=payload.size,
                    created_at=payload.created_at,
                    opener=opener,
                )
            )
        return found

    def _stored(self) -> dict[int, bytes]:
        """Raw bytes by id; the ORM would take the column for base64."""
        self.env.cr.execute(
            "SELECT id, body FROM integration_payload WHERE id = ANY(%s)", [self.ids]
        )
        return {row[0]: bytes(row[1]) for row in self.env.cr.fetchall()}


def _decode(stored, encoding, message_uuid, kind, ring):
    return payload_codec.decode(stored, encoding, message_uuid, kind, ring)
