from odoo import api, fields, models

from .ehr_export import TYPES


class IntegrationInterface(models.Model):
    """Interfaces through which items or stock on hand leave in full."""

    # One form, and a file for each of its concerns.
    _inherit = "integration.interface"  # pylint: disable=consider-merging-classes-inherited

    ehr_nightly_export = fields.Boolean(
        string="In full each night",
        default=True,
        governed=True,
        help="Items or stock on hand are sent in full each night, in parts with control totals.",
    )
    ehr_exports = fields.Boolean(
        compute="_compute_ehr_exports", help="Whether anything is sent in full through it."
    )
    ehr_export_ids = fields.One2many("ehr.export", "interface_id", readonly=True)
    ehr_export_count = fields.Integer(compute="_compute_ehr_export_count")

    @api.depends("event_type_ids.code")
    def _compute_ehr_exports(self):
        for interface in self:
            codes = interface.event_type_ids.mapped("code")
            interface.ehr_exports = bool(set(TYPES.values()).intersection(codes))

    @api.depends("ehr_export_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_export_count(self):
        groups = self.env["ehr.export"]._read_group(
            [("interface_id", "in", self.ids)], ["interface_id"], ["__count"]
        )
        counts = {interface.id: count for interface, count in groups}
        for interface in self:
            interface.ehr_export_count = counts.get(interface.id, 0)

    def action_ask_ehr_export(self):
        """Show what a full export would send, before it is begun."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send in full"),
            "res_model": "integration.export.ask",
            "view_mode": "form",
            "target": "new",
            "context": {"default_interface_id": self.id},
        }

    def action_open_ehr_exports(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_ehr_supply.action_ehr_export"
        )
        return {**action, "domain": [("interface_id", "=", self.id)], "context": {}}
