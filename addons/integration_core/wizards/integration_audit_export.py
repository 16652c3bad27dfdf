from odoo import fields, models
from odoo.exceptions import UserError

from ..engine import audit_settings


class IntegrationAuditExport(models.TransientModel):
    """Asks why and in which form, then lets the browser fetch the file (see the controller)."""

    _name = "integration.audit.export"
    _description = "Export of the Audit Trail"

    file_format = fields.Selection(
        [("jsonl", "JSON lines"), ("csv", "CSV, for spreadsheets")],
        string="Format",
        required=True,
        default="jsonl",
        help="Both hold every column and every seal, and both can be verified without Odoo.",
    )
    reason = fields.Text(required=True, help="Who asked for it, and what it is for.")

    def action_export(self):
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say who asked for it, and what it is for."))
        if not audit_settings.keys():
            raise UserError(
                self.env._(
                    "An export is signed with the audit key. Configure audit_key first; see the "
                    "state of the audit."
                )
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/integration_core/audit/export/{self.id}",
            "target": "download",
        }
