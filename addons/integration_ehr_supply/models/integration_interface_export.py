from odoo import api, fields, models
from odoo.tools import plaintext2html

from .ehr_export import TYPES

TODO = "mail.mail_activity_data_todo"
NIGHT = "integration_ehr_supply.ir_cron_ehr_export_night"


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
    ehr_last_export_id = fields.Many2one(
        "ehr.export", string="Last in full", compute="_compute_ehr_last_export"
    )
    ehr_next_export_at = fields.Datetime(string="Next in full", compute="_compute_ehr_next_export")

    @api.depends("event_type_ids.code")
    def _compute_ehr_exports(self):
        for interface in self:
            codes = interface.event_type_ids.mapped("code")
            interface.ehr_exports = bool(set(TYPES.values()).intersection(codes))

    @api.depends("ehr_export_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_last_export(self):
        for interface in self:
            interface.ehr_last_export_id = self.env["ehr.export"].search(
                [("interface_id", "=", interface.id)], limit=1
            )

    @api.depends("ehr_nightly_export", "state", "event_type_ids.code")
    def _compute_ehr_next_export(self):
        # sudo: when the night's work begins is no secret
        cron = (self.env.ref(NIGHT, raise_if_not_found=False) or self.env["ir.cron"]).sudo()
        for interface in self:
            sends = interface.ehr_exports and interface.state in ("active", "deprecated")
            waits = sends and interface.ehr_nightly_export and cron and cron.active
            interface.ehr_next_export_at = cron.nextcall if waits else False

    @api.depends("ehr_export_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ehr_export_count(self):
        groups = self.env["ehr.export"]._read_group(
            [("interface_id", "in", self.ids)], ["interface_id"], ["__count"]
        )
        counts = {interface.id: count for interface, count in groups}
        for interface in self:
            interface.ehr_export_count = counts.get(interface.id, 0)

    def _tell_owner_of_export(self, summary, text):
        """Give whoever looks after the interface the task to look at it; one for the same."""
        owner = self.owner_id or self.create_uid
        if not self.activity_search([TODO], additional_domain=[("summary", "=", summary)]):
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                TODO, user_id=owner.id, summary=summary, note=plaintext2html(text)
            )

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
