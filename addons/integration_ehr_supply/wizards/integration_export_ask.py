from math import ceil

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.ehr_export import TYPES


class IntegrationExportAsk(models.TransientModel):
    """What a full export would send, and whether it is to begin."""

    _name = "integration.export.ask"
    _description = "Begin a Full Export"

    interface_id = fields.Many2one("integration.interface", required=True, readonly=True)
    kind = fields.Selection(
        selection="_selection_kind",
        string="What",
        required=True,
        default=lambda self: self._default_kind(),
    )
    record_count = fields.Integer(
        compute="_compute_preview", string="Items", help="Items, or items of which there is stock."
    )
    part_count = fields.Integer(compute="_compute_preview", string="Messages")
    is_running = fields.Boolean(compute="_compute_preview")

    @api.model
    def _selection_kind(self):
        return self.env["ehr.export"]._fields["kind"]._description_selection(self.env)

    @api.model
    def _default_kind(self):
        interface = self.env["integration.interface"].browse(
            self.env.context.get("default_interface_id")
        )
        codes = interface.event_type_ids.mapped("code")
        return next((kind for kind, code in TYPES.items() if code in codes), "items")

    @api.depends("interface_id", "kind")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_preview(self):
        exports = self.env["ehr.export"]
        for ask in self:
            # sudo: how many items there are is no secret to who may send them all
            count = exports.sudo()._record_count(ask.interface_id, ask.kind) if ask.kind else 0
            ask.record_count = count
            ask.part_count = max(1, ceil(count / exports._part_size(ask.kind)))
            ask.is_running = bool(
                exports.search_count(
                    [
                        ("interface_id", "=", ask.interface_id.id),
                        ("kind", "=", ask.kind),
                        ("state", "=", "running"),
                    ],
                    limit=1,
                )
            )

    def action_begin(self):
        """Begin the export, and show it."""
        self.ensure_one()
        if not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only operators of integrations begin an export."))
        self.interface_id.check_access("read")
        export = self.env["ehr.export"]._begin(self.interface_id, self.kind)
        return export.get_formview_action()
