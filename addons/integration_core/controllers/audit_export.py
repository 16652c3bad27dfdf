from odoo import fields, http
from odoo.exceptions import AccessError
from odoo.http import Response, content_disposition, request

from ..engine import audit, audit_export, audit_settings
from ..tools.audit_export import to_csv, to_json_lines

FORMS = {
    "jsonl": (to_json_lines, "application/x-ndjson"),
    "csv": (to_csv, "text/csv"),
}


class AuditExport(http.Controller):
    """The audit trail as a file, of any size: it is written while it is read."""

    @http.route(
        "/integration_core/audit/export/<int:export_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def export(self, export_id):
        """What the dialog asked for; each download is recorded before its first byte leaves."""
        env = request.env
        if not env.user.has_group("integration_core.group_auditor"):
            raise AccessError(env._("Only auditors export the audit trail."))
        wanted = env["integration.audit.export"].browse(export_id).exists()
        keys = audit_settings.keys()
        if not keys or not wanted or wanted.create_uid != env.user:
            raise request.not_found()
        audit.record(
            env["integration.audit.trail"]._trail(),
            "export",
            reason=wanted.reason,
            changes={"file_format": ("", wanted.file_format)},
        )
        records = audit_export.records(
            env.registry,
            keys,
            frozenset(env.user.company_ids.ids),
            login=env.user.login,
            reason=wanted.reason,
        )
        shape, content_type = FORMS[wanted.file_format]
        name = f"audit-{fields.Datetime.now():%Y%m%d-%H%M%S}.{wanted.file_format}"
        return Response(
            (text.encode() for text in shape(records)),
            headers=[
                ("Content-Type", f"{content_type}; charset=utf-8"),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
