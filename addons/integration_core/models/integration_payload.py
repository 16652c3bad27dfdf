import zlib

from odoo import api, fields, models

from ..engine.sealed_columns import SealedColumn, ensure_key_column
from ..tools import canonical_json, errors, json_text, payload_codec

# More than a person reads, and enough to keep the browser quick.
SHOWN = 200_000


class IntegrationPayload(models.Model):
    """The bytes of a message at one stage, compressed and, for clinical data, encrypted."""

    _name = "integration.payload"
    _description = "Integration Payload"
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

    message_id = fields.Many2one(
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
    encoding = fields.Char(
        readonly=True, help="What was done to the bytes, in this order: zlib, aes256gcm."
    )
    body = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    size = fields.Integer(readonly=True, help="Bytes before compression.")
    sha256 = fields.Char(string="SHA-256", readonly=True)
    created_at = fields.Datetime(required=True, readonly=True)
    # Also finds the payloads of a message, so that message_id needs no index of its own.
    _kind_unique = models.UniqueIndex("(message_id, kind)")

    content = fields.Text(
        compute="_compute_content", groups="integration_core.group_content_viewer"
    )

    def init(self):
        ensure_key_column(
            self.env.cr, self._table, "body", "sealed_key", "encoding LIKE '%aes256gcm%'"
        )

    @api.depends("body")
    def _compute_content(self):
        ring = self.env["integration.credential"]._key_ring()
        stored = self._stored()
        # sudo: this field's group decides who reads content, not the rights on the interface
        for payload in self.sudo():
            if payload.message_id.interface_id.data_class == "clinical":
                payload.content = self.env._("Clinical content is not shown here.")
                continue
            try:
                raw = payload_codec.decode(
                    stored.get(payload.id, b""),
                    payload.encoding,
                    payload.message_id.uuid,
                    payload.kind,
                    ring,
                )
            except (errors.IntegrationError, ValueError, zlib.error) as exc:
                payload.content = self.env._("This content cannot be read: %s", exc)
            else:
                payload.content = readable(raw)

    def _stored(self) -> dict[int, bytes]:
        """Raw bytes by id; the ORM would take the column for base64."""
        self.env.cr.execute(
            "SELECT id, body FROM integration_payload WHERE id = ANY(%s)", [self.ids]
        )
        return {row[0]: bytes(row[1]) for row in self.env.cr.fetchall()}


def readable(raw: bytes) -> str:
    """``raw`` for a person: JSON indented, other text as it is, binary as a remark.

    Numbers keep their digits: an amount of 12.50 is not shown as 12.5.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"({len(raw)} bytes that are not text)"
    try:
        return json_text.indented(canonical_json.loads(raw))
    except canonical_json.JsonError:
        return text
