import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import audit, package_export
from ..tools import package_text


class IntegrationPackageExport(models.TransientModel):
    """Interfaces as a text file, to take them to another environment. It has no secrets."""

    _name = "integration.package.export"
    _description = "Export Interface Package"

    interface_ids = fields.Many2many(
        "integration.interface",
        string="Interfaces",
        required=True,
        default=lambda self: self._default_interface_ids(),
        domain="[('revision_of_id', '=', False)]",
    )
    file_name = fields.Char(readonly=True)
    file = fields.Binary(string="Package", readonly=True, attachment=False)
    sha256 = fields.Char(string="SHA-256 of the content", readonly=True)
    text = fields.Text(string="Content", readonly=True)

    @api.model
    def _default_interface_ids(self):
        if self.env.context.get("active_model") != "integration.interface":
            return []
        interfaces = self.env["integration.interface"].browse(self.env.context["active_ids"])
        return interfaces.exists().filtered(lambda one: not one.revision_of_id).ids

    def action_export(self):
        self.ensure_one()
        if not self.env.user.has_group("integration_core.group_administrator"):
            raise AccessError(self.env._("Only integration administrators may do this."))
        interfaces = self.interface_ids
        interfaces.check_access("read")
        if not interfaces:
            raise UserError(self.env._("Choose at least one interface."))
        try:
            content = package_export.content_of(interfaces)
            text = package_text.dump(content, self._suite_version())
        except package_text.PackageError as exc:
            raise UserError(str(exc)) from exc
        digest = package_text.digest(content)
        audit.record(interfaces, "export", changes={"sha256": ("", digest)})
        self.write(
            {
                "file": base64.b64encode(text.encode()),
                "file_name": f"integration-package-{digest[:8]}.json",
                "sha256": digest,
                "text": text,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Interface package"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "large"},
        }

    @api.model
    def _suite_version(self):
        # sudo: the list of modules is not for integration administrators
        module = self.env["ir.module.module"].sudo()
        return module.search([("name", "=", "integration_core")]).latest_version
