from odoo import api, fields, models

from ..engine.sealed_columns import SealedColumn, ensure_key_column


class IntegrationToken(models.Model):
    """Access tokens of partners' servers, encrypted, shared by all workers (``engine.tokens``)."""

    _name = "integration.token"
    _description = "Integration Access Token"
    _inherit = ["integration.unexported"]
    _log_access = False
    _rec_name = "token_key"
    _sealed_columns = (
        SealedColumn(
            column="body",
            key_column="sealed_key",
            context="'integration.token|' || t.token_key || '|token'",
            computed=True,
        ),
    )

    token_key = fields.Char(
        required=True, readonly=True, help="Which secret of which credential it was given for."
    )
    body = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    expires_at = fields.Datetime(readonly=True)

    _key_unique = models.UniqueIndex("(token_key)")

    def init(self):
        ensure_key_column(self.env.cr, self._table, "body", "sealed_key", "body IS NOT NULL")

    @api.autovacuum
    def _gc_expired(self):
        """Tokens that nobody can use any more, such as those of rotated secrets."""
        self.env.cr.execute(
            "DELETE FROM integration_token WHERE expires_at < now() AT TIME ZONE 'UTC'"
        )
